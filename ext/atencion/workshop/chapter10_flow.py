"""Los ejercicios del capítulo 10 sobre las dos direcciones del flujo, con máscaras."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor

from ..reference import masked_softmax
from .cases import random
from .exercises import Case, FunctionExercise, Mistake
from .masked_mistakes import SOUND, Weigh, masked_mistakes
from .mistakes import mistake

__all__ = ["ACROSS", "TOWARDS"]

_NEVER = -math.inf
_Answer = Callable[..., tuple[Tensor, Tensor]]


# Lo que da mezclar sin pesos, con el relleno dentro o fuera.
_UNWEIGHTED: dict[str, tuple[Weigh, ...]] = {
    "mean-context": (lambda values, keep: values.mean(0), lambda values, keep: values[keep].mean(0)),
    "sum-context": (lambda values, keep: values.sum(0), lambda values, keep: values[keep].sum(0)),
}


def _unweighted(right: _Answer) -> tuple[Mistake, ...]:
    """Los errores de quien reparte bien, como ``right``, y luego mezcla sin usar los pesos."""

    def answer(mix: Weigh) -> _Answer:
        def mixed_with(*tensors: Tensor) -> tuple[Tensor, Tensor]:
            weights, mixed = right(*tensors)
            return weights, mix(*tensors[1:3]).expand_as(mixed)

        return mixed_with

    return tuple(mistake(reason, *map(answer, mixes)) for reason, mixes in _UNWEIGHTED.items())


# 10.3
def _across_with(weigh: Weigh) -> _Answer:
    """La respuesta que calcula los pesos con ``weigh(scores, keep)``."""

    def answer(scores: Tensor, question: Tensor, keep: Tensor) -> tuple[Tensor, Tensor]:
        weights = weigh(scores, keep)
        return weights, weights @ question

    return answer


_across = _across_with(lambda scores, keep: masked_softmax(scores, keep)[0])


def _scaled_across(weigh: Weigh) -> _Answer:
    return lambda s, question, keep: _across_with(weigh)(s / math.sqrt(question.shape[1]), question, keep)


ACROSS = FunctionExercise(
    id="10.3",
    title="Del contexto a la pregunta, con máscara",
    parts=("los pesos a", "las mezclas ũ"),
    solution=_across,
    cases=lambda: (
        Case(
            "n_context = 3, n_question = 5, las dos últimas de relleno",
            (random(3, 5, seed=11), random(5, 7, seed=12), torch.tensor([True, True, True, False, False])),
        ),
        Case(
            "una pregunta que es toda relleno",
            (random(4, 2, seed=13), random(2, 6, seed=14), torch.tensor([False, False])),
        ),
    ),
    mistakes=(
        *masked_mistakes(_across_with),
        mistake("scaled-flow", *map(_scaled_across, SOUND)),
        *_unweighted(_across),
    ),
    hints=(
        "Cada palabra del contexto es una fila, y reparte un 1 entre las palabras de la pregunta.",
        "Pon −∞ en las columnas del relleno antes de la softmax por filas.",
        "Si la pregunta es toda relleno, la fila entera vale −∞ y sale NaN: cámbialo por ceros. Después, ũ = a U.",
    ),
    praise="Cada palabra del texto se lleva su propio resumen de la pregunta.",
)


# 10.4: tapar la pregunta, quedarse con un número por fila y repartir entre las que valen
def _top(scores: Tensor, question_keep: Tensor, fill: float = _NEVER) -> Tensor:
    return scores.masked_fill(~question_keep, fill).amax(1)


def _mean(scores: Tensor, question_keep: Tensor) -> Tensor:
    return (scores * question_keep).sum(1) / question_keep.sum().clamp(min=1)


def _highest_weight(scores: Tensor, question_keep: Tensor) -> Tensor:
    return masked_softmax(scores, question_keep)[0].amax(1)


def _towards_with(change: Callable[[Tensor, Tensor, Tensor], Tensor]) -> _Answer:
    """La respuesta que calcula ``b`` con ``change(scores, context_keep, question_keep)``."""

    def answer(scores: Tensor, context: Tensor, *keep: Tensor) -> tuple[Tensor, Tensor]:
        b = change(scores, *keep)
        return b, b @ context

    return answer


def _spread_with(claim: Weigh) -> tuple[_Answer, ...]:
    """Las respuestas que reparten bien lo que cada fila reclama, ``claim(scores, question_keep)``."""

    def answer(weigh: Weigh, sees_empty: bool) -> _Answer:
        return _towards_with(lambda s, ck, qk: weigh(claim(s, qk), ck & qk.any() if sees_empty else ck))

    return tuple(answer(weigh, sees_empty) for weigh, sees_empty in product(SOUND, (True, False)))


_towards = _spread_with(_top)[0]


def _inverted(weigh: Weigh, context: bool, question: bool) -> _Answer:
    return _towards_with(lambda s, ck, qk: weigh(_top(s, qk ^ question), ck ^ context))


def _adding(value: float) -> _Answer:
    return _towards_with(lambda s, ck, qk: (s + value * ~(ck[:, None] & qk)).amax(1).softmax(0))


def _scaled_towards(weigh: Weigh) -> _Answer:
    towards = _towards_with(lambda s, ck, qk: weigh(_top(s, qk), ck))
    return lambda s, h, ck, qk: towards(s / math.sqrt(h.shape[1]), h, ck, qk)


def _towards_cases() -> tuple[Case, ...]:
    nothing = torch.zeros(3, dtype=torch.bool)
    loud = random(5, 3, seed=21)
    loud[:3, 2] += 2.0 * torch.tensor([0.0, 1.0, 0.5])  # el relleno de la pregunta
    loud[3:] += 1.0  # el del contexto
    some, two = torch.tensor([True, True, True, False, False]), torch.tensor([True, True, False])
    return (
        Case("n_context = 5, n_question = 3, con relleno en los dos", (loud, random(5, 7, seed=22), some, two)),
        Case(
            "n_context = 3, n_question = 3, sin relleno",
            (random(3, 3, seed=23), random(3, 2, seed=24), ~nothing, ~nothing),
        ),
        Case("una pregunta que es toda relleno", (random(5, 3, seed=25), random(5, 7, seed=26), some, nothing)),
    )


TOWARDS = FunctionExercise(
    id="10.4",
    title="De la pregunta al contexto, con máscaras",
    parts=("los pesos b", "el resumen h̃"),
    solution=_towards,
    cases=_towards_cases,
    mistakes=(
        mistake("unmasked", _towards_with(lambda s, ck, qk: s.amax(1).softmax(0))),
        mistake(
            "unmasked-padding",
            _towards_with(lambda s, ck, qk: _top(s, qk).softmax(0)),
            _towards_with(lambda s, ck, qk: _top(s, qk).softmax(0).nan_to_num()),
        ),
        mistake("unmasked-question", *_spread_with(lambda s, qk: s.amax(1))),
        mistake(
            "zero-in-max",
            *_spread_with(lambda s, qk: (s * qk).amax(1)),
            _towards_with(lambda s, ck, qk: (s * (ck[:, None] & qk)).amax(1).softmax(0)),
        ),
        mistake(
            "zeroed-padding",
            _towards_with(lambda s, ck, qk: _top(s, qk).masked_fill(~ck, 0.0).softmax(0)),
            _towards_with(lambda s, ck, qk: _top(s, qk).masked_fill(~ck, 0.0).nan_to_num(neginf=0.0).softmax(0)),
            _towards_with(lambda s, ck, qk: _top(s, qk).masked_fill(~ck, 0.0).softmax(0) * qk.any()),
        ),
        mistake("mean-not-max", *_spread_with(_mean), *_spread_with(lambda s, qk: s.mean(1))),
        mistake("sum-not-max", *_spread_with(lambda s, qk: (s * qk).sum(1)), *_spread_with(lambda s, qk: s.sum(1))),
        mistake(
            "max-of-weights",
            _towards_with(lambda s, ck, qk: _highest_weight(s, qk) * ck),
            *_spread_with(_highest_weight),
            *_spread_with(lambda s, qk: s.softmax(1).amax(1)),
        ),
        mistake("wrong-max-axis", _towards_with(lambda s, ck, qk: s.amax(0).softmax(0))),
        mistake(
            "mask-after",
            _towards_with(lambda s, ck, qk: _top(s, qk).softmax(0).nan_to_num() * ck),
            _towards_with(lambda s, ck, qk: s.amax(1).softmax(0) * ck),
            _towards_with(lambda s, ck, qk: s.amax(1).softmax(0) * ck * qk.any()),
        ),
        mistake("nan-row", _towards_with(lambda s, ck, qk: _top(s, qk).masked_fill(~ck, _NEVER).softmax(0))),
        mistake(
            "finite-fill",
            *_spread_with(lambda s, qk: _top(s, qk, -1e9))[1::2],
            _towards_with(lambda s, ck, qk: _top(s, qk).masked_fill(~ck, -1e9).softmax(0)),
            *map(_adding, (-1e2, -1e3, -1e4, -1e9)),
        ),
        mistake(
            "inverted-mask",
            *(_inverted(weigh, *which) for weigh in SOUND for which in ((True, False), (False, True), (True, True))),
        ),
        mistake("no-softmax", _towards_with(lambda s, ck, qk: _top(s, qk).nan_to_num(neginf=0.0) * ck)),
        mistake("not-normalized", _towards_with(lambda s, ck, qk: _top(s, qk).exp() * ck)),
        mistake(
            "argmax",
            _towards_with(lambda s, ck, qk: _top(s, qk).eq(_top(s, qk)[ck].max()) * ck * qk.any() * 1.0),
            _towards_with(lambda s, ck, qk: _top(s, qk).eq(_top(s, qk)[ck].max()) * ck * 1.0),
        ),
        mistake("scaled-flow", *map(_scaled_towards, SOUND)),
        *_unweighted(_towards),
    ),
    hints=(
        "Son dos máscaras y dos momentos: una va antes del máximo y la otra antes de la softmax.",
        "Antes del máximo, −∞ en las columnas del relleno de la pregunta. Después, −∞ en el relleno del contexto.",
        "Si no queda ninguna palabra, todo vale −∞ y sale NaN: b debe ser cero. Después, h̃ = b H.",
    ),
    praise="Ni el relleno del texto recibe peso, ni el de la pregunta decide el máximo.",
)
