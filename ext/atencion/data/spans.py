"""Textos en español con datos reales de varios países, y preguntas cuya respuesta es un tramo del texto.

En cada texto, todos los países cuentan los mismos datos: quien entiende qué se pregunta, pero no de qué país, acierta
poco más de una de cada ``n_countries`` veces (algunos comparten continente o moneda). Entrenamiento, validación y
prueba no comparten ningún país, así que los nombres que se preguntan en la prueba no se han visto nunca: hay que
reconocerlos letra a letra.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ..errors import value_error
from .countries import COUNTRIES, Country
from .country_phrases import ATTRIBUTES, QUESTIONS, SENTENCES, Slot, fill, write_facts
from .squad import Answer, Example

__all__ = ["COUNTRY_SPLITS", "SPLITS", "generate_examples"]

SPLITS = ("train", "valid", "test")
_TOLD = 2  # datos que se cuentan de cada país


def _split_countries() -> Mapping[str, tuple[Country, ...]]:
    countries = list(COUNTRIES)
    random.Random(20161105).shuffle(countries)
    return MappingProxyType(
        {"train": tuple(countries[50:]), "valid": tuple(countries[:20]), "test": tuple(countries[20:50])}
    )


COUNTRY_SPLITS = _split_countries()


class _Told(NamedTuple):
    """Lo que un texto cuenta de un país: cómo se escribe y dónde está cada dato."""

    parts: dict[str, str]
    slots: dict[str, Slot]


def generate_examples(
    count: int, *, split: str = "train", n_countries: tuple[int, int] = (2, 2), seed: int = 0
) -> tuple[Example, ...]:
    """Genera textos con una pregunta cada uno, siempre los mismos para la misma semilla.

    Argumentos:
        count: número de ejemplos.
        split: ``"train"``, ``"valid"`` o ``"test"``; cada uno con sus propios países.
        n_countries: de cuántos países habla cada texto, entre dos extremos incluidos.
        seed: semilla.

    Devuelve:
        ``count`` ejemplos con una respuesta.

    Errores:
        ``ValueError`` si ``split`` no existe o ``n_countries`` se sale de 1…20.

    Ejemplo:
        >>> example = generate_examples(1)[0]
        >>> answer = example.answers[0]
        >>> example.context[answer.start :].startswith(answer.text)
        True
    """
    if split not in SPLITS:
        raise value_error("split", f"uno de {SPLITS}", repr(split))
    low, high = n_countries
    if not 1 <= low <= high <= 20:
        raise value_error("n_countries", "dos enteros crecientes de 1 a 20", n_countries)
    rng = random.Random(f"{split}-{seed}")
    return tuple(_example(rng, split, rng.randint(low, high), f"{split}-{seed}-{i}") for i in range(count))


def _example(rng: random.Random, split: str, n_countries: int, name: str) -> Example:
    countries = rng.sample(COUNTRY_SPLITS[split], n_countries)
    attributes = rng.sample(ATTRIBUTES, _TOLD)
    context = ""
    told = []
    for country in countries:
        parts = write_facts(country, rng)
        slots: dict[str, Slot] = {}
        for attribute in rng.sample(attributes, len(attributes)):
            sentence, found = fill(rng.choice(SENTENCES[attribute]), parts)
            context += " " if context else ""
            slots |= {slot.name: slot._replace(start=len(context) + slot.start) for slot in found}
            context += sentence
        told.append(_Told(parts, slots))
    # Se elige al final: el texto no delata por qué país ni por qué dato se pregunta.
    attribute = rng.choice(attributes)
    chosen = rng.choice(told)
    question, _ = fill(rng.choice(QUESTIONS[attribute]), chosen.parts)
    slot = chosen.slots[attribute]
    title = ", ".join(country.name for country in countries)
    return Example(name, title, context, question, (Answer(slot.text, slot.start),))
