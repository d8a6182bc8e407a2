"""Los ejercicios del capítulo 10 sobre las piezas que rodean al flujo: la autopista, lo que sale y lo que ocupa."""

from __future__ import annotations

import torch
from torch import Tensor

from .exercises import Case, FunctionExercise, ValueExercise
from .mistakes import mistake

__all__ = ["HIGHWAY", "JOINED", "MEMORY"]


def _random(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# 10.7
def _highway(x: Tensor, w_g: Tensor, b_g: Tensor, w_t: Tensor, b_t: Tensor) -> Tensor:
    gate = (x @ w_t.T + b_t).sigmoid()
    return gate * (x @ w_g.T + b_g).relu() + (1 - gate) * x


def _highway_cases() -> tuple[Case, ...]:
    shapes = (7, 5), (5, 5), (5,), (5, 5), (5,)
    return (Case("7 palabras, d = 5", tuple(_random(*shape, seed=31 + i) for i, shape in enumerate(shapes))),)


HIGHWAY = FunctionExercise(
    id="10.7",
    title="Una capa de autopista",
    parts=("la salida",),
    solution=_highway,
    cases=_highway_cases,
    mistakes=(
        mistake("swapped-gate", lambda x, wg, bg, wt, bt: _highway(x, wg, bg, -wt, -bt)),
        mistake(
            "no-gate",
            lambda x, wg, bg, wt, bt: (x @ wg.T + bg).relu() + x,
            lambda x, wg, bg, wt, bt: (x @ wg.T + bg).relu(),
        ),
        mistake("no-carry", lambda x, wg, bg, wt, bt: (x @ wt.T + bt).sigmoid() * (x @ wg.T + bg).relu()),
        mistake("whole-carry", lambda x, wg, bg, wt, bt: (x @ wt.T + bt).sigmoid() * (x @ wg.T + bg).relu() + x),
        mistake(
            "no-activation",
            lambda x, wg, bg, wt, bt: torch.lerp(x, x @ wg.T + bg, (x @ wt.T + bt).sigmoid()),
        ),
        mistake(
            "no-sigmoid",
            lambda x, wg, bg, wt, bt: torch.lerp(x, (x @ wg.T + bg).relu(), x @ wt.T + bt),
        ),
        mistake("transposed-weights", lambda x, wg, bg, wt, bt: _highway(x, wg.T, bg, wt.T, bt)),
    ),
    hints=(
        "La puerta t es una sigmoide: un número de 0 a 1 por componente.",
        "t deja pasar lo transformado, relu(W_g x + b_g); lo que falta hasta 1 deja pasar x tal cual.",
        "Con las palabras por filas, W x es x @ W.T.",
    ),
    praise="Con la puerta cerrada la capa no hace nada: por eso se puede apilar sin miedo.",
)


# 10.8
def _joined(h: Tensor, mixed: Tensor, summary: Tensor) -> Tensor:
    return torch.cat([h, mixed, h * mixed, h * summary], 1)


JOINED = FunctionExercise(
    id="10.8",
    title="Lo que sale del flujo",
    parts=("G",),
    solution=_joined,
    cases=lambda: (Case("T = 5, d = 3", (_random(5, 3, seed=41), _random(5, 3, seed=42), _random(3, seed=43))),),
    mistakes=(
        mistake("summary-alone", lambda h, u, s: torch.cat([h, u, h * u, s.expand_as(h)], 1)),
        mistake("mixed-times-summary", lambda h, u, s: torch.cat([h, u, h * u, u * s], 1)),
        mistake("sum-for-product", lambda h, u, s: torch.cat([h, u, h + u, h + s], 1)),
        mistake(
            "wrong-order",
            lambda h, u, s: torch.cat([u, h, h * u, h * s], 1),
            lambda h, u, s: torch.cat([h, u, h * s, h * u], 1),
            lambda h, u, s: torch.cat([h, h * u, u, h * s], 1),
        ),
        mistake("no-products", lambda h, u, s: torch.cat([h, u, s.expand_as(h)], 1)),
        mistake("stacked-words", lambda h, u, s: torch.cat([h, u, h * u, h * s], 0)),
    ),
    hints=(
        "Son cuatro bloques de ancho d, uno al lado del otro: cada palabra conserva su fila.",
        "Los dos últimos son productos componente a componente, y los dos llevan h.",
        "h̃ es un solo vector para todo el contexto: torch lo repite en cada fila al multiplicar.",
    ),
    praise="La palabra, lo que le dice la pregunta y dos comparaciones: todo pasa adelante, nada se resume.",
)


# 10.9
_NAIVE, _PAIRS = 60 * 400 * 30 * 200 * 4, 60 * 400 * 30 * 4

MEMORY = ValueExercise(
    id="10.9",
    title="La memoria que no hace falta",
    parts=("los GiB del tensor expandido", "los MiB de S"),
    solution=lambda: (_NAIVE / 2**30, _PAIRS / 2**20),
    mistakes=(
        mistake("decimal-units", (_NAIVE / 1e9, _PAIRS / 1e6)),
        mistake("numbers-not-bytes", (_NAIVE / 4 / 2**30, _PAIRS / 4 / 2**20)),
        mistake("double-precision", (2 * _NAIVE / 2**30, 2 * _PAIRS / 2**20)),
        mistake("all-three", (3 * _NAIVE / 2**30, _PAIRS / 2**20)),
        mistake("one-example", (_NAIVE / 60 / 2**30, _PAIRS / 60 / 2**20)),
    ),
    hints=(
        "Cuenta los números de cada tensor: uno tiene cuatro ejes y el otro, tres.",
        "Cada número en float32 ocupa 4 bytes.",
        "Un GiB son 2³⁰ bytes y un MiB, 2²⁰.",
    ),
    praise="Ese tensor se forma para sumarlo enseguida; con tres sumandos no hace falta.",
    tolerance=0.02,
)
