"""Los ejercicios del capítulo 10 sobre las piezas que rodean al flujo: la autopista, lo que sale y lo que ocupa."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, permutations, product

import torch
from torch import Tensor

from .cases import random
from .exercises import Case, FunctionExercise, ValueExercise
from .mistakes import mistake

__all__ = ["HIGHWAY", "JOINED", "MEMORY"]


# 10.7
def _mixed(transformed: Tensor, gate: Tensor, x: Tensor) -> Tensor:
    return gate * transformed + (1 - gate) * x


def _highway(x: Tensor, w_g: Tensor, b_g: Tensor, w_t: Tensor, b_t: Tensor) -> Tensor:
    return _mixed((x @ w_g.T + b_g).relu(), (x @ w_t.T + b_t).sigmoid(), x)


def _built(change: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """La respuesta que combina con ``change(W_g x + b_g, W_t x + b_t, x)``."""
    return lambda x, wg, bg, wt, bt: change(x @ wg.T + bg, x @ wt.T + bt, x)


def _activated(activation: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    return _built(lambda g, t, x: _mixed(activation(g), t.sigmoid(), x))


def _gated(gate: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    return _built(lambda g, t, x: _mixed(g.relu(), gate(t), x))


def _highway_cases() -> tuple[Case, ...]:
    def tensors(n: int, d: int, seed: int) -> tuple[Tensor, ...]:
        shapes = (n, d), (d, d), (d,), (d, d), (d,)
        return tuple(random(*shape, seed=seed + i) for i, shape in enumerate(shapes))

    return (Case("7 palabras, d = 5", tensors(7, 5, seed=31)), Case("2 palabras, d = 3", tensors(2, 3, seed=36)))


HIGHWAY = FunctionExercise(
    id="10.7",
    title="Una capa de autopista",
    parts=("la salida",),
    solution=_highway,
    cases=_highway_cases,
    mistakes=(
        mistake("swapped-gate", _built(lambda g, t, x: _mixed(g.relu(), (-t).sigmoid(), x))),
        mistake(
            "no-gate",
            _built(lambda g, t, x: g.relu() + x),
            _built(lambda g, t, x: g.relu()),
            _built(lambda g, t, x: (g.relu() + x) / 2),
        ),
        mistake(
            "no-carry",
            _built(lambda g, t, x: t.sigmoid() * g.relu()),
            _built(lambda g, t, x: t.sigmoid() * g.relu() + (1 - t.sigmoid())),
        ),
        mistake("whole-carry", _built(lambda g, t, x: t.sigmoid() * g.relu() + x)),
        mistake("no-activation", _activated(lambda g: g)),
        mistake(
            "wrong-activation",
            _activated(torch.tanh),
            _activated(torch.sigmoid),
            _activated(torch.nn.functional.gelu),
            _activated(torch.nn.functional.leaky_relu),
        ),
        mistake(
            "relu-outside",
            _built(lambda g, t, x: _mixed(g, t.sigmoid(), x).relu()),
            _built(lambda g, t, x: _mixed(g.relu(), t.sigmoid(), x).relu()),
        ),
        mistake("no-sigmoid", _gated(lambda t: t)),
        mistake(
            "wrong-gate", *map(_gated, (torch.tanh, torch.relu, lambda t: t.softmax(-1), lambda t: (t > 0).float()))
        ),
        mistake("swapped-layers", lambda x, wg, bg, wt, bt: _highway(x, wt, bt, wg, bg)),
        mistake("swapped-biases", lambda x, wg, bg, wt, bt: _highway(x, wg, bt, wt, bg)),
        mistake(
            "no-biases",
            lambda x, wg, bg, wt, bt: _highway(x, wg, bg, wt, 0 * bt),
            lambda x, wg, bg, wt, bt: _highway(x, wg, 0 * bg, wt, bt),
            lambda x, wg, bg, wt, bt: _highway(x, wg, 0 * bg, wt, 0 * bt),
        ),
        mistake(
            "late-bias",
            lambda x, wg, bg, wt, bt: _mixed((x @ wg.T).relu() + bg, (x @ wt.T).sigmoid() + bt, x),
            lambda x, wg, bg, wt, bt: _mixed((x @ wg.T + bg).relu(), (x @ wt.T).sigmoid() + bt, x),
            lambda x, wg, bg, wt, bt: _mixed((x @ wg.T).relu() + bg, (x @ wt.T + bt).sigmoid(), x),
        ),
        mistake(
            "transposed-weights",
            lambda x, wg, bg, wt, bt: _highway(x, wg.T, bg, wt.T, bt),
            lambda x, wg, bg, wt, bt: _highway(x, wg.T, bg, wt, bt),
            lambda x, wg, bg, wt, bt: _highway(x, wg, bg, wt.T, bt),
        ),
    ),
    hints=(
        "La puerta t es una sigmoide: un número de 0 a 1 por componente.",
        "t deja pasar lo transformado, relu(W_g x + b_g); lo que falta hasta 1 deja pasar x tal cual.",
        "Con las palabras por filas, W x es x @ W.T.",
    ),
    praise="Con la puerta cerrada la capa no hace nada: por eso se puede apilar sin miedo.",
)


# 10.8
def _blocks(h: Tensor, mixed: Tensor, summary: Tensor) -> tuple[Tensor, ...]:
    return h, mixed, h * mixed, h * summary


def _joined(h: Tensor, mixed: Tensor, summary: Tensor) -> Tensor:
    return torch.cat(_blocks(h, mixed, summary), 1)


def _arranged(order: tuple[int, ...]) -> Callable[..., Tensor]:
    """La respuesta que junta los bloques que se le dicen, en ese orden."""
    return lambda *tensors: torch.cat([_blocks(*tensors)[position] for position in order], 1)


def _compared(first: Callable[..., Tensor], second: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """La respuesta que compara h con ũ y con h̃ con otras operaciones."""
    return lambda h, mixed, summary: torch.cat([h, mixed, first(h, mixed), second(h, summary)], 1)


_COMPARISONS: tuple[Callable[..., Tensor], ...] = (torch.mul, torch.add, torch.sub, torch.rsub)
_ORDERS = tuple(order for order in permutations(range(4)) if order != (0, 1, 2, 3))
_REPEATED = tuple(
    tuple(other if position == missing else position for position in range(4))
    for missing, other in permutations(range(4), 2)
)

JOINED = FunctionExercise(
    id="10.8",
    title="Lo que sale del flujo",
    parts=("G",),
    solution=_joined,
    cases=lambda: (
        Case("T = 5, d = 3", (random(5, 3, seed=41), random(5, 3, seed=42), random(3, seed=43))),
        Case("T = 2, d = 4", (random(2, 4, seed=44), random(2, 4, seed=45), random(4, seed=46))),
    ),
    mistakes=(
        mistake(
            "summary-alone",
            lambda h, u, s: torch.cat([h, u, h * u, s.expand_as(h)], 1),
            lambda h, u, s: torch.cat([h, u, s.expand_as(h), h * u], 1),
        ),
        mistake("mixed-times-summary", lambda h, u, s: torch.cat([h, u, h * u, u * s], 1)),
        mistake(
            "sum-for-product",
            *(
                _compared(first, second)
                for first, second in product(_COMPARISONS, repeat=2)
                if (first, second) != (torch.mul, torch.mul)
            ),
        ),
        mistake("wrong-order", *map(_arranged, _ORDERS)),
        mistake("repeated-row-block", *map(_arranged, _REPEATED)),
        mistake("missing-block", *(_arranged(order) for order in combinations(range(4), 3))),
        mistake("no-products", lambda h, u, s: torch.cat([h, u, s.expand_as(h)], 1)),
        mistake("stacked-words", lambda *tensors: torch.cat(_blocks(*tensors), 0)),
        mistake(
            "interleaved-blocks",
            lambda *tensors: torch.stack(_blocks(*tensors), 2).flatten(1),
            lambda *tensors: torch.stack(_blocks(*tensors)).view(len(tensors[0]), -1),
        ),
        mistake(
            "separate-blocks",
            lambda *tensors: torch.stack(_blocks(*tensors), 1),
            lambda *tensors: torch.stack(_blocks(*tensors), 2),
            lambda *tensors: torch.stack(_blocks(*tensors)),
        ),
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
_GIB, _MIB = _NAIVE / 2**30, _PAIRS / 2**20


def _both_or_one(gib: float, mib: float) -> tuple[tuple[float, float], ...]:
    """El mismo error en las dos cantidades, solo en la segunda o solo en la primera."""
    return (gib, mib), (_GIB, mib), (gib, _MIB)


MEMORY = ValueExercise(
    id="10.9",
    title="La memoria que no hace falta",
    parts=("los GiB del tensor expandido", "los MiB de S"),
    solution=lambda: (_GIB, _MIB),
    mistakes=(
        mistake("decimal-units", *_both_or_one(_NAIVE / 1e9, _PAIRS / 1e6)),
        mistake(
            "numbers-not-bytes",
            *_both_or_one(_GIB / 4, _MIB / 4),
            (_NAIVE / 4, _PAIRS / 4),
            (_NAIVE / 4e9, _PAIRS / 4e6),
        ),
        mistake("double-precision", *_both_or_one(2 * _GIB, 2 * _MIB)),
        mistake("half-precision", (_GIB / 2, _MIB / 2)),
        mistake("bits", *_both_or_one(8 * _GIB, 8 * _MIB)),
        mistake("half-width", (_GIB / 2, _MIB)),
        mistake("all-three", (3 * _GIB, _MIB)),
        mistake("one-example", *_both_or_one(_GIB / 60, _MIB / 60)),
        mistake("not-expanded", (_GIB / 30, _MIB), (_GIB / 400, _MIB)),
        mistake("scores-are-numbers", (_GIB, _NAIVE / 2**20), (_GIB, _GIB)),
        mistake("wrong-unit", *_both_or_one(_NAIVE / 2**20, _PAIRS / 2**30), (_GIB, _PAIRS / 2**10), (_NAIVE, _PAIRS)),
        mistake("few-decimals", *_both_or_one(round(_GIB, 1), round(_MIB, 1))),
    ),
    hints=(
        "Cuenta los números de cada tensor: uno tiene cuatro ejes y el otro, tres.",
        "Cada número en float32 ocupa 4 bytes.",
        "Un GiB son 2³⁰ bytes y un MiB, 2²⁰.",
    ),
    praise="Ese tensor se forma para sumarlo enseguida; con tres sumandos no hace falta.",
)
