"""Los casos de prueba de los mecanismos que atienden por un patrón: atención dispersa y sobre grafos."""

from __future__ import annotations

import math
from typing import Any

import torch
from atencion import ops, reference
from atencion.patterns import SparsePattern, from_mask
from cases import FULL, Case, _lengths, _random

DENSITIES = {"empty": 0.0, "sparse": 0.15, "half": 0.5, "full": 1.0}


def random_pattern(generator: torch.Generator, n_query: int, n_key: int, density: float) -> SparsePattern:
    """Aristas al azar; si no están todas, una fila de cada cuatro queda vacía."""
    mask = torch.rand(n_query, n_key, generator=generator) < density
    if density < 1:
        mask[1::4] = False
    return from_mask(mask)


def sparse_case(
    *,
    density: str = "half",
    lengths: bool = False,
    batch: int = 2,
    heads: int = 4,
    kv_heads: int = 2,
    n_query: int = 19,
    n_key: int = 37,
    d_k: int = 17,
    d_v: int = 13,
    seed: int = 11,
    layout: str = "contiguous",
    through: tuple[str, ...] = FULL,
    **options: Any,
) -> Case:
    """Un caso de ``sparse_attention`` con aristas al azar; ``options`` se añade a las suyas."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {
        "query": _random(generator, batch, heads, n_query, d_k),
        "key": _random(generator, batch, kv_heads, n_key, d_k),
        "value": _random(generator, batch, kv_heads, n_key, d_v),
    }
    own: dict[str, Any] = {"pattern": random_pattern(generator, n_query, n_key, DENSITIES[density])}
    if lengths:
        own["key_lengths"] = _lengths(generator, batch, n_key)
    operations = (ops.sparse_attention, reference.sparse_attention)
    return Case(*operations, tensors, {**own, **options}, layout, through)


def graph_case(
    *,
    density: str = "half",
    batch: int = 2,
    n_query: int = 19,
    n_key: int = 37,
    heads: int = 3,
    units: int = 17,
    d_v: int = 13,
    seed: int = 11,
    layout: str = "contiguous",
    through: tuple[str, ...] = FULL,
    **options: Any,
) -> Case:
    """Un caso de ``graph_attention`` con aristas al azar; ``options`` se añade a las suyas."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {
        "query": _random(generator, batch, n_query, heads, units),
        "key": _random(generator, batch, n_key, heads, units),
        "value": _random(generator, batch, n_key, heads, d_v),
        "score_vector": _random(generator, heads, units) * 2 / math.sqrt(max(units, 1)),
    }
    own = {"graph": random_pattern(generator, n_query, n_key, DENSITIES[density])}
    operations = (ops.graph_attention, reference.graph_attention)
    return Case(*operations, tensors, {**own, **options}, layout, through)
