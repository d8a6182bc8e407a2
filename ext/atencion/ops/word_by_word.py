"""Atención palabra a palabra (Rocktäschel): comprueba los argumentos y llama al núcleo."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from .. import _core, reference
from ..errors import shape_error
from ..reference import Attention
from ._checks import check_bool, check_float, check_key_lengths, check_mask, check_shape
from ._library import Operation, Outputs, Shape

__all__ = ["word_by_word_attention"]

QUERY_AXES = ("batch", "n_query", "units")
KEY_AXES = ("batch", "n_key", "units")
VALUE_AXES = ("batch", "n_key", "d_v")
WEIGHT_AXES = ("batch", "n_query", "n_key")


def word_by_word_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    score_vector: Tensor,
    query_recurrence: Tensor,
    state_recurrence: Tensor,
    *,
    mask: Tensor | None = None,
    key_lengths: Tensor | None = None,
    query_lengths: Tensor | None = None,
    return_weights: bool = False,
) -> Attention:
    r"""Atención palabra a palabra: cada palabra de la hipótesis mira la premisa sabiendo lo que ya se ha leído.

    Fórmula, para cada palabra ``t`` y con ``r_0 = 0``: ``M_t = tanh(key + query_t + Wʳ r_{t−1})``,
    ``α_t = softmax(wᵀ M_t)``, ``r_t = Σ_j α_tj value_j + tanh(Wᵗ r_{t−1})``.

    Argumentos:
        query: ``Wʰ h_t``, ``(batch, n_query, units)``, float32 o float64, ya proyectada, con cualquier paso.
        key: ``Wʸ Y``, ``(batch, n_key, units)``, ya proyectada.
        value: la premisa ``Y``, ``(batch, n_key, d_v)``.
        score_vector: ``w``, ``(units,)``.
        query_recurrence: ``Wʳ``, ``(units, d_v)``: lo leído hasta ahora mueve las puntuaciones.
        state_recurrence: ``Wᵗ``, ``(d_v, d_v)``: lo leído hasta ahora pasa al estado siguiente.
        mask: bool difundible a ``(batch, n_query, n_key)``; ``True`` = puede atender.
        key_lengths: ``(batch,)`` enteros de 0 a ``n_key``; las claves siguientes son relleno.
        query_lengths: ``(batch,)`` enteros de 0 a ``n_query``; los pasos siguientes no cambian el estado: la salida
            repite el último válido, los pesos son cero y ``logsumexp = −∞``.
        return_weights: si ``True``, llena también la matriz de pesos.

    Devuelve:
        ``Attention(output, weights, logsumexp)`` con formas ``(batch, n_query, d_v)``, ``(batch, n_query, n_key)`` o
        ``None``, y ``(batch, n_query)``: ``output[:, t]`` es ``r_t`` y ``output[:, -1]`` es ``r_N``. Los tres llevan
        gradiente, a través de todos los pasos. Un paso sin nada que atender da ``r_t = tanh(Wᵗ r_{t−1})``.

    Errores:
        ``TypeError`` si un dtype no vale; ``ValueError`` si una forma, un valor o un dispositivo no vale.

    Ejemplo:
        >>> zero, premise = torch.zeros(1, 2, 3), torch.eye(2)[None]
        >>> word_by_word_attention(
        ...     zero, zero, premise, torch.ones(3), torch.zeros(3, 2), torch.zeros(2, 2)
        ... ).output.tolist()
        [[[0.5, 0.5], [0.5, 0.5]]]

    Referencia: Rocktäschel et al. (2016).
    """
    result = _operation.direct(
        query, key, value, score_vector, query_recurrence, state_recurrence, mask, key_lengths, query_lengths,
        return_weights,
    )  # fmt: skip
    if result is None:
        check_float("query", query, QUERY_AXES)
        check_float("key", key, KEY_AXES, query)
        check_float("value", value, VALUE_AXES, query)
        batch, n_query, units = query.shape
        n_key, d_v = key.shape[1], value.shape[2]
        check_shape("key", key, KEY_AXES, (batch, n_key, units))
        if value.shape[0] != batch or value.shape[1] != n_key:
            raise shape_error("value", VALUE_AXES, (batch, n_key, d_v), value.shape)
        for name, matrix, axes, shape in (
            ("score_vector", score_vector, ("units",), (units,)),
            ("query_recurrence", query_recurrence, ("units", "d_v"), (units, d_v)),
            ("state_recurrence", state_recurrence, ("d_v", "d_v"), (d_v, d_v)),
        ):
            check_float(name, matrix, axes, query)
            check_shape(name, matrix, axes, shape)
        if mask is not None:
            check_mask(mask, WEIGHT_AXES, (batch, n_query, n_key), query)
        if key_lengths is not None:
            key_lengths = check_key_lengths(key_lengths, batch, n_key, query)
        if query_lengths is not None:
            query_lengths = check_key_lengths(query_lengths, batch, n_query, query, "query_lengths")
        check_bool("return_weights", return_weights)
        result = _operation(
            query, key, value, score_vector, query_recurrence, state_recurrence, mask, key_lengths, query_lengths,
            return_weights,
        )  # fmt: skip
    return Attention(*result)


def _reference(*arguments: Any) -> Outputs:
    inputs, (mask, key_lengths, query_lengths, return_weights) = arguments[:6], arguments[6:]
    return reference.word_by_word_attention(
        *inputs, mask=mask, key_lengths=key_lengths, query_lengths=query_lengths, return_weights=return_weights
    )


def _shapes(query: Tensor, key: Tensor, value: Tensor, *others: Any) -> tuple[Shape | None, ...]:
    rows = tuple(query.shape[:2])
    return (*rows, value.shape[2]), (*rows, key.shape[1]) if others[-1] else None, rows


_operation = Operation(
    "word_by_word_attention",
    inputs=("query", "key", "value", "score_vector", "query_recurrence", "state_recurrence"),
    options="Tensor? mask, Tensor? key_lengths, Tensor? query_lengths, bool return_weights",
    forward=_core.word_by_word_forward,
    backward=_core.word_by_word_backward,
    reference=_reference,
    shapes=_shapes,
    reduced=("score_vector", "query_recurrence", "state_recurrence"),
)
