"""Una red de memoria al azar y su figura viva: basta para comparar la página con Python."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

import torch
from atencion.data.text import tokenize
from atencion.data.vocabulary import Vocabulary
from atencion.ops import memory_attention
from atencion.viz import LiveStory, dequantised

STORY = ["María fue al jardín.", "Juan recogió la pelota.", "Juan entró en la cocina.", "María corrió al salón."]
QUESTION = "¿Dónde está la pelota?"
STORIES = {"Un objeto": (STORY, QUESTION), "Una persona": (STORY[:2], "¿Dónde está María?")}
_TEXTS = (*STORY, QUESTION, "Juan dejó el libro en el baño.", "Sandra está en la terraza de la oficina.")
VOCABULARY = Vocabulary.from_sequences(map(tokenize, _TEXTS))
HOPS, WIDTH, MEMORY_SIZE, MAX_WORDS = 3, 11, 6, 9


class Reading(NamedTuple):
    """Lo que contesta el modelo de Python: la puntuación de cada palabra y el peso de cada frase en cada salto."""

    logits: torch.Tensor
    weights: torch.Tensor

    @property
    def answer(self) -> str:
        return list(VOCABULARY)[int(self.logits.argmax())]


class SampleMemory:
    """Los parámetros, ya redondeados, y las ecuaciones del artículo con los pesos adyacentes."""

    def __init__(self) -> None:
        torch.manual_seed(8)
        state = {
            "word_embeddings": 0.35 * torch.randn(HOPS + 1, len(VOCABULARY), WIDTH),
            "time_embeddings": 0.5 * torch.randn(HOPS + 1, MEMORY_SIZE, WIDTH),
        }
        self.state = dequantised(state)
        self.position = torch.rand(MAX_WORDS, WIDTH) + 0.5

    def read(self, sentences: Sequence[str], question: str) -> Reading:
        words, time = self.state["word_embeddings"], self.state["time_embeddings"]

        def bag(text: str) -> torch.Tensor:
            ids = VOCABULARY.encode(tokenize(text))
            return (words[:, ids] * self.position[: len(ids)]).sum(1)

        kept = list(sentences)[-MEMORY_SIZE:]
        recent_first = torch.arange(len(kept)).flip(0)
        memory = torch.stack([bag(text) for text in kept], dim=1) + time[:, recent_first]
        query = bag(question)[:1]
        found = memory_attention(query, memory[None, :-1], memory[None, 1:], return_weights=True)
        assert found.weights is not None
        return Reading(found.output[0, -1] @ words[-1].T, found.weights[0])

    def figure(self, **options: object) -> LiveStory:
        """La figura que se abre con ``STORY``."""
        shared = {"position": self.position, "vocabulary": VOCABULARY, "stories": STORIES, "title": "Cuenta algo"}
        return LiveStory(self.state, **(shared | {"shown": self.read(STORY, QUESTION)} | options))


def random_story(rng: random.Random) -> tuple[list[str], str]:
    """Una historia y una pregunta de palabras al azar, que a veces no caben en la memoria."""
    words = [*list(VOCABULARY)[4:], "brumario"]

    def text() -> str:
        return " ".join(rng.choices(words, k=rng.randint(1, MAX_WORDS)))

    return [text() for _ in range(rng.randint(1, MEMORY_SIZE + 3))], text()
