"""Ejercicios del capítulo 2, «Bahdanau: alinear y traducir a la vez»."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from ..masks import lengths_to_mask
from ..reference import masked_softmax
from .exercises import Case, Exercise, FunctionExercise, ValueExercise
from .mistakes import mistake

__all__ = ["EXERCISES"]


def _random(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


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
        mistake("needless-scale", _read((_ENERGIES / math.sqrt(2)).softmax(-1))),
        mistake("no-softmax", _read(_ENERGIES)),
        mistake("plain-normalization", _read(_ENERGIES / _ENERGIES.sum())),
        mistake("not-normalized", _read(_ENERGIES.exp()), (_ENERGIES.exp(), _ALPHA @ _ANNOTATIONS)),
        mistake("argmax", _read(torch.tensor([1.0, 0.0, 0.0]))),
        mistake("mean-context", (_ALPHA, _ANNOTATIONS.mean(0)), _read(torch.full((3,), 1 / 3))),
        mistake("sum-context", (_ALPHA, _ANNOTATIONS.sum(0))),
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


def _score_cases() -> tuple[Case, ...]:
    def tensors(n_key: int, n: int, units: int, seed: int) -> tuple[Tensor, ...]:
        shapes = ((n,), (n_key, 2 * n), (units, n), (units, 2 * n), (units,))
        return tuple(_random(*shape, seed=seed + index) for index, shape in enumerate(shapes))

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
        mistake("no-state", lambda s, h, w_a, u_a, v_a: torch.tanh(h @ u_a.T) @ v_a),
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
def _weights(energies: Tensor, lengths: Tensor, *, extra: int = 0) -> Tensor:
    width = energies.shape[1]
    return masked_softmax(energies, lengths_to_mask((lengths + extra).clamp(0, width), width))[0]


def _filled(energies: Tensor, lengths: Tensor, *, fill: float, axis: int = -1, invert: bool = False) -> Tensor:
    keep = lengths_to_mask(lengths, energies.shape[1])
    return energies.masked_fill(keep if invert else ~keep, fill).softmax(axis)


_MASKED = FunctionExercise(
    id="02.3",
    title="Softmax con longitudes",
    parts=("los pesos",),
    solution=_weights,
    cases=lambda: (
        Case("longitudes (5, 3, 1)", (_random(3, 5, seed=21), torch.tensor([5, 3, 1]))),
        Case("longitudes (2, 0): la segunda frase está vacía", (_random(2, 5, seed=22), torch.tensor([2, 0]))),
    ),
    mistakes=(
        mistake("unmasked-padding", lambda energies, lengths: energies.softmax(-1)),
        mistake("finite-fill", *(partial(_filled, fill=fill) for fill in (-1e9, -1e10))),
        mistake("nan-row", partial(_filled, fill=-math.inf)),
        mistake(
            "mask-after",
            lambda energies, lengths: energies.softmax(-1) * lengths_to_mask(lengths, energies.shape[1]),
        ),
        mistake(
            "zeroed-padding",
            lambda energies, lengths: (energies * lengths_to_mask(lengths, energies.shape[1])).softmax(-1),
        ),
        mistake("off-by-one", partial(_weights, extra=1), partial(_weights, extra=-1)),
        mistake("inverted-mask", *(partial(_filled, fill=fill, invert=True) for fill in (-1e9, -math.inf))),
        mistake("wrong-axis", *(partial(_filled, fill=fill, axis=0) for fill in (-1e9, -math.inf))),
    ),
    hints=(
        "La posición j de la frase b vale si j < lengths[b]: compara arange(n)[None] con lengths[:, None].",
        "Pon −∞ en las que no valen y aplica la softmax al último eje.",
        "Mira la frase de longitud 0: con todo a −∞ sale NaN. Cambia esos NaN por ceros.",
    ),
    praise="El relleno no recibe nada, y una frase vacía da ceros.",
)

_COST = ValueExercise(
    id="02.4",
    title="Lo que cuesta alinear",
    parts=("las evaluaciones de la red de alineamiento", "los productos U_a h_j"),
    solution=lambda: (750, 30),
    mistakes=(
        mistake("no-precompute", (750, 750)),
        mistake("swapped-counts", (30, 750)),
        mistake("per-output", (750, 25)),
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


# 02.5
def _gradient(hidden: Tensor, annotations: Tensor, upstream: Tensor, *, centred: bool = True) -> Tensor:
    relevance = annotations @ upstream
    return (relevance - relevance.mean() if centred else relevance) @ hidden / len(hidden)


_GRADIENT = FunctionExercise(
    id="02.5",
    title="Nacer uniforme y aun así aprender",
    parts=("el gradiente",),
    solution=_gradient,
    cases=lambda: (
        Case("5 anotaciones", (_random(5, 3, seed=31).tanh(), _random(5, 7, seed=32), _random(7, seed=33))),
        Case("2 anotaciones", (_random(2, 5, seed=34).tanh(), _random(2, 3, seed=35), _random(3, seed=36))),
    ),
    mistakes=(
        mistake("zero-gradient", lambda hidden, annotations, upstream: hidden.new_zeros(hidden.shape[1])),
        mistake("not-centred", partial(_gradient, centred=False)),
        mistake(
            "no-weight",
            lambda hidden, annotations, upstream: len(hidden) * _gradient(hidden, annotations, upstream),
        ),
        mistake("sign", lambda *tensors: -_gradient(*tensors)),
        mistake(
            "product-of-means",
            lambda hidden, annotations, upstream: (annotations.mean(0) @ upstream) * hidden.mean(0),
        ),
    ),
    hints=(
        "Regla de la cadena: ∂L/∂v_a = Σ_j (∂L/∂e_j) m_j, porque e_j = v_a·m_j.",
        "La derivada de la softmax da ∂L/∂e_j = α_j (g·h_j − g·c), con c = Σ_k α_k h_k.",
        "Con v_a = 0 las energías valen 0: α_j = 1/T y c es la media. También puedes usar autograd.",
    ),
    praise="La atención nace uniforme y aun así aprende desde el primer paso.",
)


# 02.6
def _at(outputs: Tensor, positions: Tensor, part: slice) -> Tensor:
    return outputs[torch.arange(len(outputs)), positions][:, part]


def _halves(outputs: Tensor) -> tuple[slice, slice]:
    n = outputs.shape[-1] // 2
    return slice(None, n), slice(n, None)


_INITIAL_STATE = FunctionExercise(
    id="02.6",
    title="De dónde sale s_0",
    parts=("el estado",),
    solution=lambda outputs, lengths: outputs[:, 0, _halves(outputs)[1]],
    cases=lambda: (
        Case("longitudes (7, 4, 2)", (_random(3, 7, 10, seed=41), torch.tensor([7, 4, 2]))),
        Case("longitudes (3, 5)", (_random(2, 5, 6, seed=42), torch.tensor([3, 5]))),
    ),
    mistakes=(
        mistake("last-position", lambda outputs, lengths: _at(outputs, lengths - 1, _halves(outputs)[1])),
        mistake(
            "padded-end",
            lambda outputs, lengths: outputs[:, -1, _halves(outputs)[1]],
            lambda outputs, lengths: outputs[:, -1, _halves(outputs)[0]],
        ),
        mistake("forward-half", lambda outputs, lengths: _at(outputs, lengths - 1, _halves(outputs)[0])),
        mistake("forward-first", lambda outputs, lengths: outputs[:, 0, _halves(outputs)[0]]),
    ),
    hints=(
        "Cada salida junta dos mitades: primero la que lee hacia delante y después la que lee hacia atrás.",
        "¿En qué posición ha leído la frase entera la mitad que va hacia atrás?",
        "Esa posición es la misma para todas las frases, sea cual sea su longitud.",
    ),
    praise="Esa mitad ya leyó la frase entera; falta tanh(W_s ·) para tener s_0.",
)


# 02.7
def _alignment(states: Tensor, keys: Tensor, w_a: Tensor, v_a: Tensor, *, axis: int = -1) -> Tensor:
    return (torch.tanh((states @ w_a.T)[:, None] + keys) @ v_a).softmax(axis)


_PREVIOUS_STATE = FunctionExercise(
    id="02.7",
    title="¿Qué estado pregunta?",
    parts=("los pesos",),
    solution=lambda states, *others: _alignment(states[:-1], *others),
    cases=lambda: (
        Case(
            "T_y = 3, T_x = 5",
            (_random(4, 3, seed=51), _random(5, 7, seed=52), _random(7, 3, seed=53), _random(7, seed=54)),
        ),
    ),
    mistakes=(
        mistake("current-state", lambda states, *others: _alignment(states[1:], *others)),
        mistake(
            "initial-state",
            lambda states, *others: _alignment(states[:1].expand(len(states) - 1, -1), *others),
        ),
        mistake("extra-row", _alignment),
        mistake("wrong-axis", lambda states, *others: _alignment(states[:-1], *others, axis=0)),
    ),
    hints=(
        "En el paso i, el decodificador tiene s_{i−1}; s_i se calcula después, con el contexto.",
        "states trae s_0, s_1, …, s_Ty: son T_y + 1 filas y hacen falta T_y.",
        "Con un eje nuevo, (T_y, 1, units) + (T_x, units) da (T_y, T_x, units): tanh y producto por v_a.",
    ),
    praise="Primero los pesos, luego el contexto, luego el estado: ese es el orden del artículo.",
)


# 02.8
def _drop_odd(weights: Tensor) -> Tensor:
    """Un dropout sin azar, para poder comparar: anula las posiciones impares y duplica las demás."""
    kept = 2.0 * weights
    kept[..., 1::2] = 0.0
    return kept


def _read_with_dropout(energies: Tensor, annotations: Tensor, drop: Callable[[Tensor], Tensor]) -> tuple[Tensor, ...]:
    weights = energies.softmax(-1)
    return drop(weights) @ annotations, weights


_DROPOUT = FunctionExercise(
    id="02.8",
    title="Pesos que se puedan enseñar",
    parts=("el contexto", "los pesos"),
    solution=_read_with_dropout,
    cases=lambda: (Case("2 pasos, 5 anotaciones", (_random(2, 5, seed=61), _random(5, 3, seed=62), _drop_odd)),),
    mistakes=(
        mistake("weights-after-dropout", lambda e, h, drop: (drop(e.softmax(-1)) @ h, drop(e.softmax(-1)))),
        mistake("no-dropout", lambda e, h, drop: (e.softmax(-1) @ h, e.softmax(-1))),
        mistake(
            "dropout-on-scores",
            lambda e, h, drop: (drop(e).softmax(-1) @ h, drop(e).softmax(-1)),
            lambda e, h, drop: (drop(e).softmax(-1) @ h, e.softmax(-1)),
        ),
    ),
    hints=(
        "Son dos copias de los pesos con destinos distintos: una para calcular y otra para mirar.",
        "Guarda los pesos antes de llamar a drop; el contexto usa los que devuelve drop.",
        "El orden de lo que devuelves es: contexto y pesos.",
    ),
    praise="Un mapa de calor honrado muestra los pesos de antes del dropout.",
)

EXERCISES: tuple[Exercise, ...] = (
    *(_BY_HAND, _SCORE, _MASKED, _COST),
    *(_GRADIENT, _INITIAL_STATE, _PREVIOUS_STATE, _DROPOUT),
)
