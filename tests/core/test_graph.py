"""El núcleo de grafos: cabezas, unidades y vecinos alrededor de sus vectores, y números extremos."""

from __future__ import annotations

import pytest
import torch
from atencion import ops
from atencion.patterns import from_edges
from cases_patterns import graph_case
from comparison import check


# Con pocas cabezas un vector lleva varias aristas: potencias de dos hasta kLanes, y vectores enteros después.
@pytest.mark.parametrize("heads", [1, 2, 3, 5, 8, 9, 16, 17, 33])
@pytest.mark.parametrize("units", [1, 3])
def test_heads_around_the_vector(kernel: str, dtype: torch.dtype, heads: int, units: int) -> None:
    check(graph_case(batch=1, heads=heads, units=units, n_query=5, n_key=11, d_v=2), dtype)


@pytest.mark.parametrize("n_key", [1, 3, 4, 5, 8, 15, 16, 17, 33])
@pytest.mark.parametrize("units", [1, 3])
def test_neighbours_around_the_vector(kernel: str, dtype: torch.dtype, n_key: int, units: int) -> None:
    check(graph_case(density="full", heads=2, units=units, n_query=3, n_key=n_key, d_v=3), dtype)


@pytest.mark.parametrize("width", [2, 4, 5, 8, 15, 16, 17, 31, 32, 33, 64, 65])
def test_widths_around_the_vector(kernel: str, dtype: torch.dtype, width: int) -> None:
    check(graph_case(heads=2, n_query=5, n_key=9, units=width, d_v=width - 1), dtype)


@pytest.mark.parametrize("n_query", [63, 64, 65, 129])
def test_nodes_around_the_task(kernel: str, dtype: torch.dtype, n_query: int) -> None:
    check(graph_case(batch=1, n_query=n_query, n_key=7, heads=2, units=1, d_v=2), dtype)


def test_hub_that_everybody_sees_and_that_sees_everybody(kernel: str, dtype: torch.dtype) -> None:
    """Una fila con todos los nodos y una columna que recibe gradiente de todos."""
    nodes = torch.arange(1500)
    hub = from_edges(torch.cat([nodes * 0, nodes]), torch.cat([nodes, nodes * 0]), 1500, 1500)
    check(graph_case(batch=1, n_query=1500, n_key=1500, heads=2, units=1, d_v=3, graph=hub), dtype)


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_tiny_and_huge_values(kernel: str, dtype: torch.dtype, size: float) -> None:
    case = graph_case(units=1).rounded(dtype)
    expected = case.operation(**case.tensors, **case.options).output
    case.tensors["value"] *= size
    torch.testing.assert_close(case.operation(**case.tensors, **case.options).output / size, expected)


@pytest.mark.parametrize("units", [1, 2])
@pytest.mark.parametrize("shift", [-1e4, 1e4])
def test_large_scores_do_not_overflow(kernel: str, dtype: torch.dtype, shift: float, units: int) -> None:
    """e = LeakyReLU(s + t) con s enorme: la fila solo ve diferencias de 1 (o de 0,2 en los negativos)."""
    key = torch.tensor([0.0, 1.0, -1.0], dtype=dtype).reshape(1, 3, 1, 1).expand(1, 3, 1, units)
    query = torch.full((1, 1, 1, units), shift, dtype=dtype)
    graph = from_edges(torch.zeros(3).long(), torch.arange(3), 1, 3)
    vector = torch.full((1, units), 1 / units, dtype=dtype)
    weights = ops.graph_attention(query, key, key, vector, graph, return_weights=True).weights
    slope = 1.0 if shift > 0 else 0.2
    expected = (slope * torch.tensor([0.0, 1.0, -1.0], dtype=dtype)).softmax(0)
    torch.testing.assert_close(weights.flatten(), expected, rtol=0, atol=shift * shift * 1e-11 + 1e-6)


@pytest.mark.parametrize("units", [1, 5])
def test_heads_do_not_depend_on_each_other(kernel: str, dtype: torch.dtype, units: int) -> None:
    """Cada cabeza da lo mismo sola que acompañada, aunque compartan vectores y tareas."""
    case = graph_case(heads=5, units=units).rounded(dtype)
    graph, vector = case.options["graph"], case.tensors.pop("score_vector")
    together = ops.graph_attention(**case.tensors, score_vector=vector, graph=graph).output
    for head in range(5):
        alone = {name: tensor[:, :, head : head + 1] for name, tensor in case.tensors.items()}
        output = ops.graph_attention(**alone, score_vector=vector[head : head + 1], graph=graph).output
        torch.testing.assert_close(output[:, :, 0], together[:, :, head])
