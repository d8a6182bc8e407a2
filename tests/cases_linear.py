"""Los casos de prueba de la atención lineal."""

from __future__ import annotations

from typing import Any

import torch
from atencion import ops, reference
from cases import FULL, Case
from torch import Tensor

LINEAR_MASKS = ("none", "mask", "shared_mask", "lengths", "empty", "everything")
FEATURE_MAPS = ("softmax", "elu", "elu_causal")


def feature_options(features: str) -> dict[str, Any]:
    """``elu_causal`` es ``feature_map="elu"`` con ``causal=True``."""
    return {"feature_map": features.removesuffix("_causal"), "causal": features.endswith("_causal")}


def linear_case(
    *,
    kind: str = "none",
    features: str = "softmax",
    batch: int = 2,
    heads: int = 3,
    kv_heads: int = 1,
    n_query: int = 53,
    n_key: int = 97,
    d_k: int = 17,
    d_v: int = 13,
    seed: int = 11,
    layout: str = "contiguous",
    through: tuple[str, ...] = FULL,
    **options: Any,
) -> Case:
    """Un caso de ``linear_attention`` con la clase de máscara ``kind`` de ``LINEAR_MASKS``."""
    generator = torch.Generator().manual_seed(seed)

    def rand(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    tensors = {
        "query": rand(batch, heads, n_query, d_k),
        "key": rand(batch, kv_heads, n_key, d_k),
        "value": rand(batch, kv_heads, n_key, d_v),
    }
    options = feature_options(features) | options
    if kind in ("mask", "empty", "everything"):
        options["mask"] = torch.rand(batch, n_key, generator=generator) > 0.35
    if kind == "empty":
        options["mask"][-1:] = False
    if kind == "shared_mask":
        options["mask"] = torch.arange(n_key) % 3 != 1
    if kind in ("lengths", "everything"):
        options["key_lengths"] = torch.linspace(max(n_key - 2, 0), n_key // 3, batch).long()
    return Case(ops.linear_attention, reference.linear_attention, tensors, options, layout, through)
