"""Suma de punteros frente a torch, con ``scatter_add``."""

from __future__ import annotations

import torch
from atencion import ops, reference
from case import Case
from torch import Tensor


def case(batch: int, n_key: int, d: int, n_candidates: int) -> Case:
    """Un caso con la mitad del vocabulario como candidatos."""
    words = 2 * n_candidates
    ids = torch.randint(0, words, (batch, n_key))
    candidates = torch.stack([torch.randperm(words)[:n_candidates] for _ in range(batch)])

    def eager(query: Tensor, key: Tensor) -> Tensor:
        weights = torch.softmax(torch.bmm(key, query[:, :, None])[:, :, 0], -1)
        return weights.new_zeros(batch, words).scatter_add(1, ids, weights).gather(1, candidates)

    return Case(
        f"puntero {(batch, n_key, d)}, {n_candidates} candidatos",
        (torch.randn(batch, d) / d**0.5, torch.randn(batch, n_key, d)),
        lambda query, key: ops.pointer_sum(query, key, ids, candidates=candidates).output,
        lambda query, key: reference.pointer_sum(query, key, ids, candidates=candidates).output,
        {"eager": eager},
    )


def cases() -> list[Case]:
    """Las filas de la tabla."""
    return [case(64, 30, 64, 6), case(64, 400, 64, 10)]
