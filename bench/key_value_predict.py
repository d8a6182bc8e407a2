"""Clave-valor-predicción frente a torch, que copia la ventana de cada posición."""

from __future__ import annotations

import torch
from atencion import ops, reference
from case import Case
from torch import Tensor
from torch.nn import functional


def case(batch: int, n: int, window: int, units: int) -> Case:
    """Un caso con ``d_v = units``."""
    valid = torch.arange(n)[:, None] - window + torch.arange(window)[None] >= 0

    def previous(rows: Tensor) -> Tensor:
        return functional.pad(rows, (0, 0, window, 0)).unfold(1, window, 1)[:, :n].transpose(2, 3)

    def eager(query: Tensor, key: Tensor, value: Tensor, score_vector: Tensor) -> Tensor:
        scores = torch.tanh(query[:, :, None] + previous(key)) @ score_vector
        weights = torch.softmax(scores.masked_fill(~valid, -1e30), -1) * valid
        return (weights[:, :, None] @ previous(value))[:, :, 0]

    shapes = ((batch, n, units), (batch, n, units), (batch, n, units), (units,))
    return Case(
        f"clave-valor-predicción {(batch, n, units)}, ventana {window}",
        tuple(torch.randn(*shape) / units**0.25 for shape in shapes),
        lambda *tensors: ops.key_value_predict_attention(*tensors, window=window).output,
        lambda *tensors: reference.key_value_predict_attention(*tensors, window=window).output,
        {"eager": eager},
    )


def cases() -> list[Case]:
    """Las filas de la tabla."""
    return [case(32, 40, 5, 24), case(32, 40, 10, 24)]
