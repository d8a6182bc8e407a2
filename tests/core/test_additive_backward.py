"""El gradiente de la atención aditiva: sumas sobre consultas y ejemplos, filas vacías y números extremos."""

from __future__ import annotations

import math

import pytest
import torch
from cases import LAYOUTS, additive_case, arrange
from comparison import check, evaluate


@pytest.mark.parametrize("n_query", [1, 15, 16, 17, 33, 127])
@pytest.mark.parametrize("through", [("output",), ("weights", "logsumexp")])
def test_score_vector_gradient_adds_every_pair(
    kernel: str, dtype: torch.dtype, n_query: int, through: tuple[str, ...]
) -> None:
    check(additive_case(batch=5, n_query=n_query, n_key=7, units=19, d_v=3, through=through), dtype)


def test_gradients_of_a_batch_are_those_of_its_examples(kernel: str, dtype: torch.dtype) -> None:
    case = additive_case(batch=3, through=("output",)).rounded(dtype)
    leaves = [t.requires_grad_() for t in case.tensors.values()]
    together = torch.autograd.grad(case.operation(*leaves).output.sum(), leaves)
    vector = torch.zeros_like(together[3])
    for i in range(3):
        alone = [t[i : i + 1] for t in leaves[:3]]
        apart = torch.autograd.grad(case.operation(*alone, leaves[3]).output.sum(), [*alone, leaves[3]])
        for whole, part in zip(together[:3], apart[:3], strict=True):
            assert torch.equal(whole[i], part[0])
        vector += apart[3]
    torch.testing.assert_close(together[3], vector)


def test_score_vector_gradient_by_hand(kernel: str, dtype: torch.dtype) -> None:
    """Dos claves, una unidad: ∂ logsumexp / ∂v = Σ α_j tanh(q + k_j)."""
    query, key = torch.zeros(1, 1, 1, dtype=dtype), torch.tensor([0.5, -1.5], dtype=dtype).reshape(1, 2, 1)
    vector = torch.tensor([2.0], dtype=dtype, requires_grad=True)
    attention = additive_case().operation(query, key, key, vector)
    attention.logsumexp.sum().backward()
    tanh = [math.tanh(0.5), math.tanh(-1.5)]
    alpha = 1 / (1 + math.exp(2 * (tanh[1] - tanh[0])))
    assert vector.grad is not None
    assert vector.grad.item() == pytest.approx(alpha * tanh[0] + (1 - alpha) * tanh[1], rel=1e-6)


def test_query_gradient_is_the_sum_of_the_key_gradients(kernel: str, dtype: torch.dtype) -> None:
    """La puntuación depende de q + k: lo que se reparte entre las consultas y entre las claves suma lo mismo."""
    results = evaluate((case := additive_case(kind="everything")).operation, case.rounded(dtype))
    torch.testing.assert_close(
        results["grad_query"].sum(1), results["grad_key"].sum(1), rtol=1e-4, atol=200 * torch.finfo(dtype).eps
    )


@pytest.mark.parametrize("layout", ["expanded", *LAYOUTS[1:]])
def test_arriving_gradients_with_any_strides(kernel: str, dtype: torch.dtype, layout: str) -> None:
    """``output.sum()`` manda un gradiente de paso cero; lo que hay tras la atención, otro de pasos cambiados."""
    case = additive_case().rounded(dtype)
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


def test_gradient_of_the_forbidden_is_exactly_zero(kernel: str, dtype: torch.dtype) -> None:
    case = additive_case(kind="everything", n_key=101)
    results = evaluate(case.operation, case.rounded(dtype))
    unseen = (results["weights"] == 0).all(-2)
    assert unseen.any()
    assert not results["grad_key"][unseen].any()
    assert not results["grad_value"][unseen].any()


def test_nan_stays_in_its_example(kernel: str, dtype: torch.dtype) -> None:
    case = additive_case()
    before = evaluate(case.operation, case.rounded(dtype))
    case.tensors["query"][1, 5, 3] = math.nan
    after = evaluate(case.operation, case.rounded(dtype))
    assert after["grad_query"][1, 5].isnan().all()
    assert after["grad_key"][1].isnan().all()
    assert after["grad_score_vector"].isnan().all()
    others = torch.arange(19) != 5
    torch.testing.assert_close(after["grad_query"][1, others], before["grad_query"][1, others], rtol=1e-4, atol=1e-5)
    for name in ("grad_query", "grad_key", "grad_value"):
        assert torch.equal(after[name][0], before[name][0]), name
