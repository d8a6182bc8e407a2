"""Suma de punteros, en torch puro."""

from __future__ import annotations

import torch
from torch import Tensor

from ..masks import lengths_to_mask, without_padding
from .softmax import Attention, masked_softmax

__all__ = ["pointer_sum"]


def pointer_sum(
    query: Tensor,
    key: Tensor,
    token_ids: Tensor,
    *,
    candidates: Tensor | None = None,
    n_tokens: int | None = None,
    mask: Tensor | None = None,
    key_lengths: Tensor | None = None,
    return_weights: bool = False,
) -> Attention:
    """Suma de punteros; véase ``atencion.ops.pointer_sum``, que tiene el mismo contrato."""
    key = without_padding(key, key_lengths)
    allowed = torch.ones(key.shape[:2], dtype=torch.bool, device=key.device)
    if mask is not None:
        allowed = allowed & mask
    if key_lengths is not None:
        allowed = allowed & lengths_to_mask(key_lengths, key.shape[1])
    weights, logsumexp = masked_softmax((key @ query[:, :, None]).squeeze(-1), allowed)
    if candidates is None:
        candidates = torch.arange(n_tokens or 0, device=key.device)[None]
    same = token_ids[:, None, :] == candidates[:, :, None]  # (batch, n_output, n_key)
    output = (same.to(weights.dtype) @ weights[:, :, None]).squeeze(-1)
    return Attention(output, weights if return_weights else None, logsumexp)
