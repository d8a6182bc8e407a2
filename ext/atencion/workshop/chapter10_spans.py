"""Los ejercicios del capítulo 10 que no tratan de la atención: elegir el tramo y medir la respuesta."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from ..data.answers import exact_match, f1_score
from .exercises import Case, FunctionExercise
from .mistakes import mistake

__all__ = ["BEST_SPAN", "SCORES"]


# 10.5
def _span(
    start: Tensor, end: Tensor, max_length: int, *, shortest: int = 1, score: Callable[..., Tensor] = torch.mul
) -> tuple[int, int]:
    """El mejor tramo de ``shortest`` a ``max_length`` palabras, buscado entre todos."""
    scores = score(start[:, None], end[None])
    length = torch.arange(len(end))[None] - torch.arange(len(start))[:, None] + 1
    best = scores.masked_fill((length < shortest) | (length > max_length), -torch.inf).argmax().item()
    return int(best) // len(end), int(best) % len(end)


def _greedy_start(start: Tensor, end: Tensor, max_length: int) -> tuple[int, int]:
    first = int(start.argmax())
    return first, first + int(end[first : first + max_length].argmax())


def _greedy_end(start: Tensor, end: Tensor, max_length: int) -> tuple[int, int]:
    last = int(end.argmax())
    lowest = max(0, last - max_length + 1)
    return lowest + int(start[lowest : last + 1].argmax()), last


def _span_cases() -> tuple[Case, ...]:
    rows = (
        ("los dos máximos, cruzados", [0.1, 0.3, 0.1, 0.5], [0.1, 0.6, 0.2, 0.1], 4),
        ("una sola palabra", [0.1, 0.7, 0.1, 0.1], [0.1, 0.5, 0.3, 0.1], 4),
        ("el principio y el final, muy separados", [0.6, 0.1, 0.2, 0.1], [0.1, 0.1, 0.2, 0.6], 2),
        ("un tramo de la longitud máxima", [0.1, 0.6, 0.2, 0.1], [0.1, 0.05, 0.15, 0.7], 3),
        ("el mejor principio no está en el mejor tramo", [0.3, 0.05, 0.05, 0.6], [0.05, 0.8, 0.05, 0.1], 4),
        ("el mejor final no está en el mejor tramo", [0.1, 0.05, 0.8, 0.05], [0.6, 0.05, 0.05, 0.3], 4),
        ("los dos extremos más altos no encajan con nada", [0.02, 0.2, 0.78], [0.76, 0.21, 0.03], 3),
    )
    return tuple(Case(label, (torch.tensor(p1), torch.tensor(p2), most)) for label, p1, p2, most in rows)


BEST_SPAN = FunctionExercise(
    id="10.5",
    title="El mejor tramo",
    parts=("la primera palabra", "la última palabra"),
    solution=_span,
    cases=_span_cases,
    mistakes=(
        mistake("independent-argmaxes", lambda p1, p2, most: (p1.argmax(), p2.argmax())),
        mistake("strict-order", partial(_span, shortest=2)),
        mistake("no-length-limit", lambda p1, p2, most: _span(p1, p2, len(p1))),
        mistake(
            "length-off-by-one",
            lambda p1, p2, most: _span(p1, p2, most + 1),
            lambda p1, p2, most: _span(p1, p2, most - 1),
        ),
        mistake("greedy-span", _greedy_start, _greedy_end),
        mistake("sum-of-probabilities", partial(_span, score=torch.add)),
        mistake("exclusive-end", lambda p1, p2, most: (_span(p1, p2, most)[0], _span(p1, p2, most)[1] + 1)),
    ),
    hints=(
        "Hay que elegir la pareja (k, l) entera: la de mayor p1[k] · p2[l] entre las permitidas.",
        "Se permite k ≤ l, porque una respuesta puede tener una sola palabra, y l − k + 1 palabras como mucho.",
        "Dos bucles bastan. Con tensores: p1[:, None] * p2[None], tapa lo prohibido y busca el mayor.",
    ),
    praise="El tramo se elige entero: ni el mejor principio ni el mejor final tienen por qué estar en él.",
)


# 10.6
_ARTICLES = ("el", "la", "los", "las", "un", "una", "unos", "unas")
_SIGNS = r"[^\w\s]"
_ASCII_SIGNS = f"[{re.escape(string.punctuation)}]"


def _unaccented(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


def _bag(
    text: str, *, lower: bool = True, signs: str = _SIGNS, articles: bool = False, accents: bool = True
) -> list[str]:
    text = text.lower() if lower else text
    words = re.sub(signs, " ", text if accents else _unaccented(text)).split()
    return [word for word in words if articles or word not in _ARTICLES]


def _cut_anywhere(text: str) -> list[str]:
    for article in _ARTICLES:
        text = text.lower().replace(article, "")
    return _bag(text)


def _harmonic(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision and recall else 0.0


def _overlap(predicted: Sequence[str], gold: Sequence[str], mean: Callable[[float, float], float]) -> float:
    common = (Counter(predicted) & Counter(gold)).total()
    return mean(common / len(predicted), common / len(gold))


def _sets(predicted: Sequence[str], gold: Sequence[str], mean: Callable[[float, float], float]) -> float:
    return _overlap(sorted(set(predicted)), sorted(set(gold)), mean)


def _common_set(predicted: Sequence[str], gold: Sequence[str], mean: Callable[[float, float], float]) -> float:
    common = len(set(predicted) & set(gold))
    return mean(common / len(predicted), common / len(gold))


def _members(predicted: Sequence[str], gold: Sequence[str], mean: Callable[[float, float], float]) -> float:
    common = sum(word in gold for word in predicted)
    return mean(common / len(predicted), common / len(gold))


def _scored(
    prediction: str,
    golds: Sequence[str],
    *,
    bag: Callable[[str], list[str]] = _bag,
    overlap: Callable[..., float] = _overlap,
    mean: Callable[[float, float], float] = _harmonic,
    choose: Callable[[list[float]], float] = max,
    raw_match: bool = False,
) -> tuple[float, float]:
    matches = [float(prediction == gold if raw_match else bag(prediction) == bag(gold)) for gold in golds]
    return choose(matches), choose([overlap(bag(prediction), bag(gold), mean) for gold in golds])


def _average(values: list[float]) -> float:
    return sum(values) / len(values)


def _scores_cases() -> tuple[Case, ...]:
    pairs = (
        ("La ciudad de Lima", ("Lima", "ciudad de Lima")),
        ("sol", ("Sol peruano", "nuevo sol")),
        ("¿Buenos Aires?", ("Buenos Aires",)),
        ("Bogotá, D. C.", ("Bogotá D. C.",)),
        ("julio de 1821", ("28 de julio de 1821",)),
        ("el 28 de julio de 1821", ("julio de 1821",)),
        ("Panama", ("Panamá",)),
        ("San José", ("San Salvador", "San José de Costa Rica")),
        ("Bora Bora", ("Bora Bora",)),
        ("Bora", ("Bora Bora",)),
        ("Guatema", ("Guatemala",)),
    )
    return tuple(Case(f"«{prediction}» frente a {golds}", (prediction, golds)) for prediction, golds in pairs)


SCORES = FunctionExercise(
    id="10.6",
    title="Medir una respuesta",
    parts=("EM", "F1"),
    solution=lambda prediction, golds: (float(exact_match(prediction, golds)), f1_score(prediction, golds)),
    cases=_scores_cases,
    mistakes=(
        mistake("articles-kept", partial(_scored, bag=partial(_bag, articles=True))),
        mistake("articles-inside", partial(_scored, bag=_cut_anywhere)),
        mistake("ascii-punctuation", partial(_scored, bag=partial(_bag, signs=_ASCII_SIGNS))),
        mistake("punctuation-kept", partial(_scored, bag=partial(_bag, signs=r"(?!)"))),
        mistake("case-kept", partial(_scored, bag=partial(_bag, lower=False))),
        mistake("accents-stripped", partial(_scored, bag=partial(_bag, accents=False))),
        mistake("no-multiplicity", *(partial(_scored, overlap=overlap) for overlap in (_sets, _members, _common_set))),
        mistake("only-first-gold", lambda prediction, golds: _scored(prediction, golds[:1])),
        mistake("mean-over-golds", partial(_scored, choose=_average)),
        mistake("raw-exact-match", partial(_scored, raw_match=True)),
        mistake("arithmetic-mean", partial(_scored, mean=lambda precision, recall: (precision + recall) / 2)),
        mistake(
            "one-sided",
            partial(_scored, mean=lambda precision, recall: precision),
            partial(_scored, mean=lambda precision, recall: recall),
        ),
    ),
    hints=(
        "Escribe primero la normalización: minúsculas, fuera signos, fuera artículos, palabras separadas.",
        "Las palabras comunes se cuentan con repetición: Counter(a) & Counter(b) se queda con el menor de cada una.",
        "Precisión: comunes entre las predichas; exhaustividad: comunes entre las de la respuesta. F1 es su media "
        "armónica, 0 si no hay comunes. Con varias respuestas admitidas, quédate con la mejor.",
    ),
    praise="Con esta vara se puede medir cualquier respuesta escrita en español.",
)
