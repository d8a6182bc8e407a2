"""Atención por producto escalar: comprueba los argumentos y llama al núcleo."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from .. import _core, reference
from ..errors import value_error
from ..reference import Attention
from ._checks import (
    check_bool,
    check_broadcastable,
    check_float,
    check_heads,
    check_key_lengths,
    check_mask,
    check_nonnegative,
    check_scale,
    check_shape,
)
from ._library import Operation, Outputs, Shape

__all__ = ["dot_product_attention"]

WEIGHT_AXES = ("batch", "heads", "n_query", "n_key")


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
    r"""Atención por producto escalar, exacta, con memoria O(n).

    Fórmula: ``softmax(scale · Q Kᵀ + bias − slope · |distancia|) V``, solo entre las claves permitidas.

    Argumentos:
        query: ``(batch, heads, n_query, d_k)``, float32 o float64, con cualquier paso.
        key: ``(batch, kv_heads, n_key, d_k)``; ``heads`` ha de ser múltiplo de ``kv_heads`` y cada grupo de
            ``heads / kv_heads`` cabezas de consulta comparte una de clave y valor.
        value: ``(batch, kv_heads, n_key, d_v)``.
        mask: bool difundible a ``(batch, heads, n_query, n_key)``; ``True`` = puede atender. Un NaN en una clave
            o un valor tapados puede llegar a la salida; detrás de ``key_lengths``, nunca.
        causal: cada consulta ve solo su pasado. Con ``n_query ≠ n_key`` se alinea al **final**. Para
            ``n_query = 2`` y ``n_key = 5``::

                ■ ■ ■ ■ ·
                ■ ■ ■ ■ ■

        window: deja las claves a distancia ≤ ``window`` de la consulta, con la misma alineación.
        key_lengths: ``(batch,)`` enteros de 0 a ``n_key``; las claves siguientes son relleno.
        bias: float difundible a ``(batch, heads, n_query, n_key)``, se suma tras la escala.
            −∞ enmascara, y también todo sesgo ≤ −1e29 (``masks.MASKING_BIAS``).
        alibi_slopes: ``(heads,)``, pendientes de ALiBi, sin gradiente.
        scale: por omisión ``1 / √d_k``.
        return_weights: si ``True``, llena también la matriz de pesos, exacta.

    Devuelve:
        ``Attention(output, weights, logsumexp)`` con formas ``(batch, heads, n_query, d_v)``,
        ``(batch, heads, n_query, n_key)`` o ``None``, y ``(batch, heads, n_query)``. Los tres llevan gradiente. Una
        fila sin nada que atender da ceros, gradiente cero y ``logsumexp = −∞``.

    Errores:
        ``TypeError`` si un dtype no vale; ``ValueError`` si una forma, un valor o un dispositivo no vale.

    Ejemplo:
        >>> q = k = v = torch.eye(2).reshape(1, 1, 2, 2)
        >>> dot_product_attention(q, k, v, causal=True).output[0, 0, 0].tolist()
        [1.0, 0.0]

    Referencia: Vaswani et al. (2017), ec. 1: ``Q``, ``K``, ``V`` son ``query``, ``key``, ``value`` y ``scale`` es
    ``1/√d_k``. Softmax incremental: Milakov y Gimelshein (2018).
    """
    result = _operation.direct(
        query, key, value, bias, mask, key_lengths, alibi_slopes, causal, window, scale, return_weights
    )
    if result is None:
        check_heads(query, key, value)
        batch, heads, n_query, d_k = query.shape
        n_key = key.shape[2]
        target = (batch, heads, n_query, n_key)
        if mask is not None:
            check_mask(mask, WEIGHT_AXES, target, query)
        if bias is not None:
            check_float("bias", bias, None, query)
            check_broadcastable("bias", bias, WEIGHT_AXES, target)
        if alibi_slopes is not None:
            check_float("alibi_slopes", alibi_slopes, ("heads",), query)
            check_shape("alibi_slopes", alibi_slopes, ("heads",), (heads,))
            if alibi_slopes.requires_grad:
                raise value_error("alibi_slopes", "un tensor sin gradiente", "requires_grad=True")
        if key_lengths is not None:
            key_lengths = check_key_lengths(key_lengths, batch, n_key, query)
        check_nonnegative("window", window)
        window = window if window is None else min(window, n_query + n_key)
        check_bool("causal", causal)
        check_bool("return_weights", return_weights)
        check_scale(scale, d_k)
        result = _operation(
            query, key, value, bias, mask, key_lengths, alibi_slopes, causal, window, scale, return_weights
        )
    return Attention(*result)


def _reference(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, mask: Tensor | None, key_lengths: Tensor | None,
    alibi_slopes: Tensor | None, causal: bool, window: int | None, scale: float | None, return_weights: bool,
) -> Outputs:  # fmt: skip
    return reference.dot_product_attention(
        query, key, value, mask=mask, causal=causal, window=window, key_lengths=key_lengths, bias=bias,
        alibi_slopes=alibi_slopes, scale=scale, return_weights=return_weights,
    )  # fmt: skip


def _shapes(query: Tensor, key: Tensor, value: Tensor, *options: Any) -> tuple[Shape | None, ...]:
    rows = tuple(query.shape[:3])
    return (*rows, value.shape[3]), (*rows, key.shape[2]) if options[-1] else None, rows


_operation = Operation(
    "dot_product_attention",
    inputs=("query", "key", "value", "bias?"),
    options="Tensor? mask, Tensor? key_lengths, Tensor? alibi_slopes, bool causal, int? window, float? scale,"
    " bool return_weights",
    forward=_core.dot_product_forward,
    backward=_core.dot_product_backward,
    reference=_reference,
    shapes=_shapes,
    reduced=("bias",),
)
