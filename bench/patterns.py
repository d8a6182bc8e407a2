"""Los mecanismos que atienden por un patrón, frente a SDPA con la máscara densa y a torch arista a arista."""

from __future__ import annotations

import torch
from atencion import ops, reference
from atencion.patterns import SparsePattern, blocks, from_edges, sliding_window, strided
from case import Attend, Case
from torch.nn import functional


def sparse_case(name: str, pattern: SparsePattern, *, by_edges: bool = False) -> Case:
    """Ocho cabezas de 64. Ir arista a arista en torch copia una fila por arista: solo con patrones pequeños."""
    mask = pattern.to_mask()

    def oracle(*tensors: torch.Tensor) -> torch.Tensor:
        return reference.sparse_attention(*tensors, pattern).output

    peers: dict[str, Attend] = {
        "SDPA con máscara": lambda *tensors: functional.scaled_dot_product_attention(*tensors, attn_mask=mask)
    }
    if by_edges:
        peers["eager"] = oracle
    return Case(
        f"dispersa {name}, n = {pattern.n_query}",
        tuple(torch.randn(1, 8, pattern.n_query, 64) for _ in range(3)),
        lambda *tensors: ops.sparse_attention(*tensors, pattern).output,
        oracle,
        peers,
        work=4.0 * 8 * 64 * len(pattern),
    )


def graph_case(nodes: int, degree: int, heads: int, units: int, width: int) -> Case:
    """Grafo al azar con hasta ``degree`` vecinos por nodo; ``units = 1`` es GAT."""
    receivers = torch.arange(nodes).repeat_interleave(degree)
    graph = from_edges(receivers, torch.randint(0, nodes, receivers.shape), nodes, nodes)

    def oracle(*tensors: torch.Tensor) -> torch.Tensor:
        return reference.graph_attention(*tensors, graph).output

    shapes = (1, nodes, heads, units), (1, nodes, heads, units), (1, nodes, heads, width), (heads, units)
    return Case(
        f"{'GAT' if units == 1 else 'GATv2'} {(nodes, degree, heads, width)}",
        tuple(torch.randn(*shape) / units**0.25 for shape in shapes),
        lambda *tensors: ops.graph_attention(*tensors, graph).output,
        oracle,
        {"eager": oracle},
    )


def cases() -> list[Case]:
    """Las filas de la tabla."""
    return [
        sparse_case("ventana de radio 128", sliding_window(2048, 128)),
        sparse_case("strided l = 32", strided(1024, 32) | sliding_window(1024, 32).causal(), by_edges=True),
        sparse_case("BigBird", blocks(2048, 64, window=1, global_blocks=(0, -1), random_blocks=3)),
        graph_case(10_000, 16, 8, 1, 16),
        graph_case(10_000, 16, 8, 16, 16),
        graph_case(2708, 5, 8, 1, 8),
    ]
