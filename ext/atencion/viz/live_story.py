"""Una red de memoria que corre en la página: el lector cambia la historia o la pregunta y ve qué frase lee cada salto.

Contrato entre Python y JavaScript: los rasgos de page_model.py y estos.

    rasgo        tipo en JS                                 significado
    stories      texto JSON: [{name, sentences, question}]  historias que se ofrecen; la primera es la que se enseña
    tokens       texto JSON: [s]                            las piezas del vocabulario, en orden
    likely       texto JSON: [[s, n]]                       respuestas más probables de la primera, con su probabilidad
    memory_size  n                                          frases que caben en la memoria
    max_words    n                                          piezas de una frase o una pregunta, como mucho
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import traitlets

from atencion.data.text import tokenize
from atencion.errors import shape_error, type_error, value_error
from atencion.viz.bundle import module_script
from atencion.viz.heatmap import json_text
from atencion.viz.page_model import PageModel, as_vocabulary, check_parameters
from atencion.viz.transport import to_numpy
from atencion.viz.weights import pack_weights

__all__ = ["LiveStory"]

_LIKELY = 5  # respuestas que se enseñan
Array = npt.NDArray[Any]


class LiveStory(PageModel):
    """Una red de memoria entrenada que contesta en la página sobre la historia que el lector escribe.

    Es el ``MemN2N`` de pesos adyacentes. Las filas del mapa son los saltos, y las columnas, las frases. La página
    parte las frases con ``atencion.data.text.tokenize``, busca sin tildes las palabras que no están en el vocabulario
    y recuerda solo las últimas ``memory_size`` frases.

    Argumentos:
        state: ``model.state_dict()``, con ``word_embeddings`` ``(hops + 1, vocabulary, d)`` y ``time_embeddings``
            ``(hops + 1, memory_size, d)``.
        position: la codificación de posición del modelo, ``(max_words, d)``; todo unos es una bolsa de palabras.
        vocabulary: sus piezas en orden, con las cuatro especiales delante.
        stories: nombre → ``(frases, pregunta)``, los botones que se ofrecen. La figura se abre con la primera.
        shown: ``(logits, weights)`` que da el modelo para la primera: ``(vocabulary,)`` y ``(hops, n_sentences)``, en
            el orden de la historia; también con un lote de uno delante.
        title: título de la figura.

    Errores: ``ValueError`` o ``TypeError`` si las formas o los tipos no encajan, si a ``state`` le faltan parámetros,
    o si la primera historia no cabe en el modelo.

    Ejemplo:
        >>> batch = stories.encode([story], vocabulary, memory_size=model.memory_size)
        >>> shown = model(batch.sentences, batch.lengths, batch.question)
        >>> offered = {"Dos hechos": (story.sentences, story.question)}
        >>> shared = {"position": model.position, "vocabulary": vocabulary}
        >>> LiveStory(model.state_dict(), stories=offered, shown=shown, **shared)
    """

    _esm = module_script("live_story.js")

    stories = json_text(traitlets.List())
    tokens = json_text(traitlets.List(traitlets.Unicode()))
    likely = json_text(traitlets.List())
    memory_size = traitlets.Int().tag(sync=True)
    max_words = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        state: Mapping[str, Any],
        *,
        position: object,
        vocabulary: Iterable[str],
        stories: Mapping[str, tuple[Sequence[str], str]],
        shown: tuple[object, object],
        title: str = "",
    ) -> None:
        check_parameters(state, ("word_embeddings", "time_embeddings"), "una red de memoria de pesos adyacentes")
        names = as_vocabulary("vocabulary", vocabulary)
        encoding, memory_size = _check_sizes(state, to_numpy("position", position), len(names))
        offered = _as_stories(stories)
        kept = offered[0]["sentences"][-memory_size:]
        for text in (*kept, offered[0]["question"]):
            if not 1 <= len(tokenize(text)) <= len(encoding):
                raise value_error("stories", f"frases de 1 a {len(encoding)} piezas", repr(text))
        hops = len(state["word_embeddings"]) - 1
        logits, weights = _as_shown(shown, len(names), (hops, len(kept)))
        queries = [f"salto {hop + 1}" for hop in range(hops)]
        super().__init__(weights, queries=queries, keys=kept, title=title, view="map", vmax=1.0)
        with self.hold_sync():
            self.carry(pack_weights({**state, "position_encoding": encoding.reshape(-1)}))
            self.stories, self.tokens, self.likely = offered, names, _most_likely(logits, names)
            self.memory_size, self.max_words = memory_size, len(encoding)

    def __str__(self) -> str:
        return f"{self.stories[0]['question']} → {self.likely[0][0]}\n{super().__str__()}"


def _check_sizes(state: Mapping[str, Any], position: Array, vocabulary_size: int) -> tuple[Array, int]:
    """La codificación en float32 y cuántas frases caben; las tres matrices han de encajar."""
    words = to_numpy('state["word_embeddings"]', state["word_embeddings"])
    time = to_numpy('state["time_embeddings"]', state["time_embeddings"])
    if words.ndim != 3 or len(words) < 2 or words.shape[1] != vocabulary_size:
        axes = ("hops + 1", "vocabulary", "d")
        raise shape_error('state["word_embeddings"]', axes, ("hops + 1", vocabulary_size, "d"), words.shape)
    tables, _, width = words.shape
    if time.ndim != 3 or (len(time), time.shape[-1]) != (tables, width):
        axes = ("hops + 1", "memory_size", "d")
        raise shape_error('state["time_embeddings"]', axes, (tables, "memory_size", width), time.shape)
    if position.ndim != 2 or position.shape[1] != width:
        raise shape_error("position", ("max_words", "d"), ("max_words", width), position.shape)
    return position.astype(np.float32), int(time.shape[1])


def _as_stories(stories: Mapping[str, tuple[Sequence[str], str]]) -> list[dict[str, Any]]:
    if not isinstance(stories, Mapping):
        raise type_error("stories", "un diccionario de nombres a (frases, pregunta)", stories)
    if not stories:
        raise value_error("stories", "al menos una historia", "ninguna")
    listed = []
    for name, (sentences, question) in stories.items():
        if isinstance(sentences, str) or not all(isinstance(text, str) for text in (name, question, *sentences)):
            raise type_error("stories", "nombres, frases y preguntas de texto", sentences)
        if not sentences:
            raise value_error("stories", f"alguna frase en «{name}»", "ninguna")
        listed.append({"name": name, "sentences": list(sentences), "question": question})
    return listed


def _as_shown(shown: tuple[object, object], vocabulary_size: int, shape: tuple[int, int]) -> tuple[Array, Array]:
    """Las puntuaciones y los pesos, sin el eje del lote."""
    if shown[1] is None:
        raise value_error("shown", "los pesos: pide return_weights=True", None)
    logits, weights = to_numpy("shown", shown[0]), to_numpy("shown", shown[1])
    if logits.ndim == 2 and weights.ndim == 3 and len(logits) == len(weights) == 1:
        logits, weights = logits[0], weights[0]
    if logits.shape != (vocabulary_size,) or weights.shape != shape:
        expected = f"puntuaciones ({vocabulary_size},) y pesos {shape}"
        raise value_error("shown", expected, f"{logits.shape} y {weights.shape}")
    return logits, weights


def _most_likely(logits: Array, names: list[str]) -> list[list[object]]:
    """Las respuestas más probables, con su probabilidad."""
    shares = np.exp(logits.astype(np.float64) - logits.max())
    shares /= shares.sum()
    return [[names[i], float(shares[i])] for i in np.argsort(-shares, kind="stable")[:_LIKELY]]
