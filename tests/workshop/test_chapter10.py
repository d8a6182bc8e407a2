"""Ejercicios 10.1 a 10.4: respuestas correctas escritas de otras maneras y errores con nombre."""

import numpy as np
import pytest
import torch
from atencion import ops
from atencion.workshop import check


# 10.1
@pytest.mark.parametrize(
    "answer",
    [
        ([0.122, 0.547, 0.332], [0.453, 0.878]),
        [(0.12, 0.55, 0.33), (0.45, 0.88)],
        (torch.tensor([1, 2.5, 2], dtype=torch.float64).softmax(0), np.array([[0.45345, 0.87804]])),
    ],
    ids=["listas", "dos-decimales", "torch-y-numpy"],
)
def test_by_hand_accepts(answer):
    assert check("10.1", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (([0.182, 0.636, 0.182], [0.364, 0.818]), "mean-not-max"),
        (([0.071, 0.859, 0.071], [0.142, 0.93]), "sum-not-max"),
        (([1, 2.5, 2], [3, 4.5]), "no-softmax"),
        (([0.182, 0.455, 0.364], [0.545, 0.818]), "plain-normalization"),
        (([2.718, 12.182, 7.389], [10.107, 19.571]), "not-normalized"),
        (([2.718, 12.182, 7.389], [0.453, 0.878]), "not-normalized"),
        (([0, 1, 0], [0, 1]), "argmax"),
        (([0.122, 0.547, 0.332], [0.667, 0.667]), "mean-context"),
        (([0.731, 0.818, 0.953], [1.684, 1.770]), "max-of-weights"),
        (([0.292, 0.327, 0.381], [0.673, 0.708]), "max-of-weights"),
        (([0.924, 0.076], [0.5, 0.5]), "shape"),
        (([0.122, 0.547, 0.332], [0.878, 0.453]), "value"),
    ],
)
def test_by_hand_names(answer, reason):
    assert check("10.1", answer).reason == reason


# 10.2
def materialised(h, u, w):
    t, j = len(h), len(u)
    left, right = h[:, None].expand(t, j, -1), u[None].expand(t, j, -1)
    return torch.cat([left, right, left * right], -1) @ w


def pair_by_pair(h, u, w):
    return [[float(torch.cat([x, y, x * y]) @ w) for y in u] for x in h]


def by_einsum(h, u, w):
    w1, w2, w3 = w.view(3, -1)
    return torch.einsum("td,d->t", h, w1)[:, None] + (u @ w2)[None] + torch.einsum("td,d,jd->tj", h, w3, u)


def numpy_only(h, u, w):
    if not isinstance(h, np.ndarray):
        raise TypeError("solo arrays")
    w1, w2, w3 = np.split(w, 3)
    return np.add.outer(h @ w1, u @ w2) + (h * w3) @ u.T


@pytest.mark.parametrize("answer", [materialised, pair_by_pair, by_einsum, numpy_only])
def test_trilinear_accepts(answer):
    assert check("10.2", answer)


def trilinear(change):
    """S con los tres trozos de w pasados por ``change``."""

    def answer(h, u, w):
        w1, w2, w3 = change(*w.chunk(3))
        return (h @ w1)[:, None] + (u @ w2)[None] + (h * w3) @ u.T

    return answer


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (trilinear(lambda a, b, c: (a, b, 0 * c)), "no-product-term"),
        (trilinear(lambda a, b, c: (0 * a, b, c)), "no-context-term"),
        (trilinear(lambda a, b, c: (a, 0 * b, c)), "no-question-term"),
        (trilinear(lambda a, b, c: (b, a, c)), "swapped-blocks"),
        (trilinear(lambda a, b, c: (c, a, b)), "wrong-split"),
        (trilinear(lambda a, b, c: (a, a, c)), "repeated-block"),
        (trilinear(lambda a, b, c: (a, b, b)), "repeated-block"),
        (lambda h, u, w: by_einsum(h, u, w.view(-1, 3).T.reshape(-1)), "wrong-split"),
        (lambda h, u, w: by_einsum(h, u, w).T, "transposed-scores"),
        (lambda h, u, w: by_einsum(h, u, w).softmax(-1), "already-softmax"),
        (lambda h, u, w: h @ u.T, "dot-product"),
        (lambda h, u, w: by_einsum(h, u, w)[None], "shape"),
        (lambda h, u, w: h @ w, "raises"),
    ],
)
def test_trilinear_names(answer, reason):
    assert check("10.2", answer).reason == reason


# 10.3
def across_row_by_row(scores, question, keep):
    rows = torch.zeros_like(scores)
    for row, values in zip(rows, scores, strict=True):
        if keep.any():
            row[keep] = values[keep].softmax(0)
    return rows, rows @ question


def across_without_padding(scores, question, keep):
    exponentials = np.exp(np.asarray(scores)) * np.asarray(keep)
    total = exponentials.sum(1, keepdims=True)
    weights = np.divide(exponentials, total, out=np.zeros_like(exponentials), where=total > 0)
    return weights.tolist(), (weights @ np.asarray(question)).tolist()


def filled(scores, keep, value=-torch.inf):
    return scores.masked_fill(~keep, value)


