"""Atención clave-valor-predicción (Daniluk): comprueba los argumentos y llama al núcleo.

No tiene núcleo propio: es ``core/additive.hpp`` con banda.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from .. import _core, reference
from ..errors import shape_error, type_error
from ..reference import Attention
from ._checks import check_bool, check_float, check_key_lengths, check_mask, check_nonnegative, check_shape
from ._library import Operation, Outputs, Shape

__all__ = ["key_value_predict_attention"]

QUERY_AXES = ("batch", "n", "units")
VALUE_AXES = ("batch", "n", "d_v")
WEIGHT_AXES = ("batch", "n", "n")


def key_value_predict_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    score_vector: Tensor,
    *,
    window: int,
    mask: Tensor | None = None,
    key_lengths: Tensor | None = None,
    return_weights: bool = False,
) -> Attention:
    r"""Atención a las ``window`` salidas anteriores de un modelo de lenguaje; el trabajo crece con ``n · window``.

    Fórmula: ``e_tj = wᵀ tanh(query_t + key_j)``, ``α_t = softmax_j(e_tj)`` y ``r_t = Σ_j α_tj value_j``, con ``j`` de
    ``t − window`` a ``t − 1``: nunca ella misma ni el futuro. Con ``n = 5`` y ``window = 2``::

        · · · · ·
        ■ · · · ·
        ■ ■ · · ·
        · ■ ■ · ·
        · · ■ ■ ·

    Es la atención aditiva con banda: el núcleo es ``core/additive.hpp`` con banda, y el texto que se lee,
    ``core/naive/additive.hpp``. La predicción ``p_t`` no entra aquí: solo se usa en su propio instante.

    Argumentos:
        query: ``Wʰ k_t``, ``(batch, n, units)``, float32 o float64, ya proyectada, con cualquier paso.
        key: ``Wʸ k``, ``(batch, n, units)``, ya proyectada.
        value: los valores ``v``, ``(batch, n, d_v)``.
        score_vector: ``w``, ``(units,)``.
        window: ``L``, cuántas posiciones anteriores se ven; entero ≥ 0.
        mask: bool difundible a ``(batch, n, n)``; ``True`` = puede atender.
        key_lengths: ``(batch,)`` enteros de 0 a ``n``; las posiciones siguientes son relleno.
        return_weights: si ``True``, llena también la matriz de pesos, con ceros fuera de la banda.

    Devuelve:
        ``Attention(output, weights, logsumexp)`` con formas ``(batch, n, d_v)``, ``(batch, n, n)`` o ``None``, y
        ``(batch, n)``. Los tres llevan gradiente. La posición 0 no tiene a quién mirar: da ceros y ``logsumexp = −∞``.

    Errores:
        ``TypeError`` si un dtype no vale; ``ValueError`` si una forma, un valor o un dispositivo no vale.

    Ejemplo:
        >>> zero, value = torch.zeros(1, 3, 2), torch.tensor([[[1.0], [3.0], [9.0]]])
        >>> key_value_predict_attention(zero, zero, value, torch.ones(2), window=2).output.tolist()
        [[[0.0], [1.0], [2.0]]]

    Referencia: Daniluk et al. (2017).
    """
    result = _operation.direct(query, key, value, score_vector, mask, key_lengths, window, return_weights)
    if result is None:
        check_float("query", query, QUERY_AXES)
        check_float("key", key, QUERY_AXES, query)
        check_float("value", value, VALUE_AXES, query)
        check_float("score_vector", score_vector, ("units",), query)
        batch, n, units = query.shape
        check_shape("key", key, QUERY_AXES, (batch, n, units))
        check_shape("score_vector", score_vector, ("units",), (units,))
        if value.shape[0] != batch or value.shape[1] != n:
            raise shape_error("value", VALUE_AXES, (batch, n, value.shape[2]), value.shape)
        if mask is not None:
            check_mask(mask, WEIGHT_AXES, (batch, n, n), query)
        if key_lengths is not None:
            key_lengths = check_key_lengths(key_lengths, batch, n, query)
        if window is None:
            raise type_error("window", "un entero", window)
        check_nonnegative("window", window)
        check_bool("return_weights", return_weights)
        window = min(window, n)  # más allá no hay nada, y el esquema de torch solo admite 64 bits
        result = _operation(query, key, value, score_vector, mask, key_lengths, window, return_weights)
    return Attention(*result)


def _reference(
    query: Tensor, key: Tensor, value: Tensor, score_vector: Tensor, mask: Tensor | None, key_lengths: Tensor | None,
    window: int, return_weights: bool,
) -> Outputs:  # fmt: skip
    return reference.key_value_predict_attention(
        query, key, value, score_vector, window=window, mask=mask, key_lengths=key_lengths,
        return_weights=return_weights,
    )  # fmt: skip


def _shapes(query: Tensor, key: Tensor, value: Tensor, *others: Any) -> tuple[Shape | None, ...]:
    rows = tuple(query.shape[:2])
    return (*rows, value.shape[2]), (*rows, key.shape[1]) if others[-1] else None, rows


_operation = Operation(
    "key_value_predict_attention",
    inputs=("query", "key", "value", "score_vector"),
    options="Tensor? mask, Tensor? key_lengths, int window, bool return_weights",
    forward=_core.key_value_predict_forward,
    backward=_core.key_value_predict_backward,
    reference=_reference,
    shapes=_shapes,
    reduced=("score_vector",),
)
