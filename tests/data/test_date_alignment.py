"""El acuerdo del alineamiento, contra casos hechos a mano."""

from __future__ import annotations

import pytest
import torch
from atencion.data.date_alignment import alignment_agreement, target_fields
from atencion.data.dates import DateExample, generate_examples, split_days

EXAMPLE = generate_examples(split_days().test, 1, num_dates=(3,), seed=2)[0]


def perfect(example: DateExample) -> torch.Tensor:
    """Cada carácter mira la primera pieza que dice lo mismo que él."""
    weights = torch.zeros(len(example.target), len(example.source))
    for i, field in enumerate(target_fields(len(example.dates))):
        weights[i, example.fields.index(field) if field in example.fields else 0] = 1.0
    return weights


def test_target_fields_follow_the_iso_form() -> None:
    fields = target_fields(2)
    assert len(fields) == 21
    assert "".join(field.part[0] for field in fields) == "yyyylmmlddsyyyylmmldd"
    assert [field.date for field in fields] == [0] * 11 + [1] * 10


def test_perfect_alignment_scores_one() -> None:
    assert alignment_agreement(perfect(EXAMPLE), EXAMPLE) == (1.0, 1.0)


def test_padding_and_the_end_row_do_not_count() -> None:
    weights = perfect(EXAMPLE)
    wide = torch.full((weights.shape[0] + 1, weights.shape[1] + 5), 7.0)
    wide[: weights.shape[0], : weights.shape[1]] = weights
    assert alignment_agreement(wide, EXAMPLE) == (1.0, 1.0)


def test_looking_at_the_right_date_but_the_wrong_part() -> None:
    weights = torch.zeros(len(EXAMPLE.target), len(EXAMPLE.source))
    for i, field in enumerate(target_fields(3)):
        weights[i, EXAMPLE.fields.index((field.date, "year"))] = 1.0
    date, part = alignment_agreement(weights, EXAMPLE)
    assert date == 1.0
    assert part == pytest.approx(0.5)  # de las ocho cifras de cada fecha, cuatro son del año


def test_looking_only_at_the_first_date() -> None:
    weights = torch.zeros(len(EXAMPLE.target), len(EXAMPLE.source))
    weights[:, EXAMPLE.fields.index((0, "day"))] = 1.0
    assert alignment_agreement(weights, EXAMPLE) == pytest.approx((1 / 3, 1 / 12))


def test_too_few_rows_are_rejected() -> None:
    with pytest.raises(ValueError, match=r"weights: se esperaba \(n_target, n_source\) = \(≥ 32, ≥ \d+\)"):
        alignment_agreement(torch.zeros(31, len(EXAMPLE.source)), EXAMPLE)
