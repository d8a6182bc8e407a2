"""Atención por producto escalar, en torch puro."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..masks import MASKING_BIAS, allowed_pairs, without_padding
from .softmax import Attention, masked_softmax

__all__ = ["dot_product_attention"]


def dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    mask: Tensor | None = None,
    causal: bool = False,
    window: int | None = None,
    key_lengths: Tensor | None = None,
    bias: Tensor | None = None,
    alibi_slopes: Tensor | None = None,
    scale: float | None = None,
    return_weights: bool = False,
) -> Attention:
    """Atención por producto escalar; véase ``atencion.ops.dot_product_attention``, que tiene el mismo contrato."""
    key, value = without_padding(key, key_lengths), without_padding(value, key_lengths)
    heads, n_query, d_k = query.shape[1:]
    kv_heads, n_key = key.shape[1:3]
    if kv_heads != heads:  # varias cabezas de consulta comparten una de clave y valor
        key = key.repeat_interleave(heads // kv_heads, dim=1)
        value = value.repeat_interleave(heads // kv_heads, dim=1)
    scale = 1.0 / math.sqrt(d_k) if scale is None else scale
    allowed = allowed_pairs(
        n_query, n_key, mask=mask, causal=causal, window=window, key_lengths=key_lengths, device=query.device
    )
    scores = (query @ key.transpose(-1, -2)) * scale
    if bias is not None:
        allowed = allowed & ~(bias <= MASKING_BIAS)
        scores = scores + bias
    if alibi_slopes is not None:
        position = torch.arange(n_query, device=query.device)[:, None] + (n_key - n_query)
        distance = (torch.arange(n_key, device=query.device)[None, :] - position).abs()
        scores = scores - alibi_slopes[:, None, None] * distance.to(scores.dtype)
    weights, logsumexp = masked_softmax(scores, allowed)
    return Attention(weights @ value, weights if return_weights else None, logsumexp)
