"""El núcleo de los saltos de memoria: tamaños alrededor del vector y de las partes, y números extremos."""

from __future__ import annotations

import math

import pytest
import torch
from atencion import ops
from cases_memory import memory_case
from comparison import check


@pytest.mark.parametrize("d", [1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 50, 67])
def test_widths_around_the_vector(kernel: str, dtype: torch.dtype, d: int) -> None:
    check(memory_case(kind="lengths", n_key=d + 2, d=d, hops=2), dtype)


@pytest.mark.parametrize("n_key", [1, 2, 3, 4, 5, 15, 16, 17, 33, 131])
def test_memories_around_the_vector(kernel: str, dtype: torch.dtype, n_key: int) -> None:
    check(memory_case(kind=("none", "dense")[n_key % 2], n_key=n_key, d=5, hops=1 + n_key % 3), dtype)


@pytest.mark.parametrize("batch", [1, 7, 8, 9, 17])
def test_transition_gradient_adds_every_part(kernel: str, dtype: torch.dtype, batch: int) -> None:
    """El gradiente de H se suma por partes de ocho ejemplos."""
    check(memory_case(batch=batch, n_key=3, d=5), dtype, scale=batch)


@pytest.mark.parametrize("size", [1e3, 1e15])
def test_huge_scores_choose_one_memory(kernel: str, dtype: torch.dtype, size: float) -> None:
    key = torch.tensor([1.0, 2.0, -3.0], dtype=dtype).reshape(1, 1, 3, 1) * size
    attention = ops.memory_attention(torch.ones(1, 1, dtype=dtype), key, key, return_weights=True)
    assert attention.weights is not None
    assert attention.weights.flatten().tolist() == [0.0, 1.0, 0.0]
    assert attention.logsumexp.item() == pytest.approx(2 * size)


def test_nan_stays_in_its_example(kernel: str, dtype: torch.dtype) -> None:
    tensors = memory_case().rounded(dtype).tensors
    before = ops.memory_attention(**tensors)
    tensors["key"][1, 1, 5, 3] = math.nan
    after = ops.memory_attention(**tensors)
    assert torch.equal(after.output[[0, 2]], before.output[[0, 2]])
    assert torch.equal(after.output[1, 0], before.output[1, 0])
    assert after.output[1, 1:].isnan().all()
