"""El núcleo de producto escalar: tamaños alrededor de sus bloques, filas largas, números extremos y NaN."""

from __future__ import annotations

import math

import pytest
import torch
from atencion import ops
from cases import dot_product_case
from comparison import check, evaluate, largest_error
from torch import Tensor

NAN_BITS = {torch.float32: torch.int32, torch.float64: torch.int64}


def nan(dtype: torch.dtype, payload: bool) -> Tensor:
    """Un NaN: el de siempre o el que tiene todos los bits a uno."""
    return torch.tensor(-1, dtype=NAN_BITS[dtype]).view(dtype) if payload else torch.tensor(math.nan, dtype=dtype)


# Consultas: 12, 24 o 48 por sub-bloque y 24, 48, 96 o 192 por tarea, según el núcleo y el tipo. Claves: 96 por bloque.
@pytest.mark.parametrize("n_key", [1, 95, 96, 97, 193])
@pytest.mark.parametrize(("n_query", "kind"), [(1, "none"), (11, "causal"), (13, "lengths"), (25, "window")])
def test_lengths_around_the_key_block(kernel: str, dtype: torch.dtype, n_query: int, n_key: int, kind: str) -> None:
    check(dot_product_case(kind=kind, heads=2, kv_heads=2, n_query=n_query, n_key=n_key, d_k=5, d_v=3), dtype)


@pytest.mark.parametrize("n_query", [6, 12, 23, 24, 47, 48, 49, 95, 96, 97, 191, 192, 193])
def test_lengths_around_the_query_blocks(kernel: str, dtype: torch.dtype, n_query: int) -> None:
    kind = ("none", "causal", "everything")[n_query % 3]
    check(dot_product_case(kind=kind, batch=1, heads=2, n_query=n_query, n_key=101, d_k=5, d_v=3), dtype)


@pytest.mark.parametrize("d_k", [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 127, 129])
def test_widths_around_the_vector(kernel: str, dtype: torch.dtype, d_k: int) -> None:
    """Anchuras de clave y valor distintas entre sí, a los dos lados de 4, 8, 16 y 64."""
    case = {"batch": 1, "heads": 2, "n_query": 19, "n_key": 29}
    check(dot_product_case(**case, d_k=d_k, d_v=d_k + 1), dtype)
    check(dot_product_case(**case, kind="dense", d_k=d_k + 1, d_v=max(d_k - 2, 1)), dtype)


@pytest.mark.parametrize("width", [32, 64, 128])
@pytest.mark.parametrize("layout", ["contiguous", "heads_last", "wide_rows"])
@pytest.mark.parametrize("kind", ["none", "causal_window", "everything"])
def test_widths_known_at_compile_time(kernel: str, dtype: torch.dtype, width: int, layout: str, kind: str) -> None:
    """Con filas contiguas de 32, 64 o 128 corre otra versión; los mismos números con otros pasos, la general."""
    case = dot_product_case(
        kind=kind, batch=1, heads=4, kv_heads=2, n_query=53, n_key=101, d_k=width, d_v=width, layout=layout
    )
    check(case, dtype)


@pytest.mark.parametrize("kind", ["none", "causal"])
def test_long_rows(kernel: str, dtype: torch.dtype, kind: str) -> None:
    check(dot_product_case(kind=kind, batch=1, heads=1, n_query=5, n_key=8192, d_k=7, d_v=3), dtype)


@pytest.mark.parametrize("size", [1e2, 1e4])
def test_large_scores(kernel: str, dtype: torch.dtype, size: float) -> None:
    """Con puntuaciones de ±size, redondear una puntuación, eps · size, es ya el error relativo de su peso."""
    case = dot_product_case(kind="causal", scale=size / 8, n_query=29, n_key=101)
    expected = evaluate(case.oracle, case.rounded(dtype, torch.float64))
    actual = evaluate(case.operation, case.rounded(dtype))
    for name, wanted in expected.items():
        largest = max(float(wanted.abs().max()), 1.0)
        assert largest_error(actual[name], wanted) <= 8 * torch.finfo(dtype).eps * size * largest, name


def test_one_enormous_score_takes_all_the_weight(kernel: str, dtype: torch.dtype) -> None:
    key = torch.full((1, 1, 101, 1), -1e4, dtype=dtype)
    key[0, 0, 97] = 1e4
    value = torch.arange(101, dtype=dtype).reshape(1, 1, 101, 1)
    attention = ops.dot_product_attention(key[:, :, 97:98] / 1e4, key, value, scale=1.0, return_weights=True)
    assert attention.output.item() == 97.0
    assert attention.weights is not None
    assert attention.weights.sum().item() == 1.0
    assert attention.logsumexp.item() == pytest.approx(1e4, rel=4 * torch.finfo(dtype).eps)


