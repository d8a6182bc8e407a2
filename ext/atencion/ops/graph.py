"""Atención sobre grafos: comprueba los argumentos y llama al núcleo."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor

from .. import _core, reference
from ..errors import shape_error, type_error, value_error
from ..patterns import SparsePattern
from ..reference import Attention
from ._checks import check_bool, check_float, check_number, check_pattern, check_shape
from ._library import Operation, Outputs, Shape

__all__ = ["graph_attention"]

QUERY_AXES = ("batch", "n_query", "heads", "units")
KEY_AXES = ("batch", "n_key", "heads", "units")
VALUE_AXES = ("batch", "n_key", "heads", "d_v")
VECTOR_AXES = ("heads", "units")


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
    r"""Atención de cada nodo a sus vecinos (GATv2, y GAT como caso particular).

    Fórmula: ``e_ij = aᵀ LeakyReLU(q_i + k_j)``, ``α_i = softmax_j(e_ij)`` entre los vecinos ``j`` de ``i``,
    ``h'_i = Σ_j α_ij value_j``.

    GAT es el caso ``units = 1`` con ``score_vector`` de unos: sus puntuaciones ``LeakyReLU(a_1ᵀ z_i + a_2ᵀ z_j)`` salen
    de ``query = z · a_1`` y ``key = z · a_2``, un número por nodo y cabeza.

    Argumentos:
        query: ``(batch, n_query, heads, units)``, float32 o float64: los nodos que reciben, ya proyectados.
        key: ``(batch, n_key, heads, units)``: los nodos que envían, ya proyectados.
        value: ``(batch, n_key, heads, d_v)``: lo que envían.
        score_vector: ``(heads, units)``.
        graph: ``SparsePattern`` de ``n_query`` × ``n_key``: la fila ``i`` son los vecinos del nodo ``i``. No añade
            lazos: si un nodo ha de verse a sí mismo, ponlos.
        negative_slope: pendiente de LeakyReLU en los negativos (y su derivada en 0).
        return_weights: si ``True``, devuelve también los pesos, arista a arista; ``graph.to_dense`` los lleva a la
            matriz.

    Devuelve:
        ``Attention(output, weights, logsumexp)`` con formas ``(batch, n_query, heads, d_v)``,
        ``(batch, heads, n_edges)`` o ``None``, y ``(batch, heads, n_query)``. Los tres llevan gradiente. Un nodo
        aislado da ceros, gradiente cero y ``logsumexp = −∞``.

    Errores:
        ``TypeError`` si un dtype no vale; ``ValueError`` si una forma, un valor o un dispositivo no vale.

    Ejemplo:
        >>> from atencion.patterns import from_edges
        >>> zero = torch.zeros(1, 2, 1, 1)
        >>> value = torch.tensor([2.0, 6.0]).reshape(1, 2, 1, 1)
        >>> graph = from_edges(torch.tensor([0, 0]), torch.tensor([0, 1]), 2, 2)
        >>> graph_attention(zero, zero, value, torch.ones(1, 1), graph).output.flatten().tolist()
        [4.0, 0.0]

    Referencia: Brody et al. (2022), ec. 7: ``query`` es ``W_r h_i``, ``key`` y ``value`` son ``W_l h_j`` y
    ``score_vector`` es ``a``. Veličković et al. (2018), ec. 3: ``z = W h`` y ``a = [a_1 ‖ a_2]``.
    """
    if not isinstance(graph, SparsePattern):
        raise type_error("graph", "un SparsePattern", graph)
    offsets, keys, result = graph.offsets, graph.keys, None
    if isinstance(key, Tensor) and key.shape[1:2] == (graph.n_key,):
        result = _operation.direct(
            query, key, value, score_vector, offsets, keys, negative_slope, return_weights
        )  # fmt: skip
    if result is None:
        check_float("query", query, QUERY_AXES)
        check_float("key", key, KEY_AXES, query)
        check_float("value", value, VALUE_AXES, query)
        check_float("score_vector", score_vector, VECTOR_AXES, query)
        batch, n_query, heads, units = query.shape
        n_key = key.shape[1]
        check_shape("key", key, KEY_AXES, (batch, n_key, heads, units))
        check_shape("score_vector", score_vector, VECTOR_AXES, (heads, units))
        if (value.shape[0], value.shape[1], value.shape[2]) != (batch, n_key, heads):
            raise shape_error("value", VALUE_AXES, (batch, n_key, heads, value.shape[3]), value.shape)
        check_pattern("graph", graph, n_query, n_key)
        if isinstance(negative_slope, bool) or not isinstance(negative_slope, (int, float)):
            raise type_error("negative_slope", "un número", negative_slope)
        check_number("negative_slope", negative_slope)
        if not math.isfinite(negative_slope):
            raise value_error("negative_slope", "un número finito", negative_slope)
        check_bool("return_weights", return_weights)
        offsets, keys = offsets.to(query.device), keys.to(query.device)
        result = _operation(query, key, value, score_vector, offsets, keys, negative_slope, return_weights)
    return Attention(*result)


def _reference(
    query: Tensor, key: Tensor, value: Tensor, score_vector: Tensor, offsets: Tensor, keys: Tensor,
    negative_slope: float, return_weights: bool,
) -> Outputs:  # fmt: skip
    graph = SparsePattern(offsets, keys, key.shape[1])
    return reference.graph_attention(
        query, key, value, score_vector, graph, negative_slope=negative_slope, return_weights=return_weights
    )


def _shapes(
    query: Tensor, key: Tensor, value: Tensor, score_vector: Tensor, offsets: Tensor, keys: Tensor, *options: Any
) -> tuple[Shape | None, ...]:
    batch, n_query, heads, _ = query.shape
    weights = (batch, heads, keys.shape[0]) if options[-1] else None
    return (batch, n_query, heads, value.shape[3]), weights, (batch, heads, n_query)


_operation = Operation(
    "graph_attention",
    inputs=("query", "key", "value", "score_vector"),
    options="Tensor offsets, Tensor keys, float negative_slope, bool return_weights",
    forward=_core.graph_forward,
    backward=_core.graph_backward,
    reference=_reference,
    shapes=_shapes,
    reduced=("score_vector",),
)
