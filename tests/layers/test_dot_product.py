"""La capa de producto escalar: sin parámetros, y con dropout sobre los pesos solo al entrenar."""

from __future__ import annotations

import pytest
import torch
from atencion import ops
from atencion.layers import DotProductAttention
from cases import dot_product_case
from torch import Tensor


@pytest.fixture
def tensors() -> tuple[Tensor, ...]:
    return tuple(dot_product_case(heads=6, kv_heads=2, n_query=13, n_key=17, d_k=5, d_v=7).tensors.values())


def test_is_the_operation(tensors: tuple[Tensor, ...]) -> None:
    layer = DotProductAttention(scale=0.3)
    assert not list(layer.parameters())
    generator = torch.Generator().manual_seed(0)
    options = {
        "mask": torch.rand(13, 17, generator=generator) > 0.4,
        "causal": True,
        "window": 7,
        "key_lengths": torch.tensor([17, 12]),
        "bias": torch.randn(13, 17, generator=generator, dtype=torch.float64),
        "alibi_slopes": torch.rand(6, generator=generator, dtype=torch.float64),
    }
    for names in ([], *([name] for name in options), list(options)):
        some = {name: options[name] for name in names}
        found = layer(*tensors, **some, return_weights=True)
        expected = ops.dot_product_attention(*tensors, **some, scale=0.3, return_weights=True)
        for first, second in zip(found, expected, strict=True):
            assert torch.equal(first, second), names
    assert layer(*tensors).weights is None


def test_default_scale(tensors: tuple[Tensor, ...]) -> None:
    found = DotProductAttention()(*tensors).output
    assert torch.equal(found, ops.dot_product_attention(*tensors, scale=5**-0.5).output)


@pytest.mark.parametrize("return_weights", [False, True])
def test_dropout_drops_weights_only_in_training(tensors: tuple[Tensor, ...], return_weights: bool) -> None:
    layer = DotProductAttention(dropout=0.5)
    plain = ops.dot_product_attention(*tensors, return_weights=True)
    layer.eval()
    assert torch.equal(layer(*tensors).output, plain.output)
    layer.train()
    torch.manual_seed(3)
    found = layer(*tensors, return_weights=return_weights)
    torch.manual_seed(3)
    dropped = torch.nn.functional.dropout(plain.weights, 0.5)
    expected = dropped @ tensors[2].repeat_interleave(3, dim=1)
    torch.testing.assert_close(found.output, expected, rtol=1e-12, atol=1e-13)
    assert not torch.allclose(found.output, plain.output)
    assert (found.weights is not None) == return_weights
    assert torch.equal(found.logsumexp, plain.logsumexp)


def test_returned_weights_are_those_before_dropout(tensors: tuple[Tensor, ...]) -> None:
    weights = DotProductAttention(dropout=0.5)(*tensors, causal=True, return_weights=True).weights
    torch.testing.assert_close(weights.sum(-1), torch.ones_like(weights[..., 0]))


def test_dropout_keeps_the_mean() -> None:
    torch.manual_seed(0)
    query = torch.zeros(1, 1, 4000, 1)
    key, value = torch.zeros(1, 1, 5, 1), torch.ones(1, 1, 5, 1)
    output = DotProductAttention(dropout=0.4)(query, key, value).output
    assert output.mean().item() == pytest.approx(1.0, abs=0.03)
    assert output.std() > 0.1


def test_padding_is_never_read_with_dropout(tensors: tuple[Tensor, ...]) -> None:
    query, key, value = tensors
    key[1, :, 5:], value[1, :, 5:] = torch.nan, torch.inf
    leaves = [tensor.requires_grad_() for tensor in (query, key, value)]
    output = DotProductAttention(dropout=0.5)(*leaves, key_lengths=torch.tensor([17, 5])).output
    assert output.isfinite().all()
    assert all(gradient.isfinite().all() for gradient in torch.autograd.grad(output.sum(), leaves))


def test_everything_dropped(tensors: tuple[Tensor, ...]) -> None:
    assert not DotProductAttention(dropout=1.0)(*tensors).output.any()


def test_gradients_go_through_dropout(tensors: tuple[Tensor, ...]) -> None:
    layer = DotProductAttention(dropout=0.5)
    leaves = [tensor.requires_grad_() for tensor in tensors]

    def function(*tensors: Tensor) -> Tensor:
        torch.manual_seed(7)
        return layer(*tensors, key_lengths=torch.tensor([17, 3])).output

    assert torch.autograd.gradcheck(function, leaves, fast_mode=True)


@pytest.mark.parametrize("dropout", [-0.1, 1.1, float("nan")])
def test_dropout_that_is_not_a_probability(dropout: float) -> None:
    with pytest.raises(ValueError, match="se esperaba") as error:
        DotProductAttention(dropout=dropout)
    assert str(error.value) == f"dropout: se esperaba una probabilidad entre 0 y 1; se recibió {dropout}"


def test_dropout_does_not_read_the_padding() -> None:
    """NaN detrás de ``key_lengths`` no llega a la salida tampoco al entrenar con *dropout*."""
    torch.manual_seed(0)
    query, key, value = torch.randn(2, 3, 5, 7), torch.randn(2, 3, 11, 7), torch.randn(2, 3, 11, 13)
    key[:, :, 4:] = torch.nan
    value[:, :, 4:] = torch.nan
    layer = DotProductAttention(dropout=0.5).train()
    assert layer(query, key, value, key_lengths=torch.tensor([4, 2])).output.isfinite().all()
