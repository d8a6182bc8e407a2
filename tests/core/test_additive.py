"""El núcleo aditivo: tamaños alrededor de sus bloques, el límite de la factorización, números extremos y NaN."""

from __future__ import annotations

import math

import pytest
import torch
from atencion import ops, reference
from cases import Case, additive_case
from comparison import check, evaluate, largest_error
from torch import Tensor

FACTOR_LIMIT = {torch.float32: 20.8, torch.float64: 170.0}  # por encima, el núcleo suma antes de la exponencial


def opposite(magnitude: float, **options: object) -> Case:
    """Consultas alrededor de ``magnitude`` y claves alrededor de ``−magnitude``: sus sumas son moderadas."""
    case = additive_case(**options)
    case.tensors["query"] = case.tensors["query"] / 2 + magnitude
    case.tensors["key"] = case.tensors["key"] / 2 - magnitude
    return case


# Consultas: 16 por grupo y 64 por tarea. Pares en teselas de 4, 2 y 1.
@pytest.mark.parametrize("n_query", [1, 2, 3, 4, 5, 7, 15, 16, 17, 31, 63, 64, 65, 129])
def test_lengths_around_the_query_blocks(kernel: str, dtype: torch.dtype, n_query: int) -> None:
    kind = ("none", "lengths", "everything")[n_query % 3]
    check(additive_case(kind=kind, n_query=n_query, n_key=11, units=5, d_v=3), dtype)


@pytest.mark.parametrize("n_key", [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33, 97, 193])
def test_key_lengths_around_the_vector(kernel: str, dtype: torch.dtype, n_key: int) -> None:
    kind = ("none", "lengths", "everything")[n_key % 3]
    check(additive_case(kind=kind, n_query=7, n_key=n_key, units=3, d_v=5), dtype)


@pytest.mark.parametrize("units", [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127])
def test_widths_around_the_vector(kernel: str, dtype: torch.dtype, units: int) -> None:
    check(additive_case(n_query=7, n_key=11, units=units, d_v=units + 1), dtype)
    check(additive_case(kind="dense", n_query=5, n_key=7, units=units + 1, d_v=max(units - 2, 1)), dtype)


def test_long_rows(kernel: str, dtype: torch.dtype) -> None:
    check(additive_case(batch=1, n_query=3, n_key=8192, units=7, d_v=3), dtype)


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("relative", [0.05, 0.5, 0.9])
def test_factors_below_their_limit(kernel: str, dtype: torch.dtype, relative: float, side: int) -> None:
    """e^{2q} · e^{2k} pierde |q| · eps por factor: es el precio de no sumar antes, y no pasa de ahí."""
    magnitude = relative * FACTOR_LIMIT[dtype]
    check(opposite(side * magnitude), dtype, scale=max(magnitude, 1.0))


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("magnitude", [30.0, 300.0, 1e4])
def test_sums_beyond_the_factor_limit(kernel: str, dtype: torch.dtype, magnitude: float, side: int) -> None:
    """Fuera del límite se suma antes de la exponencial: q + k es casi exacta, así que no se admite más error."""
    if magnitude > FACTOR_LIMIT[dtype]:
        check(opposite(side * magnitude), dtype)


def test_thirty_minus_twenty_nine_and_a_half(kernel: str, dtype: torch.dtype) -> None:
    """q = 30 y k = −29,5 dan tanh(½), no lo que daría recortar cada factor por separado."""
    query, vector = torch.full((1, 1, 1), 30.0, dtype=dtype), torch.ones(1, dtype=dtype)
    key = torch.tensor([-29.5, -30.0, 29.5], dtype=dtype).reshape(1, 3, 1)
    attention = ops.additive_attention(query, key, key, vector, return_weights=True)
    scores = torch.tensor([math.tanh(0.5), 0.0, 1.0], dtype=torch.float64)
    assert attention.weights is not None
    torch.testing.assert_close(attention.weights.flatten().double(), scores.softmax(0), rtol=1e-6, atol=0)
    assert attention.logsumexp.item() == pytest.approx(scores.logsumexp(0).item(), rel=1e-6)


