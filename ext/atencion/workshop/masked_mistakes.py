"""Los errores habituales al repartir con máscara: los mismos en cualquier ejercicio que la pida.

Cada uno se comete de varias maneras: con −∞ o con un número muy negativo, dejando NaN o cambiándolo por ceros.
Todas llevan el mismo nombre, para que el lector oiga su error y no «no coincide».
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..reference import masked_softmax
from .exercises import Mistake
from .mistakes import mistake

__all__ = ["SOUND", "Weigh", "masked_mistakes"]

Weigh = Callable[[Tensor, Tensor], Tensor]
_VERY_NEGATIVE = -1e9
_ADDED = (-1e2, -1e3, -1e4, -1e5, -1e6)  # al sumarlos, float32 conserva algo de cada puntuación


def _fill(scores: Tensor, keep: Tensor, value: float = -math.inf, *, axis: int = -1) -> Tensor:
    return scores.masked_fill(~keep, value).softmax(axis)


def _exact(scores: Tensor, keep: Tensor) -> Tensor:
    return masked_softmax(scores, keep)[0]


def _finite(scores: Tensor, keep: Tensor) -> Tensor:
    return _fill(scores, keep, _VERY_NEGATIVE)


def _adding(value: float) -> Weigh:
    return lambda scores, keep: (scores + value * ~keep).softmax(-1)


def _inverted(weigh: Weigh) -> Weigh:
    return lambda scores, keep: weigh(scores, ~keep)


def _best(scores: Tensor) -> Tensor:
    return torch.nn.functional.one_hot(scores.argmax(-1), scores.shape[-1]).to(scores.dtype)


def _share(values: Tensor) -> Tensor:
    return values / values.sum(-1, keepdim=True)


# Quien tapa bien lo hace de una de estas maneras: solo se distinguen en las filas vacías.
SOUND: tuple[Weigh, ...] = (_exact, _fill, _finite)

_WRONG: dict[str, tuple[Weigh, ...]] = {
    "unmasked-padding": (lambda s, keep: s.softmax(-1),),
    "finite-fill": (_finite, *(_adding(value) for value in _ADDED)),
    "nan-row": (_fill,),
    "mask-after": (lambda s, keep: s.softmax(-1) * keep, lambda s, keep: (s * keep).softmax(-1) * keep),
    "zeroed-padding": (lambda s, keep: (s * keep).softmax(-1),),
    "inverted-mask": (*map(_inverted, SOUND), lambda s, keep: s.softmax(-1) * ~keep),
    "wrong-axis": (
        lambda s, keep: s.softmax(0),
        lambda s, keep: s.softmax(0) * keep,
        lambda s, keep: _fill(s, keep, axis=0),
        lambda s, keep: _fill(s, keep, axis=0).nan_to_num(),
        lambda s, keep: _fill(s, keep, _VERY_NEGATIVE, axis=0),
        lambda s, keep: _fill(s, keep, _VERY_NEGATIVE, axis=0) * keep,
    ),
    "no-softmax": (lambda s, keep: s * keep, lambda s, keep: s),
    "not-normalized": (lambda s, keep: s.exp() * keep, lambda s, keep: s.exp()),
    "plain-normalization": (lambda s, keep: _share(s * keep), lambda s, keep: _share(s * keep).nan_to_num()),
    "argmax": (
        lambda s, keep: _best(s.masked_fill(~keep, -math.inf)),
        lambda s, keep: _best(s.masked_fill(~keep, -math.inf)) * keep,
        lambda s, keep: _best(s),
    ),
}


def masked_mistakes(answer: Callable[[Weigh], Any]) -> tuple[Mistake, ...]:
    """Los errores al repartir con máscara, convertidos en respuestas de un ejercicio.

    Argumentos:
        answer: hace de unos pesos, ``weigh(scores, keep)``, la función que entregaría el lector.

    Devuelve:
        Un ``Mistake`` por error.
    """
    return tuple(mistake(reason, *map(answer, ways)) for reason, ways in _WRONG.items())
