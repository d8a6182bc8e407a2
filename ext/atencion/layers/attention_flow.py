"""El flujo de atención de BiDAF con sus parámetros y sus dos interruptores."""

from __future__ import annotations

import torch
from torch import Tensor, nn, ones, zeros

from .. import ops
from ..reference import AttentionFlow as Flow

__all__ = ["AttentionFlow"]


class AttentionFlow(nn.Module):
    r"""Flujo de atención en las dos direcciones.

    Fórmula: ``S_tj = w_Sᵀ [h_t; u_j; h_t∘u_j]``, ``ũ_t = Σ_j softmax_j(S_tj) u_j``,
    ``h̃ = Σ_t softmax_t(max_j S_tj) h_t`` y ``G_t = [h_t; ũ_t; h_t∘ũ_t; h_t∘h̃]``.

    ``w_S`` empieza en cero salvo sus pesos de ``h∘u``, que empiezan en 2: la puntuación nace como un producto escalar,
    así que dos palabras iguales ya se buscan antes de aprender nada.

    Argumentos:
        d: anchura de ``h`` y de ``u``; ``2d`` en el artículo.
        context_to_question: si ``False``, ``ũ_t`` es la media de la pregunta, la misma para todas las palabras.
        question_to_context: si ``False``, el bloque ``h_t∘h̃`` de la salida son ceros.

    Ejemplo:
        >>> flow = AttentionFlow(4)
        >>> lengths = torch.tensor([5, 3]), torch.tensor([2, 3])
        >>> flow(torch.randn(2, 5, 4), torch.randn(2, 3, 4), *lengths).output.shape
        torch.Size([2, 5, 16])

    Referencia: Seo et al. (2017), § 2, «Attention Flow Layer»; ``score_weights`` es ``w_(S)``.
    """

    def __init__(self, d: int, *, context_to_question: bool = True, question_to_context: bool = True) -> None:
        super().__init__()
        self.context_to_question = context_to_question
        self.question_to_context = question_to_context
        self.score_weights = nn.Parameter(torch.cat([zeros(2 * d), 2.0 * ones(d)]))

    def forward(self, context: Tensor, question: Tensor, context_lengths: Tensor, question_lengths: Tensor) -> Flow:
        """Cruza el texto con la pregunta.

        Argumentos:
            context: ``(batch, n_context, d)``, ``H``.
            question: ``(batch, n_question, d)``, ``U``.
            context_lengths: ``(batch,)``, palabras válidas de cada texto.
            question_lengths: ``(batch,)``, palabras válidas de cada pregunta.

        Devuelve:
            ``reference.AttentionFlow`` con los pesos de las dos direcciones, exactos; los que un interruptor apaga son
            los que se habrían usado.
        """
        flow = ops.attention_flow(
            context,
            question,
            self.score_weights,
            context_lengths=context_lengths,
            question_lengths=question_lengths,
            return_weights=True,
        )
        if self.context_to_question and self.question_to_context:
            return flow
        h, mixed, product, summary = flow.output.chunk(4, dim=-1)
        if not self.context_to_question:
            same = self.score_weights.new_zeros(self.score_weights.shape)  # puntuaciones iguales: una media
            mean = ops.attention_flow(
                context, question, same, context_lengths=context_lengths, question_lengths=question_lengths
            )
            _, mixed, product, _ = mean.output.chunk(4, dim=-1)
        if not self.question_to_context:
            summary = torch.zeros_like(summary)
        return flow._replace(output=torch.cat([h, mixed, product, summary], dim=-1))
