"""Los mecanismos de dos vías frente a torch con operaciones sueltas."""

from __future__ import annotations

import torch
from atencion import ops, reference
from case import Case
from torch import Tensor


def eager_attention_over_attention(document: Tensor, question: Tensor) -> Tensor:
    scores = document @ question.transpose(1, 2)
    return (scores.softmax(1) @ scores.softmax(2).mean(1)[:, :, None]).squeeze(-1)


def eager_coattention(document: Tensor, question: Tensor) -> Tensor:
    scores = document @ question.transpose(1, 2)
    contexts = scores.softmax(1).transpose(1, 2) @ document
    return scores.softmax(2) @ torch.cat([question, contexts], -1)


def eager_attention_flow(context: Tensor, question: Tensor, score_weights: Tensor) -> Tensor:
    """La forma factorizada: la del artículo formaría un tensor (contexto, pregunta, 3 d)."""
    w_context, w_question, w_product = score_weights.chunk(3)
    scores = (context @ w_context)[:, :, None] + (question @ w_question)[:, None, :]
    scores = scores + (context * w_product) @ question.transpose(1, 2)
    mixed = scores.softmax(2) @ question
    summary = scores.max(2).values.softmax(1)[:, None, :] @ context
    return torch.cat([context, mixed, context * mixed, context * summary], -1)


EAGER = {
    "attention_over_attention": ("atención sobre atención", eager_attention_over_attention),
    "coattention": ("coatención", eager_coattention),
    "attention_flow": ("flujo de atención", eager_attention_flow),
}


def case(name: str, batch: int, n_document: int, n_question: int, d: int) -> Case:
    """Un caso sin máscaras; el documento del flujo de atención es su contexto."""
    title, eager = EAGER[name]
    operation, oracle = getattr(ops, name), getattr(reference, name)
    inputs = [torch.randn(batch, n_document, d), torch.randn(batch, n_question, d) / d**0.5]
    if name == "attention_flow":
        inputs.append(torch.randn(3 * d) / d**0.5)
    return Case(
        f"{title} {(batch, n_document, n_question, d)}",
        tuple(inputs),
        lambda *tensors: operation(*tensors).output,
        lambda *tensors: oracle(*tensors).output,
        {"eager": eager},
    )


def cases() -> list[Case]:
    """Las filas de la tabla: las formas de los capítulos y las de los artículos."""
    return [case(name, *shape) for name in EAGER for shape in ((32, 60, 10, 48), (8, 400, 30, 200))]
