"""Clasificador de frases con la autoatención estructurada de Lin."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ..data.commands import CommandBatch
from ..layers import StructuredSelfAttention, redundancy_penalty
from .encoder import Encoder

__all__ = ["SentenceClassifier", "SentencePrediction", "penalized_loss"]


class SentencePrediction(NamedTuple):
    """Lo que el modelo dice de un lote.

    Campos:
        logits: ``(batch, n_classes)``.
        weights: ``(batch, hops, n)``.
    """

    logits: Tensor
    weights: Tensor


class SentenceClassifier(nn.Module):
    """Una red recurrente de dos sentidos, ``hops`` lecturas de sus estados y una capa que clasifica.

    Fórmula: ``H = GRU bidireccional(E w)``, ``M = A H``, ``logits = W vec(M) + b``.

    Argumentos:
        vocabulary_size: número de palabras; ``PAD_ID`` es relleno.
        n_classes: número de clases.
        hops: lecturas, ``r``.
        d_model: ancho de los *embeddings*, de los estados y del interior de la atención.

    Ejemplo:
        >>> model = SentenceClassifier(50, 8, hops=3)
        >>> model(torch.randint(1, 50, (2, 7)), torch.tensor([7, 4])).weights.shape
        torch.Size([2, 3, 7])

    Referencia: Lin et al. (2017). El artículo usa LSTM y una capa oculta antes de clasificar.
    """

    def __init__(self, vocabulary_size: int, n_classes: int, *, hops: int, d_model: int = 32) -> None:
        super().__init__()
        self.encoder = Encoder(vocabulary_size, embed_dim=d_model, hidden_dim=d_model // 2)
        self.attention = StructuredSelfAttention(d_model, units=d_model, hops=hops)
        self.classify = nn.Linear(hops * d_model, n_classes)

    def forward(self, tokens: Tensor, lengths: Tensor) -> SentencePrediction:
        """Clasifica cada frase.

        Argumentos:
            tokens: ``(batch, n)`` int64, con relleno ``PAD_ID`` a la derecha.
            lengths: ``(batch,)`` int64, al menos 1.

        Devuelve:
            ``SentencePrediction``.
        """
        states, _ = self.encoder(tokens, lengths)
        found = self.attention(states, lengths)
        return SentencePrediction(self.classify(found.output.flatten(1)), found.weights)


def penalized_loss(model: nn.Module, batch: CommandBatch, coefficient: float) -> Tensor:
    """Entropía cruzada más ``coefficient`` por la penalización media de Lin.

    Argumentos:
        model: un ``SentenceClassifier``.
        batch: el lote.
        coefficient: 0 la quita; el artículo usa 1 y, en inferencia textual, 0,3.
    """
    found = model(batch.tokens, batch.lengths)
    return cross_entropy(found.logits, batch.label) + coefficient * redundancy_penalty(found.weights).mean()
