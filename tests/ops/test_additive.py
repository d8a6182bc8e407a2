"""El contrato de ``ops.additive_attention``: números, máscaras, disposiciones en memoria y casos límite."""

from __future__ import annotations

import math

import pytest
import torch
from atencion import ops
from cases import ADDITIVE_MASKS, FULL, LAYOUTS, additive_case
from comparison import check, evaluate
from torch import Tensor


def scores_as_keys(scores: list[float], dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Consulta, clave y ``score_vector`` de una unidad cuyas puntuaciones son ``scores``, de −4 a 4."""
    key = torch.atanh(torch.tensor(scores, dtype=torch.float64) / 4)[None, :, None].to(dtype)
    return torch.zeros(1, 1, 1, dtype=dtype), key, torch.full((1,), 4.0, dtype=dtype)


@pytest.mark.parametrize("mask", ADDITIVE_MASKS)
def test_matches_reference(kernel: str, dtype: torch.dtype, mask: str) -> None:
    check(additive_case(kind=mask), dtype)


@pytest.mark.parametrize("mask", ADDITIVE_MASKS)
def test_matches_reference_with_more_queries_than_keys(kernel: str, mask: str) -> None:
    check(additive_case(kind=mask, n_query=67, n_key=5, units=31, d_v=3), torch.float32)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("mask", ["lengths", "dense"])
def test_any_strides(kernel: str, dtype: torch.dtype, layout: str, mask: str) -> None:
    check(additive_case(kind=mask, layout=layout), dtype)


def test_strided_score_vector(kernel: str, dtype: torch.dtype) -> None:
    case = additive_case().rounded(dtype)
    expected = case.operation(**case.tensors)
    store = torch.full((17, 3), math.nan, dtype=dtype)
    store[:, 1] = case.tensors["score_vector"]
    actual = case.operation(**{**case.tensors, "score_vector": store[:, 1]})
    assert torch.equal(actual.output, expected.output)


@pytest.mark.parametrize("through", [("output",), ("logsumexp",), ("weights",), ("output", "logsumexp"), FULL])
@pytest.mark.parametrize("mask", ["empty_rows", "everything"])
def test_gradient_enters_by_each_output(kernel: str, dtype: torch.dtype, through: tuple[str, ...], mask: str) -> None:
    check(additive_case(kind=mask, through=through), dtype)


@pytest.mark.parametrize(
    "empty", [{"batch": 0}, {"n_query": 0}, {"n_key": 0}, {"units": 0}, {"d_v": 0}, {"n_query": 0, "n_key": 0}]
)
@pytest.mark.parametrize("mask", ["none", "query_only"])
def test_zero_lengths(kernel: str, dtype: torch.dtype, empty: dict[str, int], mask: str) -> None:
    sizes = {"n_query": 3, "n_key": 5, "units": 7, "d_v": 2} | empty
    check(additive_case(kind=mask, **sizes), dtype)


def test_single_element(kernel: str, dtype: torch.dtype) -> None:
    query, key, value = (torch.tensor(x, dtype=dtype).reshape(1, 1, 1) for x in (3.0, -2.5, -7.0))
    vector = torch.tensor([2.0], dtype=dtype)
    attention = ops.additive_attention(query, key, value, vector, return_weights=True)
    assert attention.output.item() == -7.0
    assert attention.weights is not None
    assert attention.weights.item() == 1.0
    assert attention.logsumexp.item() == pytest.approx(2 * math.tanh(0.5), rel=1e-6)


def test_softmax_by_hand(kernel: str, dtype: torch.dtype) -> None:
    """e = (2, ½, 1) sobre h = (1,0), (0,1), (1,1): α = (0,62853, 0,14024, 0,23122), c = (0,860, 0,371)."""
    query, key, vector = scores_as_keys([2.0, 0.5, 1.0], dtype)
    value = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]], dtype=dtype)
    attention = ops.additive_attention(query, key, value, vector, return_weights=True)
    assert attention.weights is not None
    assert attention.weights.flatten().tolist() == pytest.approx([0.62853, 0.14024, 0.23122], abs=1e-5)
    assert attention.output.flatten().tolist() == pytest.approx([0.85975, 0.37146], abs=2e-5)


def test_weights_of_zero_zero_log_two(kernel: str, dtype: torch.dtype) -> None:
    """e = (0, 0, ln 2): α = (¼, ¼, ½) y c = (0,75, 0,75)."""
    query, key, vector = scores_as_keys([0.0, 0.0, math.log(2)], dtype)
    value = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]], dtype=dtype)
    attention = ops.additive_attention(query, key, value, vector, return_weights=True)
    assert attention.weights is not None
    assert attention.weights.flatten().tolist() == pytest.approx([0.25, 0.25, 0.5], rel=1e-6)
    assert attention.output.flatten().tolist() == pytest.approx([0.75, 0.75], rel=1e-6)
    assert attention.logsumexp.item() == pytest.approx(math.log(4), rel=1e-6)


def test_zero_score_vector_is_uniform_but_its_gradient_is_not_zero(kernel: str, dtype: torch.dtype) -> None:
    """Con ``v_a = 0``, como inicia el artículo, los pesos son 1/T, y aun así ``v_a`` aprende."""
    tensors = additive_case(n_query=3, n_key=5).rounded(dtype).tensors
    vector = torch.zeros_like(tensors.pop("score_vector")).requires_grad_()
    attention = ops.additive_attention(**tensors, score_vector=vector, return_weights=True)
    assert attention.weights is not None
    assert torch.equal(attention.weights, torch.full_like(attention.weights, 0.2))
    attention.output.square().sum().backward()
    assert vector.grad is not None
    assert vector.grad.abs().min() > 0.01


EMPTY_ROWS = {
    "mask": {"mask": torch.tensor([True, False, True])[:, None]},
    "lengths": {"key_lengths": torch.tensor([3, 0])},
    "everything": {"mask": torch.tensor([False, True, True, False, True]), "key_lengths": torch.tensor([4, 1])},
}


@pytest.mark.parametrize("kind", EMPTY_ROWS)
def test_row_with_nothing_to_attend(kernel: str, dtype: torch.dtype, kind: str) -> None:
    """Da ceros exactos, logsumexp −∞ y gradiente cero, aunque lleguen gradientes por las tres salidas."""
    case = additive_case(n_query=3, n_key=5, units=4, d_v=3, **EMPTY_ROWS[kind])
    results = evaluate(case.operation, case.rounded(dtype))
    empty = torch.zeros(2, 3, dtype=torch.bool)
    if kind == "mask":
        empty[:, 1] = True
    else:
        empty[1] = True
        assert not results["grad_key"][1].any()
        assert not results["grad_value"][1].any()
    for name, tensor in results.items():
        assert not tensor.isnan().any(), name
    assert torch.equal(results["logsumexp"] == -math.inf, empty)
    for name in ("output", "weights", "grad_query"):
        assert not results[name][empty].any(), name
        assert results[name][~empty].any(), name


@pytest.mark.parametrize("mask", ADDITIVE_MASKS)
def test_rows_sum_to_one_and_the_forbidden_is_exactly_zero(kernel: str, dtype: torch.dtype, mask: str) -> None:
    case = additive_case(kind=mask, n_query=29, n_key=101).rounded(dtype)
    weights = case.operation(**case.tensors, **case.options, return_weights=True).weights
    wanted = case.oracle(**case.tensors, **case.options, return_weights=True).weights
    sums, empty = weights.sum(-1), (wanted == 0).all(-1)
    assert torch.allclose(sums[~empty], torch.ones_like(sums[~empty]), rtol=0, atol=16 * torch.finfo(dtype).eps)
    assert not sums[empty].any()
    assert not weights[wanted == 0].any()


def test_lengths_are_a_mask(kernel: str, dtype: torch.dtype) -> None:
    tensors = additive_case(n_query=7, n_key=11).rounded(dtype).tensors
    lengths = torch.tensor([3, 11])
    first = ops.additive_attention(**tensors, key_lengths=lengths.to(torch.uint8), return_weights=True)
    mask = (torch.arange(11) < lengths[:, None])[:, None]
    second = ops.additive_attention(**tensors, mask=mask, return_weights=True)
    assert torch.equal(first.output, second.output)
    assert torch.equal(first.weights, second.weights)


def test_padding_changes_nothing(kernel: str, dtype: torch.dtype) -> None:
    """Solo o dentro de un lote relleno con basura, cada ejemplo da los mismos números."""
    query, key, value, vector = additive_case(batch=3, n_key=31).rounded(dtype).tensors.values()
    lengths = torch.tensor([31, 13, 2])
    garbage = (torch.arange(31) >= lengths[:, None])[:, :, None]
    key, value = (t.masked_fill(garbage, 1e4) for t in (key, value))
    padded = ops.additive_attention(query, key, value, vector, key_lengths=lengths)
    for i, length in enumerate(lengths.tolist()):
        alone = ops.additive_attention(query[i : i + 1], key[i : i + 1, :length], value[i : i + 1, :length], vector)
        assert torch.equal(padded.output[i], alone.output[0])
        assert torch.equal(padded.logsumexp[i], alone.logsumexp[0])


def test_each_query_is_independent(kernel: str, dtype: torch.dtype) -> None:
    """Sustituir al azar una consulta solo cambia su fila."""
    query, key, value, vector = additive_case(n_query=67).rounded(dtype).tensors.values()
    before = ops.additive_attention(query, key, value, vector).output
    for position in (0, 15, 16, 64, 66):
        changed = query.clone()
        changed[:, position] = torch.randn(2, 17, generator=torch.Generator().manual_seed(position), dtype=dtype)
        after = ops.additive_attention(changed, key, value, vector).output
        same = torch.arange(67) != position
        assert torch.equal(after[:, same], before[:, same])
        assert (after[:, position] != before[:, position]).any()


def test_weights_only_on_request_and_same_output(kernel: str, dtype: torch.dtype) -> None:
    tensors = additive_case().rounded(dtype).tensors
    without, with_weights = (ops.additive_attention(**tensors, return_weights=flag) for flag in (False, True))
    assert without.weights is None
    assert torch.equal(without.output, with_weights.output)
    assert torch.equal(without.logsumexp, with_weights.logsumexp)
