"""Atención dispersa, en torch puro: juntar las filas de cada arista, softmax por consulta y sumar."""

from __future__ import annotations

import math

from torch import Tensor

from ..masks import without_padding
from ..patterns import SparsePattern
from .softmax import Attention, edge_softmax

__all__ = ["sparse_attention"]


def sparse_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    pattern: SparsePattern,
    *,
    key_lengths: Tensor | None = None,
    scale: float | None = None,
    return_weights: bool = False,
) -> Attention:
    """Atención dispersa; véase ``atencion.ops.sparse_attention``, que tiene el mismo contrato."""
    key, value = without_padding(key, key_lengths), without_padding(value, key_lengths)
    pattern = pattern.to(query.device)
    queries, keys = pattern.queries, pattern.keys
    group = query.shape[1] // key.shape[1]  # varias cabezas de consulta comparten una de clave y valor
    edge_key, edge_value = (rows.index_select(2, keys).repeat_interleave(group, dim=1) for rows in (key, value))
    scale = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = (query.index_select(2, queries) * edge_key).sum(-1) * scale
    if key_lengths is not None:
        scores = scores.masked_fill((keys >= key_lengths[:, None])[:, None], -math.inf)
    weights, logsumexp = edge_softmax(scores, queries, pattern.n_query)
    output = query.new_zeros(*query.shape[:3], value.shape[-1])
    output = output.index_add(2, queries, weights[..., None] * edge_value)
    return Attention(output, weights if return_weights else None, logsumexp)