@pytest.mark.parametrize("shift", [-1e6, -1e3, 1e3, 1e6])
def test_softmax_does_not_overflow(kernel: str, dtype: torch.dtype, shift: float) -> None:
    """Sumar lo mismo a todas las puntuaciones, por grande que sea, no desborda ni anula nada."""
    query, key, value = dot_product_case(heads=1, n_query=3, n_key=101, d_k=1).rounded(dtype).tensors.values()
    attention = ops.dot_product_attention(
        query * 0, key, value, bias=torch.tensor([shift], dtype=dtype), return_weights=True
    )
    assert attention.weights is not None
    torch.testing.assert_close(attention.weights, torch.full_like(attention.weights, 1 / 101))
    torch.testing.assert_close(attention.logsumexp, torch.full_like(attention.logsumexp, shift + math.log(101)))


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_tiny_and_huge_values(kernel: str, dtype: torch.dtype, size: float) -> None:
    """La salida escala con los valores; consultas minúsculas y claves enormes se compensan."""
    query, key, value = dot_product_case(n_query=29, n_key=101, d_v=3).rounded(dtype).tensors.values()
    expected = ops.dot_product_attention(query, key, value)
    actual = ops.dot_product_attention(query * size, key / size, value * size)
    torch.testing.assert_close(actual.output / size, expected.output, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(actual.logsumexp, expected.logsumexp, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("payload", [False, True])
def test_nan_in_a_query_stays_in_its_row(kernel: str, dtype: torch.dtype, payload: bool) -> None:
    query, key, value = dot_product_case(n_query=29, n_key=101).rounded(dtype).tensors.values()
    before = ops.dot_product_attention(query, key, value, return_weights=True)
    query[1, 2, 17, 3] = nan(dtype, payload)
    row = torch.zeros(2, 3, 29, dtype=torch.bool)
    row[1, 2, 17] = True
    after = ops.dot_product_attention(query, key, value, return_weights=True)
    for wanted, found in zip(before, after, strict=True):
        assert found[row].isnan().all()
        assert torch.equal(found[~row], wanted[~row])


@pytest.mark.parametrize("payload", [False, True])
@pytest.mark.parametrize("position", [0, 95, 100])
def test_nan_in_a_key_reaches_every_row_of_its_heads(
    kernel: str, dtype: torch.dtype, payload: bool, position: int
) -> None:
    query, key, value = dot_product_case(heads=4, kv_heads=2, n_query=29, n_key=101).rounded(dtype).tensors.values()
    before = ops.dot_product_attention(query, key, value)
    key[1, 0, position, 5] = nan(dtype, payload)
    after = ops.dot_product_attention(query, key, value)
    for wanted, found in ((before.output, after.output), (before.logsumexp, after.logsumexp)):
        assert found[1, :2].isnan().all()
        assert torch.equal(found[0], wanted[0])
        assert torch.equal(found[1, 2:], wanted[1, 2:])


def test_nan_in_a_value_stays_in_its_column(kernel: str, dtype: torch.dtype) -> None:
    query, key, value = dot_product_case(n_query=29, n_key=101).rounded(dtype).tensors.values()
    before = ops.dot_product_attention(query, key, value)
    value[1, 0, 99, 7] = math.nan
    after = ops.dot_product_attention(query, key, value)
    column = torch.arange(13) == 7
    assert after.output[1][..., column].isnan().all()
    assert torch.equal(after.output[1][..., ~column], before.output[1][..., ~column])
    assert torch.equal(after.output[0], before.output[0])
    assert torch.equal(after.logsumexp, before.logsumexp)


def test_nan_in_the_bias_stays_in_its_row(kernel: str, dtype: torch.dtype) -> None:
    case = dot_product_case(kind="bias", n_query=29, n_key=101).rounded(dtype)
    before = case.operation(**case.tensors)
    case.tensors["bias"][1, 2, 17, 100] = math.nan
    after = case.operation(**case.tensors)
    row = torch.zeros(2, 3, 29, dtype=torch.bool)
    row[1, 2, 17] = True
    assert after.output[row].isnan().all()
    assert after.logsumexp[row].isnan().all()
    assert torch.equal(after.output[~row], before.output[~row])


def test_nan_in_masked_keys_does_not_count(kernel: str, dtype: torch.dtype) -> None:
    """Una clave tapada no entra en la puntuación de nadie: su NaN no llega al softmax."""
    case = dot_product_case(kind="causal", heads=1, n_query=53, n_key=101).rounded(dtype)
    before = case.operation(**case.tensors, **case.options)
    case.tensors["key"][:, :, 70] = math.nan
    after = case.operation(**case.tensors, **case.options)
    first = 70 - 48  # la primera consulta que ve esa clave
    assert torch.equal(after.output[:, :, :first], before.output[:, :, :first])
    assert after.output[:, :, first:].isnan().all()


def test_padding_is_never_read(kernel: str, dtype: torch.dtype) -> None:
    """NaN e infinitos detrás de ``key_lengths`` no se cuelan en nada, ni en la ida ni en la vuelta."""
    case = dot_product_case(n_query=29, n_key=101, key_lengths=torch.tensor([97, 0])).rounded(dtype)
    for name, garbage in (("key", math.nan), ("value", math.inf)):
        case.tensors[name][0, :, 97:] = garbage
        case.tensors[name][1] = garbage
    leaves = {name: tensor.requires_grad_() for name, tensor in case.tensors.items()}
    attention = case.operation(**leaves, **case.options, return_weights=True)
    roots = [attention.output.sum(), attention.weights.square().sum(), attention.logsumexp[0].sum()]
    gradients = torch.autograd.grad(roots, list(leaves.values()))
    assert attention.output.isfinite().all()
    assert attention.weights.isfinite().all()
    for gradient in gradients:
        assert gradient.isfinite().all()
        assert not gradient[1].any()
    assert not gradients[1][0, :, 97:].any()
