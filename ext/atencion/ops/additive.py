"""Atención aditiva (Bahdanau): comprueba, llama al núcleo y une el gradiente."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .. import _core, reference
from ..errors import shape_error
from ..reference import Attention
from ._checks import check_bool, check_float, check_key_lengths, check_mask, check_shape
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

__all__ = ["additive_attention"]

QUERY_AXES = ("batch", "n_query", "units")
KEY_AXES = ("batch", "n_key", "units")
VALUE_AXES = ("batch", "n_key", "d_v")
WEIGHT_AXES = ("batch", "n_query", "n_key")


def additive_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    score_vector: Tensor,
    *,
    mask: Tensor | None = None,
    key_lengths: Tensor | None = None,
    return_weights: bool = False,
) -> Attention:
    r"""Atención aditiva, sin formar nunca el tensor ``(n_query, n_key, units)``.

    Fórmula: ``e_ij = vᵀ tanh(q_i + k_j)``, ``α_i = softmax_j(e_ij)``, ``c_i = Σ_j α_ij value_j``.

    Argumentos:
        query: ``(batch, n_query, units)``, float32 o float64, ya proyectada (``W_a s``), con cualquier paso.
        key: ``(batch, n_key, units)``, ya proyectada (``U_a h``): se calcula una vez por frase.
        value: ``(batch, n_key, d_v)``.
        score_vector: ``(units,)``.
        mask: bool difundible a ``(batch, n_query, n_key)``; ``True`` = puede atender.
        key_lengths: ``(batch,)`` enteros de 0 a ``n_key``; las claves siguientes son relleno.
        return_weights: si ``True``, llena también la matriz de pesos, exacta.

    Devuelve:
        ``Attention(output, weights, logsumexp)`` con formas ``(batch, n_query, d_v)``, ``(batch, n_query, n_key)`` o
        ``None``, y ``(batch, n_query)``. Los tres llevan gradiente. Una fila sin nada que atender da ceros, gradiente
        cero y ``logsumexp = −∞``.

    Errores:
        ``TypeError`` si un dtype no vale; ``ValueError`` si una forma, un valor o un dispositivo no vale.

    Ejemplo:
        >>> zero = torch.zeros(1, 1, 3)
        >>> additive_attention(zero, torch.zeros(1, 2, 3), torch.eye(2)[None], torch.ones(3)).output.tolist()
        [[[0.5, 0.5]]]

    Referencia: Bahdanau et al. (2015), apéndice A.1.2: ``query`` es ``W_a s_{i−1}``, ``key`` es ``U_a h_j``,
    ``score_vector`` es ``v_a``, ``weights`` es ``α_ij`` y ``output`` es ``c_i``.
    """
    check_float("query", query, QUERY_AXES)
    check_float("key", key, KEY_AXES, query)
    check_float("value", value, VALUE_AXES, query)
    check_float("score_vector", score_vector, ("units",), query)
    batch, n_query, units = query.shape
    n_key = key.shape[1]
    check_shape("key", key, KEY_AXES, (batch, n_key, units))
    check_shape("score_vector", score_vector, ("units",), (units,))
    if value.shape[0] != batch or value.shape[1] != n_key:
        raise shape_error("value", VALUE_AXES, (batch, n_key, value.shape[2]), value.shape)
    if mask is not None:
        check_mask(mask, WEIGHT_AXES, (batch, n_query, n_key), query)
    if key_lengths is not None:
        key_lengths = check_key_lengths(key_lengths, batch, n_key, query)
    run = _forward
    check_bool("return_weights", return_weights)
    if callable_directly(query, key, value, score_vector, mask, key_lengths):
        needs_gradient = query.requires_grad or key.requires_grad or value.requires_grad or score_vector.requires_grad
        run = _Additive.apply if needs_gradient and torch.is_grad_enabled() else _forward_cpu
    output, weights, logsumexp = run(query, key, value, score_vector, mask, key_lengths, return_weights)
    return Attention(output, weights if return_weights else None, logsumexp)


def _forward_cpu(
    query: Tensor, key: Tensor, value: Tensor, score_vector: Tensor, mask: Tensor | None, key_lengths: Tensor | None,
    return_weights: bool,
) -> Tensors:  # fmt: skip
    output, weights, logsumexp = _forward_fake(query, key, value, score_vector, mask, key_lengths, return_weights)
    _core.additive_forward(
        rows(query), rows(key), rows(value), score_vector.contiguous(), output, logsumexp,
        weights if return_weights else None, mask, key_lengths, torch.get_num_threads(),
    )  # fmt: skip
    return output, weights, logsumexp


def _forward_other(
    query: Tensor, key: Tensor, value: Tensor, score_vector: Tensor, mask: Tensor | None, key_lengths: Tensor | None,
    return_weights: bool,
) -> Tensors:  # fmt: skip
    output, weights, logsumexp = reference.additive_attention(
        query, key, value, score_vector, mask=mask, key_lengths=key_lengths, return_weights=return_weights
    )
    return output, query.new_empty(0) if weights is None else weights, logsumexp


def _forward_fake(
    query: Tensor, key: Tensor, value: Tensor, score_vector: Tensor, mask: Tensor | None, key_lengths: Tensor | None,
    return_weights: bool,
) -> Tensors:  # fmt: skip
    batch, n_query, _ = query.shape
    output = query.new_empty(batch, n_query, value.shape[2])
    weights = query.new_empty((batch, n_query, key.shape[1]) if return_weights else (0,))
    return output, weights, query.new_empty(batch, n_query)


def _backward_cpu(
    grad_output: Tensor, grad_weights: Tensor | None, grad_logsumexp: Tensor | None, query: Tensor, key: Tensor,
    value: Tensor, score_vector: Tensor, logsumexp: Tensor, mask: Tensor | None, key_lengths: Tensor | None,
) -> Tensors:  # fmt: skip
    grad_query, grad_key, grad_value, _ = _backward_fake(
        grad_output, grad_weights, grad_logsumexp, query, key, value, score_vector, logsumexp, mask, key_lengths
    )
    per_example = query.new_empty(query.shape[0], query.shape[2])
    _core.additive_backward(
        rows(grad_output), optional_contiguous(grad_logsumexp), optional_contiguous(grad_weights), rows(query),
        rows(key), rows(value), score_vector.contiguous(), logsumexp, mask, key_lengths, grad_query, grad_key,
        grad_value, per_example, torch.get_num_threads(),
    )  # fmt: skip
    return grad_query, grad_key, grad_value, per_example.sum(0)


def _backward_other(
    grad_output: Tensor, grad_weights: Tensor | None, grad_logsumexp: Tensor | None, query: Tensor, key: Tensor,
    value: Tensor, score_vector: Tensor, logsumexp: Tensor, mask: Tensor | None, key_lengths: Tensor | None,
) -> Tensors:  # fmt: skip
    def run(query: Tensor, key: Tensor, value: Tensor, score_vector: Tensor) -> Tensors:
        return _forward_other(query, key, value, score_vector, mask, key_lengths, grad_weights is not None)

    return tuple(gradients([query, key, value, score_vector], run, [grad_output, grad_weights, grad_logsumexp]))


def _backward_fake(
    grad_output: Tensor, grad_weights: Tensor | None, grad_logsumexp: Tensor | None, query: Tensor, key: Tensor,
    value: Tensor, score_vector: Tensor, logsumexp: Tensor, mask: Tensor | None, key_lengths: Tensor | None,
) -> Tensors:  # fmt: skip
    return tuple(query.new_empty(tensor.shape) for tensor in (query, key, value, score_vector))


_forward = register(
    "additive_attention",
    "(Tensor query, Tensor key, Tensor value, Tensor score_vector, Tensor? mask, Tensor? key_lengths,"
    " bool return_weights) -> (Tensor, Tensor, Tensor)",
    cpu=_forward_cpu,
    other=_forward_other,
    fake=_forward_fake,
)
_backward = register(
    "additive_attention_backward",
    "(Tensor grad_output, Tensor? grad_weights, Tensor? grad_logsumexp, Tensor query, Tensor key, Tensor value,"
    " Tensor score_vector, Tensor logsumexp, Tensor? mask, Tensor? key_lengths) -> (Tensor, Tensor, Tensor, Tensor)",
    cpu=_backward_cpu,
    other=_backward_other,
    fake=_backward_fake,
)


class _Additive(torch.autograd.Function):
    """Ida y vuelta de la operación, para tensores con gradiente."""

    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> Tensors:
        query, key, value, score_vector, mask, key_lengths, ctx.return_weights = arguments
        outputs = (
            _forward_cpu(*arguments)
            if callable_directly(query, key, value, score_vector)
            else below_gradient(_forward, *arguments)
        )
        ctx.save_for_backward(query, key, value, score_vector, outputs[2], mask, key_lengths)
        ctx.output_shape = outputs[0].shape
        ctx.set_materialize_grads(False)
        return outputs

    @staticmethod
    @once_differentiable  # su derivada no está escrita: pedirla es un error
    def backward(
        ctx: Any, grad_output: Tensor | None, grad_weights: Tensor | None, grad_logsumexp: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        query, key, value, score_vector, logsumexp, mask, key_lengths = ctx.saved_tensors
        grad_output = query.new_zeros(ctx.output_shape) if grad_output is None else grad_output
        run: Callable[..., Tensors] = (
            _backward_cpu if callable_directly(grad_output, grad_weights, grad_logsumexp) else _backward
        )
        found = run(
            grad_output, grad_weights if ctx.return_weights else None, grad_logsumexp, query, key, value,
            score_vector, logsumexp, mask, key_lengths,
        )  # fmt: skip
        return (*found, None, None, None)


connect_gradient("additive_attention", _Additive, _forward)
