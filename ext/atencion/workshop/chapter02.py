"""Ejercicios del capítulo 2, «Bahdanau: alinear y traducir a la vez»."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..masks import lengths_to_mask
from ..reference import masked_softmax
from .cases import random
from .chapter02_states import DROPOUT, GRADIENT, INITIAL_STATE, PREVIOUS_STATE
from .exercises import Case, Exercise, FunctionExercise, ValueExercise
from .masked_mistakes import SOUND, Weigh, masked_mistakes
from .mistakes import mistake

__all__ = ["EXERCISES"]


# 02.1
_ENERGIES = torch.tensor([2.0, 0.5, 1.0])
_ANNOTATIONS = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
_ALPHA = _ENERGIES.softmax(-1)


def _read(weights: Tensor) -> tuple[Tensor, Tensor]:
    return weights, weights @ _ANNOTATIONS


_BY_HAND = ValueExercise(
    id="02.1",
    title="Un paso, a mano",
    parts=("los pesos α", "el contexto c"),
    solution=lambda: _read(_ALPHA),
    mistakes=(
        mistake("needless-scale", *(_read((_ENERGIES / math.sqrt(n)).softmax(-1)) for n in (2, 3))),
        mistake("no-softmax", _read(_ENERGIES), (_ALPHA, _ENERGIES @ _ANNOTATIONS)),
        mistake("plain-normalization", _read(_ENERGIES / _ENERGIES.sum())),
        mistake(
            "not-normalized",
            _read(_ENERGIES.exp()),
            (_ENERGIES.exp(), _ALPHA @ _ANNOTATIONS),
            (_ALPHA, _ENERGIES.exp() @ _ANNOTATIONS),
        ),
        mistake("argmax", _read(torch.tensor([1.0, 0.0, 0.0]))),
        mistake("mean-context", (_ALPHA, _ANNOTATIONS.mean(0)), _read(torch.full((3,), 1 / 3))),
        mistake("sum-context", (_ALPHA, _ANNOTATIONS.sum(0))),
        mistake(
            "few-decimals",
            ((0.6, 0.1, 0.2), (0.9, 0.4)),
            (_ALPHA, (0.9, 0.4)),
            ((0.6, 0.1, 0.2), _ALPHA @ _ANNOTATIONS),
        ),
    ),
    hints=(
        "Los pesos son la softmax de las tres energías: e² ≈ 7,389, e^0,5 ≈ 1,649 y e ≈ 2,718.",
        "Divide cada exponencial por la suma de las tres. Comprueba que los pesos suman 1.",
        "c es la suma de α_j h_j: su primera componente reúne los pesos de las anotaciones con un 1 delante.",
    ),
    praise="Así se calcula cada fila de un mapa de alineamiento.",
)


# 02.2
def _hidden(state: Tensor, annotations: Tensor, w_a: Tensor, u_a: Tensor) -> Tensor:
    return torch.tanh(w_a @ state + annotations @ u_a.T)


def _energies(state: Tensor, annotations: Tensor, w_a: Tensor, u_a: Tensor, v_a: Tensor) -> Tensor:
    return _hidden(state, annotations, w_a, u_a) @ v_a


def _scaled_energies(scale: Callable[[Tensor, Tensor], int]) -> Callable[..., Tensor]:
    """La respuesta que divide por la raíz de ``scale(state, v_a)``."""
    return lambda s, h, w_a, u_a, v_a: _energies(s, h, w_a, u_a, v_a) / math.sqrt(scale(s, v_a))


def _score_cases() -> tuple[Case, ...]:
    def tensors(n_key: int, n: int, units: int, seed: int) -> tuple[Tensor, ...]:
        shapes = ((n,), (n_key, 2 * n), (units, n), (units, 2 * n), (units,))
        return tuple(random(*shape, seed=seed + index) for index, shape in enumerate(shapes))

    return (
        Case("5 anotaciones, n = 3, 7 unidades", tensors(5, 3, 7, seed=1)),
        Case("2 anotaciones, n = 5, 5 unidades", tensors(2, 5, 5, seed=11)),
    )


_SCORE = FunctionExercise(
    id="02.2",
    title="La puntuación aditiva",
    parts=("las energías",),
    solution=_energies,
    cases=_score_cases,
    mistakes=(
        mistake("no-tanh", lambda s, h, w_a, u_a, v_a: (w_a @ s + h @ u_a.T) @ v_a),
        mistake("tanh-outside", lambda s, h, w_a, u_a, v_a: torch.tanh((w_a @ s + h @ u_a.T) @ v_a)),
        mistake("separate-tanh", lambda s, h, w_a, u_a, v_a: (torch.tanh(w_a @ s) + torch.tanh(h @ u_a.T)) @ v_a),
        mistake(
            "no-v",
            lambda s, h, w_a, u_a, v_a: _hidden(s, h, w_a, u_a).sum(-1),
            lambda s, h, w_a, u_a, v_a: _hidden(s, h, w_a, u_a).mean(-1),
        ),
        mistake("averaged-units", lambda s, h, w_a, u_a, v_a: (_hidden(s, h, w_a, u_a) * v_a).mean(-1)),
        mistake("no-state", lambda s, h, w_a, u_a, v_a: torch.tanh(h @ u_a.T) @ v_a),
        mistake("no-annotations", lambda s, h, w_a, u_a, v_a: (torch.tanh(w_a @ s) @ v_a).expand(len(h))),
        mistake(
            "multiplicative",
            lambda s, h, w_a, u_a, v_a: (h @ u_a.T) @ (w_a @ s),
            lambda s, h, w_a, u_a, v_a: torch.tanh((w_a @ s) * (h @ u_a.T)) @ v_a,
        ),
        mistake(
            "needless-scale",
            _scaled_energies(lambda s, v_a: len(v_a)),
            _scaled_energies(lambda s, v_a: len(s)),
            _scaled_energies(lambda s, v_a: 2 * len(s)),
        ),
        mistake("already-softmax", lambda s, h, w_a, u_a, v_a: _energies(s, h, w_a, u_a, v_a).softmax(-1)),
    ),
    hints=(
        "W_a s es un solo vector para todas las anotaciones; U_a h_j, uno por anotación.",
        "Con las anotaciones por filas, todos los U_a h_j a la vez son annotations @ U_a.T.",
        "Suma los dos (torch difunde el del estado), aplica tanh y termina con un producto por v_a.",
    ),
    praise="Y por separado, U_a h_j se calcula una sola vez por frase.",
)


# 02.3
def _keep(energies: Tensor, lengths: Tensor, extra: int = 0) -> Tensor:
    width = energies.shape[1]
    return lengths_to_mask((lengths + extra).clamp(0, width), width)


def _weights_with(weigh: Weigh, *, extra: int = 0) -> Callable[[Tensor, Tensor], Tensor]:
    """La respuesta que reparte con ``weigh(energies, keep)``; ``extra`` alarga o acorta las frases."""
    return lambda energies, lengths: weigh(energies, _keep(energies, lengths, extra))


_MASKED = FunctionExercise(
    id="02.3",
    title="Softmax con longitudes",
    parts=("los pesos",),
    solution=_weights_with(lambda energies, keep: masked_softmax(energies, keep)[0]),
    cases=lambda: (
        Case("longitudes (5, 3, 1)", (random(3, 5, seed=21), torch.tensor([5, 3, 1]))),
        Case("longitudes (2, 0): la segunda frase está vacía", (random(2, 4, seed=22), torch.tensor([2, 0]))),
    ),
    mistakes=(
        *masked_mistakes(_weights_with),
        mistake("off-by-one", *(_weights_with(weigh, extra=extra) for weigh in SOUND for extra in (1, -1))),
    ),
    hints=(
        "La posición j de la frase b vale si j < lengths[b]: compara arange(n)[None] con lengths[:, None].",
        "Pon −∞ en las que no valen y aplica la softmax al último eje.",
        "Mira la frase de longitud 0: con todo a −∞ sale NaN. Cambia esos NaN por ceros.",
    ),
    praise="El relleno no recibe nada, y una frase vacía da ceros.",
)

# 02.4
_COST = ValueExercise(
    id="02.4",
    title="Lo que cuesta alinear",
    parts=("las evaluaciones de la red de alineamiento", "los productos U_a h_j"),
    solution=lambda: (750, 30),
    mistakes=(
        mistake("no-precompute", (750, 750)),
        mistake("swapped-counts", (30, 750)),
        mistake("per-output", (750, 25)),
        mistake("one-per-word", (30, 30), (25, 30), (30, 25), (25, 25)),
        mistake("added-lengths", *((55, other) for other in (25, 30, 55, 750))),
    ),
    hints=(
        "¿Cuántas energías e_ij hay, si i recorre la salida y j la entrada?",
        "En e_ij, ¿qué término depende solo de j?",
        "Ese término se puede calcular antes de empezar a escribir, una vez por anotación.",
    ),
    praise="Guardar esos productos es la razón de escribir W_a y U_a por separado.",
    tolerance=1e-6,
)

EXERCISES: tuple[Exercise, ...] = (
    *(_BY_HAND, _SCORE, _MASKED, _COST),
    *(GRADIENT, INITIAL_STATE, PREVIOUS_STATE, DROPOUT),
)
