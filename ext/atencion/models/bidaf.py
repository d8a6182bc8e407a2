"""BiDAF (Seo et al., 2017): un lector que contesta señalando un tramo del texto.

    letras y palabras → autopista → BiLSTM → flujo de atención → modelado → principio y final
           X                        H, U           G                M          p¹, p²

Cada capa se puede quitar para ver qué hacía.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..data.reading import ReaderVocabulary, Reading, ReadingBatch, encode
from ..data.vocabulary import PAD_ID
from ..errors import value_error
from ..layers import AttentionFlow, BidirectionalRNN, CharCNN, Highway, best_span
from ..masks import lengths_to_mask

__all__ = ["LAYERS", "BiDAF", "BiDAFOutput", "answer", "span_loss"]

LAYERS = (
    "characters",
    "words",
    "highway",
    "contextual",
    "context_to_question",
    "question_to_context",
    "modelling",
)


# Una red tan pequeña, recién creada, da casi el mismo vector para todos los nombres: sus diferencias entran en h∘u
# al cuadrado y desaparecen. Estas dos escalas las dejan a la vista desde el primer paso.
_WORD_SCALE = 0.3  # que las palabras, con vectores de norma grande, no tapen las letras
_INPUT_GAIN = 4.0  # que la BiLSTM que lee las frases responda a su entrada


class BiDAFOutput(NamedTuple):
    """Lo que da BiDAF.

    Campos:
        start_logits: ``(batch, n_context)``, −∞ en el relleno; su softmax es ``p¹``.
        end_logits: ``(batch, n_context)``, −∞ en el relleno; su softmax es ``p²``.
        context_to_question: ``(batch, n_context, n_question)``, ``a``.
        question_to_context: ``(batch, n_context)``, ``b``.
    """

    start_logits: Tensor
    end_logits: Tensor
    context_to_question: Tensor
    question_to_context: Tensor


class BiDAF(nn.Module):
    """Flujo de atención bidireccional para comprender textos.

    Fórmulas, con ``2d`` de ancho en todas partes::

        X   = Highway([CharCNN(letras) ; E palabra])     la misma para el texto y la pregunta
        H, U = BiLSTM(X_texto), BiLSTM(X_pregunta)       la misma para los dos
        G   = flujo(H, U)                                8d
        M   = BiLSTM₂(G)                                 dos capas
        p¹  = softmax(w₁ᵀ [G ; M])
        p²  = softmax(w₂ᵀ [G ; BiLSTM(M)])

    La BiLSTM del final lee ``M``, como el artículo; el código oficial le da además ``M`` promediada con ``p¹``.

    Argumentos:
        n_words: palabras del vocabulario; ``PAD_ID`` es relleno.
        n_characters: caracteres del vocabulario.
        d: estados por sentido.
        without: capas que se quitan, de ``LAYERS``. Sin ``"characters"`` o sin ``"words"``, la otra mitad ocupa todo
            el ancho; sin ``"modelling"``, ``M`` es una proyección de ``G`` palabra por palabra.
        cell: ``nn.LSTM`` o ``nn.GRU``.

    Errores:
        ``ValueError`` si se quita una capa que no existe, o letras y palabras a la vez.

    Ejemplo:
        >>> model = BiDAF(50, 30, without={"highway"})
        >>> sum(parameter.numel() for parameter in model.parameters()) > 10_000
        True

    Referencia: Seo et al. (2017), *Bidirectional Attention Flow for Machine Comprehension*, § 2.
    """

    def __init__(
        self,
        n_words: int,
        n_characters: int,
        *,
        d: int = 24,
        without: Collection[str] = (),
        cell: type[nn.LSTM] | type[nn.GRU] = nn.LSTM,
    ) -> None:
        super().__init__()
        unknown = set(without) - set(LAYERS)
        if unknown or {"characters", "words"} <= set(without):
            raise value_error("without", f"capas de {LAYERS}, y no letras y palabras a la vez", sorted(without))
        kept = {name: name not in without for name in LAYERS}
        width = 2 * d
        half = width if "words" in without or "characters" in without else d
        self.characters = CharCNN(n_characters, half) if kept["characters"] else None
        self.words = nn.Embedding(n_words, half, padding_idx=PAD_ID) if kept["words"] else None
        if self.words is not None:
            with torch.no_grad():
                self.words.weight *= _WORD_SCALE  # el relleno ya es cero, y sigue siéndolo
        self.highway = Highway(width) if kept["highway"] else None
        self.contextual = BidirectionalRNN(width, d, input_gain=_INPUT_GAIN, cell=cell) if kept["contextual"] else None
        self.flow = AttentionFlow(
            width,
            context_to_question=kept["context_to_question"],
            question_to_context=kept["question_to_context"],
        )
        inputs = (4 * width, width) if kept["modelling"] else ()
        self.modelling = nn.ModuleList(BidirectionalRNN(size, d, cell=cell) for size in inputs)
        self.projection = None if kept["modelling"] else nn.Linear(4 * width, width)
        self.end_reader = BidirectionalRNN(width, d, cell=cell)
        self.start = nn.Linear(5 * width, 1, bias=False)
        self.end = nn.Linear(5 * width, 1, bias=False)

    def forward(self, batch: ReadingBatch) -> BiDAFOutput:
        """Lee los textos y las preguntas de un lote.

        Argumentos:
            batch: el lote; ``start`` y ``end`` no se usan.

        Devuelve:
            ``BiDAFOutput``.
        """
        h = self.represent(batch.context_words, batch.context_characters, batch.context_lengths)
        u = self.represent(batch.question_words, batch.question_characters, batch.question_lengths)
        flow = self.flow(h, u, batch.context_lengths, batch.question_lengths)
        start_logits, end_logits = self.point(flow.output, batch.context_lengths)
        return BiDAFOutput(start_logits, end_logits, flow.context_to_question, flow.question_to_context)

    def embed(self, words: Tensor, characters: Tensor) -> Tensor:
        """Un vector por palabra, sin mirar las vecinas: ``X``.

        Argumentos:
            words: ``(batch, n)`` int64.
            characters: ``(batch, n, n_characters)`` int64.

        Devuelve:
            ``(batch, n, 2d)``.
        """
        halves = []
        if self.characters is not None:
            halves.append(self.characters(characters))
        if self.words is not None:
            halves.append(self.words(words))
        x = torch.cat(halves, dim=-1)
        return x if self.highway is None else self.highway(x)

    def represent(self, words: Tensor, characters: Tensor, lengths: Tensor) -> Tensor:
        """Un vector por palabra que ha leído la frase entera: ``H`` o ``U``.

        Argumentos:
            words: ``(batch, n)`` int64.
            characters: ``(batch, n, n_characters)`` int64.
            lengths: ``(batch,)`` int64.

        Devuelve:
            ``(batch, n, 2d)``.
        """
        x = self.embed(words, characters)
        return x if self.contextual is None else self.contextual(x, lengths)

    def point(self, g: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Puntúa cada palabra como principio y como final de la respuesta.

        Argumentos:
            g: ``(batch, n_context, 8d)``, la salida del flujo.
            lengths: ``(batch,)`` int64, palabras de cada texto.

        Devuelve:
            ``(start_logits, end_logits)``, cada uno ``(batch, n_context)``.
        """
        m = g if self.projection is None else self.projection(g)
        for layer in self.modelling:
            m = layer(m, lengths)
        padding = ~lengths_to_mask(lengths, g.shape[1])
        start = self.start(torch.cat([g, m], dim=-1))[..., 0]
        end = self.end(torch.cat([g, self.end_reader(m, lengths)], dim=-1))[..., 0]
        return start.masked_fill(padding, -math.inf), end.masked_fill(padding, -math.inf)


