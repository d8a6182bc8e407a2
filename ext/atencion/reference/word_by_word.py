"""Atención palabra a palabra, en torch puro."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..masks import allowed_pairs, without_padding
from .softmax import Attention, masked_softmax, stack_steps

__all__ = ["word_by_word_attention"]


def word_by_word_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    score_vector: Tensor,
    query_recurrence: Tensor,
    state_recurrence: Tensor,
    *,
    mask: Tensor | None = None,
    key_lengths: Tensor | None = None,
    query_lengths: Tensor | None = None,
    return_weights: bool = False,
) -> Attention:
    """Atención palabra a palabra; véase ``atencion.ops.word_by_word_attention``, que tiene el mismo contrato."""
    key, value = without_padding(key, key_lengths), without_padding(value, key_lengths)
    query = without_padding(query, query_lengths)
    (batch, n_query, _), (n_key, d_v) = query.shape, value.shape[1:]
    allowed = allowed_pairs(n_query, n_key, mask=mask, key_lengths=key_lengths, axes=3, device=query.device)
    allowed = allowed.expand(batch, n_query, n_key)
    state = query.new_zeros(batch, d_v)
    steps = []
    for t in range(n_query):
        looking = query[:, t] + state @ query_recurrence.T
        scores = torch.tanh(looking[:, None] + key) @ score_vector
        alpha, logsumexp = masked_softmax(scores, allowed[:, t])
        following = (alpha[:, None] @ value).squeeze(1) + torch.tanh(state @ state_recurrence.T)
        if query_lengths is not None:  # el relleno de la hipótesis deja el estado como está
            valid = (t < query_lengths)[:, None]
            following = torch.where(valid, following, state)
            alpha = alpha.masked_fill(~valid, 0.0)
            logsumexp = logsumexp.masked_fill(~valid[:, 0], -math.inf)
        state = following
        steps.append((state, alpha, logsumexp))
    empty = query.new_empty(batch, 0, d_v), query.new_empty(batch, 0, n_key), query.new_empty(batch, 0)
    output, weights, logsumexp = stack_steps(steps, empty)
    return Attention(output, weights if return_weights else None, logsumexp)
