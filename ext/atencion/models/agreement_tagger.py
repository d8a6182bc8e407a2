"""Concordancia: devolver las terminaciones a una frase, con una sola cabeza de autoatención.

Los cuatro modelos tienen la misma arquitectura. El primero atiende; a cada uno de los otros tres le falta una pieza.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ..data.agreement import CLASSES, IGNORED, VOCABULARY, AgreementBatch, complete_all
from ..data.vocabulary import PAD_ID
from ..errors import shape_error, value_error
from ..layers import SelfAttention
from ..ops import Attention

__all__ = [
    "AgreementTagger",
    "AloneTagger",
    "Filled",
    "MeanTagger",
    "OrderlessTagger",
    "Prediction",
    "Score",
    "agreement_loss",
    "agreement_score",
    "fill_slots",
]


class Prediction(NamedTuple):
    """Lo que el modelo dice de un lote.

    Campos:
        logits: ``(batch, n, 4)``, una puntuación por clase de ``CLASSES``.
        weights: ``(batch, n, n)``, a qué palabra mira cada una; con varias cabezas, ``(batch, heads, n, n)``.
    """

    logits: Tensor
    weights: Tensor


class Score(NamedTuple):
    """Medidas sobre los huecos de un lote, de 0 a 1.

    Campos:
        accuracy: parte de los huecos con la terminación correcta.
        on_noun: parte de los huecos cuyo mayor peso cae en el sustantivo con el que concuerdan.
    """

    accuracy: float
    on_noun: float


class Filled(NamedTuple):
    """Una frase con sus terminaciones.

    Campos:
        words: las palabras enteras.
        weights: ``(n, n)``, a qué palabra miró cada una; con varias cabezas, ``(heads, n, n)``.
    """

    words: tuple[str, ...]
    weights: Tensor


class AgreementTagger(nn.Module):
    """Autoatención de una cabeza sobre palabra más posición.

    Fórmula: ``x_i = E w_i + P_i``, ``logits_i = W (x_i + autoatención(x)_i) + b``.

    Argumentos:
        vocabulary_size: número de palabras; ``PAD_ID`` es relleno y su vector es cero.
        d_model: ancho de todos los vectores.
        max_length: la frase más larga que puede leer: hay un vector ``P_i`` aprendido por posición.

    Ejemplo:
        >>> from atencion.data.agreement import VOCABULARY, encode, generate_examples
        >>> batch = encode(generate_examples(3))
        >>> AgreementTagger(len(VOCABULARY))(batch.tokens, batch.lengths).logits.shape[::2]
        torch.Size([3, 4])

    Referencia: la capa es la de Vaswani et al. (2017), sin el resto del Transformer; la tarea es de este libro.
    """

    def __init__(self, vocabulary_size: int, d_model: int = 64, max_length: int = 32) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, d_model, padding_idx=PAD_ID)
        self.position = nn.Embedding(max_length, d_model)
        # Con la desviación de costumbre, 1, más semillas dejan alguna posición sin aprender: mira a la vecina.
        nn.init.normal_(self.position.weight, std=0.7)
        self.attention = SelfAttention(d_model)
        self.classify = nn.Linear(d_model, len(CLASSES))

    def embed(self, tokens: Tensor) -> Tensor:
        """Vector de cada palabra más el de su posición, ``(batch, n, d_model)``.

        Errores:
            ``ValueError`` si la frase es más larga que ``max_length``.
        """
        n, longest = tokens.shape[1], self.position.num_embeddings
        if n > longest:
            raise shape_error("tokens", ("batch", "n"), ("batch", f"≤ {longest}"), tokens.shape)
        embedded: Tensor = self.embedding(tokens) + self.position(torch.arange(n, device=tokens.device))
        return embedded

    def attend(self, x: Tensor, lengths: Tensor) -> Attention:
        """La única pieza que mezcla palabras."""
        attended: Attention = self.attention(x, key_lengths=lengths, return_weights=True)
        return attended

    def forward(self, tokens: Tensor, lengths: Tensor) -> Prediction:
        """Clasifica cada palabra; solo cuentan las que tienen hueco.

        Argumentos:
            tokens: ``(batch, n)`` int64, con relleno ``PAD_ID`` a la derecha.
            lengths: ``(batch,)`` int64.

        Devuelve:
            ``Prediction``.
        """
        x = self.embed(tokens)
        attended = self.attend(x, lengths)
        assert attended.weights is not None  # se pidieron
        return Prediction(self.classify(x + attended.output), attended.weights)


class AloneTagger(AgreementTagger):
    """Sin atención: una ventana de 0 deja a cada palabra sola consigo misma."""

    def attend(self, x: Tensor, lengths: Tensor) -> Attention:
        attended: Attention = self.attention(x, key_lengths=lengths, window=0, return_weights=True)
        return attended


class MeanTagger(AgreementTagger):
    """La media en vez de la atención: con la consulta a cero, todas las palabras pesan lo mismo."""

    def __init__(self, vocabulary_size: int, d_model: int = 64, max_length: int = 32) -> None:
        super().__init__(vocabulary_size, d_model, max_length)
        projection = self.attention.query_projection.weight
        nn.init.zeros_(projection)
        projection.requires_grad_(False)


class OrderlessTagger(AgreementTagger):
    """Atiende, pero no sabe dónde está cada palabra: solo el vector de la palabra, sin el de la posición."""

    def embed(self, tokens: Tensor) -> Tensor:
        embedded: Tensor = self.embedding(tokens)
        return embedded


def agreement_loss(model: nn.Module, batch: AgreementBatch) -> Tensor:
    """Entropía cruzada media de los huecos de un lote; las demás palabras no cuentan."""
    logits = model(batch.tokens, batch.lengths).logits
    return cross_entropy(logits.flatten(0, 1), batch.classes.flatten(), ignore_index=IGNORED)


@torch.no_grad()
def agreement_score(model: nn.Module, batch: AgreementBatch) -> Score:
    """Mide un modelo sobre un lote.

    Argumentos:
        model: uno de los de este módulo.
        batch: con al menos un hueco.

    Devuelve:
        ``Score``.
    """
    found = model(batch.tokens, batch.lengths)
    slots = batch.classes != IGNORED
    right = (found.logits.argmax(dim=-1) == batch.classes)[slots]
    on_noun = (found.weights.argmax(dim=-1) == batch.nouns)[slots]
    return Score(right.float().mean().item(), on_noun.float().mean().item())


@torch.no_grad()
def fill_slots(model: nn.Module, tokens: Sequence[str]) -> Filled:
    """Devuelve las terminaciones a una frase, con lo que dice el modelo.

    Argumentos:
        model: uno de los de este módulo.
        tokens: las palabras; las que acaban en «_» son huecos. Las que no conoce, las lee como desconocidas.

    Devuelve:
        ``Filled``.

    Errores:
        ``ValueError`` si no hay palabras o, detrás de un verbo, no hay ningún hueco.

    Ejemplo:
        >>> model = AgreementTagger(len(VOCABULARY))
        >>> len(fill_slots(model, ["l_", "llave", "est_", "perdid_"]).words)
        4
    """
    if not tokens:
        raise value_error("tokens", "al menos una palabra", "ninguna")
    found = model(torch.tensor([VOCABULARY.encode(tokens)]), torch.tensor([len(tokens)]))
    labels = found.logits[0].argmax(dim=-1).tolist()
    return Filled(complete_all(tokens, labels), found.weights[0])
