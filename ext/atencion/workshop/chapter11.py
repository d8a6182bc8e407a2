"""Ejercicios del capítulo 11, «Autoatención paso a paso»."""

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

__all__ = ["EXERCISES"]


# 11.1
_SENTENCE = torch.tensor([[1.0, 0.0], [2.0, 1.0], [1.0, 1.0]])  # el, perro, duerme
_W_Q = torch.tensor([[0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 1.0, 0.0]])
_W_K = torch.tensor([[1.0, -1.0, -1.0, -1.0], [1.0, 1.0, 1.0, 1.0]])
_W_V = torch.tensor([[0.0, 1.0], [2.0, 0.0]])
_SCORES = _SENTENCE @ _W_Q @ (_SENTENCE @ _W_K).T
_VALUES = _SENTENCE @ _W_V


def _read(weights: Tensor, values: Tensor = _VALUES) -> tuple[Tensor, Tensor]:
    return weights, weights @ values


_BY_HAND = ValueExercise(
    id="11.1",
    title="Una fila, a mano",
    parts=("los pesos de «perro»", "su salida"),
    solution=lambda: _read((_SCORES[1] / 2).softmax(-1)),
    mistakes=(
        mistake("no-scale", _read(_SCORES[1].softmax(-1))),
        mistake("scale-by-d", _read((_SCORES[1] / 4).softmax(-1))),
        mistake("scale-by-model", _read((_SCORES[1] / math.sqrt(2)).softmax(-1))),
        mistake("column-for-row", _read((_SCORES[:, 1] / 2).softmax(-1))),
        mistake("no-softmax", _read(_SCORES[1] / 2), _read(_SCORES[1])),
        mistake("no-projection", _read((_SENTENCE @ _SENTENCE[1] / 2).softmax(-1))),
        mistake("inputs-as-values", _read((_SCORES[1] / 2).softmax(-1), _SENTENCE)),
    ),
    hints=(
        "Proyecta: la consulta de «perro» es el doble de la primera fila de W_Q más la segunda.",
        "Haz lo mismo con las tres claves y multiplica. Cuidado con la escala: d_k es el ancho de la consulta.",
        "La salida mezcla los valores, x W_V, no los embeddings.",
    ),
    praise="Una palabra nueva, las mismas matrices: así se calcula cualquier fila.",
)


# 11.2
def _self_attention(
    x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, *, divisor: float | None = None, axis: int = -1
) -> Tensor:
    scores = (x @ w_q) @ (x @ w_k).T / (math.sqrt(w_q.shape[1]) if divisor is None else divisor)
    return scores.softmax(axis) @ (x @ w_v)