@pytest.mark.parametrize("magnitude", [1e2, 1e4, 1e30, math.inf])
def test_saturated_units(kernel: str, dtype: torch.dtype, magnitude: float) -> None:
    """tanh(±grande) es ±1: las puntuaciones son sumas de ±v y a consultas y claves no les llega gradiente."""
    case = additive_case(n_query=5, n_key=7, units=17, d_v=3).rounded(dtype)
    sign = torch.where(torch.arange(7) % 2 == 0, 1.0, -1.0).to(dtype)[None, :, None]
    case.tensors["key"] = (sign * magnitude).expand(2, 7, 17).clone()
    leaves = {name: t.requires_grad_() for name, t in case.tensors.items()}
    attention = ops.additive_attention(**leaves, return_weights=True)
    total = case.tensors["score_vector"].sum()
    expected = (sign[0, :, 0] * total).softmax(0)
    assert attention.weights is not None
    torch.testing.assert_close(attention.weights, expected.expand(2, 5, 7), rtol=1e-5, atol=1e-7)
    attention.output.square().sum().backward()
    for name in ("query", "key"):
        assert leaves[name].grad.abs().max() < 8 * torch.finfo(dtype).eps, name
    assert leaves["score_vector"].grad.isfinite().all()


@pytest.mark.parametrize("size", [1e-1, 1e-3])
def test_tiny_sums_and_large_score_vector(kernel: str, dtype: torch.dtype, size: float) -> None:
    """tanh = 1 − 2r pierde eps por unidad, así que cada puntuación, eps · Σ|v|: con |v| grande se nota."""
    case = additive_case(n_query=5, n_key=37)
    for name in ("query", "key"):
        case.tensors[name] = case.tensors[name] * size
    case.tensors["score_vector"] = case.tensors["score_vector"] / size
    condition = float(case.tensors["score_vector"].abs().sum())
    expected = evaluate(case.oracle, case.rounded(dtype, torch.float64))
    actual = evaluate(case.operation, case.rounded(dtype))
    for name, wanted in expected.items():
        largest = max(float(wanted.abs().max()), 1.0)
        assert largest_error(actual[name], wanted) <= 4 * torch.finfo(dtype).eps * condition * largest, name


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_tiny_and_huge_values(kernel: str, dtype: torch.dtype, size: float) -> None:
    tensors = additive_case().rounded(dtype).tensors
    expected = ops.additive_attention(**tensors).output
    actual = ops.additive_attention(**{**tensors, "value": tensors["value"] * size}).output
    torch.testing.assert_close(actual / size, expected)


def test_one_example_beyond_the_limit_does_not_touch_the_others(kernel: str, dtype: torch.dtype) -> None:
    tensors = additive_case(n_query=5).rounded(dtype).tensors
    before = ops.additive_attention(**tensors)
    tensors["query"][1] += 1e3
    after = ops.additive_attention(**tensors)
    assert torch.equal(after.output[0], before.output[0])
    expected = reference.additive_attention(**tensors)
    torch.testing.assert_close(after.output, expected.output, rtol=1e-4, atol=1e-5)


def test_a_far_query_does_not_touch_its_neighbours(kernel: str, dtype: torch.dtype) -> None:
    tensors = additive_case(n_query=67).rounded(dtype).tensors
    before = ops.additive_attention(**tensors)
    tensors["query"][:, 3] *= 1e3
    after = ops.additive_attention(**tensors)
    same = torch.arange(67) != 3
    torch.testing.assert_close(after.output[:, same], before.output[:, same], rtol=1e-5, atol=1e-6)


def nan(dtype: torch.dtype, payload: bool) -> Tensor:
    """Un NaN: el de siempre o el que tiene todos los bits a uno."""
    bits = {torch.float32: torch.int32, torch.float64: torch.int64}[dtype]
    return torch.tensor(-1, dtype=bits).view(dtype) if payload else torch.tensor(math.nan, dtype=dtype)


