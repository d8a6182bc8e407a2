"""Qué claves ve cada consulta, comparado celda a celda con la definición escrita en Python."""

from __future__ import annotations

import itertools

import pytest
import torch
from atencion import ops
from cases import dot_product_case
from torch import Tensor


def visible(n_query: int, n_key: int, causal: bool, window: int | None, length: int) -> list[list[bool]]:
    """La definición: la consulta i está a la altura de la clave i + n_key − n_query."""
    rows = []
    for i in range(n_query):
        position = i + n_key - n_query
        rows.append(
            [
                j < length and not (causal and j > position) and not (window is not None and abs(j - position) > window)
                for j in range(n_key)
            ]
        )
    return rows


def uniform_weights(n_query: int, n_key: int, dtype: torch.dtype, **options: object) -> Tensor:
    """Con puntuaciones nulas cada fila reparte lo mismo entre lo que ve."""
    query, key = torch.zeros(1, 1, n_query, 1, dtype=dtype), torch.zeros(1, 1, n_key, 1, dtype=dtype)
    weights = ops.dot_product_attention(query, key, key, **options, return_weights=True).weights
    assert weights is not None
    return weights[0, 0]


def expected_weights(allowed: list[list[bool]], dtype: torch.dtype) -> Tensor:
    seen = torch.tensor(allowed, dtype=dtype)
    return seen / seen.sum(-1, keepdim=True).clamp_min(1)


def test_every_small_combination(kernel: str) -> None:
    """Todas las combinaciones de tamaños, causal, ventana y longitud hasta 5."""
    sizes = range(1, 6)
    for n_query, n_key, causal in itertools.product(sizes, sizes, (False, True)):
        for window, length in itertools.product((None, 0, 1, 3), {0, 1, n_key - 1, n_key}):
            lengths = torch.tensor([length])
            found = uniform_weights(n_query, n_key, torch.float64, causal=causal, window=window, key_lengths=lengths)
            expected = expected_weights(visible(n_query, n_key, causal, window, length), torch.float64)
            torch.testing.assert_close(found, expected, rtol=1e-15, atol=0)


@pytest.mark.parametrize(("n_query", "n_key"), [(53, 193), (193, 97), (97, 389)])
@pytest.mark.parametrize("window", [None, 0, 7, 95, 96, 97])
@pytest.mark.parametrize("causal", [False, True])
def test_limits_that_cross_blocks(
    kernel: str, dtype: torch.dtype, n_query: int, n_key: int, window: int | None, causal: bool
) -> None:
    length = n_key - 3
    found = uniform_weights(n_query, n_key, dtype, causal=causal, window=window, key_lengths=torch.tensor([length]))
    expected = expected_weights(visible(n_query, n_key, causal, window, length), dtype)
    torch.testing.assert_close(found, expected, rtol=4 * torch.finfo(dtype).eps, atol=0)


MASKS = {
    "first": lambda n: torch.arange(n) == 0,
    "last": lambda n: torch.arange(n) == n - 1,
    "nobody": lambda n: torch.zeros(n, dtype=torch.bool),
    "head": lambda n: torch.arange(n) < 5,
    "tail": lambda n: torch.arange(n) >= n - 5,
    "alternate": lambda n: torch.arange(n) % 2 == 0,
    "second_block": lambda n: (torch.arange(n) >= 96) & (torch.arange(n) < 100),
}


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("expanded", [False, True])
def test_masks_of_keys(kernel: str, dtype: torch.dtype, name: str, expanded: bool) -> None:
    """Una máscara igual para todas las consultas se recorta por el final; otra con los mismos números, no."""
    keep = MASKS[name](193)
    mask = keep if not expanded else keep.expand(53, 193).contiguous()
    for causal in (False, True):
        found = uniform_weights(53, 193, dtype, mask=mask, causal=causal)
        allowed = torch.tensor(visible(53, 193, causal, None, 193)) & keep
        expected = expected_weights(allowed.tolist(), dtype)
        torch.testing.assert_close(found, expected, rtol=4 * torch.finfo(dtype).eps, atol=0)


def strided(kind: str, mask: Tensor) -> Tensor:
    """La misma máscara con otros pasos en memoria."""
    if kind == "transposed":
        return mask.transpose(-1, -2).contiguous().transpose(-1, -2)
    if kind == "every_other":
        store = torch.zeros(*mask.shape[:-1], 2 * mask.shape[-1], dtype=torch.bool)
        store[..., ::2] = mask
        return store[..., ::2]
    if kind == "offset":
        store = torch.ones(*mask.shape[:-1], mask.shape[-1] + 5, dtype=torch.bool)
        store[..., 5:] = mask
        return store[..., 5:]
    return mask.permute(3, 2, 1, 0).contiguous().permute(3, 2, 1, 0)


@pytest.mark.parametrize("kind", ["transposed", "every_other", "offset", "reversed_axes"])
@pytest.mark.parametrize("shape", [(2, 3, 29, 101), (1, 3, 29, 101), (2, 1, 1, 101), (2, 3, 29, 1)])
def test_mask_and_bias_strides(kernel: str, shape: tuple[int, ...], kind: str) -> None:
    case = dot_product_case(n_query=29, n_key=101)
    mask = torch.rand(shape, generator=torch.Generator().manual_seed(4)) > 0.4
    bias = torch.randn(shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    strided_bias = torch.zeros_like(strided(kind, mask), dtype=torch.float64).copy_(bias)
    for options, same in (({"mask": mask}, {"mask": strided(kind, mask)}), ({"bias": bias}, {"bias": strided_bias})):
        expected = ops.dot_product_attention(**case.tensors, **options)
        assert torch.equal(ops.dot_product_attention(**case.tensors, **same).output, expected.output)


@pytest.mark.parametrize("axes", [1, 2, 3, 4])
def test_masks_with_fewer_axes(kernel: str, axes: int) -> None:
    case = dot_product_case(n_query=29, n_key=37)
    mask = torch.rand((2, 3, 29, 37)[4 - axes :], generator=torch.Generator().manual_seed(4)) > 0.4
    expected = ops.dot_product_attention(**case.tensors, mask=mask.expand(2, 3, 29, 37).contiguous())
    assert torch.equal(ops.dot_product_attention(**case.tensors, mask=mask).output, expected.output)


@pytest.mark.parametrize("slope", [0.0, 0.25, -0.5])
def test_alibi_measures_the_distance_after_aligning(kernel: str, dtype: torch.dtype, slope: float) -> None:
    slopes = torch.tensor([slope], dtype=dtype)
    found = uniform_weights(5, 11, dtype, alibi_slopes=slopes)
    distance = (torch.arange(11) - (torch.arange(5)[:, None] + 6)).abs().to(torch.float64)
    torch.testing.assert_close(found.double(), (-slope * distance).softmax(-1), rtol=1e-5, atol=1e-8)
