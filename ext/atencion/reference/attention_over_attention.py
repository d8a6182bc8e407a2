"""Atención sobre atención en torch puro."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from .affinity import two_way_softmax, valid_words

__all__ = ["AttentionOverAttention", "attention_over_attention"]


class AttentionOverAttention(NamedTuple):
    """Lo que devuelve la atención sobre atención.

    Campos:
        output: ``(batch, n_document)``, ``s = α β̄``: cuánto atiende la pregunta entera a cada palabra; suma 1.
        document_weights: ``(batch, n_document, n_question)``, ``α``: cada columna suma 1; ``None`` si no se pidió.
        question_weights: ``(batch, n_document, n_question)``, ``β``: cada fila suma 1; ``None`` si no se pidió.
        question_importance: ``(batch, n_question)``, ``β̄``: cuánto importa cada palabra de la pregunta; suma 1.
    """

    output: Tensor
    document_weights: Tensor | None
    question_weights: Tensor | None
    question_importance: Tensor


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
    """Atención sobre atención; véase ``atencion.ops.attention_over_attention``, que tiene el mismo contrato."""
    document_valid, document = valid_words(document, document_mask, document_lengths)
    question_valid, question = valid_words(question, question_mask, question_lengths)
    alpha, beta = two_way_softmax(document, question, document_valid, question_valid)
    importance = beta.sum(1) / document_valid.sum(1, keepdim=True).clamp_min(1)
    output = (alpha @ importance[:, :, None]).squeeze(-1)
    weights = (alpha, beta) if return_weights else (None, None)
    return AttentionOverAttention(output, weights[0], weights[1], importance)
