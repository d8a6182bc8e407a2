"""Las consultas van en los carriles del vector: todos los restos, traspuestas de ida y de vuelta."""

from __future__ import annotations

import pytest
import torch
from atencion import ops
from cases import dot_product_case
from comparison import check


@pytest.mark.parametrize("n_query", range(1, 52))
def test_every_number_of_lanes(kernel: str, dtype: torch.dtype, n_query: int) -> None:
    kind = ("none", "causal", "dense", "window", "bias")[n_query % 5]
    check(dot_product_case(kind=kind, batch=1, heads=1, n_query=n_query, n_key=7, d_k=3, d_v=2), dtype)


def test_query_rows_do_not_mix(kernel: str, dtype: torch.dtype) -> None:
    """Cada fila sale igual sola que acompañada: los carriles no comparten nada."""
    query, key, value = dot_product_case(batch=1, heads=1, n_query=101, n_key=37).rounded(dtype).tensors.values()
    together = ops.dot_product_attention(query, key, value)
    for i in (0, 1, 11, 15, 16, 23, 47, 48, 96, 100):
        alone = ops.dot_product_attention(query[:, :, i : i + 1], key, value)
        assert torch.equal(alone.output[0, 0, 0], together.output[0, 0, i])
        assert torch.equal(alone.logsumexp[0, 0, 0], together.logsumexp[0, 0, i])


@pytest.mark.parametrize("width", [1, 3, 4, 8, 15, 16, 17, 33])
def test_transposition_keeps_every_number_in_its_place(kernel: str, dtype: torch.dtype, width: int) -> None:
    """Con una sola clave la salida es su valor, exacto, en todas las filas y columnas."""
    query, _, _ = dot_product_case(n_query=53, d_k=width).rounded(dtype).tensors.values()
    value = torch.arange(2 * width, dtype=dtype).reshape(2, 1, 1, width) + 1
    output = ops.dot_product_attention(query, query[:, :1, :1], value).output
    assert torch.equal(output, value.expand(2, 3, 53, width))
