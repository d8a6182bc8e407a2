"""Capas que miran el futuro o no, y maneras buenas y malas de averiguarlo: lo que usa el ejercicio 11.7."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .cases import random

__all__ = [
    "any_word_hidden",
    "averaging",
    "causal_attention",
    "changes_only_itself",
    "each_alone",
    "ignores_past",
    "is_causal",
    "leaks",
    "normalized",
    "own_row",
    "poisoned",
    "reads_first",
    "reorders_future",
    "rescaled",
    "scaled",
    "shifted",
]

_Layer = Callable[[Tensor], Tensor]
_Change = Callable[[Tensor, int], Tensor]


def _for_arrays(layer: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """La misma capa, que además acepta arrays de NumPy y entonces devuelve un array: hay lectores que los prefieren."""

    @wraps(layer)
    def accepts(x: Any, **options: float) -> Any:
        if isinstance(x, np.ndarray):
            return layer(torch.from_numpy(x), **options).numpy()
        return layer(x, **options)

    return accepts


@_for_arrays
def averaging(x: Tensor) -> Tensor:
    """Causal: cada palabra recibe la media de las anteriores y de ella."""
    return x.cumsum(0) / torch.arange(1, len(x) + 1)[:, None]


@_for_arrays
def each_alone(x: Tensor) -> Tensor:
    """Causal: ninguna palabra ve a otra."""
    return x.tanh()


@_for_arrays
def reads_first(x: Tensor) -> Tensor:
    """Cada palabra ve solo la primera: es causal, y la última salida no cambia con la última palabra."""
    return x[:1].expand_as(x).clone()


@_for_arrays
def causal_attention(x: Tensor) -> Tensor:
    """Causal: a las palabras posteriores les da peso 0."""
    future = torch.ones(len(x), len(x), dtype=torch.bool).triu(1)
    return (x @ x.mT / math.sqrt(x.shape[1])).masked_fill(future, -math.inf).softmax(-1) @ x


@_for_arrays
def normalized(x: Tensor) -> Tensor:
    """Mira toda la frase, pero antes normaliza cada palabra: una constante sumada desaparece."""
    return _attend_all(x - x.mean(-1, keepdim=True))


@_for_arrays
def rescaled(x: Tensor) -> Tensor:
    """Mira toda la frase, pero antes deja todas las palabras del mismo tamaño: un número que multiplica desaparece."""
    return _attend_all(x)


def _attend_all(x: Tensor) -> Tensor:
    sized = x / x.square().mean(-1, keepdim=True).sqrt()
    gains = 1 / torch.arange(1, x.shape[1] + 1, dtype=x.dtype)  # sin ellas, la salida centrada sumaría 0
    return (sized @ sized.mT / math.sqrt(x.shape[1])).softmax(-1) @ sized * gains


@_for_arrays
def leaks(x: Tensor, *, row: int, word: int, share: float = 0.5) -> Tensor:
    """Causal, salvo que una salida ve también una palabra posterior."""
    output = averaging(x)
    if word < len(x):
        output[row] = output[row] + share * x[word]
    return output


def shifted(by: float) -> _Change:
    """Cambiar una palabra sumándole lo mismo a todas sus componentes."""
    return lambda word, t: word + by


def scaled(by: float) -> _Change:
    """Cambiar una palabra multiplicándola por un número."""
    return lambda word, t: by * word


def poisoned(by: float) -> _Change:
    """Cambiar una palabra por NaN o infinitos."""
    return lambda word, t: torch.full_like(word, by)


def _replaced(word: Tensor, t: int) -> Tensor:
    return random(len(word), seed=700 + t)


def _moved(layer: _Layer, x: Tensor, t: int, change: _Change) -> Tensor:
    """Cuánto se mueve cada salida al cambiar la palabra t; NaN cuenta como moverse."""
    changed = x.clone()
    changed[t] = change(x[t], t)
    return (layer(changed) - layer(x)).abs().amax(-1).nan_to_num(math.inf)


def is_causal(
    layer: _Layer,
    x: Tensor,
    *,
    change: _Change = _replaced,
    words: slice = slice(1, None),
    rows: slice = slice(None),
    margin: float = 1e-5,
) -> bool:
    """Cambia cada palabra y mira si se mueve alguna salida anterior.

    Las opciones son las maneras de equivocarse: cambiarla mal, no cambiarlas todas, no mirar todas las salidas o
    perdonar demasiado.
    """
    tried = range(len(x))[words]
    return all((_moved(layer, x, t, change)[:t][rows] <= margin).all() for t in tried)


def own_row(layer: _Layer, x: Tensor, *, words: slice) -> bool:
    """Equivocada: exige que tampoco se mueva la salida de la palabra cambiada."""
    return all((_moved(layer, x, t, _replaced)[: t + 1] <= 1e-5).all() for t in range(len(x))[words])


def any_word_hidden(layer: _Layer, x: Tensor) -> bool:
    """Equivocada: se conforma con que una palabra no llegue a las anteriores."""
    return any((_moved(layer, x, t, _replaced)[:t] <= 1e-5).all() for t in range(1, len(x)))


def reorders_future(layer: _Layer, x: Tensor) -> bool:
    """Equivocada: cambia de orden las palabras posteriores, y hay capas a las que el orden les da igual."""
    before = layer(x)
    changed = (layer(torch.cat([x[:t], x[t:].flip(0)]))[:t] - before[:t] for t in range(1, len(x)))
    return all(moved.abs().max() <= 1e-5 for moved in changed)


def changes_only_itself(layer: _Layer, x: Tensor) -> bool:
    """Equivocada: exige además que la última salida cambie con la última palabra."""
    moved = _moved(layer, x, len(x) - 1, _replaced)
    return bool(moved[-1] > 1e-5 and moved[:-1].max() <= 1e-5)


def ignores_past(layer: _Layer, x: Tensor) -> bool:
    """Equivocada: mira si la primera palabra llega a las demás, que está permitido."""
    return bool(_moved(layer, x, 0, _replaced)[1:].max() <= 1e-5)
