"""Los casos de prueba de ``pointer_sum``."""

from __future__ import annotations

import math
from typing import Any

import torch
from atencion import ops, reference
from cases import FULL, Case, additive_options

POINTER_MASKS = ("none", "dense", "key_only", "lengths", "empty", "everything")


def pointer_case(
    *,
    kind: str = "none",
    batch: int = 3,
    n_key: int = 37,
    d: int = 17,
    n_candidates: int | None = 6,
    n_tokens: int = 11,
    seed: int = 11,
    layout: str = "contiguous",
    through: tuple[str, ...] = FULL,
    **options: Any,
) -> Case:
    """Un caso de ``pointer_sum``: palabras de 0 a ``n_tokens − 1``, o candidatos repetidos, presentes y ausentes."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {
        "query": torch.randn(batch, d, generator=generator, dtype=torch.float64) / math.sqrt(max(d, 1)),
        "key": torch.randn(batch, n_key, d, generator=generator, dtype=torch.float64),
    }
    limits = additive_options("none" if kind == "empty" else kind, generator, batch, 1, n_key)
    if "mask" in limits:
        limits["mask"] = limits["mask"][:, 0]
    if kind == "empty":
        limits["mask"] = torch.tensor([True, False, True])[:batch, None].expand(batch, n_key)
    ids = torch.randint(0, n_tokens, (batch, n_key), generator=generator)
    wanted: dict[str, Any] = {"token_ids": ids, "n_tokens": n_tokens}
    if n_candidates is not None:
        candidates = torch.randint(0, n_tokens + 3, (batch, n_candidates), generator=generator)
        wanted = {"token_ids": ids * 10**12, "candidates": candidates * 10**12}
    return Case(ops.pointer_sum, reference.pointer_sum, tensors, wanted | limits | options, layout, through)
