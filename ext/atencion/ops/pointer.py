"""Suma de punteros (Attention Sum Reader): comprueba los argumentos y llama al núcleo."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .. import _core, reference
from ..errors import value_error
from ..reference import Attention
from ._checks import (
    check_bool,
    check_float,
    check_key_lengths,
    check_mask,
    check_nonnegative,
    check_option,
    check_shape,
)
from ._library import Operation, Outputs, Shape

__all__ = ["pointer_sum"]

QUERY_AXES = ("batch", "d")
KEY_AXES = ("batch", "n_key", "d")
WEIGHT_AXES = ("batch", "n_key")
CANDIDATE_AXES = ("batch", "n_candidates")


def pointer_sum(
    query: Tensor,
    key: Tensor,
    token_ids: Tensor,
    *,
    candidates: Tensor | None = None,
    n_tokens: int | None = None,
    mask: Tensor | None = None,
    key_lengths: Tensor | None = None,
    return_weights: bool = False,
) -> Attention:
    r"""Suma de punteros: la probabilidad de una palabra es la atención que recibe, sumada por donde aparece.

    Fórmula: ``s_i = softmax_i(f_i · g)``, ``P(w) = Σ_{i : w_i = w} s_i``. Las puntuaciones no se escalan.

    Argumentos:
        query: la pregunta ``g``, ``(batch, d)``, float32 o float64, con cualquier paso.
        key: el documento ``f``, ``(batch, n_key, d)``.
        token_ids: qué palabra hay en cada posición, ``(batch, n_key)`` int64. Detrás de ``key_lengths`` y donde la
            máscara tapa puede haber cualquier número: no se lee.
        candidates: ``(batch, n_candidates)`` int64, las palabras cuya probabilidad se quiere. Pueden repetirse, y la
            que no está en el documento tiene probabilidad cero.
        n_tokens: en lugar de ``candidates``, el tamaño del vocabulario: se da la probabilidad de todas sus palabras, y
            las del documento han de estar en él.
        mask: bool difundible a ``(batch, n_key)``; ``True`` = puede atender.
        key_lengths: ``(batch,)`` enteros de 0 a ``n_key``; las posiciones siguientes son relleno.
        return_weights: si ``True``, devuelve también los pesos de cada posición.

    Devuelve:
        ``Attention(output, weights, logsumexp)`` con formas ``(batch, n_candidates)`` o ``(batch, n_tokens)``,
        ``(batch, n_key)`` o ``None``, y ``(batch,)``. Los tres llevan gradiente. Un documento vacío da ceros y
        ``logsumexp = −∞``.

    Errores:
        ``TypeError`` si un dtype no vale; ``ValueError`` si una forma, un valor o un dispositivo no vale, si faltan o
        sobran ``candidates`` y ``n_tokens``, o si una palabra no cabe en el vocabulario.

    Ejemplo:
        >>> words, wanted = torch.tensor([[7, 9, 7, 3]]), torch.tensor([[7, 3, 5]])
        >>> pointer_sum(torch.zeros(1, 2), torch.zeros(1, 4, 2), words, candidates=wanted).output.tolist()
        [[0.5, 0.25, 0.0]]

    Referencia: Kadlec et al. (2016).
    """
    result = _operation.direct(query, key, token_ids, candidates, mask, key_lengths, n_tokens)
    if result is None:
        check_float("query", query, QUERY_AXES)
        check_float("key", key, KEY_AXES, query)
        batch, d = query.shape
        n_key = key.shape[1]
        check_shape("key", key, KEY_AXES, (batch, n_key, d))
        check_option("token_ids", token_ids, "torch.int64", (torch.int64,), query)
        check_shape("token_ids", token_ids, WEIGHT_AXES, (batch, n_key))
        if (candidates is None) == (n_tokens is None):
            received = "ninguno" if candidates is None else "los dos"
            raise value_error("candidates", "candidates o n_tokens, y solo uno de los dos", received)
        if candidates is not None:
            check_option("candidates", candidates, "torch.int64", (torch.int64,), query)
            check_shape("candidates", candidates, CANDIDATE_AXES, (batch, *candidates.shape[-1:]))
        check_nonnegative("n_tokens", n_tokens)
        if n_tokens is not None and n_tokens > 2**30:
            raise value_error("n_tokens", "a lo sumo 2^30", n_tokens)
        if mask is not None:
            check_mask(mask, WEIGHT_AXES, (batch, n_key), query)
        if key_lengths is not None:
            key_lengths = check_key_lengths(key_lengths, batch, n_key, query)
        result = _operation(query, key, token_ids, candidates, mask, key_lengths, n_tokens)
    check_bool("return_weights", return_weights)
    output, weights, logsumexp = result
    return Attention(output, weights if return_weights else None, logsumexp)


def _reference(
    query: Tensor, key: Tensor, token_ids: Tensor, candidates: Tensor | None, mask: Tensor | None,
    key_lengths: Tensor | None, n_tokens: int | None,
) -> Outputs:  # fmt: skip
    return reference.pointer_sum(
        query, key, token_ids, candidates=candidates, n_tokens=n_tokens, mask=mask, key_lengths=key_lengths,
        return_weights=True,
    )  # fmt: skip


def _shapes(
    query: Tensor, key: Tensor, token_ids: Tensor, candidates: Tensor | None, *options: Any
) -> tuple[Shape | None, ...]:
    batch, n_key = key.shape[:2]
    return (batch, options[-1] if candidates is None else candidates.shape[1]), (batch, n_key), (batch,)


_operation = Operation(
    "pointer_sum",
    inputs=("query", "key"),
    options="Tensor token_ids, Tensor? candidates, Tensor? mask, Tensor? key_lengths, SymInt? n_tokens",
    forward=_core.pointer_forward,
    backward=_core.pointer_backward,
    reference=_reference,
    shapes=_shapes,
)
