"""Capítulo 2: más maneras de acertar y de equivocarse, cada una con su motivo."""

import math

import numpy as np
import pytest
import torch
from atencion.workshop import check


def wrong(exercise, answer):
    result = check(exercise, answer)
    assert not result.ok
    return result.reason


@pytest.mark.parametrize("answer", [((0.6, 0.1, 0.2), (0.9, 0.4)), ((0.629, 0.140, 0.231), (0.9, 0.4))])
def test_by_hand_asks_for_decimals(answer):
    assert wrong("02.1", answer) == "few-decimals"


@pytest.mark.parametrize(
    ("exercise", "answer", "reason"),
    [
        ("02.1", ([0.629, 0.140, 0.231], [3, 1.5]), "no-softmax"),
        ("02.1", ([0.629, 0.140, 0.231], [10.107, 4.367]), "not-normalized"),
        ("02.4", (30, 30), "one-per-word"),
        ("02.4", (25, 30), "one-per-word"),
    ],
)
def test_by_hand_names(exercise, answer, reason):
    assert wrong(exercise, answer) == reason


def hidden(s, h, w, u):
    return torch.tanh(w @ s + h @ u.T)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda s, h, w, u, v: hidden(s, h, w, u) @ v / math.sqrt(len(v)), "needless-scale"),
        (lambda s, h, w, u, v: hidden(s, h, w, u) @ v / math.sqrt(len(s)), "needless-scale"),
        (lambda s, h, w, u, v: hidden(s, h, w, u) @ v / math.sqrt(h.shape[1]), "needless-scale"),
        (lambda s, h, w, u, v: torch.stack([v @ torch.tanh(w @ s)] * len(h)), "no-annotations"),
        (lambda s, h, w, u, v: (h @ u.T) @ (w @ s), "multiplicative"),
        (lambda s, h, w, u, v: (hidden(s, h, w, u) * v).mean(1), "averaged-units"),
    ],
)
def test_score_names(answer, reason):
    assert wrong("02.2", answer) == reason


def valid(energies, lengths, extra=0):
    return torch.arange(energies.shape[1]) < lengths[:, None] + extra


def filled(energies, lengths, value=-math.inf, extra=0):
    return energies.masked_fill(~valid(energies, lengths, extra), value)


def in_numpy(energies, lengths):
    energies, weights = np.asarray(energies), np.zeros(energies.shape)
    for row, energy, n in zip(weights, energies, np.asarray(lengths), strict=True):
        if n:
            row[:n] = np.exp(energy[:n] - energy[:n].max())
            row /= row.sum()
    return weights


@pytest.mark.parametrize(
    "answer",
    [
        in_numpy,
        lambda e, n: [
            [math.exp(x) / (sum(map(math.exp, r[:m])) or 1) * (j < m) for j, x in enumerate(r)]
            for r, m in zip(e.tolist(), n.tolist(), strict=True)
        ],
        lambda e, n: filled(e, n, -1e9).softmax(-1) * valid(e, n),
        lambda e, n: torch.nn.functional.normalize(e.softmax(-1) * valid(e, n), p=1),
    ],
    ids=["numpy", "listas", "finito-y-ceros", "renormaliza"],
)
def test_masked_weights_accept(answer):
    assert check("02.3", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        *((lambda e, n, fill=fill: filled(e, n, fill).softmax(1), "finite-fill") for fill in (-100, -1e4, -3e38)),
        *((lambda e, n, fill=fill: (e + fill * ~valid(e, n)).softmax(1), "finite-fill") for fill in (-1e4, -1e9)),
        *((lambda e, n, x=x: filled(e, n, extra=x).softmax(1).nan_to_num(), "off-by-one") for x in (1, -1)),
        (lambda e, n: filled(e, n, extra=-1).softmax(1), "off-by-one"),
        (lambda e, n: filled(e, n, -1e9, extra=1).softmax(1), "off-by-one"),
        (lambda e, n: e.masked_fill(valid(e, n), -math.inf).softmax(1).nan_to_num(), "inverted-mask"),
        (lambda e, n: e.masked_fill(valid(e, n), -math.inf).softmax(1), "inverted-mask"),
        (lambda e, n: e.softmax(0), "wrong-axis"),
        (lambda e, n: e.softmax(0) * valid(e, n), "wrong-axis"),
        (lambda e, n: filled(e, n).softmax(0).nan_to_num(), "wrong-axis"),
        (lambda e, n: filled(e, n, -1e9).softmax(0) * valid(e, n), "wrong-axis"),
        (lambda e, n: (e * valid(e, n)).softmax(1) * valid(e, n), "mask-after"),
        (lambda e, n: e * valid(e, n), "no-softmax"),
        (lambda e, n: e.exp() * valid(e, n), "not-normalized"),
        (lambda e, n: torch.eye(e.shape[1])[filled(e, n).argmax(1)] * valid(e, n), "argmax"),
    ],
)
def test_masked_weights_name(answer, reason):
    assert wrong("02.3", answer) == reason


