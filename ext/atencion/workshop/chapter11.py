"""Ejercicios del capítulo 11, «Autoatención paso a paso»: una cabeza.

Los de varias cabezas están en ``chapter11_heads``; los que piden un número, en ``chapter11_counts``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from .cases import random
from .chapter11_counts import PARAMETERS, PENALTY, VARIANCE
from .chapter11_heads import HEADS
from .exercises import Case, Exercise, FunctionExercise, ValueExercise
from .mistakes import mistake

__all__ = ["EXERCISES"]


# 11.1
_SENTENCE = torch.tensor([[1.0, 0.0], [2.0, 1.0], [1.0, 1.0]])  # el, perro, duerme
_W_Q = torch.tensor([[0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 1.0, 0.0]])
_W_K = torch.tensor([[1.0, -1.0, -1.0, -1.0], [1.0, 1.0, 1.0, 1.0]])
_W_V = torch.tensor([[0.0, 1.0], [2.0, 0.0]])
_QUERIES, _KEYS, _VALUES = _SENTENCE @ _W_Q, _SENTENCE @ _W_K, _SENTENCE @ _W_V
_SCORES = _QUERIES @ _KEYS.T
_WEIGHTS = (_SCORES / 2).softmax(-1)
_EXPONENTIALS = (_SCORES / 2).exp()
_OLD_SENTENCE = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])  # el, gato, duerme
_OLD_WEIGHTS = (_OLD_SENTENCE @ _W_Q @ (_OLD_SENTENCE @ _W_K).T / 2).softmax(-1)


def _read(weights: Tensor, values: Tensor = _VALUES) -> tuple[Tensor, Tensor]:
    return weights, weights @ values


def _hidden(word: int) -> Tensor:
    """La fila de «perro» si no pudiera ver una de las tres palabras."""
    return (_SCORES[1] / 2).where(torch.arange(3) != word, torch.tensor(-math.inf)).softmax(-1)


_ROW, _OUTPUT = _read(_WEIGHTS[1])

_BY_HAND = ValueExercise(
    id="11.1",
    title="Una fila, a mano",
    parts=("los pesos de «perro»", "su salida"),
    solution=lambda: (_ROW, _OUTPUT),
    mistakes=(
        mistake("no-scale", _read(_SCORES[1].softmax(-1))),
        mistake("scale-by-d", _read((_SCORES[1] / 4).softmax(-1))),
        mistake("scale-by-model", _read((_SCORES[1] / math.sqrt(2)).softmax(-1))),
        mistake("column-for-row", _read((_SCORES[:, 1] / 2).softmax(-1)), _read(_WEIGHTS[:, 1])),
        mistake("wrong-axis", _read((_SCORES / 2).softmax(0)[1])),
        mistake("another-row", _read(_WEIGHTS[2])),
        mistake("old-word", *(_read(_OLD_WEIGHTS[row], _OLD_SENTENCE @ _W_V) for row in (1, 2))),
        mistake("whole-table", _read(_WEIGHTS), (_WEIGHTS, _OUTPUT)),
        mistake("no-softmax", *((_SCORES[1] / a, _SCORES[1] / b @ _VALUES) for a in (1, 2) for b in (1, 2))),
        mistake("not-normalized", *((_EXPONENTIALS[1], mixed) for mixed in (_EXPONENTIALS[1] @ _VALUES, _OUTPUT))),
        mistake("all-to-one", _read(torch.tensor([0.0, 0.0, 1.0]))),
        mistake("argmax", (_ROW, _VALUES[2])),
        mistake("percentages", (100 * _ROW, _OUTPUT), (100 * _ROW, 100 * _OUTPUT)),
        mistake("keys-with-keys", _read((_KEYS @ _KEYS[1] / 2).softmax(-1))),
        mistake("queries-with-queries", _read((_QUERIES @ _QUERIES[1] / 2).softmax(-1))),
        mistake("no-projection", *(_read((_SENTENCE @ _SENTENCE[1] / d).softmax(-1)) for d in (2, math.sqrt(2)))),
        mistake("needless-mask", *(_read(_hidden(2)[:n], _VALUES[:n]) for n in (2, 3))),
        mistake("not-itself", _read(_hidden(1))),
        mistake("inputs-as-values", _read(_ROW, _SENTENCE)),
        mistake("keys-as-values", _read(_ROW, _KEYS)),
        mistake("queries-as-values", _read(_ROW, _QUERIES)),
        mistake("mean-context", (_ROW, _VALUES.mean(0))),
        mistake("sum-context", (_ROW, _VALUES.sum(0))),
        mistake("own-value", (_ROW, _VALUES[1])),
        mistake("swapped-parts", (_OUTPUT, _ROW)),
        mistake("reversed-order", (_ROW.flip(0), _OUTPUT), (_ROW, _OUTPUT.flip(0)), (_ROW.flip(0), _OUTPUT.flip(0))),
    ),
    hints=(
        "Proyecta: la consulta de «perro» es el doble de la primera fila de W_Q más la segunda.",
        "Haz lo mismo con las tres claves y multiplica. Cuidado con la escala: d_k es el ancho de la consulta.",
        "La salida mezcla los valores, x W_V, no los embeddings.",
    ),
    praise="Una palabra nueva, las mismas matrices: así se calcula cualquier fila.",
    tolerance=0.008,  # quien redondea los pesos a dos decimales antes de mezclar también acierta
)


# 11.2
_Answer = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def _self_attention(
    x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, *, divisor: float | None = None, axis: int = -1
) -> Tensor:
    scores = (x @ w_q) @ (x @ w_k).T / (math.sqrt(w_q.shape[1]) if divisor is None else divisor)
    return scores.softmax(axis) @ (x @ w_v)


def _divided(divisor: Callable[[Tensor, Tensor, Tensor], float]) -> _Answer:
    """La misma atención, con otro divisor: una función de x, W_Q y W_V."""
    return lambda x, w_q, w_k, w_v: _self_attention(x, w_q, w_k, w_v, divisor=divisor(x, w_q, w_v))


def _spread(spread: Callable[[Tensor], Tensor], *, scaled: bool = True) -> _Answer:
    """Otra manera, equivocada, de pasar de las puntuaciones a los pesos."""

    def answer(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
        scores = (x @ w_q) @ (x @ w_k).T
        return spread(scores / math.sqrt(w_q.shape[1]) if scaled else scores) @ (x @ w_v)

    return answer


def _weights_only(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    return ((x @ w_q) @ (x @ w_k).T / math.sqrt(w_q.shape[1])).softmax(-1)


def _no_projection(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    return (x @ x.T / math.sqrt(x.shape[1])).softmax(-1) @ (x @ w_v)


def _nothing_projected(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    return (x @ x.T / math.sqrt(x.shape[1])).softmax(-1) @ x


def _best_only(scores: Tensor) -> Tensor:
    return torch.eye(len(scores))[scores.argmax(-1)]


def _without(keep: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda scores: scores.masked_fill(~keep[: len(scores), : len(scores)], -math.inf).softmax(-1)


_EYE = torch.eye(8, dtype=torch.bool)  # más palabras de las que tiene ningún caso

_SELF_ATTENTION = FunctionExercise(
    id="11.2",
    title="Autoatención, desde X",
    parts=("la salida",),
    solution=_self_attention,
    cases=lambda: (
        Case(
            "7 palabras, d_model = 5, d_k = 3, d_v = 2",
            (
                random(7, 5, seed=1),
                random(5, 3, seed=2),
                random(5, 3, seed=3),
                random(5, 2, seed=4),
            ),
        ),
        Case(
            "2 palabras, d_model = 3, d_k = 5, d_v = 7",
            (
                random(2, 3, seed=5),
                random(3, 5, seed=6),
                random(3, 5, seed=7),
                random(3, 7, seed=8),
            ),
        ),
    ),
    mistakes=(
        mistake("no-scale", partial(_self_attention, divisor=1.0)),
        mistake("scale-by-d", _divided(lambda x, w_q, w_v: w_q.shape[1])),
        mistake("scale-by-model", _divided(lambda x, w_q, w_v: math.sqrt(x.shape[1]))),
        mistake("scale-by-values", _divided(lambda x, w_q, w_v: math.sqrt(w_v.shape[1]))),
        mistake("scale-by-length", _divided(lambda x, w_q, w_v: math.sqrt(x.shape[0]))),
        mistake("times-root", _divided(lambda x, w_q, w_v: 1 / math.sqrt(w_q.shape[1]))),
        mistake("fixed-scale", *(partial(_self_attention, divisor=d) for d in (2.0, 4.0, 8.0))),
        mistake(
            "scale-after",
            lambda x, w_q, w_k, w_v: _self_attention(x, w_q, w_k, w_v, divisor=1.0) / math.sqrt(w_q.shape[1]),
        ),
        mistake("wrong-axis", partial(_self_attention, axis=0)),
        mistake("swapped", lambda x, w_q, w_k, w_v: _self_attention(x, w_k, w_q, w_v)),
        mistake("transposed-mix", _spread(lambda scores: scores.softmax(-1).T)),
        mistake("keys-as-values", lambda x, w_q, w_k, w_v: _self_attention(x, w_q, w_k, w_k)),
        mistake("queries-as-values", lambda x, w_q, w_k, w_v: _self_attention(x, w_q, w_k, w_q)),
        mistake("inputs-as-values", lambda x, w_q, w_k, w_v: _self_attention(x, w_q, w_k, torch.eye(x.shape[1]))),
        mistake("keys-with-keys", lambda x, w_q, w_k, w_v: _self_attention(x, w_k, w_k, w_v)),
        mistake("queries-with-queries", lambda x, w_q, w_k, w_v: _self_attention(x, w_q, w_q, w_v)),
        mistake("no-projection", _no_projection, _nothing_projected),
        mistake("no-softmax", *(_spread(lambda scores: scores, scaled=scaled) for scaled in (True, False))),
        mistake("not-normalized", *(_spread(torch.exp, scaled=scaled) for scaled in (True, False))),
        mistake("argmax", _spread(_best_only)),
        mistake("mean-context", _spread(lambda scores: (0 * scores).softmax(-1))),
        mistake("sum-context", _spread(torch.ones_like)),
        mistake("needless-mask", _spread(_without(torch.ones_like(_EYE).tril()))),
        mistake("not-itself", _spread(_without(~_EYE))),
        mistake("added-input", lambda x, w_q, w_k, w_v: _self_attention(x, w_q, w_k, w_v) + x @ w_v),
        mistake("transposed-output", lambda x, w_q, w_k, w_v: _self_attention(x, w_q, w_k, w_v).T),
        mistake("weights-only", _weights_only),
        mistake("extra-batch", lambda x, w_q, w_k, w_v: _self_attention(x, w_q, w_k, w_v)[None]),
    ),
    hints=(
        "Son tres productos: consultas, claves y valores, los tres a partir de X.",
        "Las puntuaciones son consultas por claves traspuestas: (n, d_k) por (d_k, n).",
        "Escala con el ancho de las consultas, softmax en el último eje y, al final, por los valores.",
    ),
    praise="Tres productos, una softmax y otro producto: eso es todo el mecanismo.",
)


# 11.4
def _permute(output: Tensor, weights: Tensor, order: Tensor) -> tuple[Tensor, Tensor]:
    return output[order], weights[order][:, order]


def _overwritten(*tables: Tensor, order: Tensor) -> tuple[Tensor, ...]:
    """Copia fila a fila sobre la propia tabla: cuando le toca leer algunas, ya las ha pisado."""
    changed = tuple(table.clone() for table in tables)
    for table in changed:
        for i, source in enumerate(order.tolist()):
            table[i] = table[source]
    return changed


_EQUIVARIANCE = FunctionExercise(
    id="11.4",
    title="Permuta sin volver a calcular",
    parts=("la salida", "los pesos"),
    solution=_permute,
    cases=lambda: (
        Case(
            "5 palabras",
            (random(5, 3, seed=11), random(5, 5, seed=12).softmax(-1), torch.tensor([3, 0, 4, 1, 2])),
        ),
        Case(
            "3 palabras",
            (random(3, 2, seed=13), random(3, 3, seed=14).softmax(-1), torch.tensor([1, 2, 0])),
        ),
    ),
    mistakes=(
        mistake("invariant", lambda o, w, p: (o, w)),
        mistake("rows-only", lambda o, w, p: (o[p], w[p])),
        mistake("columns-only", lambda o, w, p: (o[p], w[:, p])),
        mistake("weights-unmoved", lambda o, w, p: (o[p], w)),
        mistake("output-unmoved", lambda o, w, p: (o, w[p][:, p])),
        mistake(
            "inverse-permutation",
            lambda o, w, p: _permute(o, w, p.argsort()),
            lambda o, w, p: (o[p.argsort()], w[p][:, p]),
            lambda o, w, p: (o[p], w[p.argsort()][:, p.argsort()]),
            lambda o, w, p: (o[p], w[p][:, p.argsort()]),
            lambda o, w, p: (o[p], w[p.argsort()][:, p]),
            lambda o, w, p: (o[p.argsort()], w[p.argsort()]),
            lambda o, w, p: (o[p.argsort()], w),
        ),
        mistake("paired-indices", lambda o, w, p: (o[p], w[p, p])),
        mistake("transposed-table", lambda o, w, p: (o[p], w[p][:, p].T)),
        mistake("mixed-again", lambda o, w, p: (w[p][:, p] @ o[p], w[p][:, p]), lambda o, w, p: (w[p] @ o, w[p][:, p])),
        mistake("softmax-again", lambda o, w, p: (o[p], w[p][:, p].softmax(-1))),
        mistake(
            "overwritten",
            lambda o, w, p: _overwritten(o, w, order=p),
            lambda o, w, p: (*_overwritten(o, order=p), w[p][:, p]),
            lambda o, w, p: (*_overwritten(o, order=p), w),
        ),
        mistake("swapped-parts", lambda o, w, p: (w[p][:, p], o[p])),
    ),
    hints=(
        "La palabra que ahora está en el sitio i es la que antes estaba en order[i]. ¿Qué salida le toca?",
        "Los pesos tienen dos ejes, y los dos son palabras: quién pregunta y a quién.",
        "Para permutar columnas: weights[:, order].",
    ),
    praise="Eso es ser equivariante: la salida se mueve con la entrada. Invariante sería no moverse.",
)

EXERCISES: tuple[Exercise, ...] = (_BY_HAND, _SELF_ATTENTION, VARIANCE, _EQUIVARIANCE, *HEADS, PARAMETERS, PENALTY)
