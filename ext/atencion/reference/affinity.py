"""Lo que comparten los mecanismos de dos vías: qué palabras valen y los dos softmax de las afinidades."""

from __future__ import annotations

import torch
from torch import Tensor

from ..masks import lengths_to_mask
from .softmax import masked_softmax

__all__ = ["two_way_softmax", "valid_words"]


def valid_words(sequence: Tensor, mask: Tensor | None, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
    """Las palabras válidas de cada frase, y la frase con lo demás a cero.

    Fórmula: ``valid[b, i] = mask[b, i] ∧ (i < lengths[b])``.

    Argumentos:
        sequence: ``(batch, n, d)``.
        mask: ``(batch, n)`` bool, o ``None``.
        lengths: ``(batch,)`` enteros, o ``None``.

    Devuelve:
        ``(valid, sequence)`` con formas ``(batch, n)`` y ``(batch, n, d)``. Lo que no vale se pone a cero porque, si
        fuera NaN, ni multiplicado por un peso cero desaparecería.
    """
    valid = torch.ones(sequence.shape[:2], dtype=torch.bool, device=sequence.device)
    if mask is not None:
        valid = valid & mask
    if lengths is not None:
        valid = valid & lengths_to_mask(lengths, sequence.shape[1])
    return valid, sequence.masked_fill(~valid[:, :, None], 0.0)


def two_way_softmax(
    document: Tensor, question: Tensor, document_valid: Tensor, question_valid: Tensor
) -> tuple[Tensor, Tensor]:
    """Los dos softmax de las afinidades ``L_ij = d_i · q_j``: sobre el documento y sobre la pregunta.

    Fórmula: ``α_ij = exp(L_ij) / Σ_k exp(L_kj)`` y ``β_ij = exp(L_ij) / Σ_k exp(L_ik)``, entre palabras válidas.

    Argumentos:
        document: ``(batch, n_document, d)``.
        question: ``(batch, n_question, d)``.
        document_valid: ``(batch, n_document)`` bool.
        question_valid: ``(batch, n_question)`` bool.

    Devuelve:
        ``(α, β)``, los dos ``(batch, n_document, n_question)``, con ceros donde una de las palabras no vale.
    """
    affinity = document @ question.transpose(1, 2)
    pairs = document_valid[:, :, None] & question_valid[:, None, :]
    over_document, _ = masked_softmax(affinity.transpose(1, 2), pairs.transpose(1, 2))
    over_question, _ = masked_softmax(affinity, pairs)
    return over_document.transpose(1, 2), over_question
