"""El ejercicio del capítulo 10 que mide una respuesta escrita: coincidencia exacta y F1."""

from __future__ import annotations

import math
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from ..data.answers import exact_match, f1_score
from .exercises import Case, FunctionExercise
from .mistakes import mistake

__all__ = ["SCORES"]

_Bag = Callable[[str], list[str]]
_Mean = Callable[[float, float], float]
_Overlap = Callable[[Sequence[str], Sequence[str], _Mean], float]

_DEFINITE = ("el", "la", "los", "las")
_ARTICLES = (*_DEFINITE, "un", "una", "unos", "unas")
_SIGNS = r"[^\w\s]"
_ASCII_SIGNS = f"[{re.escape(string.punctuation)}]"


# 10.6: normalizar
def _unaccented(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


def _plain(text: str) -> str:
    return text.encode("ascii", "ignore").decode()


def _same(text: str) -> str:
    return text


def _bag(
    text: str,
    *,
    lower: bool = True,
    signs: str = _SIGNS,
    articles: Sequence[str] = _ARTICLES,
    letters: Callable[[str], str] = _same,
    gap: str = " ",
    space: str | None = None,
) -> list[str]:
    text = letters(text.lower() if lower else text)
    return [word for word in re.sub(signs, gap, text).split(space) if word not in articles]


def _articles_first(text: str, *, lower: bool) -> list[str]:
    words = (text.lower() if lower else text).split()
    return _bag(" ".join(word for word in words if word not in _ARTICLES), articles=())


def _first_article(text: str) -> list[str]:
    words = _bag(text, articles=())
    return words[1:] if words[0] in _ARTICLES else words


def _cut_anywhere(text: str, *, space: str, longest_first: bool) -> list[str]:
    text = text.lower()
    for article in sorted(_ARTICLES, key=len, reverse=longest_first) if longest_first else _ARTICLES:
        text = text.replace(article, space)
    return _bag(text, articles=())


def _spaced(text: str, *, sign: str, article: str) -> list[str]:
    """Lo que queda si no se juntan los espacios: un solo texto, como una palabra."""
    return [re.sub(rf"\b(?:{'|'.join(_ARTICLES)})\b", article, re.sub(_SIGNS, sign, text.lower()))]


# 10.6: comparar
def _harmonic(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision and recall else 0.0


def _half_harmonic(precision: float, recall: float) -> float:
    return _harmonic(precision, recall) / 2


def _overlap(predicted: Sequence[str], gold: Sequence[str], mean: _Mean) -> float:
    common = (Counter(predicted) & Counter(gold)).total()
    return mean(common / len(predicted), common / len(gold))


def _sets(predicted: Sequence[str], gold: Sequence[str], mean: _Mean) -> float:
    return _overlap(sorted(set(predicted)), sorted(set(gold)), mean)


def _common_set(predicted: Sequence[str], gold: Sequence[str], mean: _Mean) -> float:
    common = len(set(predicted) & set(gold))
    return mean(common / len(predicted), common / len(gold))


def _members(predicted: Sequence[str], gold: Sequence[str], mean: _Mean) -> float:
    common = sum(word in gold for word in predicted)
    return mean(common / len(predicted), common / len(gold))


def _jaccard(predicted: Sequence[str], gold: Sequence[str], mean: _Mean) -> float:
    common = (Counter(predicted) & Counter(gold)).total()
    return common / (len(predicted) + len(gold) - common)


def _average(values: list[float]) -> float:
    return sum(values) / len(values)


def _scored(
    prediction: str,
    golds: Sequence[str],
    *,
    bag: _Bag = _bag,
    match_bag: _Bag | None = None,
    gold_bag: _Bag | None = None,
    match: Callable[[list[str], list[str]], bool] = list.__eq__,
    overlap: _Overlap = _overlap,
    mean: _Mean = _harmonic,
    choose: Callable[[list[float]], float] = max,
    choose_match: Callable[[list[float]], float] | None = None,
) -> tuple[float, float]:
    """EM y F1 con cada paso cambiable: cómo se parten los textos, cómo se comparan y con cuál admitida se queda."""
    of_match, of_gold = match_bag or bag, gold_bag or bag
    matches = [float(match(of_match(prediction), (gold_bag or of_match)(gold))) for gold in golds]
    overlaps = [overlap(bag(prediction), of_gold(gold), mean) for gold in golds]
    return (choose_match or choose)(matches), choose(overlaps)


def _contains(one: list[str], other: list[str]) -> bool:
    return " ".join(other) in " ".join(one)


def _scores_cases() -> tuple[Case, ...]:
    pairs = (
        ("La ciudad de Lima", ("ciudad de Lima", "Lima")),
        ("Quito", ("Quito", "ciudad de Quito")),
        ("sol", ("Sol peruano", "nuevo sol")),
        ("un peso", ("peso",)),
        ("perú", ("Perú",)),
        ("sur de los Andes", ("sur de Andes",)),
        ("¿Buenos Aires?", ("Buenos Aires",)),
        ("¿La Paz?", ("La Paz",)),
        ("Bogotá, D. C.", ("Bogotá D. C.",)),
        ("Lima - Perú", ("Lima, Perú",)),
        ("julio de 1821", ("28 de julio de 1821",)),
        ("el 28 de julio de 1821", ("julio de 1821",)),
        ("Panama", ("Panamá",)),
        ("Panam", ("Panamá",)),
        ("San José", ("San Salvador", "San José de Costa Rica")),
        ("Aires Buenos", ("Buenos Aires",)),
        ("Bora Bora", ("Bora Bora",)),
        ("Bora", ("Bora Bora",)),
        ("Guatema", ("Guatemala",)),
    )
    return tuple(
        Case(f"«{prediction}» frente a {' y '.join(f'«{gold}»' for gold in golds)}", (prediction, list(golds)))
        for prediction, golds in pairs
    )


SCORES = FunctionExercise(
    id="10.6",
    title="Medir una respuesta",
    parts=("EM", "F1"),
    solution=lambda prediction, golds: (exact_match(prediction, golds), f1_score(prediction, golds)),
    cases=_scores_cases,
    mistakes=(
        mistake("articles-kept", partial(_scored, bag=partial(_bag, articles=()))),
        mistake("definite-only", partial(_scored, bag=partial(_bag, articles=_DEFINITE))),
        mistake(
            "articles-first", *(partial(_scored, bag=partial(_articles_first, lower=case)) for case in (True, False))
        ),
        mistake("first-article", partial(_scored, bag=_first_article)),
        mistake(
            "articles-inside",
            *(
                partial(_scored, bag=partial(_cut_anywhere, space=space, longest_first=order))
                for space in ("", " ")
                for order in (True, False)
            ),
        ),
        mistake("more-than-articles", partial(_scored, bag=partial(_bag, articles=(*_ARTICLES, "de")))),
        mistake("ascii-punctuation", partial(_scored, bag=partial(_bag, signs=_ASCII_SIGNS))),
        mistake("punctuation-kept", partial(_scored, bag=partial(_bag, signs=r"(?!)"))),
        mistake("case-kept", partial(_scored, bag=partial(_bag, lower=False))),
        mistake("accents-stripped", partial(_scored, bag=partial(_bag, letters=_unaccented))),
        mistake("letters-dropped", partial(_scored, bag=partial(_bag, letters=_plain))),
        mistake(
            "extra-spaces",
            *(partial(_scored, bag=partial(_bag, gap=gap, space=" ")) for gap in ("", " ")),
            *(
                partial(_scored, match_bag=partial(_spaced, sign=sign, article=article))
                for sign in ("", " ")
                for article in ("", " ")
            ),
        ),
        mistake(
            "raw-text",
            partial(_scored, bag=str.split),
            partial(_scored, bag=str.split, match_bag=_bag),
            partial(_scored, bag=str.split, gold_bag=_bag),
            partial(_scored, gold_bag=str.split),
        ),
        mistake("raw-exact-match", partial(_scored, match_bag=lambda text: [text])),
        mistake(
            "unordered-match",
            partial(_scored, match=lambda one, other: sorted(one) == sorted(other)),
            partial(_scored, match=lambda one, other: set(one) == set(other)),
        ),
        mistake(
            "contained-match",
            partial(_scored, match=_contains),
            partial(_scored, match=lambda one, other: _contains(other, one)),
            partial(_scored, match=lambda one, other: _contains(one, other) or _contains(other, one)),
        ),
        mistake("no-multiplicity", *(partial(_scored, overlap=overlap) for overlap in (_sets, _members, _common_set))),
        mistake(
            "letters-not-words", partial(_scored, overlap=lambda a, b, mean: _overlap(" ".join(a), " ".join(b), mean))
        ),
        mistake("only-first-gold", lambda prediction, golds: _scored(prediction, golds[:1])),
        mistake("only-last-gold", lambda prediction, golds: _scored(prediction, golds[-1:])),
        mistake(
            "mean-over-golds",
            partial(_scored, choose=_average),
            partial(_scored, choose=_average, choose_match=max),
            partial(_scored, choose_match=_average),
        ),
        mistake("longest-gold", lambda prediction, golds: _scored(prediction, [max(golds, key=len)])),
        mistake("worst-gold", partial(_scored, choose=min), partial(_scored, choose_match=min)),
        mistake("arithmetic-mean", partial(_scored, mean=lambda precision, recall: (precision + recall) / 2)),
        mistake(
            "not-harmonic",
            partial(_scored, mean=lambda precision, recall: math.sqrt(precision * recall)),
            partial(_scored, mean=lambda precision, recall: precision * recall),
            partial(_scored, mean=min),
            partial(_scored, mean=_half_harmonic),
            partial(_scored, overlap=_jaccard),
        ),
        mistake(
            "one-sided",
            partial(_scored, mean=lambda precision, recall: precision),
            partial(_scored, mean=lambda precision, recall: recall),
        ),
        mistake("percentages", lambda prediction, golds: tuple(100 * score for score in _scored(prediction, golds))),
    ),
    hints=(
        "Escribe primero la normalización: minúsculas, fuera signos, fuera artículos, palabras separadas.",
        "Las palabras comunes se cuentan con repetición: Counter(a) & Counter(b) se queda con el menor de cada una.",
        "Precisión: comunes entre las predichas; exhaustividad: comunes entre las de la respuesta. F1 es su media "
        "armónica, 0 si no hay comunes. Con varias respuestas admitidas, quédate con la mejor.",
    ),
    praise="Con esta vara se puede medir cualquier respuesta escrita en español.",
    tolerance=0.006,  # vale redondear a dos decimales
)
