"""Flujo de atención (BiDAF): comprueba los argumentos y llama al núcleo."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from .. import _core, reference
from ..errors import shape_error
from ..reference import AttentionFlow
from ._checks import check_bool, check_float, check_shape, check_words
from ._library import Operation, Outputs, Shape

__all__ = ["attention_flow"]

CONTEXT_AXES = ("batch", "n_context", "d")
QUESTION_AXES = ("batch", "n_question", "d")


def attention_flow(
    context: Tensor,
    question: Tensor,
    score_weights: Tensor,
    *,
    context_mask: Tensor | None = None,
    question_mask: Tensor | None = None,
    context_lengths: Tensor | None = None,
    question_lengths: Tensor | None = None,
    return_weights: bool = False,
) -> AttentionFlow:
    r"""Flujo de atención en las dos direcciones, sin formar nunca el tensor ``(n_context, n_question, 3 d)``.

    Fórmula: ``S_tj = w_Sᵀ [h_t; u_j; h_t∘u_j]``. Del contexto a la pregunta, ``a_t = softmax_j(S_tj)`` y
    ``ũ_t = Σ_j a_tj u_j``; de la pregunta al contexto, ``b = softmax_t(max_j S_tj)`` y ``h̃ = Σ_t b_t h_t``.
    La salida es ``G_t = [h_t; ũ_t; h_t∘ũ_t; h_t∘h̃]``.

    Argumentos:
        context: ``(batch, n_context, d)``, float32 o float64, con cualquier paso.
        question: ``(batch, n_question, d)``.
        score_weights: ``(3 d,)``, ``w_S``: los pesos de ``h``, de ``u`` y de ``h∘u``.
        context_mask: ``(batch, n_context)`` bool; ``True`` = la palabra vale.
        question_mask: ``(batch, n_question)`` bool.
        context_lengths: ``(batch,)`` enteros de 0 a ``n_context``; lo que sigue es relleno.
        question_lengths: ``(batch,)`` enteros de 0 a ``n_question``. Máscara y longitudes se combinan con «y».
        return_weights: si ``True``, llena también ``a``.

    Devuelve:
        ``AttentionFlow(output, context_to_question, question_to_context)``: ``G`` con forma ``(batch, n_context, 4 d)``
        y ceros en las palabras que no valen; ``a`` con forma ``(batch, n_context, n_question)``, o ``None``; y ``b``
        con forma ``(batch, n_context)``. Todas llevan gradiente; el del máximo va entero a la primera palabra que lo
        alcanza. Si no vale ninguna palabra de la pregunta, ``a``, ``b``, ``ũ`` y ``h̃`` son cero.

    Errores:
        ``TypeError`` si un dtype no vale; ``ValueError`` si una forma, un valor o un dispositivo no vale.

    Ejemplo:
        >>> context, question = torch.tensor([[[2.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]]), torch.eye(2)[None]
        >>> flow = attention_flow(context, question, torch.tensor([0.0, 0.0, 0.0, 0.0, 1.0, 1.0]))
        >>> [round(b, 3) for b in flow.question_to_context[0].tolist()]
        [0.665, 0.245, 0.09]

    Referencia: Seo et al. (2017), § 2: ``context`` es ``H``, ``question`` es ``U`` y ``score_weights`` es ``w_(S)``.
    """
    masks = context_mask, question_mask
    options = *masks, context_lengths, question_lengths, return_weights
    result = _operation.direct(context, question, score_weights, *options)
    if result is None:
        check_float("context", context, CONTEXT_AXES)
        check_float("question", question, QUESTION_AXES, context)
        check_float("score_weights", score_weights, ("3 d",), context)
        batch, _, width = context.shape
        if question.shape[0] != batch or question.shape[2] != width:
            raise shape_error("question", QUESTION_AXES, (batch, question.shape[1], width), question.shape)
        check_shape("score_weights", score_weights, ("3 d",), (3 * width,))
        context_lengths = check_words("context", context, context_mask, context_lengths)
        question_lengths = check_words("question", question, question_mask, question_lengths)
        check_bool("return_weights", return_weights)
        options = *masks, context_lengths, question_lengths, return_weights
        result = _operation(context, question, score_weights, *options)
    return AttentionFlow(*result)


def _reference(context: Tensor, question: Tensor, score_weights: Tensor, *options: Any) -> Outputs:
    names = "context_mask", "question_mask", "context_lengths", "question_lengths", "return_weights"
    return reference.attention_flow(context, question, score_weights, **dict(zip(names, options, strict=True)))


def _shapes(context: Tensor, question: Tensor, *options: Any) -> tuple[Shape | None, ...]:
    batch, n_context, width = context.shape
    weights = (batch, n_context, question.shape[1]) if options[-1] else None
    return (batch, n_context, 4 * width), weights, (batch, n_context)


_operation = Operation(
    "attention_flow",
    inputs=("context", "question", "score_weights"),
    options="Tensor? context_mask, Tensor? question_mask, Tensor? context_lengths, Tensor? question_lengths,"
    " bool return_weights",
    forward=_core.attention_flow_forward,
    backward=_core.attention_flow_backward,
    reference=_reference,
    shapes=_shapes,
    reduced=("score_weights",),
)
