"""Correctores del capítulo 11: respuestas correctas escritas de otras maneras y errores con nombre."""

import numpy as np
import pytest
import torch
from atencion import ops
from atencion.layers import redundancy_penalty
from atencion.workshop import check


@pytest.mark.parametrize(
    "answer",
    [
        ([0.042, 0.114, 0.844], [1.916, 1.114]),
        [np.array([0.0420, 0.1142, 0.8438]), torch.tensor([[1.9161, 1.1142]])],
        ((0.04, 0.11, 0.84), (1.92, 1.11)),
    ],
    ids=["listas", "numpy-y-torch", "dos-decimales"],
)
def test_by_hand_accepts(answer):
    assert check("11.1", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (([0.002, 0.018, 0.98], [1.995, 1.018]), "no-scale"),
        (([0.14, 0.231, 0.629], [1.72, 1.231]), "scale-by-d"),
        (([0.013, 0.055, 0.932], [1.973, 1.055]), "scale-by-model"),
        (([0.212, 0.212, 0.576], [1.576, 1.212]), "column-for-row"),
        (([-2.0, -1.0, 1.0], [0.0, -3.0]), "no-softmax"),
        (([0.14, 0.629, 0.231], [1.72, 1.629]), "no-projection"),
        (([0.042, 0.114, 0.844], [1.114, 0.958]), "inputs-as-values"),
        (([0.844, 0.114, 0.042], [1.916, 1.114]), "value"),
        (([0.042, 0.844], [1.916, 1.114]), "shape"),
        ([0.042, 0.114, 0.844], "structure"),
    ],
)
def test_by_hand_names(answer, reason):
    result = check("11.1", answer)
    assert not result.ok
    assert result.reason == reason


def by_core(x, w_q, w_k, w_v):
    tensors = ((x @ w)[None, None] for w in (w_q, w_k, w_v))
    return ops.dot_product_attention(*tensors).output[0, 0]


def by_torch(x, w_q, w_k, w_v):
    return torch.nn.functional.scaled_dot_product_attention(x @ w_q, x @ w_k, x @ w_v)


def by_einsum(x, w_q, w_k, w_v):
    scores = torch.einsum("id,dk,jl,lk->ij", x, w_q, x, w_k) * w_q.shape[1] ** -0.5
    return torch.einsum("ij,jd,dv->iv", scores.softmax(1), x, w_v)


def by_loops(x, w_q, w_k, w_v):
    rows = []
    for q in (x @ w_q).tolist():
        scores = [sum(a * b for a, b in zip(q, k, strict=True)) / len(q) ** 0.5 for k in (x @ w_k).tolist()]
        total = sum(np.exp(s) for s in scores)
        rows.append(sum(np.exp(s) / total * v for s, v in zip(scores, (x @ w_v).numpy(), strict=True)))
    return rows


def by_numpy(x, w_q, w_k, w_v):
    if not isinstance(x, np.ndarray):
        raise TypeError("solo arrays")
    scores = x @ w_q @ (x @ w_k).T / np.sqrt(w_q.shape[1])
    exponentials = np.exp(scores - scores.max(1, keepdims=True))
    return exponentials / exponentials.sum(1, keepdims=True) @ x @ w_v


@pytest.mark.parametrize("answer", [by_core, by_torch, by_einsum, by_loops, by_numpy])
def test_self_attention_accepts(answer):
    assert check("11.2", answer)


def attends(query, key, value, divisor=None, axis=-1):
    scores = query @ key.mT / (query.shape[1] ** 0.5 if divisor is None else divisor)
    return scores.softmax(axis) @ value


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ v, divisor=1), "no-scale"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ v, divisor=q.shape[1]), "scale-by-d"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ v, divisor=x.shape[1] ** 0.5), "scale-by-model"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ v, axis=0), "wrong-axis"),
        (lambda x, q, k, v: attends(x @ k, x @ q, x @ v), "swapped"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ k), "keys-as-values"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x), "inputs-as-values"),
        (lambda x, q, k, v: attends(x @ k, x @ k, x @ v), "keys-with-keys"),
        (lambda x, q, k, v: attends(x @ q, x @ q, x @ v), "queries-with-queries"),
        (lambda x, q, k, v: attends(x, x, x @ v), "no-projection"),
        (lambda x, q, k, v: attends(x, x, x), "shape"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ v).abs(), "value"),
        (lambda x, q, k, v: (x @ q) @ (x @ k), "raises"),
    ],
)
def test_self_attention_names(answer, reason):
    result = check("11.2", answer)
    assert not result.ok
    assert result.reason == reason


