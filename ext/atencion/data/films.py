"""Fichas y reseñas de películas inventadas: pares (clave, valor) y preguntas sobre ellos.

Cada ejemplo reparte de nuevo quién hizo qué: lo que se aprende es a buscar, no quién dirigió cada película. Títulos y
personas son ficticios, y cada uno es una sola pieza del vocabulario, aunque tenga varias palabras.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import value_error
from .batches import pad_sequences
from .vocabulary import Vocabulary

__all__ = [
    "KINDS",
    "PEOPLE",
    "TITLES",
    "VOCABULARY",
    "Lookup",
    "LookupBatch",
    "Pair",
    "encode",
    "generate_lookups",
    "windows",
]

TITLES = (
    *("El faro azul", "La última trenza", "Nieve en agosto", "Un tren de papel", "Las horas lentas"),
    *("El pozo y la luna", "Cartas a nadie", "La sal del río", "Tres relojes", "El verano mudo"),
)
PEOPLE = (
    *("Inés Robledal", "Tadeo Vilches", "Olmo Prieto", "Vera Lindes", "Blas Arcilla", "Rita Salmorán"),
    *("Ciro Montañés", "Delia Fuenfría", "Saúl Perdiz", "Nora Zarzal", "Gil Trigueros", "Alma Cordero"),
)
_JOBS = {"dirigió": "dirigida por", "escribió": "escrita por", "protagonizó": "protagonizada por"}
_OPINIONS = ("admira", "conoce", "entrevistó")
_N_FILMS = 4  # películas por ejemplo

VOCABULARY = Vocabulary(
    [
        *TITLES,
        *PEOPLE,
        *_JOBS,
        *_JOBS.values(),
        *_OPINIONS,
        "a",
        "de",
        "película",
        "que",
        "quien",
        "quién",
        "qué",
        "otra",
    ]
)


class Pair(NamedTuple):
    """Un hueco de la memoria: las piezas por las que se busca y la entidad que se lee."""

    key: tuple[str, ...]
    value: str


class Lookup(NamedTuple):
    """Una pregunta sobre unos pares.

    Campos:
        pairs: los pares; ningún modelo ve su orden.
        question: las piezas de la pregunta.
        answer: la entidad correcta.
        supporting: índices de los pares que hacen falta, en el orden en que se usan. Solo para evaluar.
    """

    pairs: tuple[Pair, ...]
    question: tuple[str, ...]
    answer: str
    supporting: tuple[int, ...]


class LookupBatch(NamedTuple):
    """Preguntas convertidas en tensores, con relleno ``PAD_ID``.

    Campos:
        keys: ``(batch, n_key, words)`` int64.
        values: ``(batch, n_key, 1)`` int64.
        lengths: ``(batch,)`` int64, pares de cada ejemplo.
        question: ``(batch, words)`` int64.
        answer: ``(batch,)`` int64, número de la entidad en ``VOCABULARY``.
        supporting: ``(batch, n_key)`` bool, los pares que hacen falta.
    """

    keys: Tensor
    values: Tensor
    lengths: Tensor
    question: Tensor
    answer: Tensor
    supporting: Tensor


def windows(tokens: Sequence[str], width: int) -> list[Pair]:
    """Parte un texto en ventanas, una por persona: la clave son las palabras de alrededor; el valor, la persona.

    Argumentos:
        tokens: las piezas del texto.
        width: piezas de la ventana, impar; en los bordes hay menos. La persona del centro también está en la clave.

    Devuelve:
        Un ``Pair`` por cada aparición de una persona de ``PEOPLE``, en orden.

    Errores:
        ``ValueError`` si ``width`` no es impar y positivo.

    Ejemplo:
        >>> windows(("Vera Lindes", "conoce", "a", "Olmo Prieto"), 3)[1]
        Pair(key=('a', 'Olmo Prieto'), value='Olmo Prieto')

    Referencia:
        Miller et al. (2016), *Key-Value Memory Networks for Directly Reading Documents*, sección 4.2.
    """
    if width < 1 or width % 2 == 0:
        raise value_error("width", "un entero impar ≥ 1", width)
    side = width // 2
    return [
        Pair(tuple(tokens[max(0, centre - side) : centre + side + 1]), token)
        for centre, token in enumerate(tokens)
        if token in PEOPLE
    ]


def _records(rng: random.Random) -> Lookup:
    """Fichas: tres oficios de cuatro películas; basta un salto."""
    cast = iter(rng.sample(PEOPLE, _N_FILMS * len(_JOBS)))
    facts = [(title, job, next(cast)) for title in rng.sample(TITLES, _N_FILMS) for job in _JOBS]
    asked = rng.randrange(len(facts))
    title, job, person = facts[asked]
    pairs = tuple(Pair((title, _JOBS[job]), person) for title, job, person in facts)
    return Lookup(pairs, ("quién", job, title), person, (asked,))


def _same_author(rng: random.Random) -> Lookup:
    """Fichas y fichas inversas: de la película a la persona y de la persona a su otra película; dos saltos."""
    job = rng.choice(list(_JOBS))
    titles = rng.sample(TITLES, _N_FILMS)
    people = rng.sample(PEOPLE, _N_FILMS // 2)
    facts = [(title, people[index // 2]) for index, title in enumerate(titles)]
    pairs = [Pair((title, _JOBS[job]), person) for title, person in facts]
    pairs += [Pair((person, job), title) for title, person in facts]
    asked = rng.randrange(_N_FILMS)
    other = asked ^ 1  # las películas van por parejas: 0 y 1, 2 y 3
    question = ("qué", "otra", "película", job, "quien", job, titles[asked])
    return Lookup(tuple(pairs), question, titles[other], (asked, _N_FILMS + other))


def _reviews(rng: random.Random) -> Lookup:
    """Reseñas: en la ventana de quien hizo la película está también quien opina."""
    people = rng.sample(PEOPLE, 2 * _N_FILMS)
    titles = rng.sample(TITLES, _N_FILMS)
    asked = rng.randrange(_N_FILMS)
    pairs: list[Pair] = []
    for index, title in enumerate(titles):
        critic, author = people[2 * index : 2 * index + 2]
        job = rng.choice(list(_JOBS))
        pairs += windows((critic, rng.choice(_OPINIONS), "a", author, "que", job, title), 7)
        if index == asked:
            question = ("quién", job, title)
    return Lookup(tuple(pairs), question, people[2 * asked + 1], (2 * asked + 1,))


_DRAW: dict[str, Callable[[random.Random], Lookup]] = {
    "records": _records, "same_author": _same_author, "reviews": _reviews,
}  # fmt: skip
KINDS = tuple(_DRAW)


def generate_lookups(kind: str, count: int, *, seed: int = 0) -> list[Lookup]:
    """Genera preguntas, cada una con su propio reparto, siempre las mismas para la misma semilla.

    Argumentos:
        kind: ``"records"``, fichas (película, oficio) → persona; ``"same_author"``, fichas con sus inversas y una
            pregunta de dos saltos; ``"reviews"``, ventanas de siete piezas sobre frases.
        count: número de preguntas.
        seed: semilla.

    Devuelve:
        Lista de ``Lookup``.

    Errores:
        ``ValueError`` si ``kind`` no existe.

    Ejemplo:
        >>> generate_lookups("records", 1)[0].pairs[0].key[1]
        'dirigida por'
    """
    if kind not in KINDS:
        raise value_error("kind", f"uno de {KINDS}", repr(kind))
    rng = random.Random(f"{kind}-{seed}")
    return [_DRAW[kind](rng) for _ in range(count)]


def encode(lookups: Sequence[Lookup]) -> LookupBatch:
    """Convierte preguntas en un lote de tensores con relleno.

    Argumentos:
        lookups: al menos una.

    Devuelve:
        ``LookupBatch`` con ``n_key`` = el mayor número de pares del lote, 1 como poco.

    Errores:
        ``ValueError`` si no hay preguntas.

    Ejemplo:
        >>> encode(generate_lookups("records", 5)).keys.shape
        torch.Size([5, 12, 2])
    """
    if not lookups:
        raise value_error("lookups", "al menos una pregunta", "ninguna")
    lengths = torch.tensor([len(lookup.pairs) for lookup in lookups])
    width = max(1, int(lengths.max()))  # si ninguna tiene pares, un hueco vacío
    blank = Pair((), "<pad>")
    rows = [pair for lookup in lookups for pair in (*lookup.pairs, *[blank] * (width - len(lookup.pairs)))]
    keys, _ = pad_sequences([VOCABULARY.encode(pair.key) for pair in rows])
    question, _ = pad_sequences([VOCABULARY.encode(lookup.question) for lookup in lookups])
    supporting = torch.zeros(len(lookups), width, dtype=torch.bool)
    for row, lookup in enumerate(lookups):
        supporting[row, list(lookup.supporting)] = True
    return LookupBatch(
        keys=keys.reshape(len(lookups), width, keys.shape[1]),
        values=torch.tensor(VOCABULARY.encode(pair.value for pair in rows)).reshape(len(lookups), width, 1),
        lengths=lengths,
        question=question,
        answer=torch.tensor(VOCABULARY.encode(lookup.answer for lookup in lookups)),
        supporting=supporting,
    )
