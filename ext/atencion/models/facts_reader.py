"""Lectores de hechos: el mismo modelo con tres maneras de resumir lo leído.

Los tres codifican igual cada hecho y la pregunta, y contestan con la misma capa. Solo cambia el resumen ``c``
que llega a esa capa: una búsqueda por contenido (``AttentionReader``), una media que no mira la pregunta
(``MeanReader``) o el último estado de una red recurrente (``LastStateReader``).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .. import ops
from ..data.vocabulary import PAD_ID

__all__ = ["AttentionReader", "FactsReader", "LastStateReader", "MeanReader"]


class FactsReader(nn.Module):
    """Base común: contesta una pregunta sobre una lista de hechos.

    Fórmula: ``f_j = ReLU(W_f Σ_p E x_jp + b_f)``, ``u = Σ_p E q_p``, ``c = resumen(u, f_1 … f_n)``,
    ``logits = MLP([c ; u])``.

    Argumentos:
        vocabulary_size: número de palabras; ``PAD_ID`` es relleno y su vector es cero.
        n_answers: número de respuestas posibles.
        d_model: ancho de todos los vectores.

    Referencia:
        Ilustra la idea del capítulo 1; no reproduce ningún artículo.
    """

    def __init__(self, vocabulary_size: int, n_answers: int, d_model: int = 64) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, d_model, padding_idx=PAD_ID)
        self.encode_fact = nn.Sequential(nn.Linear(d_model, d_model), nn.ReLU())
        self.answer = nn.Sequential(nn.Linear(2 * d_model, 2 * d_model), nn.ReLU(), nn.Linear(2 * d_model, n_answers))

    def summarize(self, question: Tensor, facts: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor | None]:
        """Resume los hechos en un solo vector; cada subclase decide cómo.

        Argumentos:
            question: ``(batch, d_model)`` float.
            facts: ``(batch, n_key, d_model)`` float.
            lengths: ``(batch,)`` int64, hechos válidos.

        Devuelve:
            ``(context, weights)`` de formas ``(batch, d_model)`` y ``(batch, n_key)``; los pesos son
            ``None`` si el resumen no los reparte.
        """
        raise NotImplementedError("FactsReader es la base: usa AttentionReader, MeanReader o LastStateReader")

    def forward(self, facts: Tensor, lengths: Tensor, question: Tensor) -> tuple[Tensor, Tensor | None]:
        """Contesta cada pregunta.

        Argumentos:
            facts: ``(batch, n_key, words)`` int64, con relleno ``PAD_ID``.
            lengths: ``(batch,)`` int64, hechos de cada ejemplo, al menos 1.
            question: ``(batch, words)`` int64, con relleno ``PAD_ID``.

        Devuelve:
            ``(logits, weights)`` de formas ``(batch, n_answers)`` y ``(batch, n_key)`` o ``None``.

        Ejemplo:
            >>> logits, weights = AttentionReader(76, 19)(batch.facts, batch.lengths, batch.question)
        """
        asked = self.embedding(question).sum(-2)
        read = self.encode_fact(self.embedding(facts).sum(-2))
        context, weights = self.summarize(asked, read, lengths)
        return self.answer(torch.cat([context, asked], -1)), weights


class AttentionReader(FactsReader):
    """Busca por contenido: la pregunta es la consulta y los hechos son claves y valores.

    Fórmula: ``c = Σ_j a_j W_v f_j`` con ``a = softmax((W_q u)·(W_k f_j) / √d_k)``.

    Argumentos:
        vocabulary_size, n_answers, d_model: como en ``FactsReader``.
    """

    def __init__(self, vocabulary_size: int, n_answers: int, d_model: int = 64) -> None:
        super().__init__(vocabulary_size, n_answers, d_model)
        self.query = nn.Linear(d_model, d_model)
        self.key = nn.Linear(d_model, d_model)
        self.value = nn.Linear(d_model, d_model)

    def ask(self, question: Tensor) -> Tensor:
        """Consulta con la que se busca, ``(batch, d_model)``."""
        query: Tensor = self.query(question)
        return query

    def summarize(self, question: Tensor, facts: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor | None]:
        query = self.ask(question)[:, None, None, :]  # (batch, heads=1, n_query=1, d_k)
        key, value = self.key(facts)[:, None], self.value(facts)[:, None]
        found = ops.dot_product_attention(query, key, value, key_lengths=lengths, return_weights=True)
        assert found.weights is not None  # se pidieron en la línea anterior
        return found.output[:, 0, 0], found.weights[:, 0, 0]


class MeanReader(AttentionReader):
    """La ablación: el mismo modelo, sordo a la pregunta. Todos los hechos pesan lo mismo.

    Fórmula: ``c = (1/n) Σ_j W_v f_j``, es decir, la atención con consulta cero.

    Argumentos:
        vocabulary_size, n_answers, d_model: como en ``FactsReader``.
    """

    def ask(self, question: Tensor) -> Tensor:
        return torch.zeros_like(question)


class LastStateReader(FactsReader):
    """El resumen clásico: el último estado de una red recurrente (GRU) que leyó los hechos en orden.

    Fórmula: ``h_j = GRU(h_{j−1}, f_j)``, ``c = h_n``.

    Argumentos:
        vocabulary_size, n_answers, d_model: como en ``FactsReader``.
    """

    def __init__(self, vocabulary_size: int, n_answers: int, d_model: int = 64) -> None:
        super().__init__(vocabulary_size, n_answers, d_model)
        self.recurrent = nn.GRU(d_model, d_model, batch_first=True)

    def summarize(self, question: Tensor, facts: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor | None]:
        states, _ = self.recurrent(facts)
        return states[torch.arange(len(lengths)), lengths - 1], None
