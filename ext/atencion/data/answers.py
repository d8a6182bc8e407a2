"""Cuánto se parece una respuesta a la correcta: coincidencia exacta y F1 de palabras, como SQuAD, en español."""

from __future__ import annotations

import string
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ..errors import value_error

__all__ = ["Scores", "evaluate", "exact_match", "f1_score", "normalize_answer"]

# Los de MLQA para el español. «lo» no está: es también pronombre. «al» y «del» tampoco: llevan una preposición.
ARTICLES = frozenset(("el", "la", "los", "las", "un", "una", "unos", "unas"))


class Scores(NamedTuple):
    """Medias sobre un conjunto de preguntas, de 0 a 1.

    Campos:
        exact_match: fracción de respuestas que coinciden enteras.
        f1: media de ``f1_score``.
    """

    exact_match: float
    f1: float


def normalize_answer(text: str) -> str:
    """Quita lo que no cambia una respuesta: mayúsculas, signos, artículos y espacios de más.

    Las tildes se quedan: «esta» y «está» son palabras distintas. Se quitan los signos de puntuación, también «¿» y
    «¡», y los artículos. Quedan las contracciones, «al» y «del», y los símbolos que dicen algo, como «€» o «°».

    Argumentos:
        text: cualquier texto.

    Devuelve:
        El texto normalizado, que puede quedar vacío.

    Ejemplo:
        >>> normalize_answer("¡El  sol peruano!")
        'sol peruano'

    Referencia:
        El programa de medida de SQuAD (Rajpurkar et al., 2016) y su versión para varios idiomas, la de MLQA
        (Lewis et al., 2020).
    """
    plain = "".join(filter(_is_kept, unicodedata.normalize("NFC", text).lower()))
    return " ".join(word for word in plain.split() if word not in ARTICLES)


def _is_kept(character: str) -> bool:
    # «P»: puntuación de cualquier idioma; «Cf»: invisibles, como el espacio de anchura cero.
    category = unicodedata.category(character)
    return character not in string.punctuation and category[0] != "P" and category != "Cf"


def _normalize_golds(golds: Sequence[str]) -> list[str]:
    """Las correctas, sin las que se quedan en nada; si no queda ninguna, la respuesta es no contestar."""
    return [gold for gold in map(normalize_answer, golds) if gold] or [""]


def exact_match(predicted: str, golds: Sequence[str]) -> float:
    """Dice si una respuesta coincide, ya normalizada, con alguna de las correctas.

    Argumentos:
        predicted: la respuesta; vacía si se dice que el texto no contesta.
        golds: las correctas; ninguna si el texto no contesta.

    Devuelve:
        1 o 0.

    Ejemplo:
        >>> exact_match("el sol peruano", ["Sol peruano", "sol"])
        1.0
    """
    return float(normalize_answer(predicted) in _normalize_golds(golds))


def f1_score(predicted: str, golds: Sequence[str]) -> float:
    """El mejor F1 de palabras entre una respuesta y cada una de las correctas.

    Fórmula: ``F1 = 2·P·R / (P + R)``, con ``P`` la fracción de palabras de la respuesta que están en la correcta y
    ``R`` la fracción de palabras de la correcta que están en la respuesta. Cada palabra cuenta las veces que sale.

    Argumentos:
        predicted: la respuesta.
        golds: las correctas; ninguna si el texto no contesta.

    Devuelve:
        De 0 a 1. Si una de las dos queda vacía, 1 solo si lo están las dos.

    Ejemplo:
        >>> round(f1_score("peso peruano", ["sol peruano"]), 2)
        0.5
    """
    answer = normalize_answer(predicted)
    return max(_word_f1(answer, gold) for gold in _normalize_golds(golds))


def _word_f1(answer: str, gold: str) -> float:
    words, expected = answer.split(), gold.split()
    if not words or not expected:
        return float(words == expected)
    common = (Counter(words) & Counter(expected)).total()
    return 2 * common / (len(words) + len(expected))


def evaluate(predictions: Sequence[str], golds: Sequence[Sequence[str]]) -> Scores:
    """Promedia las dos medidas.

    Argumentos:
        predictions: una respuesta por pregunta.
        golds: las correctas de cada pregunta.

    Devuelve:
        ``Scores``.

    Errores:
        ``ValueError`` si no hay preguntas o no hay tantas respuestas como preguntas.

    Ejemplo:
        >>> evaluate(["Lima", "peso peruano"], [["Lima"], ["sol peruano"]])
        Scores(exact_match=0.5, f1=0.75)
    """
    if not golds or len(predictions) != len(golds):
        raise value_error("predictions", f"{len(golds) or 'al menos una'} respuestas", len(predictions))
    pairs = list(zip(predictions, golds, strict=True))
    matches = [exact_match(*pair) for pair in pairs]
    overlaps = [f1_score(*pair) for pair in pairs]
    return Scores(sum(matches) / len(pairs), sum(overlaps) / len(pairs))
