"""El ejercicio del capítulo 10 que elige el tramo de la respuesta."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from .exercises import Case, FunctionExercise
from .mistakes import mistake

__all__ = ["BEST_SPAN"]

_Span = tuple[int, int]


# 10.5
def _best(scores: Tensor) -> _Span:
    best = int(scores.argmax().item())
    return best // scores.shape[1], best % scores.shape[1]


def _lengths(n: int) -> Tensor:
    """Cuántas palabras van de cada principio a cada final; cero o menos si el final queda antes."""
    return torch.arange(n) - torch.arange(n)[:, None] + 1


def _span(
    start: Tensor,
    end: Tensor,
    max_length: int,
    *,
    shortest: int = 1,
    fill: float = -torch.inf,
    score: Callable[..., Tensor] = torch.mul,
) -> _Span:
    """El mejor tramo de ``shortest`` a ``max_length`` palabras, buscado entre todos."""
    length = _lengths(len(start))
    return _best(score(start[:, None], end).masked_fill((length < shortest) | (length > max_length), fill))


def _either_order(start: Tensor, end: Tensor, max_length: int) -> _Span:
    distance = (_lengths(len(start)) - 1).abs()
    return _best((start[:, None] * end).masked_fill(distance >= max_length, -torch.inf))


def _logarithms(start: Tensor, end: Tensor) -> Tensor:
    return start.log() + end.log()


def _short_of_the_end(start: Tensor, end: Tensor, max_length: int) -> _Span:
    return _span(start[:-1], end[:-1], max_length)


def _then_end(start: Tensor, end: Tensor, max_length: int | None) -> _Span:
    first = int(start.argmax())
    return first, first + int(end[first:][:max_length].argmax())


def _then_start(start: Tensor, end: Tensor, max_length: int) -> _Span:
    last = int(end.argmax())
    lowest = max(0, last - max_length + 1)
    return lowest + int(start[lowest : last + 1].argmax()), last


def _changed(change: Callable[[int, int], _Span]) -> Callable[..., _Span]:
    """La respuesta que estropea el tramo correcto con ``change(primera, última)``."""
    return lambda start, end, max_length: change(*_span(start, end, max_length))


def _adjusted(change: Callable[[int, int, int], _Span]) -> Callable[..., _Span]:
    """La que toma los dos máximos y luego los retoca con ``change(k, l, max_length)``."""
    return lambda start, end, max_length: change(int(start.argmax()), int(end.argmax()), max_length)


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
        mistake("independent-argmaxes", _adjusted(lambda k, last, most: (k, last))),
        mistake(
            "adjusted-argmaxes",
            _adjusted(lambda k, last, most: (min(k, last), max(k, last))),
            _adjusted(lambda k, last, most: (k, max(k, last))),
            _adjusted(lambda k, last, most: (min(k, last), last)),
            _adjusted(lambda k, last, most: (k, min(max(k, last), k + most - 1))),
        ),
        mistake(
            "reversed-span",
            lambda p1, p2, most: _span(p1, p2, most, shortest=1 - len(p1)),
            _either_order,
        ),
        mistake("strict-order", partial(_span, shortest=2)),
        mistake("no-length-limit", lambda p1, p2, most: _span(p1, p2, len(p1))),
        mistake(
            "length-off-by-one",
            lambda p1, p2, most: _span(p1, p2, most + 1),
            lambda p1, p2, most: _span(p1, p2, most - 1),
        ),
        mistake("greedy-span", _then_end, lambda p1, p2, most: _then_end(p1, p2, None), _then_start),
        mistake("sum-of-probabilities", partial(_span, score=torch.add)),
        mistake("forbidden-zero", partial(_span, score=_logarithms, fill=0.0)),
        mistake(
            "unreached-end", _short_of_the_end, lambda p1, p2, most: _span(p1, torch.cat([p2[:-1], p2[:1] * 0]), most)
        ),
        mistake("swapped-probabilities", lambda p1, p2, most: _span(p2, p1, most)),
        mistake("exclusive-end", _changed(lambda first, last: (first, last + 1))),
        mistake("one-based-words", _changed(lambda first, last: (first + 1, last + 1))),
        mistake("length-for-end", _changed(lambda first, last: (first, last - first + 1))),
    ),
    hints=(
        "Hay que elegir la pareja (k, l) entera: la de mayor p1[k] · p2[l] entre las permitidas.",
        "Se permite k ≤ l, porque una respuesta puede tener una sola palabra, y l − k + 1 palabras como mucho.",
        "Dos bucles bastan. Con tensores: p1[:, None] * p2[None], tapa lo prohibido y busca el mayor.",
    ),
    praise="El tramo se elige entero: ni el mejor principio ni el mejor final tienen por qué estar en él.",
)
