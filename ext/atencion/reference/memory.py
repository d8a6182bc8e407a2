"""Saltos de una red de memoria, en torch puro."""

from __future__ import annotations

from torch import Tensor

from ..masks import allowed_pairs, without_padding
from .softmax import Attention, masked_softmax, stack_steps

__all__ = ["memory_attention"]


def memory_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    transition: Tensor | None = None,
    mask: Tensor | None = None,
    key_lengths: Tensor | None = None,
    softmax: bool = True,
    return_weights: bool = False,
) -> Attention:
    """Saltos de memoria; véase ``atencion.ops.memory_attention``, que tiene el mismo contrato."""
    key, value = without_padding(key, key_lengths), without_padding(value, key_lengths)
    batch, hops, n_key, d = key.shape
    allowed = allowed_pairs(hops, n_key, mask=mask, key_lengths=key_lengths, axes=3, device=query.device)
    allowed = allowed.expand(batch, hops, n_key)
    state = query
    steps = []
    for hop in range(hops):
        scores = (key[:, hop] @ state[:, :, None]).squeeze(-1)
        if softmax:
            p, logsumexp = masked_softmax(scores, allowed[:, hop])
        else:
            p, logsumexp = scores.masked_fill(~allowed[:, hop], 0.0), scores.new_zeros(batch)
        read = (p[:, None] @ value[:, hop]).squeeze(1)
        state = (state if transition is None else state @ transition.T) + read
        steps.append((state, p, logsumexp))
    empty = query.new_empty(batch, 0, d), query.new_empty(batch, 0, n_key), query.new_empty(batch, 0)
    output, weights, logsumexp = stack_steps(steps, empty)
    return Attention(output, weights if return_weights else None, logsumexp)
