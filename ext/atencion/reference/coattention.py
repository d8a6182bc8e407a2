"""Coatención en torch puro."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from .affinity import two_way_softmax, valid_words

__all__ = ["Coattention", "coattention"]


class Coattention(NamedTuple):
    """Lo que devuelve la coatención.

    Campos:
        output: ``(batch, n_document, 2 d)``, ``C^D = A^D [Q; C^Q]``, sin la fila del centinela.
        document_weights: ``A^Q``, reparte sobre el documento: cada columna suma 1; ``None`` si no se pidió.
        question_weights: ``A^D``, reparte sobre la pregunta: cada fila suma 1; ``None`` si no se pidió.

    Los dos pesos tienen una fila por palabra del documento y una columna por palabra de la pregunta; los centinelas,
    si los hay, son la última fila y la última columna.
    """

    output: Tensor
    document_weights: Tensor | None
    question_weights: Tensor | None


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
    """Coatención; véase ``atencion.ops.coattention``, que tiene el mismo contrato."""
    n_document = document.shape[1]
    document_valid, document = valid_words(document, document_mask, document_lengths)
    question_valid, question = valid_words(question, question_mask, question_lengths)
    document_valid, document = with_sentinel(document_valid, document, document_sentinel)
    question_valid, question = with_sentinel(question_valid, question, question_sentinel)
    over_document, over_question = two_way_softmax(document, question, document_valid, question_valid)
    contexts = over_document.transpose(1, 2) @ document
    output = over_question @ torch.cat([question, contexts], -1)
    weights = (over_document, over_question) if return_weights else (None, None)
    return Coattention(output[:, :n_document], weights[0], weights[1])


def with_sentinel(valid: Tensor, sequence: Tensor, sentinel: Tensor | None) -> tuple[Tensor, Tensor]:
    """Añade el centinela a cada frase, como última palabra y siempre válida."""
    if sentinel is None:
        return valid, sequence
    batch, _, width = sequence.shape
    row = sentinel.expand(batch, 1, width)
    return torch.cat([valid, valid.new_ones(batch, 1)], 1), torch.cat([sequence, row], 1)
