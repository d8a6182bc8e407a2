"""Los micronúcleos reparten filas y columnas en teselas y restos: todos los restos, en todos los ejes."""

from __future__ import annotations

import pytest
import torch
from cases import additive_case, dot_product_case
from comparison import check


@pytest.mark.parametrize("size", range(1, 20))
def test_every_remainder_of_keys_and_widths(kernel: str, dtype: torch.dtype, size: int) -> None:
    """Claves, d_k y d_v recorren 1…19 desfasados, así que cada resto se cruza con otros."""
    sizes = {"n_key": size, "d_k": (size * 7) % 19 + 1, "d_v": (size * 11) % 19 + 1}
    check(dot_product_case(batch=1, heads=2, n_query=5, **sizes), dtype)


@pytest.mark.parametrize("size", range(1, 20))
def test_every_remainder_of_additive_pairs(kernel: str, dtype: torch.dtype, size: int) -> None:
    sizes = {"n_query": size, "n_key": (size * 7) % 19 + 1, "units": (size * 11) % 19 + 1, "d_v": (size * 5) % 19 + 1}
    check(additive_case(batch=1, **sizes), dtype)


@pytest.mark.parametrize("d_v", [*range(1, 18), 31, 47, 48, 49, 63, 64, 65, 95, 111, 128, 129])
def test_every_group_of_value_vectors(kernel: str, dtype: torch.dtype, d_v: int) -> None:
    """d_v se reparte en grupos de 4, 2 y 1 vectores y un resto que se lee a trozos.

    El gradiente de un peso suma d_v productos: sus redondeos crecen con la raíz de d_v.
    """
    scale = max(d_v / 16, 1.0) ** 0.5
    check(dot_product_case(kind="causal", batch=1, heads=1, n_query=7, n_key=11, d_k=2, d_v=d_v), dtype, scale)
    check(additive_case(batch=1, n_query=3, n_key=5, units=2, d_v=d_v), dtype, scale)
