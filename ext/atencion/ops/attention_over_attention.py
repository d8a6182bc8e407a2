"""Atención sobre atención: comprueba los argumentos y llama al núcleo."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from .. import _core, reference
from ..errors import shape_error
from ..reference import AttentionOverAttention
from ._checks import check_bool, check_float, check_words
from ._library import Operation, Outputs, Shape

__all__ = ["attention_over_attention"]

DOCUMENT_AXES = ("batch", "n_document", "d")
QUESTION_AXES = ("batch", "n_question", "d")


def attention_over_attention(
    document: Tensor,
    question: Tensor,
    *,
    document_mask: Tensor | None = None,
    question_mask: Tensor | None = None,
    document_lengths: Tensor | None = None,
    question_lengths: Tensor | None = None,
    return_weights: bool = False,
) -> AttentionOverAttention:
    r"""Atención sobre atención: cada palabra de la pregunta reparte sobre el documento, y se promedian según importan.

    Fórmula: ``M = H Uᵀ``; ``α`` es la softmax de ``M`` sobre el documento, una por palabra de la pregunta; ``β``, la
    softmax sobre la pregunta, una por palabra del documento; ``β̄_j = (1/|D|) Σ_i β_ij``; ``s_i = Σ_j α_ij β̄_j``.

    Argumentos:
        document: ``(batch, n_document, d)``, float32 o float64, con cualquier paso.
        question: ``(batch, n_question, d)``.
        document_mask: ``(batch, n_document)`` bool; ``True`` = la palabra vale.
        question_mask: ``(batch, n_question)`` bool.
        document_lengths: ``(batch,)`` enteros de 0 a ``n_document``; lo que sigue es relleno.
        question_lengths: ``(batch,)`` enteros de 0 a ``n_question``. Máscara y longitudes se combinan con «y».
        return_weights: si ``True``, llena también ``α`` y ``β``.

    Devuelve:
        ``AttentionOverAttention(output, document_weights, question_weights, question_importance)``: ``s`` con forma
        ``(batch, n_document)``, que suma 1; ``α`` y ``β`` con forma ``(batch, n_document, n_question)``, o ``None``; y
        ``β̄`` con forma ``(batch, n_question)``. Todas llevan gradiente. Si no vale ninguna palabra del documento o
        ninguna de la pregunta, todo es cero y el gradiente también.

    Errores:
        ``TypeError`` si un dtype no vale; ``ValueError`` si una forma, un valor o un dispositivo no vale.

    Ejemplo:
        >>> document, question = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]]), torch.eye(2)[None]
        >>> [round(s, 3) for s in attention_over_attention(document, question).output[0].tolist()]
        [0.394, 0.394, 0.212]

    Referencia: Cui et al. (2017), § 3: ``document`` es ``h_doc``, ``question`` es ``h_query``, ``output`` es ``s``.
    """
    masks = document_mask, question_mask
    result = _operation.direct(document, question, *masks, document_lengths, question_lengths, return_weights)
    if result is None:
        check_float("document", document, DOCUMENT_AXES)
        check_float("question", question, QUESTION_AXES, document)
        batch, _, width = document.shape
        if question.shape[0] != batch or question.shape[2] != width:
            raise shape_error("question", QUESTION_AXES, (batch, question.shape[1], width), question.shape)
        document_lengths = check_words("document", document, document_mask, document_lengths)
        question_lengths = check_words("question", question, question_mask, question_lengths)
        check_bool("return_weights", return_weights)
        result = _operation(document, question, *masks, document_lengths, question_lengths, return_weights)
    return AttentionOverAttention(*result)


def _reference(document: Tensor, question: Tensor, *options: Any) -> Outputs:
    names = "document_mask", "question_mask", "document_lengths", "question_lengths", "return_weights"
    return reference.attention_over_attention(document, question, **dict(zip(names, options, strict=True)))


def _shapes(document: Tensor, question: Tensor, *options: Any) -> tuple[Shape | None, ...]:
    batch, n_document, _ = document.shape
    n_question = question.shape[1]
    weights = (batch, n_document, n_question) if options[-1] else None
    return (batch, n_document), weights, weights, (batch, n_question)


_operation = Operation(
    "attention_over_attention",
    inputs=("document", "question"),
    options="Tensor? document_mask, Tensor? question_mask, Tensor? document_lengths, Tensor? question_lengths,"
    " bool return_weights",
    forward=_core.attention_over_attention_forward,
    backward=_core.attention_over_attention_backward,
    reference=_reference,
    shapes=_shapes,
    outputs=4,
)
