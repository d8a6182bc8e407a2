"""Flujo de atención de BiDAF en torch puro."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from .affinity import valid_words
from .softmax import masked_softmax

__all__ = ["AttentionFlow", "attention_flow"]


class AttentionFlow(NamedTuple):
    """Lo que devuelve el flujo de atención.

    Campos:
        output: ``(batch, n_context, 4 d)``, ``G_t = [h_t; ũ_t; h_t∘ũ_t; h_t∘h̃]``, con ceros en el relleno.
        context_to_question: ``(batch, n_context, n_question)``, ``a_t``: cada fila suma 1; ``None`` si no se pidió.
        question_to_context: ``(batch, n_context)``, ``b``: suma 1.
    """

    output: Tensor
    context_to_question: Tensor | None
    question_to_context: Tensor


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
    """Flujo de atención; véase ``atencion.ops.attention_flow``, que tiene el mismo contrato."""
    context_valid, context = valid_words(context, context_mask, context_lengths)
    question_valid, question = valid_words(question, question_mask, question_lengths)
    w_context, w_question, w_product = score_weights.chunk(3)
    scores = (context @ w_context)[:, :, None] + (question @ w_question)[:, None, :]
    scores = scores + (context * w_product) @ question.transpose(1, 2)
    pairs = context_valid[:, :, None] & question_valid[:, None, :]
    weights, _ = masked_softmax(scores, pairs)
    # Una columna de −∞ más, por si no hay ninguna; el gradiente del máximo va al primero que lo alcanza.
    candidates = functional.pad(scores.masked_fill(~pairs, -math.inf), (0, 1), value=-math.inf)
    highest = candidates.max(2).values
    question_to_context, _ = masked_softmax(highest, highest != -math.inf)
    mixed, summary = weights @ question, question_to_context[:, None, :] @ context
    output = torch.cat([context, mixed, context * mixed, context * summary], -1)
    return AttentionFlow(output, weights if return_weights else None, question_to_context)