def span_loss(model: nn.Module, batch: ReadingBatch) -> Tensor:
    """Entropía cruzada del principio y del final, promediada en el lote.

    Fórmula: ``−(1/N) Σ [log p¹(y¹) + log p²(y²)]``.

    Argumentos:
        model: da ``BiDAFOutput``.
        batch: ejemplos con respuesta.

    Devuelve:
        Un escalar.
    """
    output = model(batch)
    start = functional.cross_entropy(output.start_logits, batch.start)
    return start + functional.cross_entropy(output.end_logits, batch.end)


@torch.no_grad()
def answer(
    model: nn.Module,
    readings: Sequence[Reading],
    vocabulary: ReaderVocabulary,
    *,
    max_length: int | None = 8,
    batch_size: int = 64,
) -> list[str]:
    """Contesta cada pregunta con el tramo más probable de su texto.

    Argumentos:
        model: da ``BiDAFOutput``.
        readings: los ejemplos.
        vocabulary: los vocabularios con que se entrenó.
        max_length: piezas de la respuesta como mucho; ``None``, sin límite.
        batch_size: ejemplos que se leen a la vez.

    Devuelve:
        Una respuesta por ejemplo, copiada del texto original; vacía si el texto no tiene ninguna pieza.
    """
    answers = []
    for first in range(0, len(readings), batch_size):
        rows = readings[first : first + batch_size]
        output = model(encode(rows, vocabulary))
        # Sin pasar a log p: es restar una constante a cada fila, y en un texto vacío daría NaN.
        span = best_span(output.start_logits, output.end_logits, max_length=max_length)
        pairs = zip(span.start.tolist(), span.end.tolist(), strict=True)
        answers += [row.cut(*pair) for row, pair in zip(rows, pairs, strict=True)]
    return answers
