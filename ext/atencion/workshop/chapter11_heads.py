"""Ejercicios 11.5 a 11.9: varias cabezas, la máscara causal y la autoatención de Lin."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from ..masks import causal_mask
from ..reference import masked_softmax
from .causality import (
    averaging,
    changes_only_itself,
    ignores_past,
    is_causal,
    leaks,
    normalized,
    random_tensor,
    reads_first,
)
from .exercises import Case, Exercise, FunctionExercise, ValueExercise
from .mistakes import mistake

__all__ = ["HEADS"]


# 11.5
def _split(x: Tensor, heads: int) -> Tensor:
    batch, n, width = x.shape
    return x.reshape(batch, n, heads, width // heads).transpose(1, 2)


def _interleaved(x: Tensor, heads: int) -> Tensor:
    batch, n, width = x.shape
    return x.reshape(batch, n, width // heads, heads).permute(0, 3, 1, 2)


_SPLIT = FunctionExercise(
    id="11.5",
    title="Repartir en cabezas",
    parts=("las cabezas",),
    solution=_split,
    cases=lambda: (
        Case("2 frases de 5 palabras, 3 cabezas de 7", (random_tensor(2, 5, 21, seed=21), 3)),
        Case("1 frase de 3 palabras, 2 cabezas de 3", (random_tensor(1, 3, 6, seed=22), 2)),
    ),
    mistakes=(
        mistake("no-transpose", lambda x, heads: x.reshape(x.shape[0], heads, x.shape[1], x.shape[2] // heads)),
        mistake("interleaved-heads", _interleaved),
        mistake("heads-after-words", lambda x, heads: _split(x, heads).transpose(1, 2)),
        mistake("heads-before-batch", lambda x, heads: _split(x, heads).transpose(0, 1)),
        mistake("swapped-axes", lambda x, heads: _split(x, heads).transpose(2, 3)),
    ),
    hints=(
        "Primero parte el último eje en dos: (batch, n, heads, d_k). Cada cabeza se queda con d_k columnas seguidas.",
        "Después cambia de sitio dos ejes para llegar a (batch, heads, n, d_k).",
        "reshape no mueve números: si pides el orden final de golpe, mezcla palabras. Hace falta transpose.",
    ),
    praise="Cada cabeza ve todas las palabras y solo sus columnas.",
)


# 11.6
def _causal_weights(scores: Tensor, valid: Tensor) -> Tensor:
    return masked_softmax(scores, causal_mask(*scores.shape) & valid)[0]


def _filled(scores: Tensor, keep: Tensor, *, fill: float = -math.inf) -> Tensor:
    return scores.masked_fill(~keep, fill).softmax(-1)


def _triangle(scores: Tensor, valid: Tensor, *, diagonal: int = 0, upper: bool = False) -> Tensor:
    whole = torch.ones_like(scores, dtype=torch.bool)
    return (whole.triu(diagonal) if upper else whole.tril(diagonal)) & valid


def _causal_filled(scores: Tensor, valid: Tensor, *, fill: float = -math.inf) -> Tensor:
    return _filled(scores, _triangle(scores, valid), fill=fill)


def _with_zeros(change: Callable[[Tensor, Tensor], Tensor]) -> tuple[Callable[[Tensor, Tensor], Tensor], ...]:
    """La misma equivocación, con la fila vacía en NaN o en ceros."""
    return change, lambda scores, valid: change(scores, valid).nan_to_num(0.0)


_CAUSAL = FunctionExercise(
    id="11.6",
    title="Solo el pasado",
    parts=("los pesos",),
    solution=_causal_weights,
    cases=lambda: (
        Case("5 palabras, sin relleno", (random_tensor(5, 5, seed=31), torch.tensor([True] * 5))),
        Case(
            "5 posiciones, las dos primeras de relleno",
            (random_tensor(5, 5, seed=32), torch.tensor([False] * 2 + [True] * 3)),
        ),
    ),
    mistakes=(
        mistake(
            "strict-triangle",
            *_with_zeros(lambda s, valid: _filled(s, _triangle(s, valid, diagonal=-1))),
        ),
        mistake("future", *_with_zeros(lambda s, valid: _filled(s, _triangle(s, valid, upper=True)))),
        mistake("only-future", *_with_zeros(lambda s, valid: _filled(s, _triangle(s, valid, diagonal=1, upper=True)))),
        mistake("unmasked-padding", lambda s, valid: _filled(s, causal_mask(*s.shape))),
        mistake("not-causal", lambda s, valid: _filled(s, valid.expand_as(s))),
        mistake("masked-queries", *_with_zeros(lambda s, valid: _filled(s, causal_mask(*s.shape) & valid[:, None]))),
        mistake("wrong-axis", *_with_zeros(lambda s, valid: _filled(s.T, _triangle(s, valid).T).T)),
        mistake("finite-fill", *(partial(_causal_filled, fill=fill) for fill in (-1e9, -1e10))),
        mistake("nan-row", _causal_filled),
        mistake("mask-after", lambda s, valid: s.softmax(-1) * _triangle(s, valid)),
        mistake("zeroed-padding", lambda s, valid: (s * _triangle(s, valid)).softmax(-1)),
    ),
    hints=(
        "La fila i puede atender a la columna j si j ≤ i y además j no es relleno.",
        "torch.tril de una matriz de unos da el triángulo. Junta las dos condiciones con «y».",
        "Las filas de las primeras posiciones de relleno se quedan sin nada: deben dar ceros, no NaN.",
    ),
    praise="Causal y sin relleno a la vez: es la máscara de cualquier modelo que genera texto.",
)

# 11.7
_CAUSALITY_TEST = FunctionExercise(
    id="11.7",
    title="¿Mira el futuro?",
    parts=("la respuesta",),
    solution=is_causal,
    cases=lambda: (
        Case("una capa que promedia el pasado", (averaging, random_tensor(5, 4, seed=41))),
        Case("una capa que mira toda la frase", (normalized, random_tensor(5, 4, seed=42))),
        Case("una capa con una sola fuga", (partial(leaks, row=1), random_tensor(5, 4, seed=43))),
        Case("una capa con la fuga en otro sitio", (partial(leaks, row=3), random_tensor(5, 4, seed=46))),
        Case("una capa que solo ve la primera palabra", (reads_first, random_tensor(5, 4, seed=44))),
        Case("una capa que no mezcla palabras", (torch.tanh, random_tensor(3, 4, seed=45))),
    ),
    mistakes=(
        mistake("constant-shift", *(partial(is_causal, shift=shift) for shift in (1.0, 0.1, 10.0))),
        mistake("first-row-only", partial(is_causal, first_row=True)),
        mistake("last-word-only", partial(is_causal, last_word=True)),
        mistake("shifted-last-word", *(partial(is_causal, shift=s, last_word=True) for s in (1.0, 0.1, 10.0))),
        mistake("must-change", changes_only_itself),
        mistake("past-test", ignores_past),
        mistake("inverted-answer", lambda layer, x: not is_causal(layer, x)),
        mistake("always-causal", lambda layer, x: True),
    ),
    hints=(
        "Guarda la salida, cambia una palabra y vuelve a calcular. ¿Qué filas no deberían moverse?",
        "Cámbiala por números al azar: hay capas que no notan que sumes lo mismo a todas sus componentes.",
        "Compara todas las filas anteriores, no solo la primera, y deja un margen de 1e-5.",
    ),
    praise="Con una prueba así se descubre un modelo de lenguaje que hace trampa.",
    tolerance=0.1,
)

# 11.8
_PARAMETERS = ValueExercise(
    id="11.8",
    title="Cuántos parámetros",
    parts=("los parámetros con 8 cabezas", "los parámetros con 16 cabezas", "d_k con 16 cabezas"),
    solution=lambda: (4 * 512**2, 4 * 512**2, 32),
    mistakes=(
        mistake("heads-multiply", *((c * 8 * 512**2, c * 16 * 512**2, k) for c in (3, 4) for k in (32, 64, 512))),
        mistake("no-output-projection", (3 * 512**2, 3 * 512**2, 32)),
        mistake("with-biases", (4 * 512**2 + 4 * 512, 4 * 512**2 + 4 * 512, 32)),
        mistake("doubled-heads", *((c * 512**2, 2 * c * 512**2, 32) for c in (3, 4))),
        mistake("fixed-width", (4 * 512**2, 8 * 512**2, 64), (4 * 512**2, 4 * 512**2, 64)),
        mistake(
            "one-head-only",
            *((c * 512 * 64 + w_o, c * 512 * 32 + w_o, 32) for c, w_o in ((4, 0), (3, 0), (3, 512**2))),
        ),
    ),
    hints=(
        "¿Qué forma tiene la matriz W_Q de una cabeza? ¿Y las de todas, puestas una al lado de otra?",
        "Hay cuatro matrices grandes: consultas, claves, valores y la que mezcla la salida de las cabezas.",
        "Si hay el doble de cabezas, cada una es la mitad de ancha.",
    ),
    praise="Más cabezas no cuestan más: reparten el mismo ancho.",
    tolerance=1e-6,
)

# 11.9
_PENALTY = ValueExercise(
    id="11.9",
    title="La penalización de Lin",
    parts=("P de tres filas iguales", "P de tres filas disjuntas", "P de tres filas uniformes"),
    solution=lambda: (6.0, 0.0, 2.49),
    mistakes=(
        mistake("norm-not-squared", (math.sqrt(6), 0.0, math.sqrt(2.49))),
        mistake("off-diagonal-only", (6.0, 0.0, 0.06)),
        mistake("no-identity", (9.0, 3.0, 0.09)),
        mistake("wrong-gram", (13.0, 7.0, 9.49)),
        mistake("one-side", (3.0, 0.0, 0.03), (3.0, 0.0, 2.46)),
    ),
    hints=(
        "A Aᵀ es de 3 × 3: en (i, j) va el producto escalar de las filas i y j.",
        "Réstale la identidad, eleva al cuadrado cada número y súmalos todos, también los de la diagonal.",
        "Dos filas uniformes sobre 10 palabras tienen producto escalar 10 · 0,1 · 0,1.",
    ),
    praise="La diagonal también cuenta: P no solo separa las filas, las quiere concentradas.",
    tolerance=1e-3,
)

HEADS: tuple[Exercise, ...] = (_SPLIT, _CAUSAL, _CAUSALITY_TEST, _PARAMETERS, _PENALTY)
