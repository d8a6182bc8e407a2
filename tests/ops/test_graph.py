"""La atención sobre grafos: oráculo, GAT y GATv2, nodos aislados, errores."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from atencion import ops
from atencion.patterns import causal, from_edges, from_mask
from atencion.reference import masked_softmax
from cases import FULL, LAYOUTS
from cases_patterns import DENSITIES, graph_case
from comparison import check, evaluate
from torch import Tensor
from torch.nn.functional import leaky_relu


@pytest.mark.parametrize("units", [1, 17])
@pytest.mark.parametrize("density", DENSITIES)
def test_matches_reference(kernel: str, dtype: torch.dtype, density: str, units: int) -> None:
    check(graph_case(density=density, units=units), dtype)


@pytest.mark.parametrize("units", [1, 5])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_strides(kernel: str, dtype: torch.dtype, layout: str, units: int) -> None:
    check(graph_case(layout=layout, units=units), dtype)


@pytest.mark.parametrize("units", [1, 5])
@pytest.mark.parametrize("through", [("output",), ("logsumexp",), ("weights",), ("output", "logsumexp"), FULL])
def test_gradient_enters_by_each_output(kernel: str, dtype: torch.dtype, through: tuple[str, ...], units: int) -> None:
    check(graph_case(through=through, units=units), dtype)


@pytest.mark.parametrize(
    "empty",
    [{"batch": 0}, {"n_query": 0}, {"n_key": 0}, {"units": 0}, {"d_v": 0}, {"heads": 0}, {"n_query": 0, "n_key": 0}],
)
def test_zero_lengths(kernel: str, dtype: torch.dtype, empty: dict[str, int]) -> None:
    check(graph_case(**{"n_query": 3, "n_key": 5, "units": 7, "d_v": 2} | empty), dtype)


@pytest.mark.parametrize("slope", [0.0, 1.0, 1.5, -0.3])
@pytest.mark.parametrize("units", [1, 5])
def test_any_negative_slope(kernel: str, dtype: torch.dtype, slope: float, units: int) -> None:
    check(graph_case(negative_slope=slope, units=units), dtype)


def gat(z: Tensor, to_self: Tensor, to_other: Tensor, adjacency: Tensor) -> tuple[Tensor, Tensor]:
    """Veličković et al. (2018), ec. 3, con la matriz de adyacencia y una cabeza."""
    weights, _ = masked_softmax(leaky_relu((z @ to_self)[:, None] + (z @ to_other)[None], 0.2), adjacency)
    return weights @ z, weights


def gatv2(left: Tensor, right: Tensor, vector: Tensor, adjacency: Tensor) -> tuple[Tensor, Tensor]:
    """Brody et al. (2022), ec. 7, con la matriz de adyacencia y una cabeza."""
    weights, _ = masked_softmax(leaky_relu(right[:, None] + left[None], 0.2) @ vector, adjacency)
    return weights @ left, weights


def test_gat_of_the_paper(kernel: str, dtype: torch.dtype) -> None:
    g = torch.Generator().manual_seed(3)
    z, a = (torch.randn(*s, generator=g, dtype=torch.float64).to(dtype) for s in ((11, 4), (2, 4)))
    adjacency = (torch.rand(11, 11, generator=g) < 0.3) | torch.eye(11, dtype=torch.bool)
    graph = from_mask(adjacency)
    nodes = z[None, :, None]
    found = ops.graph_attention(
        (z @ a[0]).reshape(1, 11, 1, 1), (z @ a[1]).reshape(1, 11, 1, 1), nodes, torch.ones(1, 1, dtype=dtype), graph,
        return_weights=True,
    )  # fmt: skip
    output, weights = gat(z, a[0], a[1], adjacency)
    torch.testing.assert_close(found.output[0, :, 0], output)
    torch.testing.assert_close(graph.to_dense(found.weights)[0, 0], weights)


def test_gatv2_of_the_paper(kernel: str, dtype: torch.dtype) -> None:
    g = torch.Generator().manual_seed(4)
    left, right, vector = (
        torch.randn(*s, generator=g, dtype=torch.float64).to(dtype) for s in ((11, 4), (11, 4), (1, 4))
    )
    adjacency = torch.rand(11, 11, generator=g) < 0.4
    graph, nodes = from_mask(adjacency), left[None, :, None]
    found = ops.graph_attention(right[None, :, None], nodes, nodes, vector, graph, return_weights=True)
    output, weights = gatv2(left, right, vector[0], adjacency)
    torch.testing.assert_close(found.output[0, :, 0], output)
    torch.testing.assert_close(graph.to_dense(found.weights)[0, 0], weights)


def complete_bipartite(k: int) -> Any:
    """El grafo de DictionaryLookup: cada una de k consultas ve las k fuentes."""
    return from_mask(torch.ones(k, k, dtype=torch.bool))


@pytest.mark.parametrize("seed", range(5))
def test_gat_ranks_the_keys_equally_for_all(kernel: str, seed: int) -> None:
    """Atención estática: LeakyReLU es creciente, así que la clave preferida es la de mayor t_j, sea quien sea i."""
    g = torch.Generator().manual_seed(seed)
    query, key = torch.randn(1, 5, 1, 1, generator=g), torch.randn(1, 5, 1, 1, generator=g)
    graph = complete_bipartite(5)
    weights = ops.graph_attention(query, key, key, torch.ones(1, 1), graph, return_weights=True).weights
    best = graph.to_dense(weights)[0, 0].argmax(-1)
    assert best.unique().tolist() == [int(key.argmax())]


def test_gatv2_looks_up_a_dictionary(kernel: str, dtype: torch.dtype) -> None:
    """Atención dinámica: con a = −1, −LeakyReLU(c_i − c_j) − LeakyReLU(c_j − c_i) es mayor cuanto más cerca están."""
    codes = torch.arange(5, dtype=dtype).reshape(1, 5, 1, 1)
    signs = torch.tensor([1.0, -1.0], dtype=dtype)
    graph = complete_bipartite(5)
    permutation = torch.tensor([3, 0, 4, 2, 1])
    attention = ops.graph_attention(
        codes * signs * 20, -codes[:, permutation] * signs * 20, codes[:, permutation], -torch.ones(1, 2, dtype=dtype),
        graph, return_weights=True,
    )  # fmt: skip
    assert graph.to_dense(attention.weights)[0, 0].argmax(-1).tolist() == permutation.argsort().tolist()
    torch.testing.assert_close(attention.output, codes, rtol=0, atol=1e-4)


def test_isolated_nodes(kernel: str, dtype: torch.dtype) -> None:
    for units in (1, 4):
        case = graph_case(n_query=41, units=units)
        results = evaluate(case.operation, case.rounded(dtype))
        graph = case.options["graph"]
        isolated = graph.offsets.diff() == 0
        assert isolated.any()
        sums = graph.to_dense(results["weights"]).sum(-1)
        torch.testing.assert_close(sums[..., ~isolated], torch.ones_like(sums[..., ~isolated]), rtol=0, atol=2e-6)
        assert torch.equal(results["logsumexp"] == -math.inf, isolated.expand(2, 3, 41))
        for name in ("output", "grad_query"):
            assert not results[name][:, isolated].any(), name
        for name, tensor in results.items():
            assert not tensor.isnan().any(), name


@pytest.mark.parametrize("units", [1, 4])
def test_nan_reaches_only_the_neighbours(kernel: str, dtype: torch.dtype, units: int) -> None:
    case = graph_case(units=units, density="sparse").rounded(dtype)
    graph = case.options["graph"]
    before = case.operation(**case.tensors, graph=graph).output
    for name in ("key", "value"):
        case.tensors[name][:, 7] = math.nan
    after = case.operation(**case.tensors, graph=graph).output
    neighbours = graph.to_mask()[:, 7]
    assert neighbours.any()
    assert after[:, neighbours].isnan().all()
    assert torch.equal(after[:, ~neighbours], before[:, ~neighbours])


@pytest.mark.parametrize("units", [1, 3])
def test_derivative_at_zero_is_the_negative_slope(kernel: str, dtype: torch.dtype, units: int) -> None:
    """Como en torch: en x = 0 la derivada de LeakyReLU es ``negative_slope``."""
    zero = torch.zeros(1, 1, 1, units, dtype=dtype, requires_grad=True)
    vector = torch.ones(1, units, dtype=dtype)
    attention = ops.graph_attention(zero, torch.zeros_like(zero), zero, vector, causal(1), negative_slope=0.25)
    (gradient,) = torch.autograd.grad(attention.logsumexp.sum(), zero)
    assert gradient.flatten().tolist() == [0.25] * units


def test_same_numbers_with_any_number_of_threads(dtype: torch.dtype) -> None:
    g = torch.Generator().manual_seed(1)
    graph = from_edges(
        torch.randint(0, 500, (4000,), generator=g), torch.randint(0, 500, (4000,), generator=g), 500, 500
    )
    case = graph_case(n_query=500, n_key=500, heads=4, units=4, graph=graph).rounded(dtype)
    before = torch.get_num_threads()
    results = []
    for threads in (1, 3):
        torch.set_num_threads(threads)
        results.append(evaluate(case.operation, case))
    torch.set_num_threads(before)
    for name in results[0]:
        assert torch.equal(results[0][name], results[1][name]), name


def test_compiled_equals_eager() -> None:
    case = graph_case().rounded(torch.float32)
    torch._dynamo.reset()
    compiled = torch.compile(case.operation, backend="aot_eager", fullgraph=True)
    expected = evaluate(case.operation, case)
    for name, found in evaluate(compiled, case).items():
        torch.testing.assert_close(found, expected[name])


def test_meta_tensors_have_the_right_shapes() -> None:
    case = graph_case()
    expected = case.operation(**case.tensors, **case.options, return_weights=True)
    meta = {name: tensor.to("meta") for name, tensor in case.tensors.items()}
    for found, wanted in zip(case.operation(**meta, **case.options, return_weights=True), expected, strict=True):
        assert found.shape == wanted.shape


def z(*shape: int) -> Tensor:
    return torch.zeros(*shape)


ERRORS = [
    ({"graph": torch.ones(3, 5)}, TypeError, "graph: se esperaba un SparsePattern; se recibió Tensor"),
    ({"graph": causal(5)}, ValueError, "graph: se esperaba (n_query, n_key) = (3, 5); se recibió (5, 5)"),
    ({"query": z(3, 2, 4)}, ValueError, "query: se esperaba (batch, n_query, heads, units); se recibió (3, 2, 4)"),
    ({"key": z(1, 5, 2, 3)}, ValueError,
     "key: se esperaba (batch, n_key, heads, units) = (1, 5, 2, 4); se recibió (1, 5, 2, 3)"),
    ({"key": "k"}, TypeError, "key: se esperaba un tensor; se recibió str"),
    ({"value": z(1, 5, 3, 6)}, ValueError,
     "value: se esperaba (batch, n_key, heads, d_v) = (1, 5, 2, 6); se recibió (1, 5, 3, 6)"),
    ({"value": z(1, 5, 2, 6).double()}, TypeError, "value: se esperaba dtype torch.float32; se recibió torch.float64"),
    ({"score_vector": z(4)}, ValueError, "score_vector: se esperaba (heads, units); se recibió (4,)"),
    ({"score_vector": z(2, 3)}, ValueError, "score_vector: se esperaba (heads, units) = (2, 4); se recibió (2, 3)"),
    ({"negative_slope": None}, TypeError, "negative_slope: se esperaba un número; se recibió NoneType"),
    ({"negative_slope": math.inf}, ValueError, "negative_slope: se esperaba un número finito; se recibió inf"),
    ({"return_weights": 1}, TypeError, "return_weights: se esperaba True o False; se recibió int"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "error", "message"), ERRORS)
def test_error_messages(changes: dict[str, Any], error: type[Exception], message: str) -> None:
    graph = from_mask(torch.ones(3, 5, dtype=torch.bool))
    arguments = {
        "query": z(1, 3, 2, 4), "key": z(1, 5, 2, 4), "value": z(1, 5, 2, 6), "score_vector": z(2, 4), "graph": graph,
    }  # fmt: skip
    with pytest.raises(error) as raised:
        ops.graph_attention(**{**arguments, **changes})
    assert str(raised.value) == message
