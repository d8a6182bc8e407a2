"""Ejercicios del capítulo 11, «Autoatención paso a paso»: una cabeza; los demás están en ``chapter11_heads``."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor

from .causality import random_tensor
from .chapter11_heads import HEADS
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

EXERCISES: tuple[Exercise, ...] = (_BY_HAND, _SELF_ATTENTION, _VARIANCE, _EQUIVARIANCE, *HEADS)
