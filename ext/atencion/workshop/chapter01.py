"""Ejercicios del capítulo 1, «¿Por qué atención?»."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor

from ..reference import dot_product_attention, masked_softmax
from .exercises import Case, DesignExercise, Exercise, FunctionExercise, Requirement, ValueExercise
from .mistakes import mistake

__all__ = ["EXERCISES"]


def _random(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# 01.1 · d_k = 4, así que √d_k = 2
_SCORES = torch.tensor([4.0, 2.0, 0.0])
_VALUES = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
_WEIGHTS = (_SCORES / 2).softmax(-1)


def _read(weights: Tensor) -> tuple[Tensor, Tensor]:
    return weights, weights @ _VALUES


_BY_HAND = ValueExercise(
    id="01.1",
    title="Una búsqueda a mano",
    parts=("los pesos", "el contexto"),
    solution=lambda: _read(_WEIGHTS),
    mistakes=(
        mistake("no-scale", _read(_SCORES.softmax(-1))),
        mistake("scale-by-d", _read((_SCORES / 4).softmax(-1))),
        mistake("no-softmax", _read(_SCORES), _read(_SCORES / 2)),
        mistake("plain-normalization", _read(_SCORES / _SCORES.sum())),
        mistake("not-normalized", _read((_SCORES / 2).exp()), ((_SCORES / 2).exp(), _WEIGHTS @ _VALUES)),
        mistake("argmax", _read(torch.tensor([1.0, 0.0, 0.0]))),
        mistake("mean-context", (_WEIGHTS, _VALUES.mean(0)), _read(torch.full((3,), 1 / 3))),
        mistake("sum-context", (_WEIGHTS, _VALUES.sum(0))),
    ),
    hints=(
        "Son tres productos escalares, uno por clave. Divídelos por la raíz de d_k.",
        "Los pesos son e elevado a cada puntuación escalada, dividido por la suma de las tres exponenciales.",
        "El contexto tiene dos números: el primero suma los pesos de los valores que empiezan por 1.",
    ),
    praise="Ya sabes hacer a mano lo que el núcleo hace millones de veces.",
)


# 01.2
def _scores(query: Tensor, key: Tensor) -> Tensor:
    return query @ key.mT / math.sqrt(query.shape[-1])


def _attend(query: Tensor, key: Tensor, value: Tensor, *, factor: float = 1.0, axis: int = -1) -> Tensor:
    return (factor * _scores(query, key)).softmax(axis) @ value


def _attend_unstably(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    exponentials = _scores(query, key).exp()
    return exponentials / exponentials.sum(-1, keepdim=True) @ value


def _attention_cases() -> tuple[Case, ...]:
    def tensors(n_query: int, d_v: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
        return _random(n_query, 7, seed=seed), _random(5, 7, seed=seed + 1), _random(5, d_v, seed=seed + 2)

    query, key, value = tensors(5, 7, seed=7)
    return (
        Case("3 consultas, 5 claves, d_k = 7", tensors(3, 2, seed=1)),
        Case("5 consultas, 5 claves, d_k = 7", tensors(5, 7, seed=4)),
        Case("puntuaciones muy grandes, de más de 100", (60 * query, 5 * key, value)),
    )


_ATTENTION = FunctionExercise(
    id="01.2",
    title="Tu propia atención",
    parts=("el contexto",),
    solution=_attend,
    cases=_attention_cases,
    mistakes=(
        mistake("no-scale", partial(_attend, factor=math.sqrt(7))),
        mistake("scale-by-d", partial(_attend, factor=1 / math.sqrt(7))),
        mistake("wrong-axis", partial(_attend, axis=0)),
        mistake("swapped", lambda query, key, value: _scores(key, query).softmax(-1) @ value),
        mistake("argmax", lambda query, key, value: value[_scores(query, key).argmax(-1)]),
        mistake("mean-context", lambda query, key, value: value.mean(0).expand(len(query), -1)),
        mistake(
            "no-softmax",
            lambda query, key, value: query @ key.T @ value,
            lambda query, key, value: _scores(query, key) @ value,
        ),
        mistake("keys-as-values", lambda query, key, value: _attend(query, key, key)),
        mistake("overflow", _attend_unstably),
    ),
    hints=(
        "Empieza por las formas: de (n_query, d_k) y (n_key, d_k) sale una tabla (n_query, n_key).",
        "Divide la tabla por la raíz de d_k y aplica la softmax al eje de las claves, el último.",
        "Pesos (n_query, n_key) por valores (n_key, d_v): un producto de matrices da (n_query, d_v).",
    ),
    praise="Es la misma cuenta que hace el núcleo en C++.",
)


# 01.3
def _softmax_with_fill(scores: Tensor, mask: Tensor, *, fill: float, invert: bool = False, axis: int = -1) -> Tensor:
    return scores.masked_fill(mask if invert else ~mask, fill).softmax(axis)


def _mask_cases() -> tuple[Case, ...]:
    keep = torch.tensor([[True, True, False, True, False], [False, True, True, False, True]])
    empty = torch.tensor([[True, False, True, True, False], [False] * 5, [True] * 5])
    return (
        Case("dos filas con claves prohibidas", (_random(2, 5, seed=11), keep)),
        Case("la segunda fila no puede atender a nada", (_random(3, 5, seed=12), empty)),
    )


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
        ),
        mistake("mask-after", lambda scores, mask: scores.softmax(-1) * mask),
        mistake(
            "wrong-axis",
            partial(_softmax_with_fill, fill=-math.inf, axis=0),
            partial(_softmax_with_fill, fill=-1e9, axis=0),
            lambda scores, mask: masked_softmax(scores.T, mask.T)[0].T,
        ),
        mistake("unmasked", lambda scores, mask: scores.softmax(-1)),
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
    tolerance=0.03,
)


# 01.5
def _jacobian(scores: Tensor) -> Tensor:
    weights = scores.softmax(-1)
    return weights.diag() - torch.outer(weights, weights)


_JACOBIAN = FunctionExercise(
    id="01.5",
    title="El gradiente que el argmax no tiene",
    parts=("la matriz de derivadas",),
    solution=_jacobian,
    cases=lambda: (
        Case("4 puntuaciones", (_random(4, seed=21),)),
        Case("5 puntuaciones, una domina", (torch.tensor([0.5, 3.0, -1.0, 0.0, 1.0]),)),
    ),
    mistakes=(
        mistake("diagonal-only", lambda scores: _jacobian(scores).diag().diag()),
        mistake("no-diagonal-term", lambda scores: -torch.outer(scores.softmax(-1), scores.softmax(-1))),
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
)

# 01.6
_DESIGN_KEYS = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], dtype=torch.float64)


def _design_weights(query: Tensor) -> Tensor:
    return _scores(query, _DESIGN_KEYS).softmax(-1)


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


# 01.7
def _read_batch(
    query: Tensor, key: Tensor, value: Tensor, lengths: Tensor, *, extra: int = 0, scale: float | None = None
) -> Tensor:
    kept = (lengths + extra).clamp(0, key.shape[1])
    return dot_product_attention(query[:, None], key[:, None], value[:, None], key_lengths=kept, scale=scale).output[
        :, 0
    ]


def _read_with_fill(query: Tensor, key: Tensor, value: Tensor, lengths: Tensor, *, fill: float) -> Tensor:
    padding = torch.arange(key.shape[1]) >= lengths[:, None, None]
    return _scores(query, key).masked_fill(padding, fill).softmax(-1) @ value


def _read_zeroed(query: Tensor, key: Tensor, value: Tensor, lengths: Tensor, *, keys: bool) -> Tensor:
    keep = (torch.arange(key.shape[1]) < lengths[:, None])[..., None]
    return _attend(query, key * keep if keys else key, value * keep)


def _batch_cases() -> tuple[Case, ...]:
    tensors = (_random(3, 2, 5, seed=31), _random(3, 7, 5, seed=32), _random(3, 7, 11, seed=33))
    return (
        Case("longitudes (7, 4, 1)", (*tensors, torch.tensor([7, 4, 1]))),
        Case("longitudes (3, 0, 5): el segundo ejemplo está vacío", (*tensors, torch.tensor([3, 0, 5]))),
    )


_PADDED_BATCH = FunctionExercise(
    id="01.7",
    title="Un lote con relleno",
    parts=("el contexto",),
    solution=_read_batch,
    cases=_batch_cases,
    mistakes=(
        mistake("unmasked-padding", lambda query, key, value, lengths: _attend(query, key, value)),
        mistake("zeroed-padding", partial(_read_zeroed, keys=False), partial(_read_zeroed, keys=True)),
        mistake("finite-fill", partial(_read_with_fill, fill=-1e9)),
        mistake("nan-row", partial(_read_with_fill, fill=-math.inf)),
        mistake("off-by-one", partial(_read_batch, extra=1), partial(_read_batch, extra=-1)),
        mistake("no-scale", partial(_read_batch, scale=1.0)),
    ),
    hints=(
        "El núcleo ya sabe de relleno: mira el argumento key_lengths de ops.dot_product_attention.",
        "El núcleo espera un eje de cabezas: query[:, None] pasa de (batch, n, d) a (batch, 1, n, d).",
        "Devuelve .output, y quita el eje de cabezas: [:, 0].",
    ),
    praise="El relleno no cuenta: cada ejemplo da lo mismo solo que acompañado.",
)

EXERCISES: tuple[Exercise, ...] = (
    *(_BY_HAND, _ATTENTION, _MASKED_SOFTMAX, _SPREAD),
    *(_JACOBIAN, _DESIGN, _PADDED_BATCH),
)
