"""El núcleo de la suma de punteros: la tabla de dispersión y los tamaños alrededor del vector."""

from __future__ import annotations

import pytest
import torch
from atencion import ops
from cases_pointer import pointer_case
from comparison import check


@pytest.mark.parametrize("n_key", [1, 3, 4, 5, 15, 16, 17, 33, 400])
def test_documents_around_the_vector(kernel: str, dtype: torch.dtype, n_key: int) -> None:
    check(pointer_case(kind=("none", "lengths")[n_key % 2], n_key=n_key, d=n_key % 7 + 1), dtype)


@pytest.mark.parametrize("d", [1, 7, 8, 9, 16, 17, 31, 64])
def test_widths_around_the_vector(kernel: str, dtype: torch.dtype, d: int) -> None:
    check(pointer_case(kind="dense", n_key=9, d=d), dtype)


@pytest.mark.parametrize("n_candidates", [1, 2, 3, 31, 32, 33, 1000])
def test_candidate_tables_of_any_size(kernel: str, n_candidates: int) -> None:
    """Más candidatos que palabras, con repetidos: la tabla crece con ellos."""
    check(pointer_case(n_key=100, d=3, n_candidates=n_candidates, n_tokens=2 * n_candidates), torch.float64)


@pytest.mark.parametrize("step", [1, 2**32, 2**61, -(2**61)])
def test_words_that_collide(kernel: str, step: int) -> None:
    """Palabras que van a parar a las mismas casillas de la tabla se distinguen igual; también las negativas."""
    ids = (torch.arange(8) * step)[None]
    found = ops.pointer_sum(torch.zeros(1, 1), torch.zeros(1, 8, 1), ids, candidates=ids.flip(1)).output
    distinct = {token: int((ids == token).sum()) for token in ids.flatten().tolist()}
    assert found[0].tolist() == [distinct[token] / 8 for token in ids.flip(1).flatten().tolist()]


def test_long_document(kernel: str, dtype: torch.dtype) -> None:
    check(pointer_case(batch=1, n_key=8192, d=3, n_candidates=None, n_tokens=50), dtype)
