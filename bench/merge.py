"""Unir atenciones parciales frente a la misma cuenta con operaciones sueltas de torch."""

from __future__ import annotations

import torch
from atencion import ops
from atencion.ops import Attention
from case import Case
from torch import Tensor


def merge(parts: int, heads: int, length: int) -> Case:
    """Unir ``parts`` salidas de ancho 64."""
    shape = (1, heads, length)

    def eager(*tensors: Tensor) -> Tensor:
        scores = torch.stack(tensors[parts:])
        shares = (scores - scores.logsumexp(0)).exp()[..., None]
        return (shares * torch.stack(tensors[:parts])).sum(0)

    def ours(*tensors: Tensor) -> Tensor:
        pairs = zip(tensors[:parts], tensors[parts:], strict=True)
        return ops.merge_attention([Attention(output, None, logsumexp) for output, logsumexp in pairs]).output

    outputs = [torch.randn(*shape, 64) for _ in range(parts)]
    return Case(
        f"unir {parts} partes {(*shape, 64)}",
        (*outputs, *(torch.randn(*shape) for _ in range(parts))),
        ours,
        eager,
        {"eager": eager},
    )


def cases() -> list[Case]:
    """Las filas de la tabla."""
    return [merge(2, 8, 512), merge(4, 8, 4096)]
