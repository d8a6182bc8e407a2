"""Atención por producto escalar: comprueba, llama al núcleo y une el gradiente."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .. import _core, reference
from ..errors import shape_error, type_error, value_error
from ..reference import Attention
from ._checks import (
    check_bool,
    check_broadcastable,
    check_float,
    check_key_lengths,
    check_mask,
    check_nonnegative,
    check_shape,
)
from ._library import (
    Tensors,
    below_gradient,
    callable_directly,
    connect_gradient,
    gradients,
    optional_contiguous,
    register,
    rows,
)

__all__ = ["dot_product_attention"]

QUERY_AXES = ("batch", "heads", "n_query", "d_k")
KEY_AXES = ("batch", "kv_heads", "n_key", "d_k")
VALUE_AXES = ("batch", "kv_heads", "n_key", "d_v")
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
            −∞ enmascara; en float32, también todo sesgo ≤ −1e29.
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
    check_float("query", query, QUERY_AXES)
    check_float("key", key, KEY_AXES, query)
    check_float("value", value, VALUE_AXES, query)
    batch, heads, n_query, d_k = query.shape
    kv_heads, n_key = key.shape[1], key.shape[2]
    if key.shape[0] != batch or key.shape[3] != d_k:
        raise shape_error("key", KEY_AXES, (batch, kv_heads, n_key, d_k), key.shape)
    if kv_heads == 0 or heads % kv_heads != 0:
        raise value_error("key", f"kv_heads divisor de heads = {heads}", kv_heads)
    if value.shape[0] != batch or value.shape[1] != kv_heads or value.shape[2] != n_key:
        raise shape_error("value", VALUE_AXES, (batch, kv_heads, n_key, value.shape[3]), value.shape)
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
        alibi_slopes = alibi_slopes.contiguous()
    if key_lengths is not None:
        key_lengths = check_key_lengths(key_lengths, batch, n_key, query)
    check_nonnegative("window", window)
    check_bool("causal", causal)
    check_bool("return_weights", return_weights)
    if scale is None:
        if d_k == 0:
            raise value_error("scale", "un número, porque 1/√d_k no existe con d_k = 0", scale)
        scale = 1.0 / math.sqrt(d_k)
    elif not isinstance(scale, (int, float)):
        raise type_error("scale", "un número o None", scale)
    run = _forward
    if callable_directly(query, key, value, mask, key_lengths, bias, alibi_slopes):
        needs_gradient = query.requires_grad or key.requires_grad or value.requires_grad
        needs_gradient = needs_gradient or (bias is not None and bias.requires_grad)
        run = _DotProduct.apply if needs_gradient and torch.is_grad_enabled() else _forward_cpu
    output, weights, logsumexp = run(
        query, key, value, mask, key_lengths, bias, alibi_slopes, causal,
        -1 if window is None else min(window, n_query + n_key), scale, return_weights,
    )  # fmt: skip
    return Attention(output, weights if return_weights else None, logsumexp)


def _forward_cpu(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, key_lengths: Tensor | None,
    bias: Tensor | None, alibi_slopes: Tensor | None, causal: bool, window: int, scale: float, return_weights: bool,
) -> Tensors:  # fmt: skip
    output, weights, logsumexp = _forward_fake(
        query, key, value, mask, key_lengths, bias, alibi_slopes, causal, window, scale, return_weights
    )
    _core.dot_product_forward(
        rows(query), rows(key), rows(value), output, logsumexp, weights if return_weights else None, mask, key_lengths,
        bias, alibi_slopes, causal, window, scale, torch.get_num_threads(),
    )  # fmt: skip
    return output, weights, logsumexp


def _forward_other(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, key_lengths: Tensor | None,
    bias: Tensor | None, alibi_slopes: Tensor | None, causal: bool, window: int, scale: float, return_weights: bool,
) -> Tensors:  # fmt: skip
    output, weights, logsumexp = reference.dot_product_attention(
        query, key, value, mask=mask, causal=causal, window=None if window < 0 else window, key_lengths=key_lengths,
        bias=bias, alibi_slopes=alibi_slopes, scale=scale, return_weights=return_weights,
    )  # fmt: skip
    return output, query.new_empty(0) if weights is None else weights, logsumexp


def _forward_fake(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, key_lengths: Tensor | None,
    bias: Tensor | None, alibi_slopes: Tensor | None, causal: bool, window: int, scale: float, return_weights: bool,
) -> Tensors:  # fmt: skip
    batch, heads, n_query, _ = query.shape
    output = query.new_empty(batch, heads, n_query, value.shape[3])
    weights = query.new_empty((batch, heads, n_query, key.shape[2]) if return_weights else (0,))
    return output, weights, query.new_empty(batch, heads, n_query)


def _backward_cpu(
    grad_output: Tensor, grad_weights: Tensor | None, grad_logsumexp: Tensor | None, query: Tensor, key: Tensor,
    value: Tensor, output: Tensor, weights: Tensor, logsumexp: Tensor, mask: Tensor | None, key_lengths: Tensor | None,
    bias: Tensor | None, alibi_slopes: Tensor | None, causal: bool, window: int, scale: float, bias_gradient: bool,
) -> Tensors:  # fmt: skip
    results = grad_query, grad_key, grad_value, grad_bias = _backward_fake(
        grad_output, grad_weights, grad_logsumexp, query, key, value, output, weights, logsumexp, mask, key_lengths,
        bias, alibi_slopes, causal, window, scale, bias_gradient,
    )  # fmt: skip
    _core.dot_product_backward(
        rows(grad_output), optional_contiguous(grad_logsumexp), optional_contiguous(grad_weights), rows(query),
        rows(key), rows(value), output, logsumexp, weights if grad_weights is not None else None, mask, key_lengths,
        bias, alibi_slopes, causal, window, scale, grad_query, grad_key, grad_value,
        grad_bias if bias_gradient else None, torch.get_num_threads(),
    )  # fmt: skip
    return results


def _backward_other(
    grad_output: Tensor, grad_weights: Tensor | None, grad_logsumexp: Tensor | None, query: Tensor, key: Tensor,
    value: Tensor, output: Tensor, weights: Tensor, logsumexp: Tensor, mask: Tensor | None, key_lengths: Tensor | None,
    bias: Tensor | None, alibi_slopes: Tensor | None, causal: bool, window: int, scale: float, bias_gradient: bool,
) -> Tensors:  # fmt: skip
    full_bias = (
        query.new_zeros(*query.shape[:3], key.shape[2]) if bias is None else bias.expand(*query.shape[:3], key.shape[2])
    )

    def run(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensors:
        return _forward_other(
            query, key, value, mask, key_lengths, bias, alibi_slopes, causal, window, scale, grad_weights is not None
        )

    found = gradients([query, key, value, full_bias], run, [grad_output, grad_weights, grad_logsumexp])
    return (*found[:3], found[3] if bias_gradient else query.new_empty(0))


def _backward_fake(
    grad_output: Tensor, grad_weights: Tensor | None, grad_logsumexp: Tensor | None, query: Tensor, key: Tensor,
    value: Tensor, output: Tensor, weights: Tensor, logsumexp: Tensor, mask: Tensor | None, key_lengths: Tensor | None,
    bias: Tensor | None, alibi_slopes: Tensor | None, causal: bool, window: int, scale: float, bias_gradient: bool,
) -> Tensors:  # fmt: skip
    grad_bias = query.new_empty((*query.shape[:3], key.shape[2]) if bias_gradient else (0,))
    return query.new_empty(query.shape), query.new_empty(key.shape), query.new_empty(value.shape), grad_bias


_forward = register(
    "dot_product_attention",
    "(Tensor query, Tensor key, Tensor value, Tensor? mask, Tensor? key_lengths, Tensor? bias, Tensor? alibi_slopes,"
    " bool causal, int window, float scale, bool return_weights) -> (Tensor, Tensor, Tensor)",
    cpu=_forward_cpu,
    other=_forward_other,
    fake=_forward_fake,
)
_backward = register(
    "dot_product_attention_backward",
    "(Tensor grad_output, Tensor? grad_weights, Tensor? grad_logsumexp, Tensor query, Tensor key, Tensor value,"
    " Tensor output, Tensor weights, Tensor logsumexp, Tensor? mask, Tensor? key_lengths, Tensor? bias,"
    " Tensor? alibi_slopes, bool causal, int window, float scale, bool bias_gradient)"
    " -> (Tensor, Tensor, Tensor, Tensor)",
    cpu=_backward_cpu,
    other=_backward_other,
    fake=_backward_fake,
)


class _DotProduct(torch.autograd.Function):
    """Ida y vuelta de la operación, para tensores con gradiente."""

    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> Tensors:
        query, key, value, mask, key_lengths, bias, alibi_slopes, *ctx.options, ctx.return_weights = arguments
        outputs = (
            _forward_cpu(*arguments) if callable_directly(*arguments[:7]) else below_gradient(_forward, *arguments)
        )
        ctx.save_for_backward(query, key, value, *outputs, mask, key_lengths, bias, alibi_slopes)
        ctx.set_materialize_grads(False)
        return outputs

    @staticmethod
    @once_differentiable  # su derivada no está escrita: pedirla es un error
    def backward(
        ctx: Any, grad_output: Tensor | None, grad_weights: Tensor | None, grad_logsumexp: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        query, key, value, output, weights, logsumexp, mask, key_lengths, bias, alibi_slopes = ctx.saved_tensors
        grad_output = torch.zeros_like(output) if grad_output is None else grad_output
        bias_gradient = ctx.needs_input_grad[5]
        run: Callable[..., Tensors] = (
            _backward_cpu if callable_directly(grad_output, grad_weights, grad_logsumexp) else _backward
        )
        grad_query, grad_key, grad_value, grad_bias = run(
            grad_output, grad_weights if ctx.return_weights else None, grad_logsumexp, query, key, value, output,
            weights, logsumexp, mask, key_lengths, bias, alibi_slopes, *ctx.options, bias_gradient,
        )  # fmt: skip
        bias_result = grad_bias.sum_to_size(bias.shape) if bias_gradient else None
        return grad_query, grad_key, grad_value, None, None, bias_result, None, None, None, None, None


connect_gradient("dot_product_attention", _DotProduct, _forward)
