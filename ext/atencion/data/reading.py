"""De ejemplos con respuesta en el texto a tensores: piezas, vocabularios y lotes."""

from __future__ import annotations

import random
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import value_error
from .alignment import align, explain
from .batches import pad_sequences
from .squad import Answer, Example
from .text import Token, token_spans
from .vocabulary import Vocabulary

__all__ = [
    "Prepared",
    "Problem",
    "ReaderVocabulary",
    "Reading",
    "ReadingBatch",
    "build_vocabulary",
    "encode",
    "prepare",
    "stream_batches",
]

MAX_CHARACTERS = 16  # de una palabra más larga se leen las primeras letras, como en el código oficial de BiDAF


class Reading(NamedTuple):
    """Un ejemplo partido en piezas.

    Campos:
        example: el ejemplo.
        context: las piezas del texto.
        question: las piezas de la pregunta.
        spans: ``(first, last)`` de cada respuesta alineada: su primera y su última pieza, ambas incluidas.
    """

    example: Example
    context: tuple[Token, ...]
    question: tuple[Token, ...]
    spans: tuple[tuple[int, int], ...]

    def cut(self, first: int, last: int) -> str:
        """El texto original entre dos piezas, ambas incluidas; vacío si ``last < first`` o no hay ninguna (−1)."""
        if last < first or first < 0:
            return ""
        return self.example.context[self.context[first].start : self.context[last].end]


class Problem(NamedTuple):
    """Algo que no se pudo alinear.

    Campos:
        id: identificador del ejemplo.
        reason: por qué, en español.
        answer: la respuesta, o ``None`` si el problema es del ejemplo entero.
    """

    id: str
    reason: str
    answer: Answer | None


class Prepared(NamedTuple):
    """Lo que da ``prepare``: ``len(readings)`` más los ejemplos enteros de ``problems`` suman los recibidos.

    Campos:
        readings: los ejemplos que sirven.
        problems: los que no, y las respuestas que sobran; nada se descarta en silencio.
    """

    readings: tuple[Reading, ...]
    problems: tuple[Problem, ...]


class ReaderVocabulary(NamedTuple):
    """Los dos vocabularios de un lector.

    Campos:
        words: palabras en minúsculas; las raras no están y valen ``UNK_ID``.
        characters: caracteres, con sus mayúsculas y sus tildes.
    """

    words: Vocabulary
    characters: Vocabulary


class ReadingBatch(NamedTuple):
    """Un lote con relleno ``PAD_ID`` a la derecha.

    Campos:
        context_words: ``(batch, n_context)`` int64.
        context_characters: ``(batch, n_context, n_characters)`` int64.
        context_lengths: ``(batch,)`` int64.
        question_words: ``(batch, n_question)`` int64.
        question_characters: ``(batch, n_question, n_characters)`` int64.
        question_lengths: ``(batch,)`` int64.
        start: ``(batch,)`` int64, primera pieza de la primera respuesta; −1 si no hay respuesta.
        end: ``(batch,)`` int64, última pieza, incluida; −1 si no hay respuesta.
    """

    context_words: Tensor
    context_characters: Tensor
    context_lengths: Tensor
    question_words: Tensor
    question_characters: Tensor
    question_lengths: Tensor
    start: Tensor
    end: Tensor


def prepare(examples: Sequence[Example]) -> Prepared:
    """Parte los ejemplos en piezas y alinea sus respuestas.

    Un ejemplo sirve si su texto y su pregunta tienen piezas y, salvo que sea imposible, se alinea al menos una de sus
    respuestas. Todo lo demás queda apuntado en ``problems``.

    Argumentos:
        examples: los ejemplos.

    Devuelve:
        ``Prepared``.

    Ejemplo:
        >>> good = Example("1", "", "Es Lima.", "¿Cuál?", (Answer("Lima", 3),))
        >>> bad = good._replace(id="2", answers=(Answer("Lima", 0),))
        >>> prepared = prepare([good, bad])
        >>> prepared.readings[0].spans, prepared.problems[0].id
        (((1, 1),), '2')
    """
    readings = []
    problems = []
    pieces: dict[str, tuple[Token, ...]] = {}  # varias preguntas comparten texto
    for example in examples:
        context = pieces.setdefault(example.context, token_spans(example.context))
        question = token_spans(example.question)
        if not context or not question:
            problems.append(Problem(example.id, "el texto o la pregunta no tiene ninguna pieza", None))
            continue
        spans = []
        for answer in dict.fromkeys(example.answers):
            span = align(example.context, context, answer)
            if span is None:
                problems.append(Problem(example.id, explain(example.context, answer), answer))
            elif span not in spans:
                spans.append(span)
        if spans or (example.is_impossible and not example.answers):
            readings.append(Reading(example, context, question, tuple(spans)))
        else:
            problems.append(Problem(example.id, "no queda ninguna respuesta", None))
    return Prepared(tuple(readings), tuple(problems))


