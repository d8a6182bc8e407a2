"""Ejercicios del capítulo 4, «Redes de memoria»: los saltos y la lista de todos."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..masks import lengths_to_mask
from ..reference import masked_softmax
from .cases import random
from .chapter04_memories import MEMORIES
from .chapter04_tables import TABLES
from .exercises import Case, Exercise, FunctionExercise
from .mistakes import mistake

__all__ = ["EXERCISES"]


# 04.5
def _hop(u: Tensor, m: Tensor, c: Tensor, lengths: Tensor, *, invert: bool = False) -> Tensor:
    return u + _mix(_weights(u, m, lengths, invert), c)


def _weights(u: Tensor, m: Tensor, lengths: Tensor, invert: bool = False) -> Tensor:
    keep = lengths_to_mask(lengths, m.shape[1])
    return masked_softmax(_scores(u, m), ~keep if invert else keep)[0]


def _scores(u: Tensor, m: Tensor) -> Tensor:
    return (m @ u[..., None])[..., 0]


def _mix(weights: Tensor, rows: Tensor) -> Tensor:
    return (weights[:, None] @ rows)[:, 0]


def _filled_hop(
    u: Tensor, m: Tensor, c: Tensor, lengths: Tensor, *, fill: float | None, axis: int = -1, after: bool = False
) -> Tensor:
    scores, keep = _scores(u, m), lengths_to_mask(lengths, m.shape[1])
    weights = (scores if fill is None else scores.masked_fill(~keep, fill)).softmax(axis)
    return u + _mix(weights * keep if after else weights, c)


def _kept(tensor: Tensor, lengths: Tensor) -> Tensor:
    return tensor * lengths_to_mask(lengths, tensor.shape[1])[..., None]


def _across_batch(u: Tensor, m: Tensor, c: Tensor, lengths: Tensor) -> Tensor:
    weights = masked_softmax(_scores(u, m).T, lengths_to_mask(lengths, m.shape[1]).T)[0].T
    return u + _mix(weights, c)


def _hardest(u: Tensor, m: Tensor, c: Tensor, lengths: Tensor, *, fill: float) -> Tensor:
    scores = _scores(u, m).masked_fill(~lengths_to_mask(lengths, m.shape[1]), fill)
    return u + c[torch.arange(len(u)), scores.argmax(1)]


def _in_proportion(u: Tensor, m: Tensor, c: Tensor, lengths: Tensor) -> Tensor:
    scores = _scores(u, _kept(m, lengths))
    return u + _mix(scores / scores.sum(1, keepdim=True), c)


def _mean_row(c: Tensor, lengths: Tensor) -> Tensor:
    return _kept(c, lengths).sum(1) / lengths.clamp(min=1)[:, None]


_ONE_HOP = FunctionExercise(
    id="04.5",
    title="Un salto",
    parts=("el estado nuevo",),
    solution=_hop,
    cases=lambda: (
        Case("longitudes (5, 3, 1)", (*_memories(3, 5, 7, seed=11), torch.tensor([5, 3, 1]))),
        Case("longitudes (2, 0): la segunda historia está vacía", (*_memories(2, 4, 3, seed=21), torch.tensor([2, 0]))),
    ),
    mistakes=(
        mistake("no-state-added", lambda u, m, c, n: _hop(u, m, c, n) - u),
        mistake("no-softmax", lambda u, m, c, n: u + _mix(_scores(u, _kept(m, n)), c)),
        mistake("scaled-memory", lambda u, m, c, n: _hop(u, m / math.sqrt(u.shape[1]), c, n)),
        mistake("swapped-memories", lambda u, m, c, n: _hop(u, c, m, n)),
        mistake("keys-as-values", lambda u, m, c, n: _hop(u, m, m, n)),
        mistake("values-as-keys", lambda u, m, c, n: _hop(u, c, c, n)),
        mistake("mean-context", lambda u, m, c, n: u + _mean_row(c, n), lambda u, m, c, n: u + c.mean(1)),
        mistake("sum-context", lambda u, m, c, n: u + _kept(c, n).sum(1), lambda u, m, c, n: u + c.sum(1)),
        mistake(
            "unmasked-padding",
            partial(_filled_hop, fill=None),
            lambda u, m, c, n: _filled_hop(u, m[:, : n.max()], c[:, : n.max()], n, fill=None),
        ),
        mistake("finite-fill", *(partial(_filled_hop, fill=fill) for fill in (-1e9, -1e10))),
        mistake("nan-row", partial(_filled_hop, fill=-math.inf)),
        mistake("mask-after", partial(_filled_hop, fill=None, after=True)),
        mistake(
            "zeroed-padding",
            lambda u, m, c, n: _filled_hop(u, _kept(m, n), c, n, fill=None),
            lambda u, m, c, n: _filled_hop(u, _kept(m, n), _kept(c, n), n, fill=None),
        ),
        mistake(
            "wrong-axis",
            *(partial(_filled_hop, fill=fill, axis=0) for fill in (None, -1e9, -math.inf)),
            _across_batch,
        ),
        mistake("argmax", partial(_hardest, fill=-math.inf), partial(_hardest, fill=-1e9)),
        mistake(
            "off-by-one",
            lambda u, m, c, n: _hop(u, m, c, (n - 1).clamp(min=0)),
            lambda u, m, c, n: _hop(u, m, c, (n + 1).clamp(max=m.shape[1])),
        ),
        mistake(
            "inverted-mask",
            partial(_hop, invert=True),
            lambda u, m, c, n: (
                u + _mix(_scores(u, m).masked_fill(lengths_to_mask(n, m.shape[1]), -math.inf).softmax(1), c)
            ),
        ),
        mistake(
            "sigmoid-weights",
            lambda u, m, c, n: u + _mix(_scores(u, m).sigmoid(), _kept(c, n)),
            lambda u, m, c, n: u + _mix(_scores(u, m).sigmoid(), c),
        ),
        mistake("not-normalized", lambda u, m, c, n: u + _mix(_scores(u, m).exp(), _kept(c, n))),
        mistake("plain-normalization", _in_proportion),
        mistake("small-fill", *(partial(_filled_hop, fill=fill) for fill in (-1.0, -5.0))),
        mistake("no-read", lambda u, m, c, n: u),
        mistake("doubled-state", lambda u, m, c, n: u + _hop(u, m, c, n)),
        mistake("lost-state", lambda u, m, c, n: _hop(u, m, c, n) * (n > 0)[:, None]),
        mistake("weights-alone", lambda u, m, c, n: _weights(u, m, n)),
    ),
    hints=(
        "Tres pasos: puntuaciones u·m_i, softmax sobre las frases, y suma de las c_i con esos pesos.",
        "La frase i existe si i < lengths: pon −∞ en las demás antes de la softmax. Si no hay ninguna, lo leído es 0.",
        "Al final, el salto suma lo leído a lo que ya había: u + o. También vale ops.memory_attention.",
    ),
    praise="Busca con m, lee de c y suma: eso es todo un salto.",
)


def _memories(batch: int, n: int, d: int, *, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    return random(batch, d, seed=seed), random(batch, n, d, seed=seed + 1), random(batch, n, d, seed=seed + 2)


# 04.6
def _softmax(scores: Tensor) -> Tensor:
    return scores.softmax(0)


def _bag(table: Tensor, words: Tensor) -> Tensor:
    return table[words].sum(-2)


_PAIRS: dict[str, Callable[[int], tuple[int, int]]] = {
    "adjacent": lambda hop: (hop, hop + 1),
    "layer_wise": lambda hop: (0, 1),
    "same": lambda hop: (hop, hop),
    "swapped": lambda hop: (hop + 1, hop),
    "disjoint": lambda hop: (2 * hop, 2 * hop + 1),
}


def _answer_scores(tables: Tensor, question: Tensor, sentences: Tensor, *, answer: int = -1, **change: Any) -> Tensor:
    return tables[answer] @ _final_state(tables, question, sentences, **change)


def _final_state(
    tables: Tensor, question: Tensor, sentences: Tensor, *,
    keys: str = "adjacent", hops: int | None = None, asking: int = 0, weigh: Callable[[Tensor], Tensor] = _softmax,
    bag: Callable[[Tensor, Tensor], Tensor] = _bag, stale: bool = False, keep: str = "state",
) -> Tensor:  # fmt: skip
    """Los saltos con ligadura adyacente y, cambiando una pieza, sus versiones equivocadas."""
    asked = state = bag(tables[asking], question)
    for hop in range(tables.shape[0] - 1 if hops is None else hops):
        a, c = _PAIRS[keys](hop)
        read = weigh(bag(tables[a], sentences) @ (asked if stale else state)) @ bag(tables[c], sentences)
        state = read + {"state": state, "asked": asked, "nothing": torch.zeros(())}[keep]
    return state


def _last_read(tables: Tensor, question: Tensor, sentences: Tensor) -> Tensor:
    last = _final_state(tables, question, sentences) - _final_state(tables[:-1], question, sentences)
    return tables[-1] @ last


_ADJACENT = FunctionExercise(
    id="04.6",
    title="K saltos con ligadura adyacente",
    parts=("las puntuaciones",),
    solution=_answer_scores,
    cases=lambda: (_table_case(3, 11, 5, seed=31), _table_case(2, 7, 3, seed=41, n=4)),
    mistakes=(
        mistake("layer-wise", partial(_answer_scores, keys="layer_wise")),
        mistake("same-table", partial(_answer_scores, keys="same")),
        mistake(
            "disjoint-tables",
            lambda tables, *words: _answer_scores(tables, *words, keys="disjoint", hops=len(tables) // 2),
        ),
        mistake("swapped-memories", partial(_answer_scores, keys="swapped")),
        mistake("stale-query", partial(_answer_scores, stale=True)),
        mistake("restarted-state", partial(_answer_scores, keep="asked")),
        mistake("no-hops", partial(_answer_scores, hops=0)),
        mistake("one-hop", partial(_answer_scores, hops=1)),
        mistake(
            "missing-hop",
            lambda tables, *words: _answer_scores(tables, *words, hops=len(tables) - 2),
            lambda tables, *words: _answer_scores(tables[:-1], *words),
        ),
        mistake("wrong-answer-table", partial(_answer_scores, answer=0), partial(_answer_scores, answer=-2)),
        mistake("wrong-question-table", partial(_answer_scores, asking=-1), partial(_answer_scores, asking=1)),
        mistake("no-state-added", partial(_answer_scores, keep="nothing"), _last_read),
        mistake("no-softmax", partial(_answer_scores, weigh=lambda scores: scores)),
        mistake("argmax", partial(_answer_scores, weigh=lambda scores: (scores == scores.max()).float())),
        mistake("mean-context", partial(_answer_scores, weigh=lambda scores: torch.full_like(scores, 1 / len(scores)))),
        mistake(
            "scaled-memory",
            lambda tables, *words: _answer_scores(
                tables, *words, weigh=lambda scores: _softmax(scores / math.sqrt(tables.shape[2]))
            ),
        ),
        mistake("mean-of-words", partial(_answer_scores, bag=lambda table, words: table[words].mean(-2))),
        mistake(
            "answer-softmax",
            lambda *tensors: _answer_scores(*tensors).softmax(0),
            lambda *tensors: _answer_scores(*tensors).log_softmax(0),
        ),
        mistake("answer-argmax", lambda *tensors: _answer_scores(*tensors).argmax()),
        mistake("no-answer-table", _final_state),
    ),
    hints=(
        "Hay K + 1 tablas. La pregunta usa la 0; el salto k (desde 0) compara con la k y lee de la k + 1.",
        "Los vectores de todas las frases con la tabla k, a la vez: tables[k][sentences].sum(1).",
        "Con el estado final, las respuestas salen de la última tabla: tables[-1] @ u. Sin softmax.",
    ),
    praise="K + 1 tablas, y cada una trabaja dos veces: se lee de ella y después se busca en ella.",
)


def _table_case(hops: int, vocabulary: int, d: int, *, seed: int, n: int = 5) -> Case:
    tables = 0.6 * random(hops + 1, vocabulary, d, seed=seed)
    tables[:, 0] = 0.0
    words = torch.Generator().manual_seed(seed)
    question = torch.randint(1, vocabulary, (n - 2,), generator=words)
    sentences = torch.randint(1, vocabulary, (n, n - 1), generator=words)
    sentences[1:3, -1] = 0
    return Case(f"K = {hops} saltos, {vocabulary} palabras, d = {d}", (tables, question, sentences))


EXERCISES: tuple[Exercise, ...] = (*MEMORIES, _ONE_HOP, _ADJACENT, *TABLES)
