"""Atención aditiva (Bahdanau): comprueba los argumentos y llama al núcleo."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from .. import _core, reference
from ..errors import shape_error
from ..reference import Attention
from ._checks import check_bool, check_float, check_key_lengths, check_mask, check_shape
from ._library import Operation, Outputs, Shape

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
    result = _operation.direct(query, key, value, score_vector, mask, key_lengths, return_weights)
    if result is None:
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
        check_bool("return_weights", return_weights)
        result = _operation(query, key, value, score_vector, mask, key_lengths, return_weights)
    return Attention(*result)


def _reference(
    query: Tensor, key: Tensor, value: Tensor, score_vector: Tensor, mask: Tensor | None, key_lengths: Tensor | None,
    return_weights: bool,
) -> Outputs:  # fmt: skip
    return reference.additive_attention(
        query, key, value, score_vector, mask=mask, key_lengths=key_lengths, return_weights=return_weights
    )


def _shapes(query: Tensor, key: Tensor, value: Tensor, *options: Any) -> tuple[Shape | None, ...]:
    rows = tuple(query.shape[:2])
    return (*rows, value.shape[2]), (*rows, key.shape[1]) if options[-1] else None, rows


_operation = Operation(
    "additive_attention",
    inputs=("query", "key", "value", "score_vector"),
    options="Tensor? mask, Tensor? key_lengths, bool return_weights",
    forward=_core.additive_forward,
    backward=_core.additive_backward,
    reference=_reference,
    shapes=_shapes,
    reduced=("score_vector",),
)
