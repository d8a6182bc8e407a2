"""Saltos de una red de memoria (MemN2N): comprueba los argumentos y llama al núcleo."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from .. import _core, reference
from ..reference import Attention
from ._checks import check_bool, check_float, check_key_lengths, check_mask, check_shape
from ._library import Operation, Outputs, Shape

__all__ = ["memory_attention"]

QUERY_AXES = ("batch", "d")
MEMORY_AXES = ("batch", "hops", "n_key", "d")
TRANSITION_AXES = ("d", "d")
WEIGHT_AXES = ("batch", "hops", "n_key")


def memory_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    transition: Tensor | None = None,
    mask: Tensor | None = None,
    key_lengths: Tensor | None = None,
    softmax: bool = True,
    return_weights: bool = False,
) -> Attention:
    r"""Todos los saltos de una red de memoria de extremo a extremo, en una llamada.

    Fórmula, para cada salto ``k``: ``p_i = softmax_i(uᵏ · m_iᵏ)``, ``oᵏ = Σ_i p_i c_iᵏ``, ``uᵏ⁺¹ = H uᵏ + oᵏ``. Las
    puntuaciones no se escalan.

    Argumentos:
        query: ``u¹``, ``(batch, d)``, float32 o float64, con cualquier paso.
        key: memorias de entrada ``mᵏ``, ``(batch, hops, n_key, d)``.
        value: memorias de salida ``cᵏ``, de la misma forma.
        transition: ``H``, ``(d, d)``; sin ella, la identidad.
        mask: bool difundible a ``(batch, hops, n_key)``; ``True`` = puede atender.
        key_lengths: ``(batch,)`` enteros de 0 a ``n_key``; las memorias siguientes son relleno.
        softmax: con ``False`` los pesos son las puntuaciones tal cual, cero donde no se puede atender («linear start»
            del artículo), y ``logsumexp`` es cero.
        return_weights: si ``True``, devuelve también los pesos.

    Las dos formas de compartir pesos del artículo no copian nada. La adyacente, ``Aᵏ⁺¹ = Cᵏ``, son dos vistas de un
    tensor ``memory`` ``(batch, hops + 1, n_key, d)``: ``key = memory[:, :-1]`` y ``value = memory[:, 1:]``. La de capa,
    la misma memoria en todos los saltos, es ``memory[:, None].expand(-1, hops, -1, -1)``; el gradiente sale por salto y
    autograd lo suma.

    Devuelve:
        ``Attention(output, weights, logsumexp)`` con formas ``(batch, hops, d)``, ``(batch, hops, n_key)`` o ``None``,
        y ``(batch, hops)``: ``output[:, k]`` es el estado tras el salto ``k``, y ``output[:, -1]`` el que responde. Los
        tres llevan gradiente. Un salto sin nada que atender lee ceros, con ``logsumexp = −∞``.

    Errores:
        ``TypeError`` si un dtype no vale; ``ValueError`` si una forma, un valor o un dispositivo no vale.

    Ejemplo:
        >>> memory = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
        >>> hops = memory[:, None].expand(-1, 2, -1, -1)
        >>> memory_attention(torch.zeros(1, 2), hops, hops).output.tolist()
        [[[0.5, 0.5], [1.0, 1.0]]]

    Referencia: Sukhbaatar et al. (2015), ecuaciones 1, 2 y 4.
    """
    result = _operation.direct(query, key, value, transition, mask, key_lengths, softmax)
    if result is None:
        check_float("query", query, QUERY_AXES)
        check_float("key", key, MEMORY_AXES, query)
        check_float("value", value, MEMORY_AXES, query)
        batch, d = query.shape
        hops, n_key = key.shape[1:3]
        check_shape("key", key, MEMORY_AXES, (batch, hops, n_key, d))
        check_shape("value", value, MEMORY_AXES, (batch, hops, n_key, d))
        if transition is not None:
            check_float("transition", transition, TRANSITION_AXES, query)
            check_shape("transition", transition, TRANSITION_AXES, (d, d))
        if mask is not None:
            check_mask(mask, WEIGHT_AXES, (batch, hops, n_key), query)
        if key_lengths is not None:
            key_lengths = check_key_lengths(key_lengths, batch, n_key, query)
        check_bool("softmax", softmax)
        result = _operation(query, key, value, transition, mask, key_lengths, softmax)
    check_bool("return_weights", return_weights)
    output, weights, logsumexp = result
    return Attention(output, weights if return_weights else None, logsumexp)


def _reference(
    query: Tensor, key: Tensor, value: Tensor, transition: Tensor | None, mask: Tensor | None,
    key_lengths: Tensor | None, softmax: bool,
) -> Outputs:  # fmt: skip
    return reference.memory_attention(
        query, key, value, transition=transition, mask=mask, key_lengths=key_lengths, softmax=softmax,
        return_weights=True,
    )  # fmt: skip


def _shapes(query: Tensor, key: Tensor, *others: Any) -> tuple[Shape | None, ...]:
    rows = tuple(key.shape[:2])
    return (*rows, key.shape[3]), (*rows, key.shape[2]), rows


_operation = Operation(
    "memory_attention",
    inputs=("query", "key", "value", "transition?"),
    options="Tensor? mask, Tensor? key_lengths, bool softmax",
    forward=_core.memory_forward,
    backward=_core.memory_backward,
    reference=_reference,
    shapes=_shapes,
    reduced=("transition",),
)
