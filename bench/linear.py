"""Atención lineal frente a la misma cuenta con operaciones sueltas de torch."""

from __future__ import annotations

import torch
from atencion import ops, reference
from case import Attend, Case
from torch import Tensor
from torch.nn import functional


def efficient(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Shen, con operaciones sueltas de torch."""
    return query.softmax(-1) @ (key.softmax(-2).transpose(-1, -2) @ value)


def kernel(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Katharopoulos, con operaciones sueltas de torch."""
    query, key = functional.elu(query) + 1, functional.elu(key) + 1
    return query @ (key.transpose(-1, -2) @ value) / (query @ key.sum(-2)[..., None])


def causal_kernel(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Katharopoulos causal en su forma cuadrática, que en torch es la más rápida."""
    weights = ((functional.elu(query) + 1) @ (functional.elu(key) + 1).transpose(-1, -2)).tril()
    return weights @ value / weights.sum(-1, keepdim=True)


def linear(name: str, eager: Attend, heads: int, length: int, *, feature_map: str, causal: bool = False) -> Case:
    """Un caso de ancho 64; el oráculo forma la matriz, así que las secuencias largas se comprueban con ``eager``."""
    shape = (1, heads, length, 64)

    def oracle(*tensors: Tensor) -> Tensor:
        return reference.linear_attention(*tensors, feature_map=feature_map, causal=causal).output

    return Case(
        f"{name} {shape}",
        tuple(torch.randn(*shape) for _ in range(3)),
        lambda *tensors: ops.linear_attention(*tensors, feature_map=feature_map, causal=causal).output,
        oracle if length <= 4096 else eager,
        {"eager": eager},
        work=4.0 * heads * length * 64 * 64,
    )


def cases() -> list[Case]:
    """Las filas de la tabla."""
    return [
        *(
            linear("Shen", efficient, heads, n, feature_map="softmax")
            for heads, n in ((8, 1024), (2, 16384), (1, 65536))
        ),
        *(linear("elu + 1", kernel, heads, n, feature_map="elu") for heads, n in ((8, 1024), (2, 16384))),
        linear("elu + 1 causal", causal_kernel, 8, 1024, feature_map="elu", causal=True),
    ]
