"""Coatención: comprueba los argumentos, añade los centinelas y llama al núcleo."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .. import _core, reference
from ..errors import memory_error, shape_error
from ..reference import Coattention
from ._checks import check_bool, check_float, check_shape, check_words
from ._library import Operation, Outputs, Shape

__all__ = ["coattention"]

DOCUMENT_AXES = ("batch", "n_document", "d")
QUESTION_AXES = ("batch", "n_question", "d")


def coattention(
    document: Tensor,
    question: Tensor,
    *,
    document_sentinel: Tensor | None = None,
    question_sentinel: Tensor | None = None,
    document_mask: Tensor | None = None,
    question_mask: Tensor | None = None,
    document_lengths: Tensor | None = None,
    question_lengths: Tensor | None = None,
    return_weights: bool = False,
) -> Coattention:
    r"""Coatención: documento y pregunta se atienden a la vez, y el documento recibe también lo que vio la pregunta.

    Fórmula: ``L = D Qᵀ``; ``A^Q`` es la softmax de ``L`` sobre el documento y ``A^D``, sobre la pregunta;
    ``C^Q = A^Qᵀ D``; ``C^D = A^D [Q; C^Q]``.

    Argumentos:
        document: ``(batch, n_document, d)``, float32 o float64, con cualquier paso.
        question: ``(batch, n_question, d)``.
        document_sentinel: ``(d,)``, se añade como última palabra de cada documento y vale siempre: atender al centinela
            es no atender a nada.
        question_sentinel: ``(d,)``, lo mismo para la pregunta.
        document_mask: ``(batch, n_document)`` bool; ``True`` = la palabra vale. No cuenta con el centinela.
        question_mask: ``(batch, n_question)`` bool.
        document_lengths: ``(batch,)`` enteros de 0 a ``n_document``; lo que sigue es relleno.
        question_lengths: ``(batch,)`` enteros de 0 a ``n_question``. Máscara y longitudes se combinan con «y».
        return_weights: si ``True``, llena también ``A^Q`` y ``A^D``.

    Devuelve:
        ``Coattention(output, document_weights, question_weights)``: ``C^D`` con forma ``(batch, n_document, 2 d)``, sin
        la fila del centinela y con ceros en las palabras que no valen; y ``A^Q`` y ``A^D``, o ``None``, con una fila
        por palabra del documento y una columna por palabra de la pregunta, más las de los centinelas. Las columnas de
        ``A^Q`` y las filas de ``A^D`` suman 1. Todas las salidas llevan gradiente. Sin nada que atender, ceros.

    Errores:
        ``TypeError`` si un dtype no vale; ``ValueError`` si una forma, un valor o un dispositivo no vale.

    Ejemplo:
        >>> coattention(torch.eye(2)[None], torch.zeros(1, 1, 2)).output.tolist()
        [[[0.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.5, 0.5]]]

    Referencia: Xiong et al. (2017), § 2.2, con una palabra por fila: ``D`` y ``Q`` son las traspuestas de las suyas, y
    ``question_weights`` es la traspuesta de su ``A^D``.
    """
    masks = document_mask, question_mask
    has_sentinels = document_sentinel is not None, question_sentinel is not None
    result = None
    if not any(has_sentinels):
        options = *masks, document_lengths, question_lengths, False, False, return_weights
        result = _operation.direct(document, question, *options)
    if result is None:
        check_float("document", document, DOCUMENT_AXES)
        check_float("question", question, QUESTION_AXES, document)
        batch, _, width = document.shape
        if question.shape[0] != batch or question.shape[2] != width:
            raise shape_error("question", QUESTION_AXES, (batch, question.shape[1], width), question.shape)
        document_lengths = check_words("document", document, document_mask, document_lengths)
        question_lengths = check_words("question", question, question_mask, question_lengths)
        check_bool("return_weights", return_weights)
        document = _with_sentinel("document", document, document_sentinel)
        question = _with_sentinel("question", question, question_sentinel)
        arguments = document, question, *masks, document_lengths, question_lengths, *has_sentinels, return_weights
        result = _operation.direct(*arguments) or _operation(*arguments)
    return Coattention(*result)


def _with_sentinel(name: str, sequence: Tensor, sentinel: Tensor | None) -> Tensor:
    """Añade el centinela a cada frase como última palabra."""
    if sentinel is None:
        return sequence
    batch, _, width = sequence.shape
    check_float(f"{name}_sentinel", sentinel, ("d",), sequence)
    check_shape(f"{name}_sentinel", sentinel, ("d",), (width,))
    try:
        return torch.cat([sequence, sentinel.expand(batch, 1, width)], 1)
    except RuntimeError as error:
        raise memory_error(name) from error


def _reference(document: Tensor, question: Tensor, *options: Any) -> Outputs:
    *limits, document_has_sentinel, question_has_sentinel, return_weights = options
    sentinels: dict[str, Tensor] = {}
    if document_has_sentinel:
        document, sentinels["document_sentinel"] = document[:, :-1], document[:, -1:]
    if question_has_sentinel:
        question, sentinels["question_sentinel"] = question[:, :-1], question[:, -1:]
    names = "document_mask", "question_mask", "document_lengths", "question_lengths"
    named = dict(zip(names, limits, strict=True))
    return reference.coattention(document, question, **sentinels, **named, return_weights=return_weights)


def _shapes(document: Tensor, question: Tensor, *options: Any) -> tuple[Shape | None, ...]:
    batch, n_document, width = document.shape
    weights = (batch, n_document, question.shape[1]) if options[-1] else None
    return (batch, n_document - int(options[-3]), 2 * width), weights, weights


_operation = Operation(
    "coattention",
    inputs=("document", "question"),
    options="Tensor? document_mask, Tensor? question_mask, Tensor? document_lengths, Tensor? question_lengths,"
    " bool document_sentinel, bool question_sentinel, bool return_weights",
    forward=_core.coattention_forward,
    backward=_core.coattention_backward,
    reference=_reference,
    shapes=_shapes,
)
