"""Ejercicios del capítulo 10, «BiDAF: texto y pregunta se leen el uno al otro»."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from itertools import permutations, product

import torch
from torch import Tensor

from ..reference import masked_softmax
from .chapter10_layers import HIGHWAY, JOINED, MEMORY
from .chapter10_spans import BEST_SPAN, SCORES
from .exercises import Case, Exercise, FunctionExercise, ValueExercise
from .mistakes import mistake

__all__ = ["EXERCISES"]

_NEVER = -math.inf


def _random(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# 10.1
_SCORES = torch.tensor([[0.0, 1.0], [2.5, 1.0], [2.0, -1.0]])
_CONTEXT = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
_HIGHEST = _SCORES.amax(1)
_B = _HIGHEST.softmax(0)
_HIGHEST_WEIGHTS = _SCORES.softmax(1).amax(1)


def _summarised(weights: Tensor) -> tuple[Tensor, Tensor]:
    return weights, weights @ _CONTEXT


_BY_HAND = ValueExercise(
    id="10.1",
    title="De la pregunta al contexto, a mano",
    parts=("los pesos b", "el resumen h̃"),
    solution=lambda: _summarised(_B),
    mistakes=(
        mistake("mean-not-max", _summarised(_SCORES.mean(1).softmax(0))),
        mistake("sum-not-max", _summarised(_SCORES.sum(1).softmax(0))),
        mistake("no-softmax", _summarised(_HIGHEST)),
        mistake("plain-normalization", _summarised(_HIGHEST / _HIGHEST.sum())),
        mistake("not-normalized", _summarised(_HIGHEST.exp()), (_HIGHEST.exp(), _B @ _CONTEXT)),
        mistake(
            "max-of-weights",
            _summarised(_HIGHEST_WEIGHTS),
            _summarised(_HIGHEST_WEIGHTS / _HIGHEST_WEIGHTS.sum()),
            _summarised(_HIGHEST_WEIGHTS.softmax(0)),
        ),
        mistake("argmax", _summarised(torch.tensor([0.0, 1.0, 0.0]))),
        mistake("mean-context", (_B, _CONTEXT.mean(0))),
    ),
    hints=(
        "Empieza por el máximo de cada fila de S: un número por palabra del contexto.",
        "b es la softmax de esos tres máximos; e ≈ 2,718, e^2,5 ≈ 12,182 y e² ≈ 7,389.",
        "h̃ es la suma de b_t h_t. Comprueba antes que los tres pesos suman 1.",
    ),
    praise="Tres palabras, un solo reparto: así resume la pregunta lo que le importa del texto.",
)


# 10.2
def _trilinear(context: Tensor, question: Tensor, w: Tensor, *, order: tuple[int, ...] = (0, 1, 2)) -> Tensor:
    blocks = w.chunk(3)
    w1, w2, w3 = (blocks[position] for position in order)
    return (context @ w1)[:, None] + question @ w2 + (context * w3) @ question.T


def _without(context: Tensor, question: Tensor, w: Tensor, *, block: int) -> Tensor:
    blocks = list(w.chunk(3))
    blocks[block] = torch.zeros_like(blocks[block])
    return _trilinear(context, question, torch.cat(blocks))


def _trilinear_cases() -> tuple[Case, ...]:
    return (
        Case(
            "n_context = 5, n_question = 3, d = 7", (_random(5, 7, seed=1), _random(3, 7, seed=2), _random(21, seed=3))
        ),
        Case(
            "n_context = 2, n_question = 2, d = 5", (_random(2, 5, seed=4), _random(2, 5, seed=5), _random(15, seed=6))
        ),
    )


_TRILINEAR = FunctionExercise(
    id="10.2",
    title="La puntuación, en tres sumandos",
    parts=("las puntuaciones S",),
    solution=_trilinear,
    cases=_trilinear_cases,
    mistakes=(
        mistake("no-product-term", partial(_without, block=2)),
        mistake("no-context-term", partial(_without, block=0)),
        mistake("no-question-term", partial(_without, block=1)),
        mistake("swapped-blocks", partial(_trilinear, order=(1, 0, 2))),
        mistake(
            "wrong-split",
            *(partial(_trilinear, order=order) for order in permutations(range(3)) if order[2] != 2),
            lambda context, question, w: _trilinear(context, question, w.view(-1, 3).T.reshape(-1)),
        ),
        mistake(
            "repeated-block",
            *(partial(_trilinear, order=order) for order in product(range(3), repeat=3) if len(set(order)) < 3),
        ),
        mistake("transposed-scores", lambda *tensors: _trilinear(*tensors).T),
        mistake("already-softmax", lambda *tensors: _trilinear(*tensors).softmax(1)),
    ),
    hints=(
        "Corta w en tres trozos iguales: el primero multiplica a h, el segundo a u y el tercero a h∘u.",
        "El primer sumando no depende de j: una columna. El segundo no depende de t: una fila.",
        "En el tercero, w3·(h∘u) = (h∘w3)·u: un producto de matrices con U.T.",
    ),
    praise="Las puntuaciones coinciden. Si lo hiciste en tres sumandos, no has formado el tensor enorme.",
)


# 10.3
def _across(scores: Tensor, question: Tensor, keep: Tensor) -> tuple[Tensor, Tensor]:
    weights = masked_softmax(scores, keep)[0]
    return weights, weights @ question


def _across_with(change: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., tuple[Tensor, Tensor]]:
    """La respuesta que calcula los pesos con ``change(scores, keep)``."""

    def answer(scores: Tensor, question: Tensor, keep: Tensor) -> tuple[Tensor, Tensor]:
        weights = change(scores, keep)
        return weights, weights @ question

    return answer


_ACROSS = FunctionExercise(
    id="10.3",
    title="Del contexto a la pregunta, con máscara",
    parts=("los pesos a", "las mezclas ũ"),
    solution=_across,
    cases=lambda: (
        Case(
            "n_context = 3, n_question = 5, las dos últimas de relleno",
            (_random(3, 5, seed=11), _random(5, 7, seed=12), torch.tensor([True, True, True, False, False])),
        ),
        Case(
            "una pregunta que es toda relleno",
            (_random(3, 2, seed=13), _random(2, 7, seed=14), torch.tensor([False, False])),
        ),
    ),
    mistakes=(
        mistake("unmasked-padding", _across_with(lambda s, keep: s.softmax(1))),
        mistake("finite-fill", _across_with(lambda s, keep: s.masked_fill(~keep, -1e9).softmax(1))),
        mistake("nan-row", _across_with(lambda s, keep: s.masked_fill(~keep, _NEVER).softmax(1))),
        mistake("mask-after", _across_with(lambda s, keep: s.softmax(1) * keep)),
        mistake("zeroed-padding", _across_with(lambda s, keep: (s * keep).softmax(1))),
        mistake(
            "inverted-mask",
            _across_with(lambda s, keep: masked_softmax(s, ~keep)[0]),
            _across_with(lambda s, keep: s.masked_fill(keep, -1e9).softmax(1)),
        ),
        mistake(
            "wrong-axis",
            _across_with(lambda s, keep: s.softmax(0)),
            _across_with(lambda s, keep: s.masked_fill(~keep, _NEVER).softmax(0)),
            _across_with(lambda s, keep: s.masked_fill(~keep, _NEVER).softmax(0).nan_to_num()),
            _across_with(lambda s, keep: s.masked_fill(~keep, -1e9).softmax(0)),
        ),
        mistake(
            "mean-context",
            lambda s, question, keep: (_across(s, question, keep)[0], question.mean(0).expand(len(s), -1)),
        ),
    ),
    hints=(
        "Cada palabra del contexto es una fila, y reparte un 1 entre las palabras de la pregunta.",
        "Pon −∞ en las columnas del relleno antes de la softmax por filas.",
        "Si la pregunta es toda relleno, la fila entera vale −∞ y sale NaN: cámbialo por ceros. Después, ũ = a U.",
    ),
    praise="Cada palabra del texto se lleva su propio resumen de la pregunta.",
)


# 10.4
def _towards(
    scores: Tensor, context: Tensor, context_keep: Tensor, question_keep: Tensor, *, fill: float = _NEVER
) -> tuple[Tensor, Tensor]:
    highest = scores.masked_fill(~question_keep, fill).amax(1)
    b = masked_softmax(highest, context_keep & (highest != _NEVER))[0]
    return b, b @ context


def _towards_with(change: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable[..., tuple[Tensor, Tensor]]:
    """La respuesta que calcula ``b`` con ``change(scores, context_keep, question_keep)``."""

    def answer(scores: Tensor, context: Tensor, *keep: Tensor) -> tuple[Tensor, Tensor]:
        b = change(scores, *keep)
        return b, b @ context

    return answer


def _top(scores: Tensor, question_keep: Tensor) -> Tensor:
    return scores.masked_fill(~question_keep, _NEVER).amax(1)


def _mean(scores: Tensor, question_keep: Tensor) -> Tensor:
    return (scores * question_keep).sum(1) / question_keep.sum().clamp(min=1)


def _towards_cases() -> tuple[Case, ...]:
    nothing = torch.zeros(3, dtype=torch.bool)
    loud = _random(5, 3, seed=21)
    loud[:3, 2] += 2.0 * torch.tensor([0.0, 1.0, 0.5])  # el relleno de la pregunta
    loud[3:] += 1.0  # el del contexto
    some, two = torch.tensor([True, True, True, False, False]), torch.tensor([True, True, False])
    return (
        Case("n_context = 5, n_question = 3, con relleno en los dos", (loud, _random(5, 7, seed=22), some, two)),
        Case(
            "n_context = 3, n_question = 3, sin relleno",
            (_random(3, 3, seed=23), _random(3, 2, seed=24), ~nothing, ~nothing),
        ),
        Case("una pregunta que es toda relleno", (_random(5, 3, seed=25), _random(5, 7, seed=26), some, nothing)),
    )


_TOWARDS = FunctionExercise(
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
        mistake("unmasked-question", _towards_with(lambda s, ck, qk: masked_softmax(s.amax(1), ck)[0])),
        mistake(
            "zero-in-max",
            _towards_with(lambda s, ck, qk: masked_softmax((s * qk).amax(1), ck)[0]),
            _towards_with(lambda s, ck, qk: masked_softmax((s * qk).amax(1), ck & qk.any())[0]),
            _towards_with(lambda s, ck, qk: (s * (ck[:, None] & qk)).amax(1).softmax(0)),
        ),
        mistake(
            "mean-not-max",
            _towards_with(lambda s, ck, qk: masked_softmax(_mean(s, qk), ck & qk.any())[0]),
            _towards_with(lambda s, ck, qk: masked_softmax(_mean(s, qk), ck)[0]),
            _towards_with(lambda s, ck, qk: masked_softmax(s.mean(1), ck)[0]),
        ),
        mistake(
            "max-of-weights",
            _towards_with(lambda s, ck, qk: masked_softmax(s, qk)[0].amax(1) * ck),
            _towards_with(lambda s, ck, qk: masked_softmax(masked_softmax(s, qk)[0].amax(1), ck)[0]),
        ),
        mistake("wrong-max-axis", _towards_with(lambda s, ck, qk: s.amax(0).softmax(0))),
        mistake("mask-after", _towards_with(lambda s, ck, qk: _top(s, qk).softmax(0).nan_to_num() * ck)),
        mistake("nan-row", _towards_with(lambda s, ck, qk: _top(s, qk).masked_fill(~ck, _NEVER).softmax(0))),
        mistake(
            "finite-fill",
            _towards_with(lambda s, ck, qk: s.masked_fill(~(ck[:, None] & qk), -1e9).amax(1).softmax(0)),
            partial(_towards, fill=-1e9),
        ),
        mistake("mean-context", lambda s, h, ck, qk: (_towards(s, h, ck, qk)[0], h[ck].mean(0))),
    ),
    hints=(
        "Son dos máscaras y dos momentos: una va antes del máximo y la otra antes de la softmax.",
        "Antes del máximo, −∞ en las columnas del relleno de la pregunta. Después, −∞ en el relleno del contexto.",
        "Si no queda ninguna palabra, todo vale −∞ y sale NaN: b debe ser cero. Después, h̃ = b H.",
    ),
    praise="Ni el relleno del texto recibe peso, ni el de la pregunta decide el máximo.",
)

EXERCISES: tuple[Exercise, ...] = (
    *(_BY_HAND, _TRILINEAR, _ACROSS, _TOWARDS, BEST_SPAN),
    *(SCORES, HIGHWAY, JOINED, MEMORY),
)
