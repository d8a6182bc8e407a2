"""Unión de atenciones parciales, en torch puro."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from .softmax import Attention, masked_softmax

__all__ = ["merge_attention"]


def merge_attention(parts: Sequence[Attention]) -> Attention:
    """Unión de atenciones parciales; véase ``atencion.ops.merge_attention``, que tiene el mismo contrato."""
    scores = torch.stack([part.logsumexp for part in parts], dim=-1)
    shares, logsumexp = masked_softmax(scores, scores > -torch.inf)
    empty = (scores == -torch.inf).unbind(-1)
    output = sum(
        share[..., None] * part.output.masked_fill(none[..., None], 0.0)
        for share, part, none in zip(shares.unbind(-1), parts, empty, strict=True)
    )
    assert isinstance(output, torch.Tensor)
    weights = [part.weights for part in parts if part.weights is not None]
    if len(weights) < len(parts):
        return Attention(output, None, logsumexp)
    scaled = [share[..., None] * w for share, w in zip(shares.unbind(-1), weights, strict=True)]
    return Attention(output, torch.cat(scaled, dim=-1), logsumexp)