@pytest.mark.parametrize(
    "answer",
    [
        across_row_by_row,
        across_without_padding,
        lambda s, u, keep: (
            filled(s, keep).softmax(-1).nan_to_num(),
            torch.einsum("tj,jd->td", filled(s, keep).softmax(1).nan_to_num(), u),
        ),
    ],
    ids=["bucle", "numpy", "einsum"],
)
def test_across_accepts(answer):
    assert check("10.3", answer)


def across(weigh):
    return lambda s, u, keep: (weigh(s, keep), weigh(s, keep) @ u)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (across(lambda s, keep: s.softmax(1)), "unmasked-padding"),
        (across(lambda s, keep: filled(s, keep, -1e10).softmax(1)), "finite-fill"),
        (across(lambda s, keep: filled(s, keep).softmax(1)), "nan-row"),
        (across(lambda s, keep: s.softmax(1) * keep), "mask-after"),
        (across(lambda s, keep: (s * keep).softmax(1)), "zeroed-padding"),
        (across(lambda s, keep: filled(s, ~keep).softmax(1)), "inverted-mask"),
        (across(lambda s, keep: filled(s, keep).softmax(0).nan_to_num()), "wrong-axis"),
        (across(lambda s, keep: s.softmax(0)), "wrong-axis"),
        (lambda s, u, keep: (across_row_by_row(s, u, keep)[0], u.mean(0).expand(len(s), -1)), "mean-context"),
        (lambda s, u, keep: across_row_by_row(s, u, keep)[::-1], "order"),
        (lambda s, u, keep: across_row_by_row(s, u, keep)[1], "structure"),
    ],
)
def test_across_names(answer, reason):
    assert check("10.3", answer).reason == reason


# 10.4
def towards_by_hand(scores, context, context_keep, question_keep):
    b = torch.zeros(len(scores))
    if question_keep.any():
        highest = scores[:, question_keep].amax(1)
        b[context_keep] = highest[context_keep].softmax(0)
    return b, b @ context


def towards_with_core(scores, context, context_keep, question_keep):
    """El flujo del núcleo con u_j = e_j y h_t = S_t: el producto con w = (0, 0, 1) da S."""
    n = scores.shape[1]
    w = torch.cat([torch.zeros(2 * n), torch.ones(n)])
    flow = ops.attention_flow(
        scores[None], torch.eye(n)[None], w, context_mask=context_keep[None], question_mask=question_keep[None]
    )
    b = flow.question_to_context[0]
    return b, b @ context


def towards_in_numpy(scores, context, context_keep, question_keep):
    allowed = np.asarray(context_keep)[:, None] & np.asarray(question_keep)
    highest = np.where(allowed, np.asarray(scores), -np.inf).max(1)
    exponentials = np.exp(highest)
    b = exponentials / max(exponentials.sum(), 1e-30)
    return b, b @ np.asarray(context)


@pytest.mark.parametrize("answer", [towards_by_hand, towards_with_core, towards_in_numpy])
def test_towards_accepts(answer):
    assert check("10.4", answer)


def towards(weigh):
    return lambda s, h, ck, qk: (weigh(s, ck, qk), weigh(s, ck, qk) @ h)


def row_mean(s, qk):
    return (s * qk).sum(1) / qk.sum().clamp(min=1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (towards(lambda s, ck, qk: s.amax(1).softmax(0)), "unmasked"),
        (towards(lambda s, ck, qk: filled(s, qk).amax(1).softmax(0)), "unmasked-padding"),
        (towards(lambda s, ck, qk: filled(s.amax(1), ck).softmax(0)), "unmasked-question"),
        (towards(lambda s, ck, qk: filled((s * qk).amax(1), ck).softmax(0)), "zero-in-max"),
        (towards(lambda s, ck, qk: (s * qk * ck[:, None]).amax(1).softmax(0)), "zero-in-max"),
        (towards(lambda s, ck, qk: filled(row_mean(s, qk), ck).softmax(0)), "mean-not-max"),
        (towards(lambda s, ck, qk: filled(s.mean(1), ck).softmax(0)), "mean-not-max"),
        (towards(lambda s, ck, qk: filled(s, qk).softmax(1).nan_to_num().amax(1) * ck), "max-of-weights"),
        (towards(lambda s, ck, qk: s.amax(0).softmax(0)), "wrong-max-axis"),
        (towards(lambda s, ck, qk: filled(s, qk).amax(1).softmax(0).nan_to_num() * ck), "mask-after"),
        (towards(lambda s, ck, qk: filled(filled(s, qk).amax(1), ck).softmax(0)), "nan-row"),
        (towards(lambda s, ck, qk: filled(s, ck[:, None] & qk, -1e9).amax(1).softmax(0)), "finite-fill"),
        (lambda s, h, ck, qk: (towards_by_hand(s, h, ck, qk)[0], h[ck].mean(0)), "mean-context"),
        (lambda s, h, ck, qk: towards_by_hand(s, h, ck, qk)[0], "structure"),
        (lambda s, h, ck, qk: towards_by_hand(s, h, ck, qk)[::-1], "order"),
        (towards(lambda s, ck, qk: filled(filled(s, qk, torch.inf).amin(1), ck).softmax(0)), "value"),
    ],
)
def test_towards_names(answer, reason):
    assert check("10.4", answer).reason == reason
