"""El oráculo contra cuentas hechas a mano y contra torch: si él falla, las demás pruebas no valen."""

from __future__ import annotations

import inspect
import math

import pytest
import torch
import torch.nn.functional as F
from atencion import ops, reference
from atencion.reference import masked_softmax
from cases import ADDITIVE_MASKS, DOT_PRODUCT_MASKS, Case, additive_case, dot_product_case
from cases_linear import FEATURE_MAPS, LINEAR_MASKS, linear_case
from torch import Tensor


def test_softmax_by_hand() -> None:
    scores = torch.tensor([[2.0, 0.5, 1.0], [2.0, 1.0, 0.0], [0.0, 0.0, math.log(2)]], dtype=torch.float64)
    weights, logsumexp = masked_softmax(scores, torch.ones(3, 3, dtype=torch.bool))
    expected = [[0.62853, 0.14024, 0.23122], [0.66524, 0.24473, 0.09003], [0.25, 0.25, 0.5]]
    assert weights.tolist() == [pytest.approx(row, abs=1e-5) for row in expected]
    assert torch.allclose(logsumexp, scores.logsumexp(-1))


def test_masked_softmax_gives_nothing_to_the_forbidden() -> None:
    scores = torch.tensor([[5.0, 0.0, 0.0], [1.0, 2.0, 3.0], [9.0, 9.0, 9.0]], requires_grad=True)
    allowed = torch.tensor([[False, True, True], [True, True, True], [False, False, False]])
    weights, logsumexp = masked_softmax(scores, allowed)
    assert weights[0].tolist() == [0.0, 0.5, 0.5]
    assert weights[1].tolist() == pytest.approx([0.09003, 0.24473, 0.66524], abs=1e-5)
    assert weights[2].tolist() == [0.0, 0.0, 0.0]
    assert logsumexp[2] == -math.inf
    ((weights * torch.tensor([1.0, 2.0, 4.0])).sum() + logsumexp.sum()).backward()
    assert scores.grad is not None
    assert scores.grad[0, 0] == 0
    assert scores.grad[2].tolist() == [0.0, 0.0, 0.0]
    assert scores.grad.isfinite().all()


def test_rows_emptied_by_infinite_scores_are_zeros() -> None:
    """Un sesgo de −∞ es una máscara: la fila que tapa entera es de ceros, como las demás filas vacías."""
    scores = torch.tensor([[-math.inf, -math.inf], [0.0, -math.inf]], requires_grad=True)
    weights, logsumexp = masked_softmax(scores, torch.ones(2, 2, dtype=torch.bool))
    assert weights.tolist() == [[0.0, 0.0], [1.0, 0.0]]
    assert logsumexp.tolist() == [-math.inf, 0.0]
    weights.square().sum().backward()
    assert scores.grad is not None
    assert not scores.grad.isnan().any()


@pytest.mark.parametrize("shift", [-1e4, 1e4, 1e300])
def test_softmax_does_not_overflow(shift: float) -> None:
    scores = torch.full((1, 4), shift, dtype=torch.float64)
    weights, logsumexp = masked_softmax(scores, torch.ones(1, 4, dtype=torch.bool))
    assert weights.tolist() == [[0.25] * 4]
    assert logsumexp.item() == pytest.approx(shift + math.log(4))


def test_no_keys() -> None:
    weights, logsumexp = masked_softmax(torch.zeros(3, 0), torch.ones(3, 0, dtype=torch.bool))
    assert weights.shape == (3, 0)
    assert (logsumexp == -math.inf).all()


def test_dot_product_attention_by_hand() -> None:
    key = torch.tensor([2.0, 0.5, 1.0]).reshape(1, 1, 3, 1)
    value = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])[None, None]
    attention = reference.dot_product_attention(torch.ones(1, 1, 1, 1), key, value, scale=1.0, return_weights=True)
    assert attention.output.flatten().tolist() == pytest.approx([0.85975, 0.37146], abs=2e-5)
    assert attention.weights is not None
    assert attention.weights.flatten().tolist() == pytest.approx([0.62853, 0.14024, 0.23122], abs=1e-5)


