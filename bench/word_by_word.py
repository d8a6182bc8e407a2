"""Palabra a palabra frente a torch, que da cada paso con operaciones sueltas."""

from __future__ import annotations

import torch
from atencion import ops, reference
from case import Case
from torch import Tensor


def eager(
    query: Tensor, key: Tensor, value: Tensor, vector: Tensor, query_recurrence: Tensor, state_recurrence: Tensor
) -> Tensor:
    """Con operaciones sueltas de torch."""
    state, states = value.new_zeros(value.shape[0], value.shape[2]), []
    for t in range(query.shape[1]):
        scores = torch.tanh(key + (query[:, t] + state @ query_recurrence.T)[:, None]) @ vector
        read = torch.bmm(torch.softmax(scores, -1)[:, None], value)[:, 0]
        state = read + torch.tanh(state @ state_recurrence.T)
        states.append(state)
    return torch.stack(states, 1)


def case(batch: int, n_query: int, n_key: int, width: int) -> Case:
    """Un caso con ``units = d_v = width``."""
    rows = ((batch, n_query, width), (batch, n_key, width), (batch, n_key, width))
    parameters = ((width,), (width, width), (width, width))
    return Case(
        f"palabra a palabra {(batch, n_query, n_key, width)}",
        (*(torch.randn(*s) for s in rows), *(0.5 * torch.randn(*s) / width**0.5 for s in parameters)),
        lambda *tensors: ops.word_by_word_attention(*tensors).output,
        lambda *tensors: reference.word_by_word_attention(*tensors).output,
        {"eager": eager},
    )


def cases() -> list[Case]:
    """Las filas de la tabla."""
    return [case(64, 7, 9, 32), case(64, 7, 20, 100)]
