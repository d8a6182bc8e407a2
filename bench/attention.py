"""Compara el núcleo con la atención de torch: ``make medir``.

Antes de medir comprueba, contra el oráculo en float64, que los dos dan lo mismo. Imprime razones: tiempo del rival
entre el nuestro. Los tiempos sueltos de una máquina compartida no significan nada.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

import atencion
import torch
from atencion import ops, reference
from measure import compare, largest_error
from torch import Tensor
from torch.nn import functional

Attend = Callable[..., Tensor]


class Case(NamedTuple):
    """Una fila de la tabla: un mecanismo, sus tensores, lo nuestro, el rival y el oráculo."""

    name: str
    peer_name: str
    inputs: tuple[Tensor, ...]
    ours: Attend
    peer: Attend
    oracle: Attend


def dot_product_case(batch: int, heads: int, length: int, width: int, causal: bool) -> Case:
    shape = (batch, heads, length, width)
    return Case(
        f"producto escalar {shape}{' causal' if causal else ''}",
        "SDPA",
        tuple(torch.randn(*shape) for _ in range(3)),
        lambda q, k, v: ops.dot_product_attention(q, k, v, causal=causal).output,
        lambda q, k, v: functional.scaled_dot_product_attention(q, k, v, is_causal=causal),
        lambda q, k, v: reference.dot_product_attention(q, k, v, causal=causal).output,
    )


def additive_case(batch: int, n_query: int, n_key: int, units: int) -> Case:
    def eager(q: Tensor, k: Tensor, v: Tensor, s: Tensor) -> Tensor:
        return torch.softmax(torch.tanh(q[:, :, None] + k[:, None]) @ s, -1) @ v

    shapes = ((batch, n_query, units), (batch, n_key, units), (batch, n_key, units), (units,))
    return Case(
        f"aditiva {(batch, n_query, n_key, units)}",
        "torch paso a paso",
        tuple(torch.randn(*shape) / units**0.25 for shape in shapes),
        lambda *tensors: ops.additive_attention(*tensors).output,
        eager,
        lambda *tensors: reference.additive_attention(*tensors).output,
    )


CASES = [
    dot_product_case(1, 8, 512, 64, causal=False),
    dot_product_case(1, 8, 512, 64, causal=True),
    dot_product_case(1, 8, 2048, 64, causal=False),
    dot_product_case(1, 8, 2048, 64, causal=True),
    dot_product_case(32, 8, 20, 32, causal=False),
    dot_product_case(32, 8, 20, 32, causal=True),
    dot_product_case(1, 1, 4, 16, causal=False),
    additive_case(32, 20, 20, 128),
    additive_case(8, 200, 200, 256),
    additive_case(32, 1, 50, 256),
]


def row(case: Case) -> str:
    """Comprueba y mide un caso: hacia delante, y hacia delante y hacia atrás."""
    exact = case.oracle(*(tensor.double() for tensor in case.inputs))
    ours_error = largest_error(case.ours(*case.inputs), exact)
    peer_error = largest_error(case.peer(*case.inputs), exact)
    if ours_error > max(4 * peer_error, 1e-5):
        raise SystemExit(f"{case.name}: el error es {ours_error:.1e} y el del rival {peer_error:.1e}; no se mide.")
    with torch.no_grad():
        forward = compare(lambda: case.ours(*case.inputs), lambda: case.peer(*case.inputs))
    leaves = tuple(tensor.clone().requires_grad_() for tensor in case.inputs)
    grad = torch.randn(exact.shape)
    both = compare(
        lambda: torch.autograd.grad(case.ours(*leaves), leaves, grad),
        lambda: torch.autograd.grad(case.peer(*leaves), leaves, grad),
    )
    numbers = f"{forward.ratio:6.2f} ± {forward.spread:4.2f}   {both.ratio:6.2f} ± {both.spread:4.2f}"
    return f"{case.name:42} {case.peer_name:18} {numbers}   {ours_error:.0e} / {peer_error:.0e}"


def main(threads: int) -> None:
    torch.set_num_threads(threads)
    print(f"torch {torch.__version__}, núcleo {atencion.active_kernel()}, hilos: {threads}. Razón > 1: ganamos.")
    print(f"{'caso':42} {'rival':18} {'ida':>13}   {'ida y vuelta':>13}   error nuestro / rival")
    for case in CASES:
        print(row(case), flush=True)


if __name__ == "__main__":
    torch.manual_seed(0)
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