def build_vocabulary(readings: Sequence[Reading], *, min_share: float = 0.05) -> ReaderVocabulary:
    """Reúne las palabras frecuentes y todos los caracteres.

    Argumentos:
        readings: los de entrenamiento.
        min_share: una palabra entra si está en esta fracción de los ejemplos o en más. Los nombres propios son raros:
            se quedan fuera y solo se distinguen por sus letras.

    Devuelve:
        ``ReaderVocabulary``.

    Errores:
        ``ValueError`` si no hay ejemplos o ``min_share`` no está entre 0 y 1.

    Ejemplo:
        >>> example = Example("1", "", "Es Lima.", "¿Cuál es?", (Answer("Lima", 3),))
        >>> "lima" in build_vocabulary(prepare([example]).readings).words
        True
    """
    if not readings:
        raise value_error("readings", "al menos un ejemplo", "ninguno")
    if not 0 <= min_share <= 1:
        raise value_error("min_share", "un número de 0 a 1", min_share)
    seen: Counter[str] = Counter()
    characters: set[str] = set()
    for reading in readings:
        tokens = (*reading.context, *reading.question)
        seen.update({_word(token) for token in tokens})
        characters.update(*(_spelling(token) for token in tokens))
    frequent = sorted(word for word, count in seen.items() if count >= min_share * len(readings))
    return ReaderVocabulary(Vocabulary(frequent), Vocabulary(sorted(characters)))


def _letters(token: Token) -> str:
    return unicodedata.normalize("NFC", token.text.replace("\u00ad", ""))  # sin el guion opcional, que no se ve


def _spelling(token: Token) -> str:
    return _letters(token)[:MAX_CHARACTERS]


def _word(token: Token) -> str:
    return _letters(token).lower()


def encode(readings: Sequence[Reading], vocabulary: ReaderVocabulary) -> ReadingBatch:
    """Convierte ejemplos en un lote de tensores con relleno.

    Argumentos:
        readings: al menos uno.
        vocabulary: los dos vocabularios.

    Devuelve:
        ``ReadingBatch``.

    Errores:
        ``ValueError`` si no hay ejemplos, o si ningún texto o ninguna pregunta tiene piezas.

    Ejemplo:
        >>> readings = prepare([Example("1", "", "Es Lima.", "¿Cuál es?", (Answer("Lima", 3),))]).readings
        >>> encode(readings, build_vocabulary(readings)).context_words.shape
        torch.Size([1, 3])
    """
    if not readings:
        raise value_error("readings", "al menos un ejemplo", "ninguno")
    if not any(reading.context for reading in readings) or not any(reading.question for reading in readings):
        raise value_error("readings", "algún texto y alguna pregunta con piezas", "solo vacíos")
    context = _encode_side([reading.context for reading in readings], vocabulary)
    question = _encode_side([reading.question for reading in readings], vocabulary)
    spans = torch.tensor([reading.spans[0] if reading.spans else (-1, -1) for reading in readings])
    return ReadingBatch(*context, *question, start=spans[:, 0], end=spans[:, 1])


def _encode_side(rows: Sequence[Sequence[Token]], vocabulary: ReaderVocabulary) -> tuple[Tensor, Tensor, Tensor]:
    words, lengths = pad_sequences([vocabulary.words.encode(_word(token) for token in row) for row in rows])
    width = words.shape[1]
    spelled = [_spelling(token) for row in rows for token in row]
    spellings, _ = pad_sequences([vocabulary.characters.encode(spelling) for spelling in spelled])
    characters = torch.zeros(len(rows), width, spellings.shape[1], dtype=torch.int64)
    characters[torch.arange(width) < lengths[:, None]] = spellings
    return words, characters, lengths


def stream_batches(
    readings: Sequence[Reading], vocabulary: ReaderVocabulary, *, batch_size: int, seed: int = 0
) -> Iterator[ReadingBatch]:
    """Da lotes sin fin, barajados en cada vuelta, en un orden que solo depende de la semilla.

    Argumentos:
        readings: al menos ``batch_size``, todos con respuesta.
        vocabulary: los dos vocabularios.
        batch_size: ejemplos por lote; los que sobran en una vuelta se dejan.
        seed: semilla del orden.

    Devuelve:
        Un iterador infinito de ``ReadingBatch``.

    Errores:
        ``ValueError`` si ``batch_size`` no está entre 1 y ``len(readings)`` o algún ejemplo no tiene respuesta.
    """
    if not 1 <= batch_size <= len(readings):
        raise value_error("batch_size", f"un entero de 1 a {len(readings)}", batch_size)
    unanswered = [reading.example.id for reading in readings if not reading.spans]
    if unanswered:
        raise value_error("readings", "ejemplos con respuesta", f"sin ella, {unanswered[:3]}")
    return _shuffle_forever(readings, vocabulary, batch_size, seed)


def _shuffle_forever(
    readings: Sequence[Reading], vocabulary: ReaderVocabulary, batch_size: int, seed: int
) -> Iterator[ReadingBatch]:
    rng = random.Random(seed)
    while True:
        order = rng.sample(readings, len(readings))
        for first in range(0, len(order) - batch_size + 1, batch_size):
            yield encode(order[first : first + batch_size], vocabulary)
