"""Correctores 11.3, 11.8 y 11.9: los que piden un número."""

import numpy as np
import pytest
import torch
from atencion.layers import redundancy_penalty
from atencion.workshop import check


@pytest.mark.parametrize(
    "answer", [(16, 2, 1 / 16), [16.0, 2.0, 0.0625], np.array([16, 2, 0.0625]), (15.98, 1.998, 0.0626), (16, 2, 0.062)]
)
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
        ((16, 2, 16), "divisor-for-factor"),
        ((16, 2, 1 / 8), "usual-factor"),
        ((16, 2, 1 / 256), "variance-factor"),
        ((16, 1, 1 / 16), "unit-components"),
        ((16, 4, 1 / 16), "variance"),
        ((128, 16, 1 / 128), "added-deviations"),
        ((320**0.5, 5**0.5, 320**-0.5), "added-variances"),
        ((2, 16, 1 / 16), "swapped-order"),
        ((16, 2, 1), "value"),
    ],
)
def test_variance_names(answer, reason):
    assert check("11.3", answer).reason == reason


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
        ((1048576, 524288, 32), "halved-heads"),
        ((1048576, 1048576, 512), "fixed-width"),
        ((1048576, 1048576, 16), "heads-for-width"),
        ((25 * 262144, 49 * 262144, 32), "heads-multiply"),
        ((11 * 262144, 19 * 262144, 32), "output-per-head"),
        ((786432 + 64 * 512, 786432 + 32 * 512, 32), "narrow-output"),
        ((262144, 262144, 32), "missing-matrices"),
        ((1049088, 1049088, 32), "with-biases"),
        ((1.05, 1.05, 32), "rounded-count"),
        ((32, 1048576, 1048576), "swapped-order"),
        ((1048575, 1048576, 32), "value"),
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
        ((0, 0, 2.43), "diagonal-alone"),
        ((6 / 9, 0, 2.49 / 9), "mean-not-sum"),
        ((6, 0, 3.3), "no-square"),
        ((6, 0, 843), "unnormalized-rows"),
        ((6, 0, 2), "uniform-over-rows"),
        ((6, 0, 0), "uniform-zero"),
        ((6, 0, 6), "uniform-equal"),
        ((4, 0, 1), "largest-direction"),
        ((0, 6, 2.49), "swapped-order"),
        ((6, 0, 2.5), "value"),
    ],
)
def test_penalty_names(answer, reason):
    assert check("11.9", answer).reason == reason
