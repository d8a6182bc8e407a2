"""Correctores 04.7 a 04.9: otras maneras de acertar y errores con nombre."""

import numpy as np
import pytest
import torch
from atencion.workshop import check


@pytest.mark.parametrize("answer", [(2400, 1040), [2400.0, 1040.0], np.array([2400, 1040]), torch.tensor([2400, 1040])])
def test_parameters_accept(answer):
    assert check("04.7", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((3600, 1560), "untied-tables"),
        ((4800, 1560), "untied-tables"),
        ((1800, 780), "table-per-hop"),
        ((2400, 780), "missing-time-table"),
        ((3600, 1040), "untied-tables"),
        ((3000, 1040), "extra-tables"),
        ((2400, 1300), "extra-time-table"),
        ((1200, 520), "two-tables"),
        ((1040, 2400), "swapped-counts"),
        ((600, 260), "one-table"),
        ((2400, 260), "one-time-table"),
        ((2400, 960), "time-rows"),
        ((120, 52), "no-dimension"),
        ((2.400, 1.040), "thousands-dot"),
        ((2401, 1040), "value"),
        (3440, "structure"),
    ],
)
def test_parameters_name(answer, reason):
    assert check("04.7", answer).reason == reason


@pytest.mark.parametrize(
    "answer",
    [
        ([0.7, 0.2, 0.1], [0.8, 0.3], [0.3, 1.8]),
        [torch.tensor([0.7, 0.2, 0.1]), np.array([0.8, 0.3]), (0.3, 1.8)],
    ],
    ids=["listas", "mezcla"],
)
def test_key_value_accepts(answer):
    assert check("04.8", answer)


P, READ = [0.7, 0.2, 0.1], [0.8, 0.3]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((P, [1.501, 0.7], [0.7, 2.501]), "keys-as-values"),
        (([0.422, 0.155, 0.422], [0.845, 0.578], [0.578, 1.845]), "values-as-keys"),
        (([1.946, 0.693, 0], [1.946, 0.693], [0.693, 2.946]), "no-softmax"),
        (([7, 2, 1], [8, 3], [3, 9]), "not-normalized"),
        (([1, 0, 0], [1, 0], [0, 2]), "argmax"),
        ((P, [0.667, 0.667], [0.667, 1.667]), "mean-context"),
        ((P, READ, [0.8, 1.3]), "partial-turn"),
        ((P, READ, [1.3, 0.8]), "partial-turn"),
        ((P, READ, [1.8, 0.3]), "no-turn"),
        ((P, READ, [0.3, 0.8]), "no-state-added"),
        (([0.601, 0.248, 0.152], [0.752, 0.399], [0.399, 1.752]), "scaled-memory"),
        (([1.946, 0.693, 0], READ, [0.3, 1.8]), "no-softmax"),
        (([7, 2, 1], READ, [0.3, 1.8]), "not-normalized"),
        ((READ, P, [0.3, 1.8]), "order"),
        ((P, READ, [0.3, 1.7]), "value"),
        ((P, READ), "structure"),
    ],
)
def test_key_value_names(answer, reason):
    assert check("04.8", answer).reason == reason


@pytest.mark.parametrize("answer", [(0, 5), [0.0, 5.0], torch.tensor([0, 5])])
def test_inverse_accepts(answer):
    assert check("04.9", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((0, 4), "same-film"),
        ((0, 2), "value-not-key"),
        ((4, 5), "inverse-first"),
        ((5, 0), "inverse-first"),
        ((1, 6), "one-based-slots"),
        ((2, 5), "other-film"),
        ((3, 6), "other-film"),
        ((1, 7), "wrong-relation"),
        ((7, 5), "inverse-first"),
        ((0, "La niebla"), "type"),
        ((0, (4, 5)), "shape"),
        ((0, 7), "value"),
        (5, "structure"),
    ],
)
def test_inverse_names(answer, reason):
    assert check("04.9", answer).reason == reason
