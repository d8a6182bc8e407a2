"""El gradiente del producto escalar donde el núcleo se salta trabajo, comparte claves o parte de filas vacías."""

from __future__ import annotations

import math

import pytest
import torch
from cases import LAYOUTS, Case, arrange, dot_product_case
from comparison import check, evaluate


def gradients(case: Case, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    return evaluate(case.operation, case.rounded(dtype))


@pytest.mark.parametrize("window", [0, 1, 40, 97])
@pytest.mark.parametrize("causal", [False, True])
def test_windows_that_skip_whole_key_blocks(kernel: str, dtype: torch.dtype, window: int, causal: bool) -> None:
    """Cada sub-bloque de consultas solo visita unos bloques de claves; el resto recibe cero."""
    case = dot_product_case(
        batch=1, heads=2, n_query=101, n_key=211, d_k=3, d_v=5, kind="bias", window=window, causal=causal
    )
    results = check(case, dtype)
    first = 211 - 101 - window  # ninguna consulta ve las claves anteriores
    if first > 0:
        assert not results["grad_key"][:, :, :first].any()
        assert not results["grad_value"][:, :, :first].any()
        assert not results["grad_bias"][..., :first].any()


def test_gradient_of_the_forbidden_is_exactly_zero(kernel: str, dtype: torch.dtype) -> None:
    case = dot_product_case(kind="everything", n_query=53, n_key=101)
    results = gradients(case, dtype)
    assert not results["grad_bias"][results["weights"] == 0].any()
    unseen = (results["weights"] == 0).all(-2).all(1)  # claves que ninguna consulta ve, por ejemplo
    assert unseen.any()
    assert not results["grad_key"][:, 0][unseen].any()
    assert not results["grad_value"][:, 0][unseen].any()


@pytest.mark.parametrize("shape", [(2, 3, 53, 97), (1, 3, 53, 97), (53, 97), (97,), (2, 1, 1, 97), (3, 53, 1), (1,)])
def test_bias_gradient_sums_over_what_was_broadcast(kernel: str, shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(1)
    bias = torch.randn(shape, generator=generator, dtype=torch.float64)
    results = check(dot_product_case(bias=bias, n_query=53, n_key=97), torch.float64)
    assert results["grad_bias"].shape == shape


@pytest.mark.parametrize("kind", ["none", "causal", "alibi"])
def test_logsumexp_gradient_is_the_weights(kernel: str, dtype: torch.dtype, kind: str) -> None:
    """∂ logsumexp / ∂ sesgo son los pesos: la suma de sus filas es uno."""
    case = dot_product_case(kind=kind, n_query=53, n_key=97).rounded(dtype)
    bias = torch.zeros(2, 3, 53, 97, dtype=dtype, requires_grad=True)
    attention = case.operation(**case.tensors, **case.options, bias=bias, return_weights=True)
    attention.logsumexp.sum().backward()
    assert bias.grad is not None
    torch.testing.assert_close(bias.grad, attention.weights, rtol=1e-4, atol=1e-6)


def test_score_gradients_sum_to_zero(kernel: str, dtype: torch.dtype) -> None:
    """Sumar lo mismo a una fila no cambia la salida: por fila, el gradiente del sesgo suma cero."""
    case = dot_product_case(kind="bias", through=("output", "weights"), n_query=53, n_key=97)
    sums = gradients(case, dtype)["grad_bias"].sum(-1)
    torch.testing.assert_close(sums, torch.zeros_like(sums), rtol=0, atol=97 * 4 * torch.finfo(dtype).eps)


@pytest.mark.parametrize("heads", [2, 5])
def test_shared_keys_add_the_gradients_of_their_heads(kernel: str, dtype: torch.dtype, heads: int) -> None:
    shared = dot_product_case(kind="causal", heads=heads, kv_heads=1, n_query=29, n_key=37)
    tensors = {n: t.expand(2, heads, *t.shape[2:]).clone() if n != "query" else t for n, t in shared.tensors.items()}
    separate = Case(shared.operation, shared.oracle, tensors, shared.options)
    together, apart = gradients(shared, dtype), gradients(separate, dtype)
    for name in ("grad_key", "grad_value"):
        summed = apart[name].sum(1, keepdim=True)
        torch.testing.assert_close(together[name], summed, rtol=1e-4, atol=1e-5)
    assert torch.equal(together["grad_query"], apart["grad_query"])


@pytest.mark.parametrize("layout", ["expanded", *LAYOUTS[1:]])
def test_arriving_gradients_with_any_strides(kernel: str, dtype: torch.dtype, layout: str) -> None:
    """``output.sum()`` manda un gradiente de paso cero; lo que hay tras la atención, otro de pasos cambiados."""
    case = dot_product_case(n_query=13, n_key=17).rounded(dtype)
    leaves = [tensor.requires_grad_() for tensor in case.tensors.values()]
    attention = case.operation(*leaves, return_weights=True)
    if layout == "expanded":
        arriving = [torch.full((1,), 0.5, dtype=dtype).expand(root.shape) for root in attention]
    else:
        generator = torch.Generator().manual_seed(2)
        arriving = [arrange(torch.randn(r.shape, generator=generator).to(dtype), layout) for r in attention]
    found = torch.autograd.grad(attention, leaves, arriving, retain_graph=True)
    expected = torch.autograd.grad(attention, leaves, [a.contiguous() for a in arriving])
    for actual, wanted in zip(found, expected, strict=True):
        assert torch.equal(actual, wanted)


def test_nan_stays_in_its_example(kernel: str, dtype: torch.dtype) -> None:
    case = dot_product_case(n_query=29, n_key=101)
    before = gradients(case, dtype)
    case.tensors["query"][1, 2, 17, 3] = math.nan
    after = gradients(case, dtype)
    assert after["grad_query"][1, 2, 17].isnan().all()
    assert after["grad_key"][1].isnan().all()
    others = torch.arange(29) != 17
    assert torch.equal(after["grad_query"][1, 2][others], before["grad_query"][1, 2][others])
    for name in ("grad_query", "grad_key", "grad_value"):
        assert torch.equal(after[name][0], before[name][0]), name