def test_additive_attention_by_hand() -> None:
    key = torch.atanh(torch.tensor([2.0, 0.5, 1.0]) / 4)[None, :, None]
    value = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]])
    attention = reference.additive_attention(torch.zeros(1, 1, 1), key, value, torch.tensor([4.0]), return_weights=True)
    assert attention.output.flatten().tolist() == pytest.approx([0.85975, 0.37146], abs=2e-5)


def split_sum(query: Tensor, key: Tensor, vector: Tensor) -> Tensor:
    """La otra forma de escribir Bahdanau: una sola proyección de la consulta y la clave concatenadas."""
    units = query.shape[-1]
    both = torch.cat(
        [query[:, :, None].expand(-1, -1, key.shape[1], -1), key[:, None].expand(-1, query.shape[1], -1, -1)], -1
    )
    weight = torch.cat([torch.eye(units), torch.eye(units)], 1).to(query)
    return F.linear(both, weight).tanh() @ vector


def test_additive_scores_are_those_of_one_linear_on_the_concatenation() -> None:
    query, key, value, vector = additive_case().tensors.values()
    expected = split_sum(query, key, vector).softmax(-1)
    found = reference.additive_attention(query, key, value, vector, return_weights=True).weights
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("causal", [False, True])
def test_agrees_with_torch(causal: bool) -> None:
    query, key, value = dot_product_case(heads=6, kv_heads=2, n_query=29, n_key=29).tensors.values()
    expected = F.scaled_dot_product_attention(query, key, value, is_causal=causal, enable_gqa=True)
    found = reference.dot_product_attention(query, key, value, causal=causal).output
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-13)


CASES = [
    *(
        pytest.param(dot_product_case(kind=kind, n_query=7, n_key=11, d_k=5, d_v=3), id=f"dot_product-{kind}")
        for kind in DOT_PRODUCT_MASKS
    ),
    *(
        pytest.param(additive_case(kind=kind, n_query=7, n_key=11, units=5, d_v=3), id=f"additive-{kind}")
        for kind in ADDITIVE_MASKS
    ),
    *(
        pytest.param(
            linear_case(kind=kind, features=features, n_query=7, n_key=11, d_k=5, d_v=3), id=f"linear-{features}-{kind}"
        )
        for kind in LINEAR_MASKS
        for features in FEATURE_MAPS
    ),
]


@pytest.mark.parametrize("case", CASES)
def test_rows_sum_to_one_or_zero(case: Case) -> None:
    attention = case.oracle(**case.tensors, **case.options, return_weights=True)
    assert attention.weights is not None
    sums = attention.weights.sum(-1)
    empty = attention.logsumexp == -math.inf
    torch.testing.assert_close(sums, (~empty).double(), rtol=1e-14, atol=0)
    assert not attention.output[empty].any()
    assert case.oracle(**case.tensors, **case.options).weights is None


@pytest.mark.parametrize("case", CASES)
def test_gradients_are_finite(case: Case) -> None:
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in case.tensors.items()}
    attention = case.oracle(**leaves, **case.options, return_weights=True)
    finite = attention.logsumexp.masked_fill(attention.logsumexp == -math.inf, 0.0)
    (attention.output.sum() + attention.weights.square().sum() + finite.sum()).backward()
    for name, leaf in leaves.items():
        assert leaf.grad is not None
        assert leaf.grad.isfinite().all(), name


def test_weights_and_logsumexp_rebuild_each_other() -> None:
    """Los pesos son exp(puntuación − logsumexp)."""
    case = dot_product_case(kind="causal", n_query=7, n_key=11)
    query, key, _ = case.tensors.values()
    attention = case.oracle(**case.tensors, **case.options, scale=0.3, return_weights=True)
    scores = 0.3 * query @ key.transpose(-1, -2)
    rebuilt = (scores - attention.logsumexp[..., None]).exp().masked_fill(attention.weights == 0, 0.0)
    torch.testing.assert_close(attention.weights, rebuilt, rtol=1e-12, atol=1e-14)


def test_operations_have_the_same_signature() -> None:
    for name in set(ops.__all__) - {"Attention"}:
        first, second = (inspect.signature(getattr(module, name)) for module in (ops, reference))
        assert first == second
