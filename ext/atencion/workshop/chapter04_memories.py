"""Ejercicios 04.1 a 04.4: de qué está hecha una memoria."""

from __future__ import annotations

import itertools
import math
from functools import partial

import torch
from torch import Tensor

from ..masks import lengths_to_mask
from .cases import random
from .exercises import Case, DesignExercise, Exercise, FunctionExercise, Requirement, ValueExercise
from .mistakes import mistake

__all__ = ["MEMORIES"]


# 04.1 · J = 3 palabras, d = 2 componentes
def _position(j: Tensor, k: Tensor, words: int = 3, d: int = 2) -> Tensor:
    return (1 - j / words) - (k / d) * (1 - 2 * j / words)


_J, _K = torch.arange(1, 4)[:, None], torch.arange(1, 3)

_POSITION = ValueExercise(
    id="04.1",
    title="La codificación de posición, a mano",
    parts=("la matriz l",),
    solution=lambda: (_position(_J, _K),),
    mistakes=(
        mistake("swapped-position", (_position(_J, _K).T,)),
        mistake(
            "zero-based-position", (_position(_J - 1, _K - 1),), (_position(_J - 1, _K),), (_position(_J, _K - 1),)
        ),
        mistake("swapped-sizes", (_position(_J, _K, words=2, d=3),)),
        mistake("code-position", (1 + 4 * (_K - 1.5) * (_J - 2) / 6,)),
        mistake("doubled-position", (2 * _position(_J, _K),)),
        mistake("reversed-rows", (_position(_J, _K).flip(0),)),
        mistake("bag-of-words", (torch.ones(3, 2),)),
        mistake("plus-position", (_position(_J, -_K),)),
        mistake("first-term-only", ((1 - _J / 3).expand(3, 2),)),
        mistake(
            "undivided-position",
            (_position(_J, _K, d=1),),
            (_position(_J, _K, words=1),),
            (_position(_J, _K, words=1, d=1),),
        ),
    ),
    hints=(
        "Son tres filas, una por palabra, y dos columnas, una por componente. Aquí J = 3 y d = 2.",
        "Con j = 1, el primer paréntesis vale 1 − 1/3 = 2/3 y el último, 1 − 2/3 = 1/3.",
        "Con j = 2 valen 1/3 y −1/3. Con j = 3, 0 y −1. Queda multiplicar el último por k/d y restar.",
    ),
    praise="La palabra 1 pesa más en la primera componente; la 3, en la segunda. El orden ya deja huella.",
)


# 04.2
def _sentence_vectors(table: Tensor, position: Tensor, sentences: Tensor) -> Tensor:
    return _word_vectors(table, position, sentences).sum(-2)


def _word_vectors(table: Tensor, position: Tensor, sentences: Tensor) -> Tensor:
    return (sentences != 0)[..., None] * position * table[sentences]


def _summed(table: Tensor, position: Tensor, sentences: Tensor, *, axis: int, keep: bool) -> Tensor:
    return (_word_vectors(table, position, sentences) if keep else position * table[sentences]).sum(axis)


def _count(sentences: Tensor) -> Tensor:
    return (sentences != 0).sum(-1, keepdim=True).clamp(min=1)


_SENTENCES = torch.tensor([[[3, 5, 2, 6], [4, 1, 0, 0]], [[2, 2, 6, 0], [0, 0, 0, 0]]])

