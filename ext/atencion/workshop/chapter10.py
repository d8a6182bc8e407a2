"""Ejercicios del capítulo 10, «BiDAF: texto y pregunta se leen el uno al otro»."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from itertools import permutations, product

import torch
from torch import Tensor

from .cases import random
from .chapter10_flow import ACROSS, TOWARDS
from .chapter10_layers import HIGHWAY, JOINED, MEMORY
from .chapter10_scores import SCORES
from .chapter10_spans import BEST_SPAN
from .exercises import Case, Exercise, FunctionExercise, ValueExercise
from .mistakes import mistake

__all__ = ["EXERCISES"]

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
        mistake("scaled-flow", _summarised((_HIGHEST / math.sqrt(2)).softmax(0))),
        mistake("mean-not-max", _summarised(_SCORES.mean(1).softmax(0))),
        mistake("sum-not-max", _summarised(_SCORES.sum(1).softmax(0))),
        mistake("no-softmax", _summarised(_HIGHEST), (_B, _HIGHEST @ _CONTEXT)),
        mistake("plain-normalization", _summarised(_HIGHEST / _HIGHEST.sum())),
        mistake(
            "not-normalized",
            _summarised(_HIGHEST.exp()),
            (_HIGHEST.exp(), _B @ _CONTEXT),
            (_B, _HIGHEST.exp() @ _CONTEXT),
        ),
        mistake(
            "max-of-weights",
            _summarised(_HIGHEST_WEIGHTS),
            _summarised(_HIGHEST_WEIGHTS / _HIGHEST_WEIGHTS.sum()),
            _summarised(_HIGHEST_WEIGHTS.softmax(0)),
        ),
        mistake("argmax", _summarised(torch.tensor([0.0, 1.0, 0.0]))),
        mistake("mean-context", (_B, _CONTEXT.mean(0)), _summarised(torch.full((3,), 1 / 3))),
        mistake("sum-context", (_B, _CONTEXT.sum(0))),
        mistake("few-decimals", ((0.1, 0.5, 0.3), (0.5, 0.9)), (_B, (0.5, 0.9)), ((0.1, 0.5, 0.3), _B @ _CONTEXT)),
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


def _without(context: Tensor, question: Tensor, w: Tensor, *, blocks: tuple[int, ...]) -> Tensor:
    kept = [torch.zeros_like(block) if i in blocks else block for i, block in enumerate(w.chunk(3))]
    return _trilinear(context, question, torch.cat(kept))


def _with_third(term: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """La respuesta que pone ``term(H, U, w3)`` en el lugar del tercer sumando."""

    def answer(context: Tensor, question: Tensor, w: Tensor) -> Tensor:
        return _without(context, question, w, blocks=(2,)) + term(context, question, w.chunk(3)[2])

    return answer


def _changed(change: Callable[[Tensor, int], Tensor]) -> Callable[..., Tensor]:
    """La respuesta que estropea las puntuaciones correctas con ``change(S, d)``."""
    return lambda context, question, w: change(_trilinear(context, question, w), context.shape[1])


def _trilinear_cases() -> tuple[Case, ...]:
    return (
        Case("n_context = 5, n_question = 3, d = 7", (random(5, 7, seed=1), random(3, 7, seed=2), random(21, seed=3))),
        Case("n_context = 2, n_question = 2, d = 5", (random(2, 5, seed=4), random(2, 5, seed=5), random(15, seed=6))),
    )


_TRILINEAR = FunctionExercise(
    id="10.2",
    title="La puntuación, en tres sumandos",
    parts=("las puntuaciones S",),
    solution=_trilinear,
    cases=_trilinear_cases,
    mistakes=(
        mistake("only-product", partial(_without, blocks=(0, 1))),
        mistake("no-product-term", partial(_without, blocks=(2,))),
        mistake("no-context-term", partial(_without, blocks=(0,))),
        mistake("no-question-term", partial(_without, blocks=(1,))),
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
        mistake("unweighted-product", _with_third(lambda h, u, w3: h @ u.T)),
        mistake("dot-product", lambda h, u, w: h @ u.T),
        mistake(
            "sum-for-product",
            _with_third(lambda h, u, w3: (h @ w3)[:, None] + u @ w3),
            _with_third(lambda h, u, w3: (h @ w3)[:, None] - u @ w3),
            _with_third(lambda h, u, w3: u @ w3 - (h @ w3)[:, None]),
        ),
        mistake(
            "transposed-scores",
            lambda h, u, w: _trilinear(h, u, w).T,
            lambda h, u, w: _trilinear(u, h, w),
        ),
        mistake("already-softmax", _changed(lambda s, d: s.softmax(1)), _changed(lambda s, d: s.softmax(0))),
        mistake(
            "scaled-flow",
            _changed(lambda s, d: s / math.sqrt(d)),
            _changed(lambda s, d: s / math.sqrt(3 * d)),
            _with_third(lambda h, u, w3: (h * w3) @ u.T / math.sqrt(len(w3))),
        ),
        mistake("averaged-product", _changed(lambda s, d: s / d), _changed(lambda s, d: s / (3 * d))),
        mistake("needless-tanh", _changed(lambda s, d: s.tanh())),
    ),
    hints=(
        "Corta w en tres trozos iguales: el primero multiplica a h, el segundo a u y el tercero a h∘u.",
        "El primer sumando no depende de j: una columna. El segundo no depende de t: una fila.",
        "En el tercero, w3·(h∘u) = (h∘w3)·u: un producto de matrices con U.T.",
    ),
    praise="Las puntuaciones coinciden. Si lo hiciste en tres sumandos, no has formado el tensor enorme.",
)


EXERCISES: tuple[Exercise, ...] = (
    *(_BY_HAND, _TRILINEAR, ACROSS, TOWARDS, BEST_SPAN),
    *(SCORES, HIGHWAY, JOINED, MEMORY),
)
