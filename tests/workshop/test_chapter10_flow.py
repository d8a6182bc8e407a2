"""Las dos direcciones del flujo: más maneras de acertar y de equivocarse, cada una con su motivo."""

import math

import numpy as np
import pytest
import torch
from atencion.workshop import check

NEVER = -math.inf


def wrong(exercise, answer):
    result = check(exercise, answer)
    assert not result.ok
    return result.reason


# 10.1 y 10.2
SCORES = torch.tensor([[0.0, 1.0], [2.5, 1.0], [2.0, -1.0]])
CONTEXT = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
B = SCORES.amax(1).softmax(0)
SCALED = (SCORES.amax(1) / math.sqrt(2)).softmax(0)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((SCALED, SCALED @ CONTEXT), "scaled-flow"),
        ((B, CONTEXT.sum(0)), "sum-context"),
        ((B, SCORES.amax(1) @ CONTEXT), "no-softmax"),
        ((B, SCORES.amax(1).exp() @ CONTEXT), "not-normalized"),
        ((torch.full((3,), 1 / 3), CONTEXT.mean(0)), "mean-context"),
        (([0.1, 0.5, 0.3], [0.5, 0.9]), "few-decimals"),
        (([0.12, 0.55, 0.33], [0.5, 0.9]), "few-decimals"),
    ],
)
def test_by_hand_names(answer, reason):
    assert wrong("10.1", answer) == reason


def trilinear(h, u, w, third=None):
    w1, w2, w3 = w.chunk(3)
    return (h @ w1)[:, None] + u @ w2 + ((h * w3) @ u.T if third is None else third(h, u, w3))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda h, u, w: trilinear(h, u, w) / math.sqrt(h.shape[1]), "scaled-flow"),
        (lambda h, u, w: trilinear(h, u, w) / math.sqrt(len(w)), "scaled-flow"),
        (lambda h, u, w: trilinear(h, u, w, lambda h, u, w3: h @ u.T), "unweighted-product"),
        (lambda h, u, w: trilinear(h, u, w, lambda h, u, w3: (h[:, None] + u) @ w3), "sum-for-product"),
        (lambda h, u, w: trilinear(h, u, w, lambda h, u, w3: (h[:, None] - u) @ w3), "sum-for-product"),
        (lambda h, u, w: (h * w.chunk(3)[2]) @ u.T, "only-product"),
        (lambda h, u, w: trilinear(h, u, w) / len(w), "averaged-product"),
        (lambda h, u, w: trilinear(h, u, w).tanh(), "needless-tanh"),
        (lambda h, u, w: trilinear(h, u, w).softmax(0), "already-softmax"),
        (lambda h, u, w: trilinear(u, h, w), "transposed-scores"),
    ],
)
def test_trilinear_names(answer, reason):
    assert wrong("10.2", answer) == reason


# 10.3
def across(weigh):
    return lambda s, u, keep: (weigh(s, keep), weigh(s, keep) @ u)


def filled(scores, keep, value=NEVER):
    return scores.masked_fill(~keep, value)


def zeros(weights):
    return weights.nan_to_num()


def exact(scores, keep):
    return zeros(filled(scores, keep).softmax(1))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        *((across(lambda s, keep, x=x: filled(s, keep, x).softmax(1)), "finite-fill") for x in (-100, -1e4, -3e38)),
        *((across(lambda s, keep, x=x: (s + x * ~keep).softmax(1)), "finite-fill") for x in (-1e4, -1e9)),
        (across(lambda s, keep: filled(s, ~keep, -1e9).softmax(1)), "inverted-mask"),
        (across(lambda s, keep: zeros(filled(s, ~keep).softmax(1))), "inverted-mask"),
        (across(lambda s, keep: s.softmax(0) * keep), "wrong-axis"),
        (across(lambda s, keep: filled(s, keep).softmax(0)), "wrong-axis"),
        (across(lambda s, keep: s * keep), "no-softmax"),
        (across(lambda s, keep: s.exp() * keep), "not-normalized"),
        (across(lambda s, keep: torch.eye(s.shape[1])[filled(s, keep).argmax(1)] * keep), "argmax"),
        (lambda s, u, keep: across(exact)(s / math.sqrt(u.shape[1]), u, keep), "scaled-flow"),
        (lambda s, u, keep: (exact(s, keep), u.sum(0).expand(len(s), -1)), "sum-context"),
        (lambda s, u, keep: (exact(s, keep), u[keep].mean(0).expand(len(s), -1)), "mean-context"),
    ],
)
def test_across_names(answer, reason):
    assert wrong("10.3", answer) == reason


