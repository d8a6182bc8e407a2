"""Atención lineal, en torch puro y con su matriz implícita delante."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..masks import causal_mask, lengths_to_mask
from .softmax import Attention, masked_softmax

__all__ = ["elu_plus_one", "linear_attention"]


def elu_plus_one(x: Tensor) -> Tensor:
    """Los rasgos de Katharopoulos: ``φ(x) = x + 1`` si ``x > 0``, ``eˣ`` si no.

    Es ``torch.nn.functional.elu(x) + 1`` sin perder las cifras de un ``x`` muy negativo.
    """
    return torch.where(x > 0, x + 1, x.clamp_max(0).exp())


def linear_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    feature_map: str = "softmax",
    causal: bool = False,
    mask: Tensor | None = None,
    key_lengths: Tensor | None = None,
    return_weights: bool = False,
) -> Attention:
    """Atención lineal; véase ``atencion.ops.linear_attention``, que tiene el mismo contrato."""
    batch, heads, n_query, d_k = query.shape
    kv_heads, n_key = key.shape[1:3]
    kept = torch.ones(batch, n_key, dtype=torch.bool, device=query.device)
    if mask is not None:
        kept = kept & mask
    if key_lengths is not None:
        kept = kept & lengths_to_mask(key_lengths, n_key)
    # Lo prohibido se pone a cero: si fuera NaN, ni multiplicado por un peso cero desaparecería.
    key, value = (
        rows.masked_fill(~kept[:, None, :, None], 0.0).repeat_interleave(heads // kv_heads, dim=1)
        for rows in (key, value)
    )
    allowed = kept[:, None, None, :]
    if feature_map == "softmax":
        by_feature, _ = masked_softmax(key.transpose(-1, -2), allowed)
        weights = query.softmax(-1) @ by_feature
        empty = ~allowed.any(-1) | (d_k == 0)
        logsumexp = torch.where(empty, -math.inf, 0.0).to(query.dtype).expand(batch, heads, n_query)
    else:
        if causal:
            allowed = allowed & causal_mask(n_query, n_key, query.device)
        products = (elu_plus_one(query) @ elu_plus_one(key).transpose(-1, -2)).masked_fill(~allowed, 0.0)
        total = products.sum(-1, keepdim=True)
        safe_total = total.masked_fill(total == 0, 1.0)
        weights = products / safe_total
        logsumexp = safe_total.log().masked_fill(total == 0, -math.inf).squeeze(-1)
    return Attention(weights @ value, weights if return_weights else None, logsumexp)
