"""Los casos de prueba de ``word_by_word_attention``."""

from __future__ import annotations

import math
from typing import Any

import torch
from atencion import ops, reference
from cases import ADDITIVE_MASKS, FULL, Case, additive_options

WORD_BY_WORD_MASKS = (*ADDITIVE_MASKS, "query_lengths")


def word_by_word_case(
    *,
    kind: str = "none",
    batch: int = 3,
    n_query: int = 7,
    n_key: int = 19,
    units: int = 17,
    d_v: int = 13,
    seed: int = 11,
    layout: str = "contiguous",
    through: tuple[str, ...] = FULL,
    **options: Any,
) -> Case:
    """Un caso de ``word_by_word_attention``; ``query_lengths`` y ``everything`` acortan también las hipótesis."""
    generator = torch.Generator().manual_seed(seed)
    shapes = {
        "query": ((batch, n_query, units), 1.0),
        "key": ((batch, n_key, units), 1.0),
        "value": ((batch, n_key, d_v), 1.0),
        "score_vector": ((units,), 2 / math.sqrt(max(units, 1))),
        "query_recurrence": ((units, d_v), 1 / math.sqrt(max(d_v, 1))),
        "state_recurrence": ((d_v, d_v), 1 / math.sqrt(max(d_v, 1))),
    }
    tensors = {
        name: torch.randn(*shape, generator=generator, dtype=torch.float64) * scale
        for name, (shape, scale) in shapes.items()
    }
    limits = additive_options("none" if kind == "query_lengths" else kind, generator, batch, n_query, n_key)
    if kind in ("query_lengths", "everything"):
        limits["query_lengths"] = torch.tensor([max(n_query - 2, 0), 0, n_query])[:batch]
    operations = (ops.word_by_word_attention, reference.word_by_word_attention)
    return Case(*operations, tensors, limits | options, layout, through)