# 10.4
def highest(s, qk, value=NEVER):
    return filled(s, qk, value).amax(1)


def towards(weigh):
    return lambda s, h, ck, qk: (weigh(s, ck, qk), weigh(s, ck, qk) @ h)


def right(s, ck, qk):
    return zeros(filled(highest(s, qk), ck).softmax(0))


def by_indices(s, h, ck, qk):
    s, h, ck, qk = map(np.asarray, (s, h, ck, qk))
    b = np.zeros(len(s))
    if ck.any() and qk.any():
        claims = s[np.ix_(ck, qk)].max(1)
        b[ck] = np.exp(claims) / np.exp(claims).sum()
    return b, b @ h


def by_lists(s, h, ck, qk):
    claims = [max((float(x) for x, k in zip(row, qk, strict=True) if k), default=NEVER) for row in s]
    shares = [math.exp(x) if k else 0.0 for x, k in zip(claims, ck, strict=True)]
    b = [x / (sum(shares) or 1.0) for x in shares]
    return b, [sum(x * float(y) for x, y in zip(b, column, strict=True)) for column in h.T]


def renormalised(s, h, ck, qk):
    b = (s[:, qk].amax(1).softmax(0) if qk.any() else torch.zeros(len(s))) * ck
    b = b / b.sum().clamp(min=1e-12)
    return [b, torch.einsum("t,td->d", b, h)]


@pytest.mark.parametrize("answer", [by_indices, by_lists, renormalised, towards(right)])
def test_towards_accepts(answer):
    assert check("10.4", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (towards(lambda s, ck, qk: zeros(filled(s.amax(1), ck).softmax(0)) * qk.any()), "unmasked-question"),
        (towards(lambda s, ck, qk: filled(s.amax(1), ck, -1e9).softmax(0)), "unmasked-question"),
        (
            towards(lambda s, ck, qk: highest(s, qk).masked_fill(~ck, 0).nan_to_num(neginf=0).softmax(0)),
            "zeroed-padding",
        ),
        (towards(lambda s, ck, qk: s.amax(1).softmax(0) * ck), "mask-after"),
        (towards(lambda s, ck, qk: zeros(filled((s * qk).sum(1), ck).softmax(0)) * qk.any()), "sum-not-max"),
        (towards(lambda s, ck, qk: filled(s.sum(1), ck).softmax(0)), "sum-not-max"),
        (towards(lambda s, ck, qk: zeros(filled(s.mean(1), ck).softmax(0)) * qk.any()), "mean-not-max"),
        (towards(lambda s, ck, qk: zeros(filled(filled(s, qk).softmax(1).amax(1), ck).softmax(0))), "max-of-weights"),
        (towards(lambda s, ck, qk: right(s, ~ck, qk)), "inverted-mask"),
        (towards(lambda s, ck, qk: right(s, ck, ~qk)), "inverted-mask"),
        (towards(lambda s, ck, qk: right(s, ~ck, ~qk)), "inverted-mask"),
        (towards(lambda s, ck, qk: highest(s, qk, -1e9).masked_fill(~ck, -1e9).softmax(0)), "finite-fill"),
        (towards(lambda s, ck, qk: zeros(filled(highest(s, qk, -1e9), ck).softmax(0))), "finite-fill"),
        (towards(lambda s, ck, qk: highest(s, qk).exp() * ck), "not-normalized"),
        (towards(lambda s, ck, qk: highest(s, qk).nan_to_num(neginf=0) * ck), "no-softmax"),
        (towards(lambda s, ck, qk: torch.eye(len(s))[filled(highest(s, qk), ck).argmax()] * qk.any()), "argmax"),
        (lambda s, h, ck, qk: towards(right)(s / math.sqrt(h.shape[1]), h, ck, qk), "scaled-flow"),
        (lambda s, h, ck, qk: (right(s, ck, qk), h.mean(0)), "mean-context"),
        (lambda s, h, ck, qk: (right(s, ck, qk), h[ck].sum(0)), "sum-context"),
    ],
)
def test_towards_names(answer, reason):
    assert wrong("10.4", answer) == reason
