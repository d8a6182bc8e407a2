"""Medir dos programas en un mismo proceso, alternándolos: en una máquina compartida solo las razones dicen algo."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor

Program = Callable[[], object]


class Ratio(NamedTuple):
    """Resultado de una comparación.

    Campos:
        ratio: tiempo del rival entre el nuestro (mediana de las razones de cada vuelta); más de 1 es que ganamos.
        spread: mitad del recorrido intercuartílico de esas razones.
        ours: mediana de nuestro tiempo por llamada, en segundos.
    """

    ratio: float
    spread: float
    ours: float


def _repeats(program: Program, seconds: float) -> int:
    program()
    start = time.perf_counter()
    program()
    return max(1, round(seconds / max(time.perf_counter() - start, 1e-7)))


def _time(program: Program, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        program()
    return (time.perf_counter() - start) / repeats


def compare(ours: Program, peer: Program, *, rounds: int = 31, seconds: float = 0.02) -> Ratio:
    """Alterna los dos programas ``rounds`` veces, unos ``seconds`` cada vez, y da la razón de sus tiempos."""
    our_repeats, peer_repeats = _repeats(ours, seconds), _repeats(peer, seconds)
    pairs = [(_time(ours, our_repeats), _time(peer, peer_repeats)) for _ in range(rounds)]
    ratios = [theirs / mine for mine, theirs in pairs]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return Ratio(middle, (high - low) / 2, statistics.median(mine for mine, _ in pairs))


def largest_error(result: Tensor, exact: Tensor) -> float:
    """Mayor diferencia con el resultado en float64."""
    return float((result.double() - exact).abs().max())
