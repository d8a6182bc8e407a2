"""Listas de hechos en español con una pregunta: «Luis tiene siete libros. … ¿Cuántos libros tiene Luis?».

Cada ejemplo trae varios hechos y pregunta por uno al azar. Los números de una lista son todos distintos, así
que quien no lee la pregunta acierta, como mucho, una de cada ``n_facts`` veces. Entrenamiento, validación y
prueba no comparten ninguna pareja (persona, cosa): acertar exige buscar por contenido, no recordar parejas.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import value_error
from .batches import pad_sequences, stream_rows
from .text import tokenize
from .vocabulary import Vocabulary

__all__ = [
    "ANSWERS",
    "SPLITS",
    "VOCABULARY",
    "Example",
    "FactsBatch",
    "encode",
    "generate_examples",
    "stream_batches",
]

_NAMES = (
    *("Ana", "Luis", "Marta", "Pablo", "Elena", "Hugo", "Irene", "Diego"),
    *("Sara", "Iván", "Clara", "Mario", "Rosa", "Bruno", "Nuria", "Óscar"),
    *("Julia", "Andrés", "Lucía", "Tomás"),
)
# Cada cosa con su género: «mapas» es masculino y «fotos» femenino, la terminación no basta.
_MASCULINE = (
    "gatos",
    "libros",
    "lápices",
    "relojes",
    "barcos",
    "discos",
    "mapas",
    "botones",
    "espejos",
    "trenes",
)
_FEMININE = (
    "manzanas",
    "sillas",
    "flores",
    "cartas",
    "monedas",
    "tazas",
    "fotos",
    "llaves",
    "cajas",
    "piedras",
)
_THINGS = dict.fromkeys(_MASCULINE, "o") | dict.fromkeys(_FEMININE, "a")
# De «dos» a «veinte» ningún número cambia con el género.
ANSWERS = (
    *("dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce", "trece"),
    *("catorce", "quince", "dieciséis", "diecisiete", "dieciocho", "diecinueve", "veinte"),
)
_FACTS = (
    "{name} tiene {number} {thing}.",
    "En casa de {name} hay {number} {thing}.",
    "L{vowel}s {number} {thing} son de {name}.",
)
_QUESTIONS = ("¿Cuánt{vowel}s {thing} tiene {name}?", "¿Cuánt{vowel}s {thing} hay en casa de {name}?")

SPLITS = ("train", "valid", "test")
_Pair = tuple[str, str]


def _split_pairs() -> dict[str, tuple[_Pair, ...]]:
    pairs = [(name, thing) for name in _NAMES for thing in _THINGS]
    random.Random(20150901).shuffle(pairs)
    return {"train": tuple(pairs[:280]), "valid": tuple(pairs[280:340]), "test": tuple(pairs[340:])}


_PAIRS = _split_pairs()


@dataclass(frozen=True)
class Example:
    """Una lista de hechos, una pregunta y su respuesta.

    Campos:
        facts: los hechos, en orden.
        question: la pregunta.
        answer: el número correcto, en palabras; uno de ``ANSWERS``.
        position: índice del hecho que contesta. Solo para evaluar: ningún modelo lo recibe.
    """

    facts: tuple[str, ...]
    question: str
    answer: str
    position: int


class FactsBatch(NamedTuple):
    """Ejemplos convertidos en tensores, con relleno ``PAD_ID``.

    Campos:
        facts: ``(batch, n_key, words)`` int64.
        lengths: ``(batch,)`` int64, número de hechos de cada ejemplo.
        question: ``(batch, words)`` int64.
        answer: ``(batch,)`` int64, índice en ``ANSWERS``.
        position: ``(batch,)`` int64, hecho que contesta.
    """

    facts: Tensor
    lengths: Tensor
    question: Tensor
    answer: Tensor
    position: Tensor


def _vocabulary() -> Vocabulary:
    frames = [
        template.format(name=_NAMES[0], thing=thing, number=ANSWERS[0], vowel=vowel)
        for template in (*_FACTS, *_QUESTIONS)
        for thing, vowel in _THINGS.items()
    ]
    return Vocabulary.from_sequences([tokenize(text) for text in (*frames, *_NAMES, *ANSWERS)])


VOCABULARY = _vocabulary()


def _draw_pairs(rng: random.Random, split: str, n_facts: int) -> list[_Pair]:
    """Parejas distintas; la mitad de las nuevas comparte persona o cosa con una anterior, y estorba."""
    pairs: list[_Pair] = []
    while len(pairs) < n_facts:
        free = [pair for pair in _PAIRS[split] if pair not in pairs]
        if pairs and rng.random() < 0.5:
            name, thing = rng.choice(pairs)
            free = [pair for pair in free if pair[0] == name or pair[1] == thing] or free
        pairs.append(rng.choice(free))
    return pairs


def _example(rng: random.Random, split: str, n_facts: int) -> Example:
    pairs = _draw_pairs(rng, split, n_facts)
    numbers = rng.sample(ANSWERS, n_facts)
    facts = tuple(
        rng.choice(_FACTS).format(name=name, thing=thing, vowel=_THINGS[thing], number=number)
        for (name, thing), number in zip(pairs, numbers, strict=True)
    )
    position = rng.randrange(n_facts)  # se elige al final: la lista no delata por qué hecho se pregunta
    name, thing = pairs[position]
    question = rng.choice(_QUESTIONS).format(name=name, thing=thing, vowel=_THINGS[thing])
    return Example(facts, question, numbers[position], position)


def generate_examples(
    count: int, *, split: str = "train", n_facts: int | tuple[int, int] = (1, 8), seed: int = 0
) -> list[Example]:
    """Genera listas de hechos con su pregunta, siempre las mismas para la misma semilla.

    Argumentos:
        count: número de ejemplos.
        split: ``"train"``, ``"valid"`` o ``"test"``; cada uno con sus propias parejas (persona, cosa).
        n_facts: número de hechos, fijo o entre dos extremos incluidos; como mucho ``len(ANSWERS)``.
        seed: semilla.

    Devuelve:
        Lista de ``Example``.

    Errores:
        ``ValueError`` si ``split`` no existe o ``n_facts`` se sale de 1…19.

    Ejemplo:
        >>> generate_examples(1, n_facts=2)[0].question
        '¿Cuántos discos tiene Diego?'
    """
    if split not in SPLITS:
        raise value_error("split", f"uno de {SPLITS}", repr(split))
    low, high = (n_facts, n_facts) if isinstance(n_facts, int) else n_facts
    if not 1 <= low <= high <= len(ANSWERS):
        raise value_error("n_facts", f"entre 1 y {len(ANSWERS)}", n_facts)
    rng = random.Random(f"{split}-{seed}")
    return [_example(rng, split, rng.randint(low, high)) for _ in range(count)]


def ask_each(example: Example, seed: int = 0) -> list[Example]:
    """Pregunta, uno por uno y en orden, por todos los hechos de una lista.

    Argumentos:
        example: de él solo se usan los hechos.
        seed: semilla que elige cómo se formula cada pregunta.

    Devuelve:
        Lista de ``Example``, tan larga como ``example.facts``.

    Ejemplo:
        >>> [asked.position for asked in ask_each(generate_examples(1, n_facts=3)[0])]
        [0, 1, 2]
    """
    rng = random.Random(f"each-{seed}")
    asked = []
    for position, fact in enumerate(example.facts):
        words = fact.rstrip(".").split()
        name, thing, answer = (next(word for word in words if word in kind) for kind in (_NAMES, _THINGS, ANSWERS))
        question = rng.choice(_QUESTIONS).format(name=name, thing=thing, vowel=_THINGS[thing])
        asked.append(Example(example.facts, question, answer, position))
    return asked


def encode(examples: Sequence[Example]) -> FactsBatch:
    """Convierte ejemplos en un lote de tensores con relleno.

    Argumentos:
        examples: al menos uno.

    Devuelve:
        ``FactsBatch`` con ``n_key`` = el mayor número de hechos del lote.

    Errores:
        ``ValueError`` si no hay ejemplos.

    Ejemplo:
        >>> encode(generate_examples(5, n_facts=3)).lengths.tolist()
        [3, 3, 3, 3, 3]
    """
    if not examples:
        raise value_error("examples", "al menos un ejemplo", "ninguno")
    lengths = torch.tensor([len(example.facts) for example in examples])
    n_key = int(lengths.max())
    padded = [fact for example in examples for fact in (*example.facts, *[""] * (n_key - len(example.facts)))]
    facts, _ = pad_sequences([VOCABULARY.encode(tokenize(fact)) for fact in padded])
    question, _ = pad_sequences([VOCABULARY.encode(tokenize(example.question)) for example in examples])
    return FactsBatch(
        facts=facts.reshape(len(examples), n_key, -1),
        lengths=lengths,
        question=question,
        answer=torch.tensor([ANSWERS.index(example.answer) for example in examples]),
        position=torch.tensor([example.position for example in examples]),
    )


def stream_batches(examples: Sequence[Example], *, batch_size: int, seed: int = 0) -> Iterator[FactsBatch]:
    """Da lotes sin fin, barajados en cada vuelta, en un orden que solo depende de la semilla.

    Argumentos:
        examples: al menos ``batch_size``.
        batch_size: ejemplos por lote; los que sobran en una vuelta se dejan.
        seed: semilla del orden.

    Devuelve:
        Un iterador infinito de ``FactsBatch``.

    Errores:
        ``ValueError`` si ``batch_size`` no está entre 1 y ``len(examples)``.
    """
    return stream_rows(encode(examples), batch_size=batch_size, seed=seed)
