"""Ejercicios 04.7 a 04.9: contar tablas y leer de una tabla."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor

from .exercises import Exercise, ValueExercise
from .mistakes import mistake

__all__ = ["TABLES"]


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
        mistake("one-table", _sizes(1, 1)),
        mistake("one-time-table", _sizes(4, 1)),
        mistake("time-rows", *((4 * 30 * 20, 4 * rows * 20) for rows in (12, 14))),
        mistake("no-dimension", (4 * 30, 4 * 13), (4 * 30, 4 * 13 * 20), (4 * 30 * 20, 4 * 13)),
        mistake("thousands-dot", (2.4, 1.04), (2.4, 1040), (2400, 1.04)),
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
_SCORES = _KEYS @ _QUESTION
_ADDRESS = _SCORES.softmax(-1)


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
        mistake("values-as-keys", *(_key_value((_VALUES @ _QUESTION).softmax(-1), rows) for rows in (_VALUES, _KEYS))),
        mistake("scaled-memory", _key_value((_KEYS @ _QUESTION / math.sqrt(2)).softmax(-1))),
        mistake("no-softmax", _key_value(_SCORES), (_SCORES, *_key_value(_ADDRESS)[1:])),
        mistake("not-normalized", _key_value(_SCORES.exp()), (_SCORES.exp(), *_key_value(_ADDRESS)[1:])),
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
        mistake("one-based-slots", (1, 6)),
        mistake("inverse-first", *itertools.product((4, 5, 6, 7), range(8))),
        mistake("other-film", *itertools.product((2, 3), range(8))),
        mistake("wrong-relation", *((1, second) for second in range(8) if second != 6)),
    ),
    hints=(
        "El salto 1 sabe la película y la relación: busca una clave que tenga las dos.",
        "Lo que lee el salto 1 es una persona. El salto 2 busca una clave que empiece por ella.",
        "Dos claves empiezan por ella, y el salto 2 lee las dos. El valor de una es la película de la que partes.",
    ),
    praise="Sin las relaciones inversas, la directora solo aparece como valor, y por un valor no se puede buscar.",
    tolerance=1e-6,
)

TABLES: tuple[Exercise, ...] = (_PARAMETERS, _KEY_VALUE, _INVERSE)
