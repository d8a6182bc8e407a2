"""Atención dispersa: comprueba los argumentos y llama al núcleo."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from .. import _core, reference
from ..errors import type_error
from ..patterns import SparsePattern
from ..reference import Attention
from ._checks import check_bool, check_heads, check_key_lengths, check_pattern, check_scale
from ._library import Operation, Outputs, Shape

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
    r"""Atención por producto escalar en la que cada consulta solo ve las claves de su lista.

    Fórmula: ``s_ij = scale · q_i · k_j``, ``p_i = softmax_j(s_ij)`` entre las ``j`` del patrón, ``o_i = Σ_j p_ij v_j``.

    Trabajo y memoria son proporcionales a las aristas, no a ``n_query · n_key``.

    Argumentos:
        query: ``(batch, heads, n_query, d_k)``, float32 o float64, con cualquier paso.
        key: ``(batch, kv_heads, n_key, d_k)``; ``heads`` es múltiplo de ``kv_heads``.
        value: ``(batch, kv_heads, n_key, d_v)``.
        pattern: ``SparsePattern`` de ``n_query`` × ``n_key``, el mismo para todas las cabezas. Si cada cabeza tiene el
            suyo, llama una vez por patrón con sus cabezas y une las salidas con ``torch.cat``.
        key_lengths: ``(batch,)`` enteros de 0 a ``n_key``; las claves siguientes son relleno.
        scale: factor de las puntuaciones; por omisión ``1/√d_k``.
        return_weights: si ``True``, devuelve también los pesos, arista a arista; ``pattern.to_dense`` los lleva a la
            matriz.

    Devuelve:
        ``Attention(output, weights, logsumexp)`` con formas ``(batch, heads, n_query, d_v)``,
        ``(batch, heads, n_edges)`` o ``None``, y ``(batch, heads, n_query)``. Los tres llevan gradiente. Una consulta
        sin claves da ceros, gradiente cero y ``logsumexp = −∞``.

    Errores:
        ``TypeError`` si un dtype no vale; ``ValueError`` si una forma, un valor o un dispositivo no vale.

    Ejemplo:
        >>> from atencion.patterns import sliding_window
        >>> q = k = v = torch.eye(3).reshape(1, 1, 3, 3)
        >>> pattern = sliding_window(3, 1).causal()
        >>> weights = sparse_attention(q, k, v, pattern, scale=0.0, return_weights=True).weights
        >>> pattern.to_dense(weights)[0, 0].tolist()
        [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]

    Referencia: Child et al. (2019), ec. 2: ``S_i`` son las claves de la consulta ``i`` en ``pattern``.
    """
    if not isinstance(pattern, SparsePattern):
        raise type_error("pattern", "un SparsePattern", pattern)
    offsets, keys, result = pattern.offsets, pattern.keys, None
    if isinstance(key, Tensor) and key.shape[2:3] == (pattern.n_key,):
        result = _operation.direct(query, key, value, offsets, keys, key_lengths, scale, return_weights)
    if result is None:
        check_heads(query, key, value)
        batch, _, n_query, d_k = query.shape
        n_key = key.shape[2]
        check_pattern("pattern", pattern, n_query, n_key)
        if key_lengths is not None:
            key_lengths = check_key_lengths(key_lengths, batch, n_key, query)
        check_scale(scale, d_k)
        check_bool("return_weights", return_weights)
        offsets, keys = offsets.to(query.device), keys.to(query.device)
        result = _operation(query, key, value, offsets, keys, key_lengths, scale, return_weights)
    return Attention(*result)


def _reference(
    query: Tensor, key: Tensor, value: Tensor, offsets: Tensor, keys: Tensor, key_lengths: Tensor | None,
    scale: float | None, return_weights: bool,
) -> Outputs:  # fmt: skip
    pattern = SparsePattern(offsets, keys, key.shape[2])
    return reference.sparse_attention(
        query, key, value, pattern, key_lengths=key_lengths, scale=scale, return_weights=return_weights
    )


def _shapes(
    query: Tensor, key: Tensor, value: Tensor, offsets: Tensor, keys: Tensor, *options: Any
) -> tuple[Shape | None, ...]:
    rows = tuple(query.shape[:3])
    return (*rows, value.shape[3]), (*rows[:2], keys.shape[0]) if options[-1] else None, rows


_operation = Operation(
    "sparse_attention",
    inputs=("query", "key", "value"),
    options="Tensor offsets, Tensor keys, Tensor? key_lengths, float? scale, bool return_weights",
    forward=_core.sparse_forward,
    backward=_core.sparse_backward,
    reference=_reference,
    shapes=_shapes,
)
