"""Atención clave-valor-predicción, en torch puro."""

from __future__ import annotations

import torch
from torch import Tensor

from .additive import additive_attention
from .softmax import Attention

__all__ = ["key_value_predict_attention"]


def key_value_predict_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    score_vector: Tensor,
    *,
    window: int,
    mask: Tensor | None = None,
    key_lengths: Tensor | None = None,
    return_weights: bool = False,
) -> Attention:
    """Clave-valor-predicción; véase ``atencion.ops.key_value_predict_attention``, que tiene el mismo contrato."""
    n = query.shape[1]
    position = torch.arange(n, device=query.device)
    lag = position[:, None] - position[None, :]
    previous = (lag >= 1) & (lag <= min(window, n))
    return additive_attention(
        query, key, value, score_vector, mask=previous if mask is None else previous & mask, key_lengths=key_lengths,
        return_weights=return_weights,
    )  # fmt: skip
