"""La autopista, lo que sale del flujo y lo que ocupa: más respuestas, cada una con su motivo."""

from itertools import combinations, permutations

import pytest
import torch
from atencion.workshop import check
from torch.nn import functional


def wrong(exercise, answer):
    result = check(exercise, answer)
    assert not result.ok
    return result.reason


# 10.7
def highway(combine):
    """Combina lo transformado y la puerta, ya calculados pero sin función encima, con x."""
    return lambda x, wg, bg, wt, bt: combine(functional.linear(x, wg, bg), functional.linear(x, wt, bt), x)


def mixed(g, t, x):
    return t * g + (1 - t) * x


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (highway(lambda g, t, x: mixed(g.tanh(), t.sigmoid(), x)), "wrong-activation"),
        (highway(lambda g, t, x: mixed(functional.gelu(g), t.sigmoid(), x)), "wrong-activation"),
        (highway(lambda g, t, x: mixed(g, t.sigmoid(), x).relu()), "relu-outside"),
        (highway(lambda g, t, x: mixed(g.relu(), t.tanh(), x)), "wrong-gate"),
        (highway(lambda g, t, x: mixed(g.relu(), (t > 0).float(), x)), "wrong-gate"),
        (highway(lambda g, t, x: (g.relu() + x) / 2), "no-gate"),
        (highway(lambda g, t, x: t.sigmoid() * g.relu() + 1 - t.sigmoid()), "no-carry"),
        (lambda x, wg, bg, wt, bt: mixed((x @ wg.T).relu() + bg, (x @ wt.T + bt).sigmoid(), x), "late-bias"),
        (lambda x, wg, bg, wt, bt: mixed((x @ wg.T).relu() + bg, (x @ wt.T).sigmoid() + bt, x), "late-bias"),
        (
            lambda x, wg, bg, wt, bt: highway(lambda g, t, x: mixed(g.relu(), t.sigmoid(), x))(x, wt, bt, wg, bg),
            "swapped-layers",
        ),
        (
            lambda x, wg, bg, wt, bt: highway(lambda g, t, x: mixed(g.relu(), t.sigmoid(), x))(x, wg, bt, wt, bg),
            "swapped-biases",
        ),
        (lambda x, wg, bg, wt, bt: mixed((x @ wg.T).relu(), (x @ wt.T).sigmoid(), x), "no-biases"),
        (lambda x, wg, bg, wt, bt: mixed((x @ wg.T + bg).relu(), (x @ wt.T).sigmoid(), x), "no-biases"),
        (lambda x, wg, bg, wt, bt: mixed((x @ wg + bg).relu(), (x @ wt.T + bt).sigmoid(), x), "transposed-weights"),
    ],
)
def test_highway_names(answer, reason):
    assert wrong("10.7", answer) == reason


# 10.8
def blocks(h, u, s):
    return h, u, h * u, h * s


def arranged(order):
    return lambda *tensors: torch.cat([blocks(*tensors)[i] for i in order], -1)


@pytest.mark.parametrize("order", [order for order in permutations(range(4)) if order != (0, 1, 2, 3)])
def test_joined_names_every_order(order):
    assert wrong("10.8", arranged(order)) == "wrong-order"


@pytest.mark.parametrize("order", list(combinations(range(4), 3)))
def test_joined_names_every_missing_block(order):
    assert wrong("10.8", arranged(order)) == "missing-block"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (arranged((0, 0, 2, 3)), "repeated-row-block"),
        (lambda h, u, s: torch.cat([h, u, h + u, h * s], 1), "sum-for-product"),
        (lambda h, u, s: torch.cat([h, u, h * u, h - s], 1), "sum-for-product"),
        (arranged((0, 1, 2, 2)), "repeated-row-block"),
        (lambda *tensors: torch.stack(blocks(*tensors), -1).flatten(1), "interleaved-blocks"),
        (lambda *tensors: torch.stack(blocks(*tensors), 1), "separate-blocks"),
        (lambda *tensors: list(blocks(*tensors)), "separate-blocks"),
        (lambda h, u, s: torch.cat([h, u, s.expand_as(h), h * u], 1), "summary-alone"),
    ],
)
def test_joined_names(answer, reason):
    assert wrong("10.8", answer) == reason


def test_joined_rejects_a_fixed_width():
    assert wrong("10.8", lambda h, u, s: torch.cat([h, u, h * u, h * s], 1)[:, :12]) == "shape"


# 10.9
GIB, MIB = 60 * 400 * 30 * 200 * 4 / 2**30, 60 * 400 * 30 * 4 / 2**20


@pytest.mark.parametrize("answer", [(0.54, 2.75), (0.53, 2.74), (GIB, MIB), torch.tensor([GIB, MIB])])
def test_memory_accepts(answer):
    assert check("10.9", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((0.58, 2.75), "decimal-units"),
        ((0.54, 2.88), "decimal-units"),
        ((0.55, 2.75), "value"),
        ((GIB, 2 * MIB), "double-precision"),
        ((GIB / 2, MIB / 2), "half-precision"),
        ((GIB / 2, MIB), "half-width"),
        ((8 * GIB, 8 * MIB), "bits"),
        ((GIB, MIB / 60), "one-example"),
        ((GIB / 30, MIB), "not-expanded"),
        ((GIB, 200 * MIB), "scores-are-numbers"),
        ((GIB, 1024 * MIB), "wrong-unit"),
        ((1024 * GIB, MIB), "wrong-unit"),
        ((GIB * 2**30, MIB * 2**20), "wrong-unit"),
        ((144_000_000, 720_000), "numbers-not-bytes"),
        ((0.5, 2.7), "few-decimals"),
        ((0.54, 2.7), "few-decimals"),
    ],
)
def test_memory_names(answer, reason):
    assert wrong("10.9", answer) == reason
