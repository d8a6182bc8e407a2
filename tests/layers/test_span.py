"""El mejor tramo es el que se encontraría mirando todos los pares."""

from __future__ import annotations

import math

import pytest
import torch
from atencion.layers import best_span


def brute_force(starts: list[float], ends: list[float], max_length: int | None) -> tuple[int, int, float]:
    best = (-1, -1, -math.inf)
    for end in range(len(ends)):
        for start in range(end + 1):
            score = starts[start] + ends[end]
            if (max_length is None or end - start < max_length) and score > best[2]:
                best = (start, end, score)
    return best


@pytest.mark.parametrize("max_length", [None, 1, 2, 5, 50])
def test_equals_brute_force(max_length: int | None) -> None:
    generator = torch.Generator().manual_seed(0)
    for n in (1, 2, 3, 7, 31):
        starts, ends = torch.randn(2, 13, n, generator=generator, dtype=torch.float64).log_softmax(-1)
        lengths = torch.randint(0, n + 1, (13,), generator=generator)
        padding = torch.arange(n) >= lengths[:, None]
        starts, ends = starts.masked_fill(padding, -math.inf), ends.masked_fill(padding, -math.inf)
        found = best_span(starts, ends, max_length=max_length)
        expected = [
            brute_force(one, other, max_length) for one, other in zip(starts.tolist(), ends.tolist(), strict=True)
        ]
        triples = list(zip(found.start.tolist(), found.end.tolist(), found.score.tolist(), strict=True))
        assert triples == expected


def test_end_before_start_is_never_chosen() -> None:
    starts, ends = torch.tensor([[0.1, 0.2, 0.7]]).log(), torch.tensor([[0.6, 0.3, 0.1]]).log()
    assert (starts.argmax().item(), ends.argmax().item()) == (2, 0)
    span = best_span(starts, ends)
    assert (span.start.item(), span.end.item()) == (2, 2)
    assert span.score.exp().item() == pytest.approx(0.07)


def test_start_and_end_may_be_the_same_word() -> None:
    certain = torch.tensor([[0.0, 1.0, 0.0]]).log()
    span = best_span(certain, certain)
    assert (span.start.item(), span.end.item(), span.score.item()) == (1, 1, 0)


def test_nothing_to_choose() -> None:
    nothing = torch.full((2, 4), -math.inf)
    span = best_span(nothing, nothing)
    assert (span.start.tolist(), span.end.tolist()) == ([-1, -1], [-1, -1])
    assert best_span(nothing[:, :0], nothing[:, :0]).end.tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("starts", "ends", "options", "message"),
    [
        (torch.zeros(3), torch.zeros(3), {}, "start_scores: se esperaba"),
        (torch.zeros(2, 3), torch.zeros(2, 4), {}, r"end_scores: se esperaba \(batch, n\) = \(2, 3\)"),
        (torch.zeros(2, 3), torch.zeros(2, 3), {"max_length": 0}, "max_length: se esperaba un entero ≥ 1"),
    ],
)
def test_errors(starts, ends, options, message) -> None:
    with pytest.raises(ValueError, match=message):
        best_span(starts, ends, **options)
