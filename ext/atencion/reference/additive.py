"""Atención aditiva, en torch puro."""

from __future__ import annotations

import torch
from torch import Tensor

from ..masks import allowed_pairs, without_padding
from .softmax import Attention, masked_softmax

__all__ = ["additive_attention"]


def additive_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    score_vector: Tensor,
    *,
    mask: Tensor | None = None,
    key_lengths: Tensor | None = None,
    return_weights: bool = False,
) -> Attention:
    """Atención aditiva; véase ``atencion.ops.additive_attention``, que tiene el mismo contrato."""
    key, value = without_padding(key, key_lengths), without_padding(value, key_lengths)
    scores = torch.tanh(query[:, :, None, :] + key[:, None, :, :]) @ score_vector
    allowed = allowed_pairs(
        query.shape[1], key.shape[1], mask=mask, key_lengths=key_lengths, axes=3, device=query.device
    )
    weights, logsumexp = masked_softmax(scores, allowed)
    return Attention(weights @ value, weights if return_weights else None, logsumexp)