_SENTENCE = FunctionExercise(
    id="04.2",
    title="De una frase a un vector",
    parts=("los vectores",),
    solution=_sentence_vectors,
    cases=lambda: (
        Case("frases de 4, 2, 3 y 0 palabras", (random(7, 5, seed=1), random(4, 5, seed=2), _SENTENCES)),
        Case("una frase de 3 palabras", (random(5, 3, seed=3), random(3, 3, seed=4), torch.tensor([[[4, 3, 1]]]))),
    ),
    mistakes=(
        mistake(
            "mean-of-words",
            lambda table, position, x: _sentence_vectors(table, position, x) / _count(x),
            lambda table, position, x: _sentence_vectors(table, position, x) / (x != 0).sum(-1, keepdim=True),
            lambda table, position, x: _word_vectors(table, position, x).mean(-2),
            lambda table, position, x: (position * table[x]).mean(-2),
            lambda table, position, x: table[x].mean(-2),
        ),
        mistake(
            "counted-padding",
            lambda table, position, x: (position * table[x]).sum(-2),
            lambda table, position, x: (position * table[x]).sum(-2) * (x != 0).any(-1, keepdim=True),
        ),
        mistake(
            "no-position",
            lambda table, position, x: _sentence_vectors(table, torch.ones_like(position), x),
            lambda table, position, x: table[x].sum(-2),
        ),
        mistake(
            "position-outside",
            lambda table, position, x: position.sum(0) * _sentence_vectors(table, torch.ones_like(position), x),
            lambda table, position, x: position.sum(0) * table[x].sum(-2),
        ),
        mistake(
            "added-position",
            lambda table, position, x: ((table[x] + position) * (x != 0)[..., None]).sum(-2),
            lambda table, position, x: (table[x] + position).sum(-2),
            lambda table, position, x: _sentence_vectors(table, torch.ones_like(position), x) + position.sum(0),
        ),
        mistake("reversed-position", lambda table, position, x: _sentence_vectors(table, position.flip(0), x)),
        mistake(
            "wrong-sum-axis",
            *(partial(_summed, axis=axis, keep=keep) for axis in (0, 1, -1) for keep in (True, False)),
        ),
        mistake("not-summed", _word_vectors, lambda table, position, x: position * table[x]),
    ),
    hints=(
        "table[sentences] da (batch, n, words, d): un vector por palabra. position es (words, d) y se difunde.",
        "El hueco es el número 0 y aquí su fila de la tabla no es cero: hay que quitarla de la suma.",
        "(sentences != 0)[..., None] vale 0 en los huecos. Multiplica, y suma sobre el eje de las palabras.",
    ),
    praise="Suma y no media, y sin los huecos: la frase vale lo mismo sola que en un lote.",
)


# 04.3
def _rows(lengths: Tensor, n: int, *, first: int = 0, gap: float = -1) -> Tensor:
    rows = lengths[:, None] - 1 - torch.arange(n) + first
    return _marked(rows, lengths, gap)


def _marked(rows: Tensor, lengths: Tensor, gap: float = -1) -> Tensor:
    return rows.double().expand(len(lengths), -1).masked_fill(~lengths_to_mask(lengths, rows.shape[-1]), gap)


def _negative_rows(lengths: Tensor, n: int, *, first: int, gap: int) -> Tensor:
    return _marked(torch.arange(n) - lengths[:, None] + first, lengths, gap)


def _padded_before(lengths: Tensor, n: int) -> Tensor:
    rows = n - 1 - torch.arange(n).expand(len(lengths), -1)
    return rows.masked_fill(~lengths_to_mask(lengths, n).flip(1), -1)