@pytest.mark.parametrize("payload", [False, True])
@pytest.mark.parametrize("far", [False, True])
def test_nan_in_a_query_stays_in_its_row(kernel: str, dtype: torch.dtype, payload: bool, far: bool) -> None:
    tensors = additive_case().rounded(dtype).tensors
    if far:
        tensors["query"] += 1e3
    before = ops.additive_attention(**tensors, return_weights=True)
    tensors["query"][1, 5, 3] = nan(dtype, payload)
    after = ops.additive_attention(**tensors, return_weights=True)
    row = torch.zeros(2, 19, dtype=torch.bool)
    row[1, 5] = True
    for wanted, found in zip(before, after, strict=True):
        assert found[row].isnan().all()
        torch.testing.assert_close(found[~row], wanted[~row], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("dtype", "large"), [(torch.float32, 88.7), (torch.float64, 709.8)])
def test_nan_does_not_hide_a_number_beyond_the_limit(kernel: str, dtype: torch.dtype, large: float) -> None:
    """Buscar el mayor |q| con un NaN por medio ha de encontrar igualmente el que no se puede factorizar."""
    tensors = additive_case(batch=1, n_query=3, n_key=7, units=1, d_v=2).rounded(dtype).tensors
    tensors["query"][0, 0], tensors["query"][0, 1] = large, math.nan
    expected = reference.additive_attention(**tensors)
    actual = ops.additive_attention(**tensors)
    torch.testing.assert_close(actual.output[:, [0, 2]], expected.output[:, [0, 2]])
    torch.testing.assert_close(actual.logsumexp[:, [0, 2]], expected.logsumexp[:, [0, 2]])


@pytest.mark.parametrize("payload", [False, True])
@pytest.mark.parametrize("name", ["key", "value"])
def test_nan_in_keys_and_values(kernel: str, dtype: torch.dtype, name: str, payload: bool) -> None:
    """El de una clave llega a todas las filas de su ejemplo; el de un valor, solo a su columna."""
    tensors = additive_case().rounded(dtype).tensors
    before = ops.additive_attention(**tensors)
    tensors[name][1, 36, 7] = nan(dtype, payload)
    after = ops.additive_attention(**tensors)
    column = torch.arange(13) == 7
    assert torch.equal(after.output[0], before.output[0])
    assert after.output[1][:, column].isnan().all()
    if name == "key":
        assert after.output[1].isnan().all()
        assert after.logsumexp[1].isnan().all()
    else:
        assert torch.equal(after.output[1][:, ~column], before.output[1][:, ~column])
        assert torch.equal(after.logsumexp, before.logsumexp)


def test_nan_in_masked_keys_does_not_count(kernel: str, dtype: torch.dtype) -> None:
    case = additive_case(kind="dense").rounded(dtype)
    mask = case.options["mask"]
    mask[:, :, 30] = torch.arange(19) >= 7
    mask[:, 7, 31:] = False  # tras el NaN solo quedan claves tapadas
    before = ops.additive_attention(**case.tensors, mask=mask)
    case.tensors["key"][:, 30] = math.nan
    after = ops.additive_attention(**case.tensors, mask=mask)
    torch.testing.assert_close(after.output[:, :7], before.output[:, :7], rtol=1e-5, atol=1e-6)
    assert after.output[:, 7:].isnan().all()


def test_padding_is_never_read(kernel: str, dtype: torch.dtype) -> None:
    """NaN e infinitos detrás de ``key_lengths`` no se cuelan en nada, ni en la ida ni en la vuelta."""
    tensors = additive_case().rounded(dtype).tensors
    for name, garbage in (("key", math.nan), ("value", math.inf)):
        tensors[name][0, 31:] = garbage
        tensors[name][1] = garbage
    leaves = {name: tensor.requires_grad_() for name, tensor in tensors.items()}
    attention = ops.additive_attention(**leaves, key_lengths=torch.tensor([31, 0]), return_weights=True)
    roots = [attention.output.sum(), attention.weights.square().sum(), attention.logsumexp[0].sum()]
    gradients = dict(zip(leaves, torch.autograd.grad(roots, list(leaves.values())), strict=True))
    assert attention.output.isfinite().all()
    assert attention.weights.isfinite().all()
    assert all(gradient.isfinite().all() for gradient in gradients.values())
    for name in ("query", "key", "value"):
        assert not gradients[name][1].any(), name
    assert not gradients["key"][0, 31:].any()
