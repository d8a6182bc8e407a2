"""Autoatención de una cabeza: la fórmula, el relleno, el orden y los gradientes."""

import pytest
import torch
from atencion import ops
from atencion.layers import SelfAttention


@pytest.fixture
def layer():
    torch.manual_seed(0)
    return SelfAttention(5, d_k=3, d_v=7).double()


@pytest.fixture
def x():
    return torch.randn(2, 11, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def matrices(layer):
    return layer.query_projection.weight.T, layer.key_projection.weight.T, layer.value_projection.weight.T


def test_is_the_formula(layer, x):
    w_q, w_k, w_v = matrices(layer)
    found = layer(x, return_weights=True)
    weights = (x @ w_q @ (x @ w_k).mT / 3**0.5).softmax(-1)
    torch.testing.assert_close(found.weights, weights)
    torch.testing.assert_close(found.output, weights @ (x @ w_v))
    assert layer(x).weights is None


def test_by_hand():
    """«El gato duerme»: las puntuaciones escaladas de «duerme» son −1, 2 y 1."""
    layer = SelfAttention(2, d_k=4, d_v=2)
    with torch.no_grad():
        layer.query_projection.weight.copy_(torch.tensor([[0.0, 1, 0, 1], [1, 0, 1, 0]]).T)
        layer.key_projection.weight.copy_(torch.tensor([[1.0, -1, -1, -1], [1, 1, 1, 1]]).T)
        layer.value_projection.weight.copy_(torch.tensor([[0.0, 1], [2, 0]]).T)
    found = layer(torch.tensor([[[1.0, 0], [0, 1], [1, 1]]]), return_weights=True)
    scaled = torch.tensor([[-1.0, 1, 0], [0, 1, 1], [-1, 2, 1]])
    torch.testing.assert_close(found.weights[0], scaled.softmax(-1))
    torch.testing.assert_close(found.output[0, 2], torch.tensor([1.9298, 0.2946]), atol=1e-4, rtol=0)


def test_options_reach_the_core(layer, x):
    query, key, value = ((x @ w)[:, None] for w in matrices(layer))
    lengths = torch.tensor([11, 4])
    found = layer(x, key_lengths=lengths, causal=True, window=2, return_weights=True)
    options = {"key_lengths": lengths, "causal": True, "window": 2, "return_weights": True}
    for one, other in zip(found, ops.dot_product_attention(query, key, value, **options), strict=True):
        torch.testing.assert_close(one, other[:, 0])


def test_permutation_equivariant_and_invariant_only_when_pooled(layer, x):
    order = torch.randperm(11, generator=torch.Generator().manual_seed(3))
    before, after = layer(x, return_weights=True), layer(x[:, order], return_weights=True)
    torch.testing.assert_close(after.output, before.output[:, order], atol=1e-12, rtol=0)
    torch.testing.assert_close(after.weights, before.weights[:, order][:, :, order], atol=1e-12, rtol=0)
    assert not torch.allclose(after.output, before.output)
    torch.testing.assert_close(after.output.mean(1), before.output.mean(1))


def test_causal_layer_does_not_see_the_future(layer, x):
    before = layer(x, causal=True).output
    for t in range(1, 11):
        changed = x.clone()
        changed[:, t] = torch.randn(2, 5, generator=torch.Generator().manual_seed(t), dtype=torch.float64)
        assert torch.equal(layer(changed, causal=True).output[:, :t], before[:, :t])
        assert not torch.allclose(layer(changed).output[:, :t], layer(x).output[:, :t])


def test_alone_is_the_same_as_padded(layer, x):
    padded = layer(x, key_lengths=torch.tensor([11, 4])).output
    torch.testing.assert_close(layer(x[1:, :4]).output[0], padded[1, :4])


def test_gradients(layer, x):
    leaves = [x[:, :4].clone().requires_grad_(), *layer.parameters()]

    def run(x, *weights):
        parameters = dict(zip([name for name, _ in layer.named_parameters()], weights, strict=True))
        return torch.func.functional_call(layer, parameters, (x,)).output

    assert torch.autograd.gradcheck(run, leaves, fast_mode=True)


def test_default_widths():
    assert SelfAttention(6)(torch.randn(1, 2, 6)).output.shape == (1, 2, 6)


@pytest.mark.parametrize("shape", [(2, 11, 3), (11, 5)])
def test_bad_shape(layer, shape):
    with pytest.raises(ValueError, match=r"^x: se esperaba \(batch, n, d_model\) = \(batch, n, 5\); se recibió"):
        layer(torch.zeros(shape))
