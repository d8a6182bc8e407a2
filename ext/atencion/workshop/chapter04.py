"""Ejercicios del capítulo 4, «Redes de memoria»: los saltos; los de la memoria están en ``chapter04_memories``."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor

from ..masks import lengths_to_mask
from ..reference import masked_softmax
from .chapter04_memories import MEMORIES
from .exercises import Case, Exercise, FunctionExercise, ValueExercise
from .mistakes import mistake

__all__ = ["EXERCISES"]


def _random(*shape: int, seed: int, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# 04.5
def _hop(u: Tensor, m: Tensor, c: Tensor, lengths: Tensor) -> Tensor:
    scores = (m @ u[..., None])[..., 0]
    weights = masked_softmax(scores, lengths_to_mask(lengths, m.shape[1]))[0]
    return u + _mix(weights, c)


def _mix(weights: Tensor, rows: Tensor) -> Tensor:
    return (weights[:, None] @ rows)[:, 0]


def _filled_hop(
    u: Tensor, m: Tensor, c: Tensor, lengths: Tensor, *, fill: float | None, axis: int = -1, after: bool = False
) -> Tensor:
    scores, keep = (m @ u[..., None])[..., 0], lengths_to_mask(lengths, m.shape[1])
    weights = (scores if fill is None else scores.masked_fill(~keep, fill)).softmax(axis)
    return u + _mix(weights * keep if after else weights, c)


def _kept(tensor: Tensor, lengths: Tensor) -> Tensor:
    return tensor * lengths_to_mask(lengths, tensor.shape[1])[..., None]


def _mean_row(c: Tensor, lengths: Tensor) -> Tensor:
    return _kept(c, lengths).sum(1) / lengths.clamp(min=1)[:, None]


_ONE_HOP = FunctionExercise(
    id="04.5",
    title="Un salto",
    parts=("el estado nuevo",),
    solution=_hop,
    cases=lambda: (
        Case("longitudes (5, 3, 1)", (*_memories(3, 5, 7, seed=11), torch.tensor([5, 3, 1]))),
        Case("longitudes (2, 0): la segunda historia está vacía", (*_memories(2, 5, 3, seed=21), torch.tensor([2, 0]))),
    ),
    mistakes=(
        mistake("no-state-added", lambda u, m, c, n: _hop(u, m, c, n) - u),
        mistake("no-softmax", lambda u, m, c, n: u + _mix((_kept(m, n) @ u[..., None])[..., 0], c)),
        mistake("scaled-memory", lambda u, m, c, n: _hop(u, m / math.sqrt(u.shape[1]), c, n)),
        mistake("swapped-memories", lambda u, m, c, n: _hop(u, c, m, n)),
        mistake("keys-as-values", lambda u, m, c, n: _hop(u, m, m, n)),
        mistake("values-as-keys", lambda u, m, c, n: _hop(u, c, c, n)),
        mistake("mean-context", lambda u, m, c, n: u + _mean_row(c, n), lambda u, m, c, n: u + c.mean(1)),
        mistake("sum-context", lambda u, m, c, n: u + _kept(c, n).sum(1), lambda u, m, c, n: u + c.sum(1)),
        mistake("unmasked-padding", partial(_filled_hop, fill=None)),
        mistake("finite-fill", *(partial(_filled_hop, fill=fill) for fill in (-1e9, -1e10))),
        mistake("nan-row", partial(_filled_hop, fill=-math.inf)),
        mistake("mask-after", partial(_filled_hop, fill=None, after=True)),
        mistake(
            "zeroed-padding",
            lambda u, m, c, n: _filled_hop(u, _kept(m, n), c, n, fill=None),
            lambda u, m, c, n: _filled_hop(u, _kept(m, n), _kept(c, n), n, fill=None),
        ),
        mistake("wrong-axis", *(partial(_filled_hop, fill=fill, axis=0) for fill in (None, -1e9, -math.inf))),
    ),
    hints=(
        "Tres pasos: puntuaciones u·m_i, softmax sobre las frases, y suma de las c_i con esos pesos.",
        "La frase i existe si i < lengths: pon −∞ en las demás antes de la softmax. Si no hay ninguna, o es cero.",
        "Al final, el salto suma lo leído a lo que ya había: u + o. También vale ops.memory_attention.",
    ),
    praise="Busca con m, lee de c y suma: eso es todo un salto.",
)


def _memories(batch: int, n: int, d: int, *, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    return _random(batch, d, seed=seed), _random(batch, n, d, seed=seed + 1), _random(batch, n, d, seed=seed + 2)


# 04.6
def _answer_scores(
    tables: Tensor, question: Tensor, sentences: Tensor, *,
    keys: str = "adjacent", stale: bool = False, hops: int | None = None, softmax: bool = True, answer: int = -1,
    keep: bool = True, asking: int = 0,
) -> Tensor:  # fmt: skip
    """Los saltos con ligadura adyacente y, cambiando una pieza, sus versiones equivocadas."""
    asked = state = tables[asking][question].sum(0)
    for hop in range(tables.shape[0] - 1 if hops is None else hops):
        a, c = {"adjacent": (hop, hop + 1), "layer_wise": (0, 1), "same": (hop, hop), "swapped": (hop + 1, hop)}[keys]
        scores = tables[a][sentences].sum(1) @ (asked if stale else state)
        read = (scores.softmax(0) if softmax else scores) @ tables[c][sentences].sum(1)
        state = state + read if keep else read
    return tables[answer] @ state


_ADJACENT = FunctionExercise(
    id="04.6",
    title="K saltos con ligadura adyacente",
    parts=("las puntuaciones",),
    solution=_answer_scores,
    cases=lambda: (_table_case(3, 11, 5, seed=31), _table_case(2, 7, 3, seed=41)),
    mistakes=(
        mistake("layer-wise", partial(_answer_scores, keys="layer_wise")),
        mistake("same-table", partial(_answer_scores, keys="same")),
        mistake("swapped-memories", partial(_answer_scores, keys="swapped")),
        mistake("stale-query", partial(_answer_scores, stale=True)),
        mistake("one-hop", partial(_answer_scores, hops=1)),
        mistake("wrong-answer-table", partial(_answer_scores, answer=0), partial(_answer_scores, answer=-2)),
        mistake("wrong-question-table", partial(_answer_scores, asking=-1)),
        mistake("no-state-added", partial(_answer_scores, keep=False)),
        mistake("no-softmax", partial(_answer_scores, softmax=False)),
        mistake("answer-softmax", lambda *tensors: _answer_scores(*tensors).softmax(0)),
    ),
    hints=(
        "Hay K + 1 tablas. La pregunta usa la 0; el salto k (desde 0) compara con la k y lee de la k + 1.",
        "Los vectores de todas las frases con la tabla k, a la vez: tables[k][sentences].sum(1).",
        "Con el estado final, las respuestas salen de la última tabla: tables[-1] @ u. Sin softmax.",
    ),
    praise="K + 1 tablas, y cada una trabaja dos veces: se lee de ella y después se busca en ella.",
)


def _table_case(hops: int, vocabulary: int, d: int, *, seed: int) -> Case:
    tables = _random(hops + 1, vocabulary, d, seed=seed, scale=0.6)
    tables[:, 0] = 0.0
    words = torch.Generator().manual_seed(seed)
    question = torch.randint(1, vocabulary, (3,), generator=words)
    sentences = torch.randint(1, vocabulary, (5, 4), generator=words)
    sentences[1:3, 3] = 0
    return Case(f"K = {hops} saltos, {vocabulary} palabras, d = {d}", (tables, question, sentences))


# 04.7 · V = 30, d = 20, K = 3, 13 filas de tiempo
def _sizes(word_tables: int, time_tables: int) -> tuple[int, int]:
    return word_tables * 30 * 20, time_tables * 13 * 20


_PARAMETERS = ValueExercise(
    id="04.7",
    title="Cuántos parámetros",
    parts=("los de las palabras", "los del tiempo"),
    solution=lambda: _sizes(4, 4),
    mistakes=(
        mistake("untied-tables", *(_sizes(words, time) for words in (6, 7, 8) for time in (4, 6, 7, 8))),
        mistake("table-per-hop", *(_sizes(words, time) for words, time in ((3, 3), (3, 4)))),
        mistake("missing-time-table", _sizes(4, 3)),
        mistake("extra-time-table", _sizes(4, 5)),
        mistake("extra-tables", *(_sizes(words, time) for words, time in ((5, 4), (5, 5), (6, 5)))),
        mistake("two-tables", _sizes(2, 2)),
        mistake("swapped-counts", _sizes(4, 4)[::-1]),
    ),
    hints=(
        "Una tabla de palabras tiene V · d números; una de tiempo, tantas filas como frases recuerda, por d.",
        "La tabla de la que lee un salto es la que busca el siguiente: ¿cuántas distintas hacen falta para 3 saltos?",
        "B y W no añaden ninguna: B es la primera tabla y W, la última. La codificación de posición no se aprende.",
    ),
    praise="Un salto más cuesta una tabla más, no dos.",
    tolerance=1e-6,
)


# 04.8
_QUESTION, _TURN = torch.tensor([1.0, 0.0]), torch.tensor([[0.0, 1.0], [1.0, 0.0]])
_KEYS = torch.tensor([[math.log(7), 1.0], [math.log(2), -1.0], [0.0, 2.0]])
_VALUES = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
_ADDRESS = (_KEYS @ _QUESTION).softmax(-1)


def _key_value(weights: Tensor, rows: Tensor = _VALUES) -> tuple[Tensor, Tensor, Tensor]:
    read = weights @ rows
    return weights, read, _TURN @ (_QUESTION + read)


_READ = _ADDRESS @ _VALUES

_KEY_VALUE = ValueExercise(
    id="04.8",
    title="Buscar por la clave, leer el valor",
    parts=("los pesos p", "lo leído o", "la consulta siguiente"),
    solution=lambda: _key_value(_ADDRESS),
    mistakes=(
        mistake("keys-as-values", _key_value(_ADDRESS, _KEYS)),
        mistake("values-as-keys", _key_value((_VALUES @ _QUESTION).softmax(-1))),
        mistake("no-softmax", _key_value(_KEYS @ _QUESTION)),
        mistake("not-normalized", _key_value((_KEYS @ _QUESTION).exp())),
        mistake("argmax", _key_value(torch.tensor([1.0, 0.0, 0.0]))),
        mistake(
            "mean-context", _key_value(torch.full((3,), 1 / 3)), (_ADDRESS, *_key_value(torch.full((3,), 1 / 3))[1:])
        ),
        mistake(
            "partial-turn", (_ADDRESS, _READ, _TURN @ _QUESTION + _READ), (_ADDRESS, _READ, _QUESTION + _TURN @ _READ)
        ),
        mistake("no-turn", (_ADDRESS, _READ, _QUESTION + _READ)),
        mistake("no-state-added", (_ADDRESS, _READ, _TURN @ _READ)),
    ),
    hints=(
        "q·k_i es la primera componente de cada clave: ln 7, ln 2 y 0. Sus exponenciales son 7, 2 y 1.",
        "Los pesos multiplican los valores. Las claves ya han hecho su trabajo.",
        "La consulta siguiente es R(q + o): primero se suma, después se multiplica. Esta R intercambia componentes.",
    ),
    praise="La clave decide dónde; el valor, qué te llevas.",
)


# 04.9
_INVERSE = ValueExercise(
    id="04.9",
    title="Dos saltos por una tabla de hechos",
    parts=("la celda del salto 1", "la celda con la respuesta"),
    solution=lambda: (0, 5),
    mistakes=(
        mistake("same-film", (0, 4)),
        mistake("value-not-key", (0, 2)),
        mistake("inverse-first", (4, 5), (4, 2), (5, 2), (4, 0), (5, 0), (5, 4)),
        mistake("one-based-slots", (1, 6)),
    ),
    hints=(
        "El salto 1 sabe la película y la relación: busca una clave que tenga las dos.",
        "Lo que lee el salto 1 es una persona. El salto 2 busca una clave que empiece por ella.",
        "Dos claves empiezan por ella, y el salto 2 lee las dos. El valor de una es la película de la que partes.",
    ),
    praise="Sin las relaciones inversas, la directora solo aparece como valor, y por un valor no se puede buscar.",
    tolerance=1e-6,
)

EXERCISES: tuple[Exercise, ...] = (*MEMORIES, _ONE_HOP, _ADJACENT, _PARAMETERS, _KEY_VALUE, _INVERSE)
