"""La exponencial, el logaritmo y el recíproco propios, vistos a través de atenciones de una sola puntuación."""

from __future__ import annotations

import math

import pytest
import torch
from atencion import ops
from torch import Tensor


def dot_product(scores: Tensor) -> ops.Attention:
    """Atención de una consulta sobre claves de esas puntuaciones, exactas: d_k = 1 y escala 1."""
    key = scores[:, None, :, None]
    return ops.dot_product_attention(torch.ones_like(key[:, :, :1]), key, key, scale=1.0, return_weights=True)


@pytest.mark.parametrize("step", [1 / 64, 0.37, 1.0])
def test_exponential(kernel: str, dtype: torch.dtype, step: float) -> None:
    """Dos claves, 0 y −x: el cociente de sus pesos es e^{−x}. Convertir x a base 2 redondea x · eps."""
    x = torch.arange(1, 257, dtype=torch.float64) * step
    x = x[x < (80.0 if dtype == torch.float32 else 600.0)].to(dtype)
    weights = dot_product(torch.stack([torch.zeros_like(x), -x], 1)).weights
    assert weights is not None
    ratio = (weights[:, 0, 0, 1] / weights[:, 0, 0, 0]).double()
    relative = (ratio / (-x.double()).exp() - 1).abs()
    assert (relative <= (4 + 2 * x.double()) * torch.finfo(dtype).eps).all()


def test_exponential_is_exact_at_zero_and_powers_of_two(kernel: str, dtype: torch.dtype) -> None:
    scores = torch.zeros(1, 5, dtype=dtype)
    weights = dot_product(scores).weights
    assert weights is not None
    assert torch.equal(weights.flatten(), torch.full((5,), 0.2, dtype=dtype))


def test_exponential_underflows_to_zero(kernel: str, dtype: torch.dtype) -> None:
    """Por debajo del menor número normal da cero, nunca basura, y no molesta a los demás pesos."""
    smallest = -math.log(torch.finfo(dtype).tiny)
    x = torch.linspace(smallest - 30, smallest + 300, 997, dtype=torch.float64).to(dtype)
    weights = dot_product(torch.stack([torch.zeros_like(x), -x], 1)).weights
    assert weights is not None
    assert (weights[:, 0, 0, 0] == 1).all()
    assert (weights[:, 0, 0, 1] >= 0).all()
    assert (weights[:, 0, 0, 1].double() <= 2 * (-x.double()).exp() + 1e-323).all()


def test_exponential_decreases(kernel: str, dtype: torch.dtype) -> None:
    x = torch.linspace(0, 40, 4001, dtype=dtype)
    weights = dot_product(-x[None]).weights
    assert weights is not None
    slack = 1 + 8 * torch.finfo(dtype).eps
    assert (weights[0, 0, 0, 1:] <= weights[0, 0, 0, :-1] * slack).all()


@pytest.mark.parametrize("mechanism", ["dot_product", "additive"])
def test_logarithm_of_the_number_of_keys(kernel: str, dtype: torch.dtype, mechanism: str) -> None:
    """Con n puntuaciones nulas el logsumexp es log n, también junto a √2 · 2^k, donde cambia de tramo."""
    for n in (1, 2, 3, 5, 7, 90, 91, 181, 182, 724, 725, 1448, 1449, 4096, 5793):
        zeros = torch.zeros(1, n, 1, dtype=dtype)
        if mechanism == "dot_product":
            found = dot_product(zeros[:, :, 0]).logsumexp
        else:
            found = ops.additive_attention(zeros[:, :1], zeros, zeros, torch.ones(1, dtype=dtype)).logsumexp
        eps = torch.finfo(dtype).eps  # el recíproco de AVX2 deja tanh(0) a una eps de cero
        assert found.item() == pytest.approx(math.log(n), rel=4 * eps, abs=eps)


def test_logarithm_of_totals_between_one_and_two(kernel: str, dtype: torch.dtype) -> None:
    x = torch.linspace(0, 30, 601, dtype=dtype)
    found = dot_product(torch.stack([torch.zeros_like(x), -x], 1)).logsumexp.flatten().double()
    expected = (-x.double()).exp().log1p()
    torch.testing.assert_close(found, expected, rtol=0, atol=4 * torch.finfo(dtype).eps)


def test_hyperbolic_tangent(kernel: str, dtype: torch.dtype) -> None:
    """Una clave y una unidad: el logsumexp es v · tanh(q + k), con error absoluto de pocas eps."""
    x = torch.linspace(-40, 40, 3201, dtype=torch.float64).to(dtype)
    one = torch.ones(1, dtype=dtype)
    for query, key in ((x, torch.zeros_like(x)), (torch.zeros_like(x), x), (x / 2, x / 2)):
        attention = ops.additive_attention(query[:, None, None], key[:, None, None], key[:, None, None], one)
        found = attention.logsumexp.flatten().double()
        torch.testing.assert_close(found, x.double().tanh(), rtol=0, atol=6 * torch.finfo(dtype).eps)