_TIME = FunctionExercise(
    id="04.3",
    title="El tiempo se cuenta hacia atrás",
    parts=("las filas",),
    solution=_rows,
    cases=lambda: (
        Case("longitudes (5, 3, 1) en un lote de 5 columnas", (torch.tensor([5, 3, 1]), 5)),
        Case("longitudes (2, 0) en un lote de 4 columnas", (torch.tensor([2, 0]), 4)),
    ),
    mistakes=(
        mistake(
            "forward-time",
            lambda n, width: _marked(torch.arange(width)[None], n),
            lambda n, width: _marked(torch.arange(width)[None] + 1, n),
            lambda n, width: _marked(torch.arange(width)[None] + 1, n, gap=0),
            lambda n, width: torch.arange(width).expand(len(n), -1),
        ),
        mistake(
            "padded-time",
            lambda n, width: _marked(width - 1 - torch.arange(width)[None], n),
            lambda n, width: (width - 1 - torch.arange(width)).expand(len(n), -1),
        ),
        mistake(
            "one-based-time",
            partial(_rows, first=1),
            partial(_rows, first=1, gap=0),
            lambda n, width: n[:, None] - torch.arange(width),
        ),
        mistake(
            "unmarked-padding",
            lambda n, width: n[:, None] - 1 - torch.arange(width),
            *(partial(_rows, gap=gap) for gap in (0, -math.inf, math.nan)),
            lambda n, width: _rows(n, width, gap=width),
        ),
        mistake("left-padded", _padded_before, lambda n, width: _rows(n, width).flip(1)),
        mistake(
            "negative-rows",
            *(partial(_negative_rows, first=first, gap=gap) for first in (0, 1) for gap in (-1, 0)),
        ),
    ),
    hints=(
        "En una historia de 3 frases, las filas son 2, 1 y 0: la última frase usa la fila 0.",
        "La frase i de una historia de longitud L está a L − 1 − i frases del final.",
        "Las columnas i ≥ L son huecos: ahí va −1. torch.arange(n) y lengths[:, None] se difunden.",
    ),
    praise="«Lo último» es siempre la fila 0, mida lo que mida la historia.",
)


# 04.4 · María suma 20; Juan, 0; y el tiempo, lo que diseñe el lector
_PATTERNS = [
    torch.tensor(pattern, dtype=torch.float64) for pattern in itertools.product((0, 1), repeat=4) if any(pattern)
]


def _margins(time: Tensor) -> list[tuple[float, float, float]]:
    """Por historia: ventaja de María sobre Juan, de su última frase sobre las otras suyas, y el peso de esa última."""
    found = []
    for maria in _PATTERNS:
        scores, latest = 20 * maria + time, int(maria.argmax())
        hers, his = scores[maria == 1], scores[maria == 0]
        over_juan = float(hers.max() - his.max()) if len(his) else math.inf
        over_hers = float(hers[0] - hers[1:].max()) if len(hers) > 1 else math.inf
        found.append((over_juan, over_hers, float(scores.softmax(-1)[latest])))
    return found


_DESIGN = DesignExercise(
    id="04.4",
    title="Cuánto debe pesar el tiempo",
    part="el tiempo",
    shape=(4,),
    requirements=(
        Requirement(
            "flat-time", "Con el tiempo constante, todas las frases de María empatan.", lambda t: _spread(t) > 0
        ),
        Requirement(
            "strong-time",
            "En alguna historia gana, o empata, una frase de Juan: el tiempo pesa tanto como el contenido, o más.",
            lambda t: all(over_juan > 0 for over_juan, _, _ in _margins(t)),
        ),
        Requirement(
            "forward-time",
            "En alguna historia gana una frase de María que no es la última. La posición 0 es la frase más reciente.",
            lambda t: all(over_hers >= 0 for _, over_hers, _ in _margins(t)),
        ),
        Requirement(
            "tied-time",
            "En alguna historia empatan dos frases de María: el tiempo las suma igual y no dice cuál fue la última.",
            lambda t: all(over_hers > 0 for _, over_hers, _ in _margins(t)),
        ),
        Requirement(
            "weak-time",
            "Gana siempre la frase buscada, pero en alguna historia con menos de 0,9.",
            lambda t: all(weight >= 0.9 for _, _, weight in _margins(t)),
        ),
    ),
    hints=(
        "Entre dos frases de María decide solo el tiempo: debe ser mayor en la más reciente, la posición 0.",
        "Si una puntuación le saca 3 a otra, pesa e³ ≈ 20 veces más. Eso basta para pasar de 0,9.",
        "De la posición 0 a la 3 el tiempo no puede caer 20 o más: una frase reciente de Juan ganaría a la de María.",
    ),
    praise="El tiempo desempata y el contenido manda: es lo que la red tiene que aprender.",
)


def _spread(time: Tensor) -> float:
    return float(time.max() - time.min())


MEMORIES: tuple[Exercise, ...] = (_POSITION, _SENTENCE, _TIME, _DESIGN)