@pytest.mark.parametrize("answer", [(16, 2, 1 / 16), [16.0, 2.0, 0.0625], np.array([16, 2, 0.0625])])
def test_variance_accepts(answer):
    assert check("11.3", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((256, 32, 1 / 256), "variance"),
        ((8, 1, 1 / 8), "unit-components"),
        ((32, 4, 1 / 32), "variance-as-deviation"),
        ((16, 0.25, 1 / 16), "scale-by-d"),
        ((16, 16, 1 / 16), "no-change"),
        ((16, 2, 0.5), "after-scale"),
        ((16, 2, 1), "value"),
    ],
)
def test_variance_names(answer, reason):
    assert check("11.3", answer).reason == reason


def permutation_matrix(output, weights, order):
    p = torch.eye(len(order))[order]
    return p @ output, p @ weights @ p.T


def cell_by_cell(output, weights, order):
    return [output[i].tolist() for i in order], [[weights[i, j].item() for j in order] for i in order]


@pytest.mark.parametrize(
    "answer",
    [
        permutation_matrix,
        cell_by_cell,
        lambda output, weights, order: (output.numpy()[order], weights.numpy()[np.ix_(order, order)]),
        lambda output, weights, order: (
            output.index_select(0, order),
            weights.index_select(0, order).index_select(1, order),
        ),
    ],
    ids=["matriz", "listas", "numpy", "index_select"],
)
def test_equivariance_accepts(answer):
    assert check("11.4", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda o, w, order: (o, w), "invariant"),
        (lambda o, w, order: (o[order], w[order]), "rows-only"),
        (lambda o, w, order: (o[order], w[:, order]), "columns-only"),
        (lambda o, w, order: (o[order], w), "weights-unmoved"),
        (lambda o, w, order: (o[order.argsort()], w[order.argsort()][:, order.argsort()]), "inverse-permutation"),
        (lambda o, w, order: o[order], "structure"),
        (lambda o, w, order: (o, w[order][:, order]), "value"),
    ],
)
def test_equivariance_names(answer, reason):
    assert check("11.4", answer).reason == reason


@pytest.mark.parametrize(
    "answer",
    [
        lambda x, heads: x.unflatten(-1, (heads, -1)).transpose(1, 2),
        lambda x, heads: torch.stack(x.chunk(heads, dim=-1), dim=1),
        lambda x, heads: torch.einsum("bnhd->bhnd", x.view(*x.shape[:2], heads, -1)),
        lambda x, heads: np.stack(np.split(np.asarray(x), heads, axis=-1), axis=1).tolist(),
    ],
    ids=["unflatten", "chunk", "einsum", "numpy"],
)
def test_split_accepts(answer):
    assert check("11.5", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda x, h: x.view(x.shape[0], h, x.shape[1], -1), "no-transpose"),
        (lambda x, h: torch.stack([x[..., i::h] for i in range(h)], 1), "interleaved-heads"),
        (lambda x, h: x.view(*x.shape[:2], h, -1), "heads-after-words"),
        (lambda x, h: torch.stack(x.chunk(h, -1), 0), "heads-before-batch"),
        (lambda x, h: torch.stack(x.chunk(h, -1), 1).mT, "swapped-axes"),
        (lambda x, h: x, "shape"),
        (lambda x, h: -torch.stack(x.chunk(h, -1), 1), "value"),
    ],
)
def test_split_names(answer, reason):
    assert check("11.5", answer).reason == reason


def past_by_core(scores, valid):
    """Con consulta cero, las puntuaciones entran en el producto escalar como sesgo."""
    n = len(scores)
    zeros = torch.zeros(1, 1, n, 2)
    mask = valid.expand(n, n)
    options = {"bias": scores[None, None], "mask": mask, "causal": True, "return_weights": True}
    return ops.dot_product_attention(zeros, zeros, zeros, **options).weights[0, 0]


def past_by_rows(scores, valid):
    weights = np.zeros(scores.shape)
    for i, row in enumerate(np.asarray(scores)):
        seen = [j for j in range(i + 1) if valid[j]]
        if seen:
            weights[i, seen] = np.exp(row[seen]) / np.exp(row[seen]).sum()
    return weights


@pytest.mark.parametrize(
    "answer",
    [
        past_by_core,
        past_by_rows,
        lambda s, valid: s.masked_fill(~(torch.ones_like(s).tril().bool() & valid), -torch.inf).softmax(1).nan_to_num(),
        lambda s, valid: torch.nn.functional.normalize(s.exp().tril() * valid, p=1, dim=1),
    ],
    ids=["núcleo", "bucle", "nan_to_num", "exponenciales"],
)
def test_past_accepts(answer):
    assert check("11.6", answer)


