"""Correctores 11.5 a 11.7: repartir en cabezas, enmascarar y descubrir quién mira el futuro."""

from functools import partial

import numpy as np
import pytest
import torch
from atencion import ops
from atencion.workshop import check


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
        (lambda x, h: x.transpose(1, 2).reshape(x.shape[0], h, x.shape[1], -1), "no-transpose"),
        (lambda x, h: x.reshape(h, x.shape[0], x.shape[1], -1).transpose(0, 1), "no-transpose"),
        (lambda x, h: x.chunk(h, -1), "heads-before-batch"),
        (lambda x, h: torch.stack(x.chunk(h, -1), -1), "heads-last"),
        (lambda x, h: x.reshape(*x.shape[:2], -1, h).transpose(1, 2), "heads-for-width"),
        (lambda x, h: x[:, None].expand(-1, h, -1, -1), "whole-width"),
        (lambda x, h: torch.stack(x.chunk(h, -1)[::-1], 1), "reversed-heads"),
        (lambda x, h: x.chunk(h, -1)[0], "first-head-only"),
        (lambda x, h: torch.stack(x.chunk(h, -1), 1).flatten(0, 1), "joined-batch"),
        (lambda x, h: x.reshape(-1, h, x.shape[2] // h), "lost-batch"),
        (lambda x, h: x, "unsplit"),
        (lambda x, h: x[:, :, None], "shape"),
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
        (masked(lambda ones, valid: ones.tril(1) * valid), "one-ahead"),
        (masked(lambda ones, valid: ones.tril() * valid * valid[:, None]), "masked-queries"),
        (masked(lambda ones, valid: ones.tril() * (torch.arange(len(valid)) < valid.sum())), "padding-at-end"),
        (
            masked(lambda ones, valid: ones.tril() * (torch.arange(len(valid)) >= valid.int().argmax())),
            "padding-at-start",
        ),
        (masked(lambda ones, valid: ones.tril() * ~valid), "inverted-mask"),
        (masked(lambda ones, valid: 1 - ones.tril() * valid), "inverted-mask"),
        (masked(lambda ones, valid: ones.tril() + valid), "either-condition"),
        (masked(lambda ones, valid: (ones.tril() * valid).bool() | torch.eye(len(valid)).bool()), "unmasked-padding"),
        (lambda s, valid: past_by_rows(s, valid).T, "transposed-table"),
        (lambda s, valid: past_by_rows(s.T, valid), "swapped"),
        (lambda s, v: (s - 1e9 * torch.ones_like(s).triu(1) - 1e9 * ~v).softmax(1), "finite-fill"),
        (lambda s, v: past_by_rows(s, v) + np.eye(len(s)) * ~v.cummax(0).values.numpy()[:, None], "filled-empty-row"),
        (lambda s, v: (s - torch.inf * (1 - torch.ones_like(s).tril() * v)).softmax(1), "zero-times-infinity"),
        (lambda s, valid: s.softmax(1), "unmasked"),
        (lambda s, valid: s, "no-softmax"),
        (lambda s, valid: s.exp().tril() * valid, "not-normalized"),
        (lambda s, valid: torch.ones_like(s).tril() * valid, "mask-alone"),
        (lambda s, valid: past_by_rows(0 * s, valid), "even-past"),
        (lambda s, valid: past_by_rows(s / len(s) ** 0.5, valid), "scaled-again"),
        (lambda s, valid: s.softmax(1).mean(0).expand_as(s), "value"),
    ],
)
def test_past_names(answer, reason):
    assert check("11.6", answer).reason == reason


def by_replacement(layer, x, margin=1e-5):
    torch.manual_seed(5)
    for t in range(1, len(x)):
        other = x.clone()
        other[t:] = torch.randn_like(x[t:])
        if not torch.allclose(layer(other)[:t], layer(x)[:t], atol=margin):
            return False
    return True


def by_jacobian(layer, x):
    moved = torch.autograd.functional.jacobian(layer, x).abs().sum((1, 3))
    return bool(moved.triu(1).max() < 1e-6)


def by_gradient(layer, x):
    for t in range(len(x) - 1):
        leaf = x.clone().requires_grad_()
        layer(leaf)[t].sum().backward()
        if leaf.grad[t + 1 :].abs().max() > 1e-6:
            return False
    return True


def by_numpy(layer, x):
    if not isinstance(x, np.ndarray):
        raise TypeError("solo arrays")
    random = np.random.default_rng(0)
    for t in range(1, len(x)):
        other = x.copy()
        other[t] = random.normal(size=x.shape[1])
        if np.abs(layer(other) - layer(x))[:t].max(axis=1).max() > 1e-5:
            return False
    return True


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
        by_gradient,
        by_numpy,
    ],
    ids=["azar", "jacobiano", "prefijos", "tensor", "entero", "gradiente", "numpy"],
)
def test_causality_accepts(answer):
    assert check("11.7", answer)


def replaced(change, rows=slice(None), words=slice(1, None)):
    def answer(layer, x):
        torch.manual_seed(5)
        for t in range(len(x))[words]:
            other = x.clone()
            other[t] = change(x[t])
            if not (layer(other) - layer(x)).abs()[:t][rows].sum() <= 1e-5:
                return False
        return True

    return answer


def by_reversal(layer, x):
    flipped = [torch.cat([x[:t], x[t:].flip(0)]) for t in range(1, len(x))]
    return all(torch.allclose(layer(one)[:t], layer(x)[:t], atol=1e-5) for t, one in enumerate(flipped, 1))


def by_alias(layer, x):
    other = x
    other[-1] += 5
    return torch.allclose(layer(other)[:-1], layer(x)[:-1])


def by_itself_too(layer, x):
    other = x.clone()
    other[-1] = -x[-1]
    return torch.allclose(layer(other), layer(x))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (replaced(lambda word: word + 1), "constant-shift"),
        (replaced(torch.randn_like, rows=slice(1)), "first-row-only"),
        (replaced(torch.randn_like, words=slice(-1, None)), "last-word-only"),
        (replaced(lambda word: word + 1, words=slice(-1, None)), "shifted-last-word"),
        (lambda layer, x: not by_jacobian(layer, x), "inverted-answer"),
        (lambda layer, x: True, "always-causal"),
        (replaced(lambda word: 2 * word), "scaled-word"),
        (replaced(lambda word: word * torch.nan), "poisoned-word"),
        (replaced(lambda word: word * torch.inf), "poisoned-word"),
        (replaced(torch.randn_like, words=slice(1, -1)), "no-last-word"),
        (replaced(torch.randn_like, words=slice(-1, None), rows=slice(1)), "last-to-first"),
        (replaced(torch.randn_like, rows=slice(-1, None)), "next-word-only"),
        (replaced(torch.randn_like, rows=slice(-1)), "skips-neighbour"),
        (partial(by_replacement, margin=0.3), "loose-margin"),
        (by_reversal, "reordered-words"),
        (by_alias, "always-causal"),
        (by_itself_too, "own-row"),
        (lambda layer, x: False, "never-causal"),
        (lambda layer, x: torch.zeros(3), "shape"),
        (lambda layer, x: layer(x).sum(), "value"),
        (lambda layer, x: None, "empty"),
    ],
)
def test_causality_names(answer, reason):
    assert check("11.7", answer).reason == reason
