"""Atención sobre grafos, en torch puro: juntar las filas de cada arista, softmax por nodo y sumar."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import leaky_relu

from ..patterns import SparsePattern
from .softmax import Attention, edge_softmax

__all__ = ["graph_attention"]


def graph_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    score_vector: Tensor,
    graph: SparsePattern,
    *,
    negative_slope: float = 0.2,
    return_weights: bool = False,
) -> Attention:
    """Atención sobre grafos; véase ``atencion.ops.graph_attention``, que tiene el mismo contrato."""
    graph = graph.to(query.device)
    receivers, senders = graph.queries, graph.keys
    sums = query.index_select(1, receivers) + key.index_select(1, senders)
    scores = (leaky_relu(sums, negative_slope) * score_vector).sum(-1)
    weights, logsumexp = edge_softmax(scores.transpose(1, 2), receivers, graph.n_query)
    messages = weights.transpose(1, 2)[..., None] * value.index_select(1, senders)
    output = query.new_zeros(*query.shape[:3], value.shape[-1]).index_add(1, receivers, messages)
    return Attention(output, weights if return_weights else None, logsumexp)