def test_gradient_accepts_a_numerical_derivative():
    def numerical(m, h, g):
        def loss(v):
            return (m.double() @ v).softmax(0) @ h.double() @ g.double()

        return torch.stack([(loss(1e-4 * v) - loss(-1e-4 * v)) / 2e-4 for v in torch.eye(m.shape[1]).double()])

    assert check("02.5", numerical)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda m, h, g: (h @ g) @ m, "not-centred"),
        (lambda m, h, g: (h @ g) @ m / len(m) * (1 - 1 / len(m)), "diagonal-only"),
    ],
)
def test_gradient_names(answer, reason):
    assert wrong("02.5", answer) == reason


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda outputs, lengths: outputs[torch.arange(len(outputs)), lengths - 1], "both-halves"),
        (lambda outputs, lengths: sum(outputs[:, 0].chunk(2, -1)), "added-halves"),
        (lambda outputs, lengths: outputs[:, 1].chunk(2, -1)[1], "one-based-word"),
    ],
)
def test_initial_state_names(answer, reason):
    assert wrong("02.6", answer) == reason


def steps(score):
    return lambda s, k, w, v: torch.stack([score(w @ x, k, v).softmax(0) for x in s[:-1]])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (steps(lambda x, k, v: (x + k) @ v), "no-tanh"),
        (steps(lambda x, k, v: torch.tanh((x + k) @ v)), "tanh-outside"),
        (steps(lambda x, k, v: (x.tanh() + k.tanh()) @ v), "state-cancelled"),
        (steps(lambda x, k, v: k.tanh() @ v), "state-cancelled"),
        (steps(lambda x, k, v: (x + k).tanh().sum(1)), "no-v"),
        (steps(lambda x, k, v: (x + k).tanh() @ v / math.sqrt(len(v))), "needless-scale"),
        (lambda s, k, w, v: steps(lambda x, k, v: (x + k).tanh() @ v)(s[-1:].expand_as(s), k, w, v), "final-state"),
    ],
)
def test_previous_state_names(answer, reason):
    assert wrong("02.7", answer) == reason


def test_previous_state_rejects_memorised_weights():
    """Una respuesta que solo vale para el tamaño del primer caso."""
    assert not check("02.7", lambda s, k, w, v: ((w @ s[:3].T).T[:, None] + k).tanh() @ v)


def spread(change):
    return lambda e, h, drop: change(e.softmax(-1), h, drop)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (spread(lambda w, h, drop: (w @ h, drop(w))), "swapped-copies"),
        (spread(lambda w, h, drop: (drop(w @ h), w)), "dropout-elsewhere"),
        (spread(lambda w, h, drop: (w @ drop(h), w)), "dropout-elsewhere"),
        (spread(lambda w, h, drop: (drop(drop(w)) @ h, w)), "double-dropout"),
        (spread(lambda w, h, drop: (drop(w) / drop(w).sum(1, True) @ h, w)), "renormalized-dropout"),
        (spread(lambda w, h, drop: (h.mean(0).expand(len(w), -1), w)), "mean-context"),
        (spread(lambda w, h, drop: drop(w) @ h), "structure"),
        (lambda e, h, drop: (drop(e.softmax(0)) @ h, e.softmax(0)), "wrong-axis"),
        (lambda e, h, drop: (drop(e) @ h, e), "no-softmax"),
        (
            lambda e, h, drop: spread(lambda w, h, drop: (drop(w) @ h, w))(e / math.sqrt(h.shape[1]), h, drop),
            "needless-scale",
        ),
    ],
)
def test_dropout_names(answer, reason):
    assert wrong("02.8", answer) == reason
