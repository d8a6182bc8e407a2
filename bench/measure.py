"""Medir dos programas en un mismo proceso, alternándolos: en una máquina compartida solo las razones dicen algo."""

from __future__ import annotations

import ctypes
import gc
import platform
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

Program = Callable[[], object]
FLAGS = {"avx512": ["-mavx512f"], "avx2": ["-mavx2", "-mfma"]}


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


def compare(ours: Program, peer: Program, *, rounds: int = 15, seconds: float = 0.02) -> Ratio:
    """Alterna los dos programas ``rounds`` veces, unos ``seconds`` cada vez, y da la razón de sus tiempos."""
    our_repeats, peer_repeats = _repeats(ours, seconds), _repeats(peer, seconds)
    pairs = [(_time(ours, our_repeats), _time(peer, peer_repeats)) for _ in range(rounds)]
    ratios = [theirs / mine for mine, theirs in pairs]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return Ratio(middle, (high - low) / 2, statistics.median(mine for mine, _ in pairs))


def largest_error(result: Tensor, exact: Tensor) -> float:
    """Mayor diferencia con el resultado en float64, frente a la escala de este."""
    scale = float(exact.abs().max()) if exact.numel() else 1.0
    return float((result.double() - exact).abs().max()) / max(scale, 1e-30)


def peak_memory(program: Program) -> float | None:
    """Memoria que el programa llega a usar por encima de la que ya había, en MB; ``None`` si el sistema no lo dice."""
    try:
        program()  # lo que se reserva una sola vez no cuenta
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")  # pone a cero el máximo
        before = _status("VmRSS")
        program()
        return max(_status("VmHWM") - before, 0) / 1024
    except (OSError, AttributeError):
        return None


def _status(field: str) -> int:
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found, f"/proc/self/status no tiene {field}"
    return int(found[1])


def fma_peak(kernel: str) -> float | None:
    """Operaciones por segundo en float32 de un hilo que no toca la memoria; ``None`` si no hay compilador."""
    flags = FLAGS.get(kernel, []) if platform.machine() in ("x86_64", "AMD64") else []
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "peak.so"
        command = ["c++", "-std=c++17", "-O2", "-shared", "-fPIC", *flags, "-o", str(library)]
        try:
            subprocess.run([*command, str(Path(__file__).with_name("peak.cpp"))], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            return None
        run = ctypes.CDLL(str(library)).run
        run.restype, run.argtypes = ctypes.c_double, [ctypes.c_long]
        steps, best = 2_000_000, 0.0
        for _ in range(7):
            start = time.perf_counter()
            operations = run(steps)
            best = max(best, operations / (time.perf_counter() - start))
        return best