def masked(keep):
    return lambda s, valid: s.masked_fill(~keep(torch.ones_like(s), valid).bool(), -torch.inf).softmax(1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (masked(lambda ones, valid: ones.tril(-1) * valid), "strict-triangle"),
        (lambda s, valid: masked(lambda ones, v: ones.tril(-1) * v)(s, valid).nan_to_num(), "strict-triangle"),
        (masked(lambda ones, valid: ones.triu() * valid), "future"),
        (masked(lambda ones, valid: ones.triu(1) * valid), "only-future"),
        (masked(lambda ones, valid: ones.tril()), "unmasked-padding"),
        (masked(lambda ones, valid: ones * valid), "not-causal"),
        (lambda s, valid: s.masked_fill(~(torch.ones_like(s).tril() * valid).bool(), -1e9).softmax(1), "finite-fill"),
        (masked(lambda ones, valid: ones.tril() * valid), "nan-row"),
        (lambda s, valid: s.softmax(1).tril() * valid, "mask-after"),
        (lambda s, valid: (s.tril() * valid).softmax(1), "zeroed-padding"),
        (masked(lambda ones, valid: ones.tril() * valid[:, None]), "masked-queries"),
        (lambda s, v: masked(lambda ones, valid: ones.tril() * valid[:, None])(s, v).nan_to_num(), "masked-queries"),
        (lambda s, v: s.masked_fill(~(torch.ones_like(s).tril() * v).bool(), -torch.inf).softmax(0), "wrong-axis"),
        (lambda s, valid: s.softmax(1), "value"),
    ],
)
def test_past_names(answer, reason):
    assert check("11.6", answer).reason == reason


def by_replacement(layer, x):
    torch.manual_seed(5)
    for t in range(1, len(x)):
        other = x.clone()
        other[t:] = torch.randn_like(x[t:])
        if not torch.allclose(layer(other)[:t], layer(x)[:t], atol=1e-5):
            return False
    return True


def by_jacobian(layer, x):
    moved = torch.autograd.functional.jacobian(layer, x).abs().sum((1, 3))
    return bool(moved.triu(1).max() < 1e-6)


def by_prefixes(layer, x):
    """Una capa causal dice lo mismo del principio, venga lo que venga detrás; el trozo solo basta."""
    return all(torch.allclose(layer(x[:t]), layer(x)[:t], atol=1e-5) for t in range(1, len(x) + 1))


@pytest.mark.parametrize(
    "answer",
    [
        by_replacement,
        by_jacobian,
        by_prefixes,
        lambda *args: torch.tensor(by_jacobian(*args)),
        lambda *args: int(by_jacobian(*args)),
    ],
    ids=["azar", "jacobiano", "prefijos", "tensor", "entero"],
)
def test_causality_accepts(answer):
    assert check("11.7", answer)


def replaced(change, rows=slice(None), words=slice(1, None)):
    def answer(layer, x):
        torch.manual_seed(5)
        for t in range(len(x))[words]:
            other = x.clone()
            other[t] = change(x[t])
            if (layer(other) - layer(x)).abs()[:t][rows].max() > 1e-5:
                return False
        return True

    return answer


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (replaced(lambda word: word + 1), "constant-shift"),
        (replaced(torch.randn_like, rows=slice(1)), "first-row-only"),
        (replaced(torch.randn_like, words=slice(-1, None)), "last-word-only"),
        (replaced(lambda word: word + 1, words=slice(-1, None)), "shifted-last-word"),
        (lambda layer, x: not by_jacobian(layer, x), "inverted-answer"),
        (lambda layer, x: True, "always-causal"),
        (lambda layer, x: torch.zeros(3), "shape"),
        (lambda layer, x: False, "value"),
        (lambda layer, x: None, "empty"),
    ],
)
def test_causality_names(answer, reason):
    assert check("11.7", answer).reason == reason


@pytest.mark.parametrize("answer", [(1048576, 1048576, 32), [4 * 512**2, 4 * 512 * 512, 512 / 16]])
def test_parameters_accept(answer):
    assert check("11.8", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((8 * 1048576, 16 * 1048576, 32), "heads-multiply"),
        ((786432, 786432, 32), "no-output-projection"),
        ((1050624, 1050624, 32), "with-biases"),
        ((1048576, 2097152, 32), "doubled-heads"),
        ((1048576, 2097152, 64), "fixed-width"),
        ((131072, 65536, 32), "one-head-only"),
        ((360448, 311296, 32), "one-head-only"),
        ((1048576, 1048576, 31), "value"),
    ],
)
def test_parameters_name(answer, reason):
    assert check("11.8", answer).reason == reason


def penalties():
    one = torch.zeros(3, 10)
    one[:, 0] = 1
    return [redundancy_penalty(rows[None]).item() for rows in (one, torch.eye(3, 10), torch.full((3, 10), 0.1))]


@pytest.mark.parametrize("answer", [(6, 0, 2.49), penalties(), np.array([6.0, 0.0, 2.49])])
def test_penalty_accepts(answer):
    assert check("11.9", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((2.449, 0, 1.578), "norm-not-squared"),
        ((6, 0, 0.06), "off-diagonal-only"),
        ((9, 3, 0.09), "no-identity"),
        ((13, 7, 9.49), "wrong-gram"),
        ((3, 0, 0.03), "one-side"),
        ((6, 0, 2.5), "value"),
    ],
)
def test_penalty_names(answer, reason):
    assert check("11.9", answer).reason == reason
