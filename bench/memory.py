"""Saltos de memoria frente a torch, que da cada salto con operaciones sueltas."""

from __future__ import annotations

import torch
from atencion import ops, reference
from case import Case
from torch import Tensor


def adjacent(batch: int, hops: int, n_key: int, d: int) -> Case:
    """Enlace adyacente: ``hops + 1`` memorias, cada una salida de un salto y entrada del siguiente."""

    def eager(state: Tensor, memory: Tensor) -> Tensor:
        for hop in range(hops):
            p = torch.softmax(torch.bmm(memory[:, hop], state[:, :, None]), 1)
            state = state + torch.bmm(p.transpose(1, 2), memory[:, hop + 1])[:, 0]
        return state

    return Case(
        f"memoria {(batch, hops, n_key, d)}",
        (torch.randn(batch, d) / d**0.5, torch.randn(batch, hops + 1, n_key, d) / d**0.5),
        lambda query, memory: ops.memory_attention(query, memory[:, :-1], memory[:, 1:]).output[:, -1],
        lambda query, memory: reference.memory_attention(query, memory[:, :-1], memory[:, 1:]).output[:, -1],
        {"eager": eager},
    )


def layer_wise(batch: int, hops: int, n_key: int, d: int) -> Case:
    """Enlace de capa: las mismas memorias en todos los saltos, y la transición H."""

    def eager(state: Tensor, key: Tensor, value: Tensor, transition: Tensor) -> Tensor:
        for _ in range(hops):
            p = torch.softmax(torch.bmm(key, state[:, :, None]), 1)
            state = state @ transition.T + torch.bmm(p.transpose(1, 2), value)[:, 0]
        return state

    def repeated(memory: Tensor) -> Tensor:
        return memory[:, None].expand(-1, hops, -1, -1)

    shapes = ((batch, d), (batch, n_key, d), (batch, n_key, d), (d, d))
    return Case(
        f"memoria de capa {(batch, hops, n_key, d)}",
        tuple(torch.randn(*shape) / d**0.5 for shape in shapes),
        lambda q, k, v, h: ops.memory_attention(q, repeated(k), repeated(v), transition=h).output[:, -1],
        lambda q, k, v, h: reference.memory_attention(q, repeated(k), repeated(v), transition=h).output[:, -1],
        {"eager": eager},
    )


def cases() -> list[Case]:
    """Las filas de la tabla."""
    return [adjacent(32, 3, 50, 20), layer_wise(32, 3, 50, 50)]
