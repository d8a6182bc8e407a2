"""Atención aditiva frente a torch, que forma el tensor (consulta, clave, unidad)."""

from __future__ import annotations

import torch
from atencion import ops, reference
from case import Case
from torch import Tensor


def eager(query: Tensor, key: Tensor, value: Tensor, score_vector: Tensor) -> Tensor:
    """Con operaciones sueltas de torch."""
    return torch.softmax(torch.tanh(query[:, :, None] + key[:, None]) @ score_vector, -1) @ value


def case(batch: int, n_query: int, n_key: int, units: int) -> Case:
    """Un caso con ``d_v = units``."""
    shapes = ((batch, n_query, units), (batch, n_key, units), (batch, n_key, units), (units,))
    return Case(
        f"aditiva {(batch, n_query, n_key, units)}",
        tuple(torch.randn(*shape) / units**0.25 for shape in shapes),
        lambda *tensors: ops.additive_attention(*tensors).output,
        lambda *tensors: reference.additive_attention(*tensors).output,
        {"eager": eager},
    )


def cases() -> list[Case]:
    """Las filas de la tabla."""
    return [case(32, 20, 20, 128), case(8, 200, 200, 256), case(32, 1, 50, 256)]
