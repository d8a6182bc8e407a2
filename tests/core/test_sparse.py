"""El núcleo disperso: filas y anchuras alrededor de sus vectores, filas largas y números extremos."""

from __future__ import annotations

import math

import pytest
import torch
from atencion import ops
from atencion.patterns import causal, from_edges, from_mask, sliding_window
from cases_patterns import sparse_case
from comparison import check


# Claves de kLanes en kLanes, que se reducen juntas en grupos de 4; consultas de 64 en 64 por tarea.
@pytest.mark.parametrize("n_key", [1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 31, 33])
def test_edges_around_the_vector(kernel: str, dtype: torch.dtype, n_key: int) -> None:
    check(sparse_case(density="full", lengths=n_key % 2 == 0, n_query=3, n_key=n_key, d_k=3, d_v=5), dtype)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127])
def test_widths_around_the_vector(kernel: str, dtype: torch.dtype, width: int) -> None:
    check(sparse_case(n_query=5, n_key=19, d_k=width, d_v=width + 1), dtype)


@pytest.mark.parametrize("n", [63, 64, 65, 129])
def test_queries_around_the_task(kernel: str, dtype: torch.dtype, n: int) -> None:
    check(sparse_case(batch=1, n_query=n, n_key=n, d_k=3, d_v=2, pattern=sliding_window(n, 4)), dtype)


@pytest.mark.parametrize("kv_heads", [1, 2, 6])
def test_shared_heads(kernel: str, dtype: torch.dtype, kv_heads: int) -> None:
    check(sparse_case(heads=6, kv_heads=kv_heads, n_query=7, n_key=11, d_k=5, d_v=3), dtype)


def test_long_rows(kernel: str, dtype: torch.dtype) -> None:
    check(sparse_case(batch=1, heads=1, kv_heads=1, n_query=3, n_key=8192, d_k=7, d_v=3, density="full"), dtype)


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_tiny_and_huge_values(kernel: str, dtype: torch.dtype, size: float) -> None:
    case = sparse_case().rounded(dtype)
    expected = case.operation(**case.tensors, **case.options).output
    case.tensors["value"] *= size
    torch.testing.assert_close(case.operation(**case.tensors, **case.options).output / size, expected)


@pytest.mark.parametrize("shift", [-1e4, 1e4])
def test_large_scores_do_not_overflow(kernel: str, dtype: torch.dtype, shift: float) -> None:
    """Sumar lo mismo a todas las puntuaciones de una fila no cambia los pesos."""
    key = torch.tensor([shift, shift + 1, shift - 1], dtype=dtype).reshape(1, 1, 3, 1)
    one, pattern = torch.ones(1, 1, 1, 1, dtype=dtype), from_edges(torch.zeros(3).long(), torch.arange(3), 1, 3)
    attention = ops.sparse_attention(one, key, key, pattern, return_weights=True)
    expected = torch.tensor([0.24473, 0.66524, 0.09003], dtype=dtype)
    torch.testing.assert_close(attention.weights.flatten(), expected, rtol=0, atol=1e-5)
    assert attention.logsumexp.item() == pytest.approx(shift + math.log(1 + math.e + 1 / math.e), rel=1e-6)


@pytest.mark.parametrize("name", ["query", "key", "value"])
def test_nan_reaches_only_who_sees_it(kernel: str, dtype: torch.dtype, name: str) -> None:
    case = sparse_case(n_query=37, n_key=37, pattern=sliding_window(37, 3)).rounded(dtype)
    before = case.operation(**case.tensors, **case.options).output
    case.tensors[name][:, :, 20] = math.nan
    after = case.operation(**case.tensors, **case.options).output
    reached = (torch.arange(37) - 20).abs() <= (0 if name == "query" else 3)
    assert after[:, :, reached].isnan().all()
    assert torch.equal(after[:, :, ~reached], before[:, :, ~reached])


def test_random_replacement_of_the_future_changes_nothing(kernel: str, dtype: torch.dtype) -> None:
    case = sparse_case(n_query=70, n_key=70, pattern=causal(70)).rounded(dtype)
    before = case.operation(**case.tensors, **case.options).output
    g = torch.Generator().manual_seed(1)
    for name in ("key", "value"):
        future = case.tensors[name][:, :, 40:]
        future.copy_(torch.randn(future.shape, generator=g, dtype=torch.float64))
    after = case.operation(**case.tensors, **case.options).output
    assert torch.equal(after[:, :, :40], before[:, :, :40])
    assert not torch.equal(after[:, :, 40:], before[:, :, 40:])


def test_each_row_depends_only_on_its_own_edges(kernel: str, dtype: torch.dtype) -> None:
    """Quitar aristas de otras filas no cambia una fila ni en el último bit."""
    case = sparse_case(n_query=70, n_key=70).rounded(dtype)
    mask = case.options["pattern"].to_mask()
    whole = case.operation(**case.tensors, **case.options).output
    mask[1::2] = False
    half = case.operation(**case.tensors, pattern=from_mask(mask)).output
    assert torch.equal(half[:, :, ::2], whole[:, :, ::2])
    assert not half[:, :, 1::2].any()
