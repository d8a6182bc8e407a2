"""Los casos de prueba de la unión de atenciones parciales."""

from __future__ import annotations

import torch
from atencion import ops, reference
from cases import FULL, Case
from torch import Tensor


def joined(tensors: dict[str, Tensor], return_weights: bool) -> list[ops.Attention]:
    """Las partes, de tensores llamados ``output_0``, ``logsumexp_0``, ``weights_0``…"""
    parts = sum(name.startswith("output") for name in tensors)
    return [
        ops.Attention(
            tensors[f"output_{i}"], tensors[f"weights_{i}"] if return_weights else None, tensors[f"logsumexp_{i}"]
        )
        for i in range(parts)
    ]


def merge_attention(return_weights: bool = False, **tensors: Tensor) -> ops.Attention:
    """``ops.merge_attention`` con los tensores de las partes por su nombre."""
    return ops.merge_attention(joined(tensors, return_weights))


def merge_oracle(return_weights: bool = False, **tensors: Tensor) -> ops.Attention:
    """El oráculo, con los mismos argumentos."""
    return reference.merge_attention(joined(tensors, return_weights))


def merge_case(
    *,
    parts: int = 3,
    shape: tuple[int, ...] = (2, 3, 19),
    d_v: int = 13,
    n_key: int = 5,
    empty: bool = False,
    seed: int = 11,
    layout: str = "contiguous",
    through: tuple[str, ...] = FULL,
) -> Case:
    """Un caso de ``merge_attention``; con ``empty``, algunas filas de algunas partes, o de todas, están vacías."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for i in range(parts):
        gone = torch.rand(shape, generator=generator) < (0.4 if empty else 0.0)
        if empty and shape:
            gone[..., ::4] = True
        for name, width in (("output", d_v), ("weights", n_key + i)):
            numbers = torch.randn(*shape, width, generator=generator, dtype=torch.float64)
            tensors[f"{name}_{i}"] = numbers.masked_fill(gone[..., None], 0.0)
        lse = torch.randn(shape, generator=generator, dtype=torch.float64) * 2
        tensors[f"logsumexp_{i}"] = lse.masked_fill(gone, -torch.inf)
    if "weights" not in through:
        tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith("weights")}
    return Case(merge_attention, merge_oracle, tensors, {}, layout, through)
