"""Los ejercicios del capítulo 2 sobre el gradiente, los estados y el dropout."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from .cases import random
from .exercises import Case, FunctionExercise
from .mistakes import mistake

__all__ = ["DROPOUT", "GRADIENT", "INITIAL_STATE", "PREVIOUS_STATE"]


# 02.5
def _gradient(hidden: Tensor, annotations: Tensor, upstream: Tensor, *, centred: bool = True) -> Tensor:
    relevance = annotations @ upstream
    return (relevance - relevance.mean() if centred else relevance) @ hidden / len(hidden)


GRADIENT = FunctionExercise(
    id="02.5",
    title="Nacer uniforme y aun así aprender",
    parts=("el gradiente",),
    solution=_gradient,
    cases=lambda: (
        Case("5 anotaciones", (random(5, 3, seed=31).tanh(), random(5, 7, seed=32), random(7, seed=33))),
        Case("2 anotaciones", (random(2, 5, seed=34).tanh(), random(2, 3, seed=35), random(3, seed=36))),
    ),
    mistakes=(
        mistake("zero-gradient", lambda hidden, annotations, upstream: hidden.new_zeros(hidden.shape[1])),
        mistake(
            "not-centred",
            partial(_gradient, centred=False),
            lambda hidden, annotations, upstream: (annotations @ upstream) @ hidden,
        ),
        mistake("diagonal-only", lambda *tensors: _gradient(*tensors, centred=False) * (1 - 1 / len(tensors[0]))),
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


def _added_halves(outputs: Tensor, lengths: Tensor, *, share: float) -> Tensor:
    forward, backward = _halves(outputs)
    return share * (outputs[:, 0, forward] + outputs[:, 0, backward])


INITIAL_STATE = FunctionExercise(
    id="02.6",
    title="De dónde sale s_0",
    parts=("el estado",),
    solution=lambda outputs, lengths: outputs[:, 0, _halves(outputs)[1]],
    cases=lambda: (
        Case("longitudes (7, 4, 2)", (random(3, 7, 10, seed=41), torch.tensor([7, 4, 2]))),
        Case("longitudes (3, 5)", (random(2, 5, 6, seed=42), torch.tensor([3, 5]))),
    ),
    mistakes=(
        mistake("last-position", lambda outputs, lengths: _at(outputs, lengths - 1, _halves(outputs)[1])),
        mistake(
            "padded-end",
            lambda outputs, lengths: outputs[:, -1, _halves(outputs)[1]],
            lambda outputs, lengths: outputs[:, -1, _halves(outputs)[0]],
        ),
        mistake("forward-half", lambda outputs, lengths: _at(outputs, lengths - 1, _halves(outputs)[0])),
        mistake("one-based-word", lambda outputs, lengths: outputs[:, 1, _halves(outputs)[1]]),
        mistake(
            "both-halves",
            lambda outputs, lengths: outputs[:, 0],
            lambda outputs, lengths: outputs[:, -1],
            lambda outputs, lengths: _at(outputs, lengths - 1, slice(None)),
        ),
        mistake("added-halves", *(partial(_added_halves, share=share) for share in (1.0, 0.5))),
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
def _energies(states: Tensor, keys: Tensor, w_a: Tensor, v_a: Tensor) -> Tensor:
    return torch.tanh((states @ w_a.T)[:, None] + keys) @ v_a


def _asking(choose: Callable[[Tensor], Tensor], *, axis: int = -1) -> Callable[..., Tensor]:
    """La respuesta en la que preguntan los estados que elige ``choose(states)``."""
    return lambda states, *others: _energies(choose(states), *others).softmax(axis)


def _scored(score: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """La respuesta que puntúa con ``score(W_a s, U_a h, v_a)``, una fila por paso."""
    return lambda states, keys, w_a, v_a: score((states[:-1] @ w_a.T)[:, None], keys, v_a).softmax(-1)


def _previous(states: Tensor) -> Tensor:
    return states[:-1]


_alignment = _asking(_previous)


def _alignment_cases() -> tuple[Case, ...]:
    def tensors(steps: int, n_key: int, n: int, units: int, seed: int) -> tuple[Tensor, ...]:
        shapes = (steps + 1, n), (n_key, units), (units, n), (units,)
        return tuple(random(*shape, seed=seed + index) for index, shape in enumerate(shapes))

    return (
        Case("T_y = 3, T_x = 5", tensors(3, 5, 3, 7, seed=51)),
        Case("T_y = 2, T_x = 4", tensors(2, 4, 5, 3, seed=55)),
    )


PREVIOUS_STATE = FunctionExercise(
    id="02.7",
    title="¿Qué estado pregunta?",
    parts=("los pesos",),
    solution=_alignment,
    cases=_alignment_cases,
    mistakes=(
        mistake("current-state", _asking(lambda states: states[1:])),
        mistake("initial-state", _asking(lambda states: states[:1].expand(len(states) - 1, -1))),
        mistake("final-state", _asking(lambda states: states[-1:].expand(len(states) - 1, -1))),
        mistake("extra-row", _asking(lambda states: states)),
        mistake("wrong-axis", _asking(_previous, axis=0), _asking(lambda states: states[1:], axis=0)),
        mistake("no-softmax", lambda states, *others: _energies(states[:-1], *others)),
        mistake("not-normalized", lambda states, *others: _energies(states[:-1], *others).exp()),
        mistake("no-tanh", _scored(lambda state, keys, v_a: (state + keys) @ v_a)),
        mistake("tanh-outside", _scored(lambda state, keys, v_a: ((state + keys) @ v_a).tanh())),
        mistake("state-cancelled", _scored(lambda state, keys, v_a: (0 * state + keys).tanh() @ v_a)),
        mistake(
            "no-v",
            _scored(lambda state, keys, v_a: (state + keys).tanh().sum(-1)),
            _scored(lambda state, keys, v_a: (state + keys).tanh().mean(-1)),
        ),
        mistake("needless-scale", _scored(lambda state, keys, v_a: (state + keys).tanh() @ v_a / math.sqrt(len(v_a)))),
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


def _shared(change: Callable[..., tuple[Tensor, Tensor]]) -> Callable[..., tuple[Tensor, Tensor]]:
    """La respuesta que calcula bien los pesos y luego hace ``change(weights, annotations, drop)``."""
    return lambda energies, annotations, drop: change(energies.softmax(-1), annotations, drop)


def _with_energies(change: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., tuple[Tensor, ...]]:
    """La respuesta que cambia las energías con ``change(energies, annotations)`` y luego lo hace todo bien."""
    return lambda energies, annotations, drop: _read_with_dropout(change(energies, annotations), annotations, drop)


def _again(weights: Tensor) -> Tensor:
    return weights / weights.sum(-1, keepdim=True)


def _dropout_cases() -> tuple[Case, ...]:
    return (
        Case("3 pasos, 5 anotaciones", (random(3, 5, seed=61), random(5, 4, seed=62), _drop_odd)),
        Case("4 pasos, 2 anotaciones", (random(4, 2, seed=63), random(2, 3, seed=64), _drop_odd)),
    )


DROPOUT = FunctionExercise(
    id="02.8",
    title="Pesos que se puedan enseñar",
    parts=("el contexto", "los pesos"),
    solution=_read_with_dropout,
    cases=_dropout_cases,
    mistakes=(
        mistake("weights-after-dropout", _shared(lambda w, h, drop: (drop(w) @ h, drop(w)))),
        mistake("no-dropout", _shared(lambda w, h, drop: (w @ h, w))),
        mistake("swapped-copies", _shared(lambda w, h, drop: (w @ h, drop(w)))),
        mistake(
            "dropout-on-scores",
            lambda e, h, drop: (drop(e).softmax(-1) @ h, drop(e).softmax(-1)),
            lambda e, h, drop: (drop(e).softmax(-1) @ h, e.softmax(-1)),
        ),
        mistake(
            "dropout-elsewhere",
            _shared(lambda w, h, drop: (drop(w @ h), w)),
            _shared(lambda w, h, drop: (w @ drop(h), w)),
            _shared(lambda w, h, drop: (drop(w @ h), drop(w))),
        ),
        mistake("double-dropout", _shared(lambda w, h, drop: (drop(drop(w)) @ h, w))),
        mistake(
            "renormalized-dropout",
            _shared(lambda w, h, drop: (_again(drop(w)) @ h, w)),
            _shared(lambda w, h, drop: (_again(drop(w)) @ h, _again(drop(w)))),
            _shared(lambda w, h, drop: (drop(w) @ h, _again(drop(w)))),
        ),
        mistake("wrong-axis", lambda e, h, drop: (drop(e.softmax(0)) @ h, e.softmax(0))),
        mistake("no-softmax", lambda e, h, drop: (drop(e) @ h, e), lambda e, h, drop: (drop(e.softmax(-1)) @ h, e)),
        mistake("needless-scale", _with_energies(lambda e, h: e / math.sqrt(h.shape[1]))),
        mistake("mean-context", _shared(lambda w, h, drop: (h.mean(0).expand(len(w), -1), w))),
    ),
    hints=(
        "Son dos copias de los pesos con destinos distintos: una para calcular y otra para mirar.",
        "Guarda los pesos antes de llamar a drop; el contexto usa los que devuelve drop.",
        "El orden de lo que devuelves es: contexto y pesos.",
    ),
    praise="Un mapa de calor honrado muestra los pesos de antes del dropout.",
)