def _no_projection(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    return (x @ x.T / math.sqrt(x.shape[1])).softmax(-1) @ (x @ w_v)


_SELF_ATTENTION = FunctionExercise(
    id="11.2",
    title="Autoatención, desde X",
    parts=("la salida",),
    solution=_self_attention,
    cases=lambda: (
        Case(
            "7 palabras, d_model = 5, d_k = 3, d_v = 2",
            (
                random_tensor(7, 5, seed=1),
                random_tensor(5, 3, seed=2),
                random_tensor(5, 3, seed=3),
                random_tensor(5, 2, seed=4),
            ),
        ),
        Case(
            "2 palabras, d_model = 3, d_k = 5, d_v = 7",
            (
                random_tensor(2, 3, seed=5),
                random_tensor(3, 5, seed=6),
                random_tensor(3, 5, seed=7),
                random_tensor(3, 7, seed=8),
            ),
        ),
    ),
    mistakes=(
        mistake("no-scale", partial(_self_attention, divisor=1.0)),
        mistake("scale-by-d", lambda x, w_q, w_k, w_v: _self_attention(x, w_q, w_k, w_v, divisor=w_q.shape[1])),
        mistake(
            "scale-by-model",
            lambda x, w_q, w_k, w_v: _self_attention(x, w_q, w_k, w_v, divisor=math.sqrt(x.shape[1])),
        ),
        mistake("wrong-axis", partial(_self_attention, axis=0)),
        mistake("swapped", lambda x, w_q, w_k, w_v: _self_attention(x, w_k, w_q, w_v)),
        mistake("keys-as-values", lambda x, w_q, w_k, w_v: _self_attention(x, w_q, w_k, w_k)),
        mistake("inputs-as-values", lambda x, w_q, w_k, w_v: _self_attention(x, w_q, w_k, torch.eye(x.shape[1]))),
        mistake("keys-with-keys", lambda x, w_q, w_k, w_v: _self_attention(x, w_k, w_k, w_v)),
        mistake("queries-with-queries", lambda x, w_q, w_k, w_v: _self_attention(x, w_q, w_q, w_v)),
        mistake("no-projection", _no_projection),
    ),
    hints=(
        "Son tres productos: consultas, claves y valores, los tres a partir de X.",
        "Las puntuaciones son consultas por claves traspuestas: (n, d_k) por (d_k, n).",
        "Escala con el ancho de las consultas, softmax en el último eje y, al final, por los valores.",
    ),
    praise="Tres productos, una softmax y otro producto: eso es todo el mecanismo.",
)

# 11.3
_VARIANCE = ValueExercise(
    id="11.3",
    title="Cuánto miden las puntuaciones",
    parts=("la desviación sin escala", "la desviación con escala", "el factor que la dejaría en 1"),
    solution=lambda: (16.0, 2.0, 1 / 16),
    mistakes=(
        mistake("variance", *((256.0, scaled, factor) for scaled in (4.0, 32.0, 2.0) for factor in (1 / 16, 1 / 256))),
        mistake("unit-components", *((8.0, 1.0, factor) for factor in (1.0, 1 / 8))),
        mistake("variance-as-deviation", *((32.0, 4.0, factor) for factor in (1 / 32, 1 / 4))),
        mistake("scale-by-d", *((16.0, 0.25, factor) for factor in (1 / 16, 1 / 64))),
        mistake("no-change", *((16.0, 16.0, factor) for factor in (1 / 16, 1.0))),
        mistake("after-scale", (16.0, 2.0, 0.5)),
    ),
    hints=(
        "La varianza de un producto de independientes con media 0 es el producto de sus varianzas.",
        "Al sumar componentes independientes, las varianzas se suman. La desviación es la raíz.",
        "El factor multiplica la puntuación sin escala, así que multiplica también su desviación.",
    ),
    praise="La raíz de d_k supone componentes de varianza 1; si no lo son, las proyecciones tienen que compensarlo.",
    tolerance=1e-3,
)


# 11.4
def _permute(output: Tensor, weights: Tensor, order: Tensor) -> tuple[Tensor, Tensor]:
    return output[order], weights[order][:, order]


def _undo(output: Tensor, weights: Tensor, order: Tensor) -> tuple[Tensor, Tensor]:
    return _permute(output, weights, order.argsort())


_EQUIVARIANCE = FunctionExercise(
    id="11.4",
    title="Permuta sin volver a calcular",
    parts=("la salida", "los pesos"),
    solution=_permute,
    cases=lambda: (
        Case(
            "5 palabras",
            (random_tensor(5, 3, seed=11), random_tensor(5, 5, seed=12).softmax(-1), torch.tensor([3, 0, 4, 1, 2])),
        ),
        Case(
            "3 palabras",
            (random_tensor(3, 2, seed=13), random_tensor(3, 3, seed=14).softmax(-1), torch.tensor([1, 2, 0])),
        ),
    ),
    mistakes=(
        mistake("invariant", lambda output, weights, order: (output, weights)),
        mistake("rows-only", lambda output, weights, order: (output[order], weights[order])),
        mistake("columns-only", lambda output, weights, order: (output[order], weights[:, order])),
        mistake("weights-unmoved", lambda output, weights, order: (output[order], weights)),
        mistake("inverse-permutation", _undo),
    ),
    hints=(
        "La palabra que ahora está en el sitio i es la que antes estaba en order[i]. ¿Qué salida le toca?",
        "Los pesos tienen dos ejes, y los dos son palabras: quién pregunta y a quién.",
        "Para permutar columnas: weights[:, order].",
    ),
    praise="Eso es ser equivariante: la salida se mueve con la entrada. Invariante sería no moverse.",
)


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

EXERCISES: tuple[Exercise, ...] = (
    *(_BY_HAND, _SELF_ATTENTION, _VARIANCE, _EQUIVARIANCE, _SPLIT),
    *(_CAUSAL, _CAUSALITY_TEST, _PARAMETERS, _PENALTY),
)
