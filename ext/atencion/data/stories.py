"""Historias breves en español con una pregunta, al modo de bAbI, y sus lotes.

«María fue al jardín. Juan tomó la pelota. … ¿Dónde está la pelota?». Se generan, no se descargan. Una historia es
de entrenamiento o de prueba según su propio texto: ninguna puede estar en las dos partes, con ninguna semilla.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import value_error
from .batches import pad_sequences
from .story_tasks import TASKS, Story, draw_story
from .text import normalize, tokenize
from .vocabulary import Vocabulary

__all__ = [
    "SPLITS",
    "TASKS",
    "Story",
    "StoryBatch",
    "build_vocabulary",
    "encode",
    "generate_stories",
    "longest_text",
]

SPLITS = ("train", "test")
_TEST_SHARE = 4  # una de cada cuatro historias posibles es de prueba
_ATTEMPTS = 2000  # intentos seguidos sin una historia nueva antes de decir que no hay más


class StoryBatch(NamedTuple):
    """Historias convertidas en tensores, con relleno ``PAD_ID``.

    Campos:
        sentences: ``(batch, n_sentences, words)`` int64, de la más antigua a la más reciente.
        lengths: ``(batch,)`` int64, frases de cada historia.
        question: ``(batch, words)`` int64.
        answer: ``(batch,)`` int64, el número de la respuesta en el vocabulario.
        supporting: ``(batch, n_sentences)`` bool, las frases que hacen falta; ningún modelo lo recibe.
    """

    sentences: Tensor
    lengths: Tensor
    question: Tensor
    answer: Tensor
    supporting: Tensor


def generate_stories(task: int, count: int, *, split: str = "train", seed: int = 0) -> list[Story]:
    """Genera historias distintas entre sí, siempre las mismas para la misma semilla.

    Argumentos:
        task: la familia de preguntas, una de ``TASKS``.
        count: número de historias, ≥ 0.
        split: ``"train"`` o ``"test"``; no comparten ninguna historia.
        seed: semilla.

    Devuelve:
        Lista de ``Story``.

    Errores:
        ``ValueError`` si ``task`` o ``split`` no existe, o si la familia no tiene tantas historias distintas.

    Ejemplo:
        >>> generate_stories(4, 1)[0].sentences[0]
        'La terraza está al oeste de la cocina.'
    """
    if task not in TASKS:
        raise value_error("task", f"una de {tuple(TASKS)}", task)
    if split not in SPLITS:
        raise value_error("split", f"uno de {SPLITS}", repr(split))
    rng = random.Random(f"{task}-{split}-{seed}")
    stories: dict[Story, None] = {}
    attempts = 0  # desde la última historia nueva
    while len(stories) < count:
        story = draw_story(task, rng)
        attempts += 1
        if _split(story) == split and story not in stories:
            stories[story] = None
            attempts = 0
        elif attempts == _ATTEMPTS:
            raise value_error("count", f"como mucho {len(stories)} historias de la familia {task}", count)
    return list(stories)


def _split(story: Story) -> str:
    text = " ".join((*story.sentences, story.question))
    return "train" if zlib.crc32(text.encode()) % _TEST_SHARE else "test"


def build_vocabulary(stories: Iterable[Story]) -> Vocabulary:
    """Reúne las palabras de las historias y de sus preguntas, y sus respuestas.

    Argumentos:
        stories: las historias. Cada respuesta es una sola pieza, también si es una lista, «leche,pelota»: la red
            contesta eligiendo una.

    Devuelve:
        ``Vocabulary``.

    Ejemplo:
        >>> "jardín" in build_vocabulary(generate_stories(1, 50))
        True
    """
    return Vocabulary.from_sequences(
        pieces
        for story in stories
        for pieces in (*map(tokenize, (*story.sentences, story.question)), [normalize(story.answer)])
    )


def longest_text(stories: Iterable[Story]) -> int:
    """Piezas de la frase o pregunta más larga: el ``max_words`` que necesita un modelo.

    Ejemplo:
        >>> longest_text(generate_stories(1, 50))
        5
    """
    return max(len(tokenize(text)) for story in stories for text in (*story.sentences, story.question))


def encode(stories: Sequence[Story], vocabulary: Vocabulary, *, memory_size: int) -> StoryBatch:
    """Convierte historias en un lote de tensores con relleno.

    Argumentos:
        stories: al menos una.
        vocabulary: números de las palabras.
        memory_size: frases que caben; de una historia más larga quedan las ``memory_size`` más recientes.

    Devuelve:
        ``StoryBatch`` con ``n_sentences`` = la historia más larga del lote, de 1 a ``memory_size``.

    Errores:
        ``ValueError`` si no hay historias, ``memory_size`` es menor que 1 o una respuesta no está en el vocabulario.

    Ejemplo:
        >>> stories = generate_stories(1, 5)
        >>> encode(stories, build_vocabulary(stories), memory_size=6).lengths.tolist()
        [6, 6, 6, 6, 6]
    """
    if not stories:
        raise value_error("stories", "al menos una historia", "ninguna")
    if memory_size < 1:
        raise value_error("memory_size", "un entero ≥ 1", memory_size)
    answers = [normalize(story.answer) for story in stories]
    missing = [answer for answer in answers if answer not in vocabulary]
    if missing:
        raise value_error("stories", "respuestas del vocabulario", repr(missing[0]))
    lengths = torch.tensor([min(len(story.sentences), memory_size) for story in stories])
    width = max(1, int(lengths.max()))  # si ninguna tiene frases, un hueco vacío
    rows, supporting = [], torch.zeros(len(stories), width, dtype=torch.bool)
    for row, story in enumerate(stories):
        kept = story.sentences[-memory_size:]
        rows += [vocabulary.encode(tokenize(text)) for text in kept] + [[]] * (width - len(kept))
        forgotten = len(story.sentences) - len(kept)
        supporting[row, [index - forgotten for index in story.supporting if index >= forgotten]] = True
    sentences, _ = pad_sequences(rows)
    question, _ = pad_sequences([vocabulary.encode(tokenize(story.question)) for story in stories])
    answer = torch.tensor(vocabulary.encode(answers))
    return StoryBatch(sentences.reshape(len(stories), width, sentences.shape[1]), lengths, question, answer, supporting)
