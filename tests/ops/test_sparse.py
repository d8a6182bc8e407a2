"""La atención dispersa: oráculo, patrones de los artículos, relleno, errores y memoria segura."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from atencion import _core, ops, reference
from atencion.patterns import (
    SparsePattern,
    blocks,
    causal,
    fixed,
    from_edges,
    from_mask,
    global_tokens,
    sliding_window,
    strided,
)
from cases import FULL, LAYOUTS
from cases_patterns import DENSITIES, sparse_case
from comparison import check, evaluate
from torch import Tensor


@pytest.mark.parametrize("lengths", [False, True])
@pytest.mark.parametrize("density", DENSITIES)
def test_matches_reference(kernel: str, dtype: torch.dtype, density: str, lengths: bool) -> None:
    check(sparse_case(density=density, lengths=lengths), dtype)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_strides(kernel: str, dtype: torch.dtype, layout: str) -> None:
    check(sparse_case(layout=layout), dtype)


@pytest.mark.parametrize("through", [("output",), ("logsumexp",), ("weights",), ("output", "logsumexp"), FULL])
def test_gradient_enters_by_each_output(kernel: str, dtype: torch.dtype, through: tuple[str, ...]) -> None:
    check(sparse_case(lengths=True, through=through, scale=0.3), dtype)


@pytest.mark.parametrize(
    "empty", [{"batch": 0}, {"n_query": 0}, {"n_key": 0}, {"d_v": 0}, {"heads": 0}, {"n_query": 0, "n_key": 0}]
)
def test_zero_lengths(kernel: str, dtype: torch.dtype, empty: dict[str, int]) -> None:
    check(sparse_case(**{"n_query": 3, "n_key": 5, "d_k": 7, "d_v": 2} | empty), dtype)


def patterns(n: int) -> dict[str, SparsePattern]:
    return {
        "causal": causal(n),
        "window": sliding_window(n, 3),
        "strided": strided(n, 5) | sliding_window(n, 5).causal(),
        "fixed": fixed(n, 5, 2) | blocks(n, 5).causal(),
        "global": global_tokens(n, [0, -1]),
        "bigbird": blocks(n, 4, window=1, global_blocks=(0,), random_blocks=1),
    }


@pytest.mark.parametrize("name", patterns(29))
def test_is_dense_attention_with_the_mask(dtype: torch.dtype, name: str) -> None:
    """El oráculo denso, que no sabe de aristas, da lo mismo con la máscara del patrón."""
    pattern = patterns(29)[name]
    case = sparse_case(n_query=29, n_key=29, pattern=pattern, lengths=True).rounded(dtype)
    lengths = case.options["key_lengths"]
    found = ops.sparse_attention(**case.tensors, pattern=pattern, key_lengths=lengths, return_weights=True)
    expected = reference.dot_product_attention(
        **case.tensors, mask=pattern.to_mask(), key_lengths=lengths, return_weights=True
    )
    torch.testing.assert_close(found.output, expected.output)
    torch.testing.assert_close(pattern.to_dense(found.weights), expected.weights)
    torch.testing.assert_close(found.logsumexp, expected.logsumexp)


@pytest.mark.parametrize("window", [None, 4])
def test_agrees_with_the_dense_kernel(kernel: str, dtype: torch.dtype, window: int | None) -> None:
    case = sparse_case(n_query=53, n_key=53).rounded(dtype)
    pattern = from_mask(torch.ones(53, 53, dtype=torch.bool)) if window is None else sliding_window(53, window)
    found = ops.sparse_attention(**case.tensors, pattern=pattern)
    expected = ops.dot_product_attention(**case.tensors, window=window)
    torch.testing.assert_close(found.output, expected.output)
    torch.testing.assert_close(found.logsumexp, expected.logsumexp)


def test_softmax_by_hand(kernel: str, dtype: torch.dtype) -> None:
    """Puntuaciones (2, ½, 1) en las claves que se ven, y un 9 en la que no: α = (0,62853, 0,14024, 0,23122)."""
    query = torch.ones(1, 1, 1, 1, dtype=dtype)
    key = torch.tensor([2.0, 9.0, 0.5, 1.0], dtype=dtype).reshape(1, 1, 4, 1)
    pattern = from_edges(torch.tensor([0, 0, 0]), torch.tensor([0, 2, 3]), 1, 4)
    attention = ops.sparse_attention(query, key, torch.eye(4, dtype=dtype)[None, None], pattern, return_weights=True)
    assert attention.weights is not None
    assert attention.weights.flatten().tolist() == pytest.approx([0.62853, 0.14024, 0.23122], abs=1e-5)
    assert attention.output.flatten().tolist() == pytest.approx([0.62853, 0.0, 0.14024, 0.23122], abs=1e-5)


def test_empty_rows_and_weights_that_sum_to_one(kernel: str, dtype: torch.dtype) -> None:
    case = sparse_case(n_query=41)
    results = evaluate(case.operation, case.rounded(dtype))
    pattern = case.options["pattern"]
    empty = pattern.offsets.diff() == 0
    assert empty.any()
    sums = pattern.to_dense(results["weights"]).sum(-1)
    torch.testing.assert_close(sums[..., ~empty], torch.ones_like(sums[..., ~empty]), rtol=0, atol=2e-6)
    assert torch.equal(results["logsumexp"] == -math.inf, empty.expand(2, 4, 41))
    for name in ("output", "grad_query"):
        assert not results[name][:, :, empty].any(), name
    for name, tensor in results.items():
        assert not tensor.isnan().any(), name


def test_padding_and_unseen_keys_are_never_read(kernel: str, dtype: torch.dtype) -> None:
    """NaN e infinitos detrás de ``key_lengths`` o sin arista no llegan a nada, y su gradiente es cero."""
    tensors = sparse_case(n_query=31, n_key=31).rounded(dtype).tensors
    pattern = from_mask(sliding_window(31, 4).to_mask() & (torch.arange(31) != 7))
    for name, garbage in (("key", math.nan), ("value", math.inf)):
        tensors[name][0, :, 23:] = garbage
        tensors[name][1] = garbage
        tensors[name][:, :, 7] = garbage
    leaves = {name: tensor.requires_grad_() for name, tensor in tensors.items()}
    attention = ops.sparse_attention(**leaves, pattern=pattern, key_lengths=torch.tensor([23, 0]), return_weights=True)
    roots = [attention.output.sum(), attention.weights.square().sum(), attention.logsumexp[0, :, :20].sum()]
    gradients = dict(zip(leaves, torch.autograd.grad(roots, list(leaves.values())), strict=True))
    for tensor in (attention.output, attention.weights, *gradients.values()):
        assert tensor.isfinite().all()
    for name in ("key", "value"):
        assert not gradients[name][0, :, 23:].any(), name
        assert not gradients[name][1].any(), name
        assert not gradients[name][:, :, 7].any(), name


def test_padding_changes_nothing(kernel: str, dtype: torch.dtype) -> None:
    query, key, value = sparse_case(batch=2, n_query=31, n_key=31).rounded(dtype).tensors.values()
    pattern, shorter = sliding_window(31, 5), sliding_window(31, 5).to_mask()[:, :13]
    padded = ops.sparse_attention(query, key, value, pattern, key_lengths=torch.tensor([31, 13]))
    alone = ops.sparse_attention(query[1:], key[1:, :, :13], value[1:, :, :13], from_mask(shorter))
    assert torch.equal(padded.output[1:], alone.output)
    assert torch.equal(padded.logsumexp[1:], alone.logsumexp)


def test_heads_with_their_own_pattern() -> None:
    """Como dice la documentación: una llamada por patrón y las cabezas se unen."""
    q, k, v = sparse_case(heads=2, kv_heads=2, n_query=12, n_key=12).tensors.values()
    local, far = sliding_window(12, 3).causal(), strided(12, 3)
    parts = [ops.sparse_attention(*(t[:, h : h + 1] for t in (q, k, v)), p).output for h, p in enumerate((local, far))]
    mask = torch.stack([local.to_mask(), far.to_mask()])
    torch.testing.assert_close(torch.cat(parts, 1), reference.dot_product_attention(q, k, v, mask=mask).output)


def test_same_numbers_with_any_number_of_threads(dtype: torch.dtype) -> None:
    case = sparse_case(batch=3, n_query=301, n_key=301, pattern=sliding_window(301, 20)).rounded(dtype)
    before = torch.get_num_threads()
    results = []
    for threads in (1, 3):
        torch.set_num_threads(threads)
        results.append(evaluate(case.operation, case))
    torch.set_num_threads(before)
    for name in results[0]:
        assert torch.equal(results[0][name], results[1][name]), name


@pytest.mark.parametrize("dynamic", [False, True])
def test_compiled_equals_eager(dynamic: bool) -> None:
    case = sparse_case(lengths=True).rounded(torch.float32)
    torch._dynamo.reset()
    compiled = torch.compile(case.operation, backend="aot_eager", fullgraph=True, dynamic=dynamic)
    expected = evaluate(case.operation, case)
    for name, found in evaluate(compiled, case).items():
        torch.testing.assert_close(found, expected[name])


def test_meta_tensors_have_the_right_shapes() -> None:
    case = sparse_case()
    expected = case.operation(**case.tensors, **case.options, return_weights=True)
    meta = {name: tensor.to("meta") for name, tensor in case.tensors.items()}
    for found, wanted in zip(case.operation(**meta, **case.options, return_weights=True), expected, strict=True):
        assert found.shape == wanted.shape


def q(*shape: int, **options: Any) -> Tensor:
    return torch.zeros(*shape, **options)


ERRORS = [
    ({"pattern": None}, TypeError, "pattern: se esperaba un SparsePattern; se recibió NoneType"),
    ({"pattern": causal(4)}, ValueError, "pattern: se esperaba (n_query, n_key) = (3, 5); se recibió (4, 4)"),
    ({"query": q(2, 3, 4)}, ValueError, "query: se esperaba (batch, heads, n_query, d_k); se recibió (2, 3, 4)"),
    ({"query": None}, TypeError, "query: se esperaba un tensor; se recibió NoneType"),
    ({"query": q(1, 2, 3, 4).half()}, TypeError,
     "query: se esperaba dtype float32 o float64; se recibió torch.float16"),
    ({"key": q(1, 2, 5, 3)}, ValueError,
     "key: se esperaba (batch, kv_heads, n_key, d_k) = (1, 2, 5, 4); se recibió (1, 2, 5, 3)"),
    ({"key": q(1, 3, 5, 4)}, ValueError, "key: se esperaba kv_heads divisor de heads = 2; se recibió 3"),
    ({"key": q(1, 2, 5, 4).double()}, TypeError, "key: se esperaba dtype torch.float32; se recibió torch.float64"),
    ({"value": q(1, 2, 6, 4)}, ValueError,
     "value: se esperaba (batch, kv_heads, n_key, d_v) = (1, 2, 5, 4); se recibió (1, 2, 6, 4)"),
    ({"key_lengths": torch.tensor([1, 2])}, ValueError, "key_lengths: se esperaba (batch,) = (1,); se recibió (2,)"),
    ({"key_lengths": torch.tensor([6])}, ValueError, "key_lengths: se esperaba valores de 0 a 5; se recibió 6"),
    ({"scale": "1"}, TypeError, "scale: se esperaba un número o None; se recibió str"),
    ({"return_weights": 1}, TypeError, "return_weights: se esperaba True o False; se recibió int"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "error", "message"), ERRORS)
def test_error_messages(changes: dict[str, Any], error: type[Exception], message: str) -> None:
    pattern = from_mask(torch.ones(3, 5, dtype=torch.bool))
    arguments = {"query": q(1, 2, 3, 4), "key": q(1, 2, 5, 4), "value": q(1, 2, 5, 4), "pattern": pattern}
    with pytest.raises(error) as raised:
        ops.sparse_attention(**{**arguments, **changes})
    assert str(raised.value) == message


HOSTILE = {
    "outside": ([0, 2, 3], [0, 9, 1]), "negative": ([0, 2, 3], [-1, 1, 1]), "repeated": ([0, 2, 3], [1, 1, 0]),
    "decreasing": ([0, 2, 3], [1, 0, 0]), "beyond": ([0, 2, 9], [0, 1, 0]), "backwards": ([0, 5, 3], [0, 1, 0]),
    "short": ([0, 3], [0, 1, 2]), "late": ([1, 2, 3], [0, 1, 0]), "unfinished": ([0, 1, 2], [0, 1, 0]),
    "huge": ([0, 2, 3], [0, 2**62, 1]),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_edges_are_refused_not_followed(kernel: str, name: str) -> None:
    """El núcleo no se fía del patrón: sus tensores se pueden cambiar por dentro."""
    offsets, keys = (torch.tensor(numbers) for numbers in HOSTILE[name])
    query, key, vector = torch.zeros(1, 1, 2, 3), torch.zeros(1, 1, 5, 3), torch.zeros(1, 3)
    nodes, others = query.transpose(1, 2), key.transpose(1, 2)
    with pytest.raises(ValueError, match="se esperaba"):
        _core.sparse_forward(query, key, key, offsets, keys, None, None, False, 1)
    with pytest.raises(ValueError, match="se esperaba"):
        _core.graph_forward(nodes, others, others, vector, offsets, keys, 0.2, False, 1)


def test_a_pattern_changed_from_inside_is_refused() -> None:
    query = torch.zeros(1, 1, 3, 2)
    pattern = causal(3)
    pattern.keys[-1] = 10**12
    with pytest.raises(ValueError, match="keys: se esperaba"):
        ops.sparse_attention(query, query, query, pattern)
