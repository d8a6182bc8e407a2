"""Compara el núcleo con sus rivales: ``make medir``.

Antes de medir comprueba, contra el oráculo en float64, que todos dan lo mismo. Imprime razones: tiempo del rival entre
el nuestro; más de 1 es que ganamos. Los tiempos sueltos de una máquina compartida no significan nada. Uso:

    python bench/table.py [grupo …] [--sin-compilar]
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Iterator

import atencion
import torch
from case import Attend, Case
from measure import compare, fma_peak, largest_error, peak_memory
from torch import Tensor

MODULES = (
    "dot_product", "additive", "memory", "pointer", "word_by_word", "key_value_predict", "linear", "merge", "two_way",
    "patterns",
)  # fmt: skip
COLUMNS = "{:46} {:6} {:>5} {:20} {:>14} {:>7} {:>11} {:>17}"


def compiled(function: Attend) -> Attend:
    """``torch.compile`` de la función, con formas fijas, como la usaría quien quisiera ganarnos."""
    torch._dynamo.reset()
    return torch.compile(function, dynamic=False)  # type: ignore[no-any-return]


def both_ways(function: Attend, inputs: tuple[Tensor, ...], grad: Tensor) -> Callable[[], object]:
    """Ida y vuelta, con todos los gradientes."""
    leaves = tuple(tensor.clone().requires_grad_() for tensor in inputs)
    return lambda: torch.autograd.grad(function(*leaves), leaves, grad)


def measured(case: Case, threads: int, peak: float | None, compile_eager: bool) -> Iterator[str]:
    """Las filas de un caso: una por rival y sentido."""
    torch.set_num_threads(threads)
    exact = case.oracle(*(tensor.double() for tensor in case.inputs)).detach()
    error = largest_error(case.ours(*case.inputs), exact)
    peers = dict(case.peers)
    if compile_eager and case.compiled and threads == 1 and "eager" in peers:
        peers["compile"] = compiled(peers["eager"])
    grad = torch.randn(exact.shape)
    for name, peer in peers.items():
        try:
            peer_error = largest_error(peer(*case.inputs), exact)
        except Exception as failure:  # un rival que aquí no corre no detiene la tabla
            yield f"{case.name}: {name} no corre aquí ({type(failure).__name__})"
            continue
        if error > max(4 * peer_error, 1e-5):
            raise SystemExit(f"{case.name}: el error es {error:.1e} y el de {name} {peer_error:.1e}; no se mide.")
        directions: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
            "ida": (lambda: case.ours(*case.inputs), lambda peer=peer: peer(*case.inputs))
        }
        if case.backward and name not in case.forward_only:
            directions["i+v"] = both_ways(case.ours, case.inputs, grad), both_ways(peer, case.inputs, grad)
        for direction, (ours, theirs) in directions.items():
            with torch.set_grad_enabled(direction != "ida"):
                result = compare(ours, theirs)
                mine, other = peak_memory(ours), peak_memory(theirs)
            share = case.work / (result.ours * peak * threads) if peak and case.work and direction == "ida" else None
            yield COLUMNS.format(
                case.name, direction, threads, name, f"{result.ratio:.2f} ± {result.spread:.2f}",
                "" if share is None else f"{share:.0%}",
                "" if mine is None or other is None else f"{mine:.0f}/{other:.0f}",
                f"{error:.0e}/{peer_error:.0e}",
            )  # fmt: skip


def main(arguments: list[str]) -> None:
    groups = [argument for argument in arguments if not argument.startswith("--")] or MODULES
    peak = fma_peak(atencion.active_kernel())
    ceiling = "desconocido" if peak is None else f"{peak / 1e9:.0f} GF/s por hilo"
    print(f"torch {torch.__version__}, núcleo {atencion.active_kernel()}, techo de la máquina: {ceiling}")
    print(COLUMNS.format("caso", "", "hilos", "rival", "rival/nosotros", "techo", "MB (n/r)", "error (n/rival)"))
    for group in groups:
        for case in importlib.import_module(group).cases():
            for threads in case.threads:
                for row in measured(case, threads, peak, "--sin-compilar" not in arguments):
                    print(row, flush=True)


if __name__ == "__main__":
    torch.manual_seed(0)
    warnings.filterwarnings("ignore")
    main(sys.argv[1:])
