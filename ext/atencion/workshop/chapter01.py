"""Ejercicios del capítulo 1, «¿Por qué atención?»: leer. Los de la softmax están en ``chapter01_softmax``."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from ..masks import lengths_to_mask
from ..reference import dot_product_attention, masked_softmax
from .cases import random
from .chapter01_softmax import SOFTMAX
from .exercises import Case, Exercise, FunctionExercise, ValueExercise
from .mistakes import mistake

__all__ = ["EXERCISES"]


# 01.1 · d_k = 4, así que √d_k = 2
_SCORES = torch.tensor([4.0, 2.0, 0.0])
_VALUES = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
_WEIGHTS = (_SCORES / 2).softmax(-1)
_CONTEXT = _WEIGHTS @ _VALUES
_PERCENT = (100 * _WEIGHTS, (100 * _WEIGHTS).round())


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
        mistake("no-softmax", *(answer for s in (_SCORES, _SCORES / 2) for answer in (_read(s), (s, _CONTEXT)))),
        mistake("percentages", *((share, context) for share in _PERCENT for context in (_CONTEXT, share @ _VALUES))),
        mistake("plain-normalization", _read(_SCORES / _SCORES.sum())),
        mistake("not-normalized", _read((_SCORES / 2).exp()), ((_SCORES / 2).exp(), _CONTEXT)),
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


def _attend(query: Tensor, key: Tensor, value: Tensor, *, axis: int = -1) -> Tensor:
    return _scores(query, key).softmax(axis) @ value


def _attend_scaled_by(divisor: Callable[..., float], *tensors: Tensor) -> Tensor:
    query, key, value = tensors
    return (query @ key.mT / divisor(*tensors)).softmax(-1) @ value


def _attend_in_proportion(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    scores = _scores(query, key)
    return scores / scores.sum(-1, keepdim=True) @ value


def _attend_unstably(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    exponentials = _scores(query, key).exp()
    return exponentials / exponentials.sum(-1, keepdim=True) @ value


def _attend_whole(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    scores = _scores(query, key)
    return scores.flatten().softmax(0).view_as(scores) @ value


def _attention_cases() -> tuple[Case, ...]:
    def tensors(n_query: int, d_k: int, d_v: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
        return random(n_query, d_k, seed=seed), random(5, d_k, seed=seed + 1), random(5, d_v, seed=seed + 2)

    query, key, value = tensors(5, 7, 7, seed=7)
    return (
        Case("3 consultas, 5 claves, d_k = 7", tensors(3, 7, 2, seed=1)),
        Case("5 consultas, 5 claves, d_k = 3", tensors(5, 3, 3, seed=4)),
        Case("puntuaciones muy grandes, de más de 100", (60 * query, 5 * key, value)),
    )


_ATTENTION = FunctionExercise(
    id="01.2",
    title="Tu propia atención",
    parts=("el contexto",),
    solution=_attend,
    cases=_attention_cases,
    mistakes=(
        mistake("no-scale", partial(_attend_scaled_by, lambda query, key, value: 1)),
        mistake("scale-by-d", partial(_attend_scaled_by, lambda query, key, value: key.shape[1])),
        mistake("multiplied-scale", partial(_attend_scaled_by, lambda query, key, value: key.shape[1] ** -0.5)),
        mistake(
            "wrong-dimension",
            partial(_attend_scaled_by, lambda query, key, value: math.sqrt(value.shape[1])),
            partial(_attend_scaled_by, lambda query, key, value: math.sqrt(len(key))),
            partial(_attend_scaled_by, lambda query, key, value: math.sqrt(len(query))),
        ),
        mistake(
            "scale-outside",
            lambda query, key, value: (query @ key.T).softmax(-1) @ value / math.sqrt(key.shape[1]),
        ),
        mistake("wrong-axis", partial(_attend, axis=0), _attend_whole),
        mistake("swapped", lambda query, key, value: _scores(key, query).softmax(-1) @ value),
        mistake("swapped-key-value", lambda query, key, value: _attend(query, value, key)),
        mistake("keys-with-keys", lambda query, key, value: _attend(key, key, value)),
        mistake("queries-with-queries", lambda query, key, value: _attend(query, query, value)),
        mistake("weights-not-context", lambda query, key, value: _scores(query, key).softmax(-1)),
        mistake("softmax-last", lambda query, key, value: (_scores(query, key) @ value).softmax(-1)),
        mistake("plain-normalization", _attend_in_proportion),
        mistake("not-normalized", lambda query, key, value: _scores(query, key).exp() @ value),
        mistake("sigmoid-weights", lambda query, key, value: _scores(query, key).sigmoid() @ value),
        mistake("argmax", lambda query, key, value: value[_scores(query, key).argmax(-1)]),
        mistake("mean-context", lambda query, key, value: value.mean(0).expand(len(query), -1)),
        mistake("sum-context", lambda query, key, value: value.sum(0).expand(len(query), -1)),
        mistake(
            "no-softmax",
            lambda query, key, value: query @ key.T @ value,
            lambda query, key, value: _scores(query, key) @ value,
        ),
        mistake("keys-as-values", lambda query, key, value: _attend(query, key, key)),
        mistake("overflow", _attend_unstably, lambda *tensors: _attend_unstably(*tensors).nan_to_num()),
    ),
    hints=(
        "Empieza por las formas: de (n_query, d_k) y (n_key, d_k) sale una tabla (n_query, n_key).",
        "Divide la tabla por la raíz de d_k y aplica la softmax al eje de las claves, el último.",
        "Pesos (n_query, n_key) por valores (n_key, d_v): un producto de matrices da (n_query, d_v).",
    ),
    praise="Es la misma cuenta que hace el núcleo en C++.",
)


# 01.7
def _read_batch(
    query: Tensor, key: Tensor, value: Tensor, lengths: Tensor, *, extra: int = 0, scale: float | None = None
) -> Tensor:
    kept = (lengths + extra).clamp(0, key.shape[1])
    return dot_product_attention(query[:, None], key[:, None], value[:, None], key_lengths=kept, scale=scale).output[
        :, 0
    ]


def _read_with_fill(
    query: Tensor, key: Tensor, value: Tensor, lengths: Tensor, *, fill: float, invert: bool = False, axis: int = -1
) -> Tensor:
    keep = lengths_to_mask(lengths, key.shape[1])[:, None]
    return _scores(query, key).masked_fill(keep if invert else ~keep, fill).softmax(axis) @ value


def _batch_weights(
    query: Tensor, key: Tensor, value: Tensor, lengths: Tensor, *, invert: bool = False, axis: int = -1
) -> Tensor:
    scores = _scores(query, key)
    keep = (lengths_to_mask(lengths, key.shape[1])[:, None] ^ invert).expand_as(scores)
    return masked_softmax(scores.transpose(axis, -1), keep.transpose(axis, -1))[0].transpose(axis, -1)


def _read_inverted(query: Tensor, key: Tensor, value: Tensor, lengths: Tensor) -> Tensor:
    return _batch_weights(query, key, value, lengths, invert=True) @ value


def _read_across(query: Tensor, key: Tensor, value: Tensor, lengths: Tensor) -> Tensor:
    return _batch_weights(query, key, value, lengths, axis=1) @ value


def _read_best(query: Tensor, key: Tensor, value: Tensor, lengths: Tensor) -> Tensor:
    best = _batch_weights(query, key, value, lengths).argmax(-1)
    return torch.nn.functional.one_hot(best, key.shape[1]).float() @ value


def _read_mean(query: Tensor, key: Tensor, value: Tensor, lengths: Tensor) -> Tensor:
    kept = value * lengths_to_mask(lengths, key.shape[1])[..., None]
    return (kept.sum(1) / lengths.clamp(min=1)[:, None])[:, None].expand(-1, query.shape[1], -1)


def _read_cut(query: Tensor, key: Tensor, value: Tensor, lengths: Tensor) -> Tensor:
    return _attend(query, key[:, : lengths.max()], value[:, : lengths.max()])


def _read_query_rows(query: Tensor, key: Tensor, value: Tensor, lengths: Tensor) -> Tensor:
    return _attend(query, key, value) * lengths_to_mask(lengths.clamp(max=query.shape[1]), query.shape[1])[..., None]


def _read_zeroed(query: Tensor, key: Tensor, value: Tensor, lengths: Tensor, *, keys: bool) -> Tensor:
    keep = (torch.arange(key.shape[1]) < lengths[:, None])[..., None]
    return _attend(query, key * keep if keys else key, value * keep)


def _batch_cases() -> tuple[Case, ...]:
    def tensors(batch: int, n_key: int, d_k: int, d_v: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
        key, value = random(batch, n_key, d_k, seed=seed + 1), random(batch, n_key, d_v, seed=seed + 2)
        return random(batch, 2, d_k, seed=seed), key, value

    return (
        Case("longitudes (7, 4, 1)", (*tensors(3, 7, 5, 11, seed=31), torch.tensor([7, 4, 1]))),
        Case(
            "longitudes (3, 0, 5, 1): el segundo ejemplo está vacío",
            (*tensors(4, 6, 3, 7, seed=41), torch.tensor([3, 0, 5, 1])),
        ),
    )


_PADDED_BATCH = FunctionExercise(
    id="01.7",
    title="Un lote con relleno",
    parts=("el contexto",),
    solution=_read_batch,
    cases=_batch_cases,
    mistakes=(
        mistake("unmasked-padding", lambda query, key, value, lengths: _attend(query, key, value), _read_cut),
        mistake(
            "zeroed-padding",
            partial(_read_zeroed, keys=False),
            partial(_read_zeroed, keys=True),
            partial(_read_with_fill, fill=0.0),
        ),
        mistake("finite-fill", partial(_read_with_fill, fill=-1e9)),
        mistake("nan-row", partial(_read_with_fill, fill=-math.inf)),
        mistake("off-by-one", partial(_read_batch, extra=1), partial(_read_batch, extra=-1)),
        mistake("no-scale", partial(_read_batch, scale=1.0)),
        mistake("scaled-twice", lambda q, k, v, lengths: _read_batch(q / math.sqrt(q.shape[-1]), k, v, lengths)),
        mistake("inverted-mask", _read_inverted, partial(_read_with_fill, fill=-math.inf, invert=True)),
        mistake(
            "wrong-axis", *(partial(_read_with_fill, fill=fill, axis=1) for fill in (-math.inf, -1e9)), _read_across
        ),
        mistake("keys-as-values", lambda query, key, value, lengths: _read_batch(query, key, key, lengths)),
        mistake("weights-not-context", _batch_weights),
        mistake("argmax", _read_best),
        mistake("mean-context", _read_mean, lambda q, k, v, _: v.mean(1, keepdim=True).expand(-1, q.shape[1], -1)),
        mistake("masked-queries", _read_query_rows),
        mistake("read-empty", lambda q, k, v, lengths: _read_batch(q, k, v, lengths.clamp(min=1))),
    ),
    hints=(
        "El núcleo ya sabe de relleno: mira el argumento key_lengths de ops.dot_product_attention.",
        "El núcleo espera un eje de cabezas: query[:, None] pasa de (batch, n, d) a (batch, 1, n, d).",
        "Devuelve .output, y quita el eje de cabezas: [:, 0].",
    ),
    praise="El relleno no cuenta: cada ejemplo da lo mismo solo que acompañado.",
)

EXERCISES: tuple[Exercise, ...] = (
    *(_BY_HAND, _ATTENTION),
    *SOFTMAX,
    _PADDED_BATCH,
)
