"""Ejercicios 01.3 a 01.6: la softmax, su máscara, su escala y su gradiente."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor

from ..reference import masked_softmax
from .cases import random
from .exercises import Case, DesignExercise, Exercise, FunctionExercise, Requirement, ValueExercise
from .mistakes import mistake

__all__ = ["SOFTMAX"]


# 01.3
def _softmax_with_fill(scores: Tensor, mask: Tensor, *, fill: float, invert: bool = False, axis: int = -1) -> Tensor:
    return scores.masked_fill(mask if invert else ~mask, fill).softmax(axis)


def _softmax_filled_then_masked(scores: Tensor, mask: Tensor, *, fill: float) -> Tensor:
    return _softmax_with_fill(scores, mask, fill=fill) * mask


def _mask_cases() -> tuple[Case, ...]:
    keep = torch.tensor([[True, True, False, True, False], [False, True, True, False, True]])
    empty = torch.tensor([[True, False, True, True, False, True], [False] * 6, [True] * 6])
    return (
        Case("dos filas con claves prohibidas", (random(2, 5, seed=11), keep)),
        Case("la segunda fila no puede atender a nada", (random(3, 6, seed=12), empty)),
        Case("puntuaciones alrededor de −12", (random(2, 5, seed=13) - 12, keep)),
    )


def _hardest(scores: Tensor, mask: Tensor) -> Tensor:
    best = scores.masked_fill(~mask, -math.inf).argmax(-1)
    return torch.nn.functional.one_hot(best, scores.shape[-1]).float()


_MASKED_SOFTMAX = FunctionExercise(
    id="01.3",
    title="Softmax con máscara",
    parts=("los pesos",),
    solution=lambda scores, mask: masked_softmax(scores, mask)[0],
    cases=_mask_cases,
    mistakes=(
        mistake(
            "finite-fill",
            partial(_softmax_with_fill, fill=-1e9),
            lambda scores, mask: (scores - 1e4 * ~mask).softmax(-1),
        ),
        mistake("nan-row", partial(_softmax_with_fill, fill=-math.inf)),
        mistake(
            "inverted-mask",
            partial(_softmax_with_fill, fill=-math.inf, invert=True),
            partial(_softmax_with_fill, fill=-1e9, invert=True),
            lambda scores, mask: masked_softmax(scores, ~mask)[0],
        ),
        mistake(
            "multiply-scores",
            lambda scores, mask: (scores * mask).softmax(-1),
            lambda scores, mask: (scores * mask).softmax(-1) * mask,
            partial(_softmax_with_fill, fill=1e-9),
        ),
        mistake("mask-after", lambda scores, mask: scores.softmax(-1) * mask),
        mistake(
            "wrong-axis",
            partial(_softmax_with_fill, fill=-math.inf, axis=0),
            partial(_softmax_with_fill, fill=-1e9, axis=0),
            lambda scores, mask: masked_softmax(scores.T, mask.T)[0].T,
            lambda scores, mask: scores.masked_fill(~mask, -math.inf).flatten().softmax(0).view_as(scores),
        ),
        mistake("unmasked", lambda scores, mask: scores.softmax(-1)),
        mistake(
            "small-fill",
            *(partial(_softmax_with_fill, fill=fill) for fill in (-1.0, -5.0, -10.0)),
            *(partial(_softmax_filled_then_masked, fill=fill) for fill in (-1.0, -5.0, -10.0)),
        ),
        mistake(
            "uniform-weights",
            lambda scores, mask: mask / mask.sum(-1, keepdim=True),
            lambda scores, mask: mask / mask.sum(-1, keepdim=True).clamp(min=1),
        ),
        mistake("argmax", _hardest, lambda scores, mask: _hardest(scores, mask) * mask),
        mistake("no-softmax", lambda scores, mask: scores.masked_fill(~mask, -math.inf), torch.mul),
        mistake(
            "log-softmax",
            lambda scores, mask: scores.masked_fill(~mask, -math.inf).log_softmax(-1),
            lambda scores, mask: masked_softmax(scores, mask)[0].log(),
        ),
        mistake("extra-scale", lambda scores, mask: masked_softmax(scores / math.sqrt(scores.shape[-1]), mask)[0]),
    ),
    hints=(
        "Pon −∞ donde la máscara es False, antes de la softmax. Ojo: masked_fill rellena donde hay True.",
        "Mira qué sale en una fila donde todo es False. Esa fila debe ser toda ceros, no NaN ni uniforme.",
        "Puedes arreglar esa fila al final: torch.nan_to_num cambia los NaN por ceros.",
    ),
    praise="Cumples el contrato del libro: True puede atender, y una fila vacía da ceros.",
)

_SPREAD = ValueExercise(
    id="01.4",
    title="¿Cuánto crecen los productos escalares?",
    parts=("la desviación sin escala", "la desviación con escala"),
    solution=lambda: (8.0, 1.0),
    mistakes=(
        mistake("variance", *((64.0, other) for other in (1.0, 8.0, 64.0))),
        mistake("scale-by-d", (8.0, 0.125)),
        mistake("no-change", (8.0, 8.0)),
    ),
    hints=(
        "Cada sumando q_i k_i tiene media 0 y varianza 1. Las varianzas de sumandos independientes se suman.",
        "La varianza de q·k es el número de sumandos. La desviación típica es su raíz.",
        "Dividir por una constante divide la desviación. También puedes medirlo con torch.randn.",
    ),
    praise="Por eso la escala es √d_k: deja la misma dispersión para cualquier tamaño.",
    tolerance=0.06,
)


# 01.5
def _jacobian(scores: Tensor) -> Tensor:
    return scores.softmax(-1).diag() - _outer(scores)


def _outer(scores: Tensor, factor: float = 1.0) -> Tensor:
    weights = scores.softmax(-1)
    return factor * torch.outer(weights, weights)


_JACOBIAN = FunctionExercise(
    id="01.5",
    title="El gradiente que el argmax no tiene",
    parts=("la matriz de derivadas",),
    solution=_jacobian,
    cases=lambda: (
        Case("4 puntuaciones", (random(4, seed=21),)),
        Case("5 puntuaciones, una domina", (torch.tensor([0.5, 3.0, -1.0, 0.0, 1.0]),)),
    ),
    mistakes=(
        mistake(
            "diagonal-only",
            lambda scores: _jacobian(scores).diag().diag(),
            lambda scores: _jacobian(scores).diag(),
            lambda scores: scores.softmax(-1).diag(),
        ),
        mistake(
            "no-diagonal-term",
            *(partial(_outer, factor=factor) for factor in (-1.0, 1.0)),
            lambda scores: -_outer(scores).fill_diagonal_(0),
        ),
        mistake("squared-weights", lambda scores: scores.softmax(-1).diag() - scores.softmax(-1) ** 2),
        mistake("plus-outer", lambda scores: scores.softmax(-1).diag() + _outer(scores)),
        mistake("log-derivative", lambda scores: torch.eye(len(scores)) - scores.softmax(-1)),
        mistake("diagonal-everywhere", lambda scores: scores.softmax(-1)[:, None] - _outer(scores)),
        mistake("not-derived", lambda scores: scores.softmax(-1)),
        mistake("sign", lambda scores: -_jacobian(scores)),
        mistake("scores-as-weights", lambda scores: scores.diag() - torch.outer(scores, scores)),
        mistake("zero-jacobian", lambda scores: torch.zeros(len(scores), len(scores))),
    ),
    hints=(
        "Deriva a_i = exp(s_i) / Σ_k exp(s_k) como un cociente. Hay dos casos: i = j e i ≠ j.",
        "Fuera de la diagonal la derivada es negativa y en la diagonal positiva; cada fila suma 0.",
        "En la diagonal sale a_i (1 − a_i). Escribe las dos formas con diag y outer, o pídesela a autograd.",
    ),
    praise="Cada fila suma 0: lo que un peso gana, lo pierden los demás. El argmax no deja pasar nada.",
    tolerance=5e-3,  # también vale derivar con diferencias finitas en float32
)

# 01.6
_DESIGN_KEYS = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], dtype=torch.float64)


def _design_weights(query: Tensor) -> Tensor:
    return (_DESIGN_KEYS @ query / math.sqrt(2)).softmax(-1)


_DESIGN = DesignExercise(
    id="01.6",
    title="Diseña la consulta",
    part="la consulta",
    shape=(2,),
    requirements=(
        Requirement("uniform", "La consulta cero no pregunta nada: los pesos salen iguales.", lambda q: bool(q.any())),
        Requirement(
            "tie",
            "La tercera clave puntúa igual que la segunda. ¿Qué componente las distingue?",
            lambda q: bool((_design_weights(q)[1] - _design_weights(q)[2]).abs() > 1e-3),
        ),
        Requirement(
            "wrong-key",
            "El mayor peso no cae en la segunda clave. Calcula las tres puntuaciones con tu consulta.",
            lambda q: int(_design_weights(q).argmax()) == 1,
        ),
        Requirement(
            "too-soft",
            "La segunda clave ya gana, pero con menos de 0,9. ¿Y si alargas la consulta?",
            lambda q: bool(_design_weights(q)[1] >= 0.9),
        ),
    ),
    hints=(
        "La segunda clave y la tercera comparten un 1: lo que las separa es la primera componente.",
        "Una componente de la consulta puede ser negativa.",
        "Con la dirección buena, alarga la consulta: cuanto mayor su norma, más se concentra la softmax.",
    ),
    praise="La dirección de la consulta elige la clave; su longitud decide con cuánta firmeza.",
)

SOFTMAX: tuple[Exercise, ...] = (_MASKED_SOFTMAX, _SPREAD, _JACOBIAN, _DESIGN)
