"""Los casos de prueba de ``memory_attention``."""

from __future__ import annotations

import math
from typing import Any

import torch
from atencion import ops, reference
from cases import ADDITIVE_MASKS, FULL, Case, additive_options

MEMORY_MASKS = ADDITIVE_MASKS


def memory_case(
    *,
    kind: str = "none",
    batch: int = 3,
    hops: int = 3,
    n_key: int = 37,
    d: int = 17,
    transition: bool = True,
    seed: int = 11,
    layout: str = "contiguous",
    through: tuple[str, ...] = FULL,
    **options: Any,
) -> Case:
    """Un caso de ``memory_attention``; en las clases de máscara las consultas son los saltos."""
    generator = torch.Generator().manual_seed(seed)
    scale = 1 / math.sqrt(max(d, 1))  # los estados crecen de salto en salto: que las puntuaciones no se disparen
    shapes = {"query": (batch, d), "key": (batch, hops, n_key, d), "value": (batch, hops, n_key, d)}
    if transition:
        shapes["transition"] = (d, d)
    tensors = {
        name: torch.randn(*shape, generator=generator, dtype=torch.float64) * (1 if name == "query" else scale)
        for name, shape in shapes.items()
    }
    options = {**additive_options(kind, generator, batch, hops, n_key), **options}
    return Case(ops.memory_attention, reference.memory_attention, tensors, options, layout, through)
