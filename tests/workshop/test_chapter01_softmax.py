"""Correctores 01.3 a 01.6: la softmax, su máscara, su escala y su gradiente."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from atencion.workshop import check


def numpy_masked_softmax(scores, mask):
    scores, mask = np.asarray(scores), np.asarray(mask)
    exponentials = np.where(mask, np.exp(scores), 0)
    total = exponentials.sum(-1, keepdims=True)
    return np.divide(exponentials, total, out=np.zeros_like(exponentials), where=total > 0)


@pytest.mark.parametrize(
    "answer",
    [
        lambda scores, mask: scores.masked_fill(~mask, -torch.inf).softmax(-1).nan_to_num(),
        lambda scores, mask: torch.where(mask, scores, -1e9).softmax(-1) * mask,
        lambda scores, mask: (scores.exp() * mask) / (scores.exp() * mask).sum(-1, keepdim=True).clamp_min(1e-9),
        numpy_masked_softmax,
    ],
    ids=["nan_to_num", "relleno-y-producto", "exponenciales", "numpy"],
)
def test_masked_softmax_accepts(answer):
    assert check("01.3", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda scores, mask: torch.where(mask, scores, torch.tensor(-1e9)).softmax(-1), "finite-fill"),
        (lambda scores, mask: torch.where(mask, scores, torch.tensor(-9e15)).softmax(-1), "finite-fill"),
        (lambda scores, mask: (scores + (1 - mask.float()) * -10000.0).softmax(-1), "finite-fill"),
        (lambda scores, mask: torch.where(mask, scores, -torch.inf).softmax(-1), "nan-row"),
        (lambda scores, mask: scores.masked_fill(mask, -torch.inf).softmax(-1), "inverted-mask"),
        (lambda scores, mask: scores.masked_fill(mask, -1e9).softmax(-1), "inverted-mask"),
        (lambda scores, mask: (scores * mask.float()).softmax(-1), "multiply-scores"),
        (lambda scores, mask: scores.softmax(-1).masked_fill(~mask, 0.0), "mask-after"),
        (lambda scores, mask: scores.masked_fill(~mask, -torch.inf).softmax(0), "wrong-axis"),
        (lambda scores, mask: F.softmax(scores, dim=-1), "unmasked"),
        (lambda scores, mask: scores.masked_fill(~mask, -10).softmax(-1), "small-fill"),
        (lambda scores, mask: scores.masked_fill(~mask, -10).softmax(-1) * mask, "small-fill"),
        (lambda scores, mask: scores.masked_fill(~mask, 0).softmax(-1), "multiply-scores"),
        (lambda scores, mask: scores.masked_fill(~mask, 1e-9).softmax(-1), "multiply-scores"),
        (lambda scores, mask: mask / mask.sum(-1, keepdim=True).clamp(min=1), "uniform-weights"),
        (lambda scores, mask: F.one_hot(scores.masked_fill(~mask, -1e9).argmax(-1), scores.shape[1]), "argmax"),
        (lambda scores, mask: scores.masked_fill(~mask, -torch.inf), "no-softmax"),
        (lambda scores, mask: scores.masked_fill(~mask, -torch.inf).log_softmax(-1), "log-softmax"),
        (
            lambda scores, mask: (scores / scores.shape[1] ** 0.5).masked_fill(~mask, -1e9).softmax(-1) * mask,
            "extra-scale",
        ),
        (lambda scores, mask: F.dropout(scores.masked_fill(~mask, -1e9).softmax(-1) * mask, 0.5), "random"),
        (lambda scores, mask: (scores.masked_fill(~mask, -1e9).softmax(-1) * mask, mask), "shape"),
        (lambda scores, mask: (scores.masked_fill(~mask, -1e9).softmax(-1) * mask).T, "shape"),
    ],
)
def test_masked_softmax_names(answer, reason):
    assert check("01.3", answer).reason == reason


@pytest.mark.parametrize("answer", [(8, 1), [8.0, 1.0], np.array([8, 1]), torch.tensor([8.0, 1.0]), (8.1, 0.99)])
def test_spread_accepts(answer):
    assert check("01.4", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((64, 1), "variance"),
        ((64, 8), "variance"),
        ((8, 0.125), "scale-by-d"),
        ((8, 8), "no-change"),
        ((1, 8), "order"),
        (8, "structure"),
    ],
)
def test_spread_names(answer, reason):
    assert check("01.4", answer).reason == reason


def loop_jacobian(scores):
    weights = scores.softmax(-1).tolist()
    return [[a * ((i == j) - b) for j, b in enumerate(weights)] for i, a in enumerate(weights)]


def finite_differences(scores, step=1e-4):
    nudges = step * torch.eye(len(scores))
    return ((scores + nudges).softmax(-1) - (scores - nudges).softmax(-1)).T / (2 * step)


@pytest.mark.parametrize(
    "answer",
    [
        lambda scores: torch.autograd.functional.jacobian(lambda s: s.softmax(-1), scores),
        lambda scores: torch.func.jacrev(lambda s: s.softmax(-1))(scores),
        lambda scores: np.diag(scores.softmax(-1)) - np.outer(scores.softmax(-1), scores.softmax(-1)),
        loop_jacobian,
        finite_differences,
        lambda scores: torch.autograd.functional.hessian(lambda s: s.logsumexp(0), scores),
        lambda scores: torch.autograd.functional.jacobian(torch.nn.Softmax(dim=0), (scores,)),
    ],
    ids=["autograd", "func", "numpy", "bucles", "diferencias", "hessiana", "tuplas"],
)
def test_jacobian_accepts(answer):
    assert check("01.5", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda s: torch.diag(s.softmax(0) * (1 - s.softmax(0))), "diagonal-only"),
        (lambda s: -s.softmax(0)[:, None] * s.softmax(0), "no-diagonal-term"),
        (lambda s: s.softmax(0)[:, None] * s.softmax(0) - torch.diag(s.softmax(0)), "sign"),
        (lambda s: torch.diag(s) - s[:, None] * s, "scores-as-weights"),
        (lambda s: torch.zeros(len(s), len(s)), "zero-jacobian"),
        (lambda s: s.softmax(0) * (1 - s.softmax(0)), "diagonal-only"),
        (lambda s: s.softmax(0).diag(), "diagonal-only"),
        (lambda s: torch.outer(s.softmax(0), s.softmax(0)), "no-diagonal-term"),
        (lambda s: s.softmax(0).diag() + torch.outer(s.softmax(0), s.softmax(0)), "plus-outer"),
        (lambda s: torch.autograd.functional.jacobian(lambda x: x.log_softmax(0), s), "log-derivative"),
        (lambda s: torch.outer(s.softmax(0), 1 - s.softmax(0)), "diagonal-everywhere"),
        (lambda s: s.softmax(0), "not-derived"),
        (lambda s: s.softmax(0).diag() - s.softmax(0) * s.softmax(0), "squared-weights"),
        (lambda s: s.diag(), "value"),
    ],
)
def test_jacobian_names(answer, reason):
    assert check("01.5", answer).reason == reason


@pytest.mark.parametrize("answer", [(-4, 4), [-5.0, 5.0], np.array([-10, 3.5]), torch.tensor([[-30.0, 40.0]])])
def test_design_accepts(answer):
    assert check("01.6", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((0, 0), "uniform"),
        ((0, 50), "tie"),
        ((5, 5), "wrong-key"),
        ((5, -5), "wrong-key"),
        ((-1, 1), "too-soft"),
        ((-4, 4, 0), "shape"),
        ((-4, float("inf")), "nan"),
    ],
)
def test_design_names(answer, reason):
    assert check("01.6", answer).reason == reason
