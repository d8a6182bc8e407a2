"""Varias cabezas: iguales a las de torch con los mismos pesos, en valores y en gradientes."""

import pytest
import torch
from atencion.layers import MultiHeadSelfAttention, SelfAttention, SelfAttentionBlock
from torch import nn


def twins(d_model=15, heads=3):
    """Nuestra capa y la de torch con los mismos parámetros, en float64."""
    torch.manual_seed(0)
    ours = MultiHeadSelfAttention(d_model, heads).double()
    theirs = nn.MultiheadAttention(d_model, heads, bias=False, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.projection.weight)
        theirs.out_proj.weight.copy_(ours.output_projection.weight)
    return ours, theirs


@pytest.fixture
def x():
    return torch.randn(2, 7, 15, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("restricted", ["no", "relleno", "causal"])
def test_equals_torch_in_values_and_gradients(x, restricted):
    ours, theirs = twins()
    lengths = torch.tensor([7, 4])
    after = torch.ones(7, 7).triu(1).bool()  # en torch, True = prohibido
    mine, other = {
        "no": ({}, {}),
        "relleno": ({"key_lengths": lengths}, {"key_padding_mask": torch.arange(7) >= lengths[:, None]}),
        "causal": ({"causal": True}, {"attn_mask": after}),
    }[restricted]
    one, two = x.clone().requires_grad_(), x.clone().requires_grad_()
    found = ours(one, **mine, return_weights=True)
    output, weights = theirs(two, two, two, **other, average_attn_weights=False)
    torch.testing.assert_close(found.output, output)
    torch.testing.assert_close(found.weights, weights)
    direction = torch.randn(output.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    mine_grads = torch.autograd.grad((found.output * direction).sum(), [one, *ours.parameters()])
    their_grads = torch.autograd.grad((output * direction).sum(), [two, theirs.in_proj_weight, theirs.out_proj.weight])
    for first, second in zip(mine_grads, their_grads, strict=True):
        torch.testing.assert_close(first, second)


def test_one_head_is_self_attention_followed_by_a_projection(x):
    ours, _ = twins(heads=1)
    single = SelfAttention(15).double()
    projections = (single.query_projection, single.key_projection, single.value_projection)
    with torch.no_grad():
        for projection, rows in zip(projections, ours.projection.weight.chunk(3), strict=True):
            projection.weight.copy_(rows)
    torch.testing.assert_close(ours(x).output, ours.output_projection(single(x).output))


@pytest.mark.parametrize("heads", [1, 2, 8])
def test_parameters_do_not_depend_on_heads(heads):
    assert sum(p.numel() for p in MultiHeadSelfAttention(16, heads).parameters()) == 4 * 16**2


def test_dropout_only_in_training_and_never_in_the_weights_shown(x):
    torch.manual_seed(0)
    layer = MultiHeadSelfAttention(15, 3, dropout=0.5).double()
    layer.eval()
    still = layer(x, return_weights=True)
    layer.train()
    moving = layer(x, return_weights=True)
    assert not torch.allclose(moving.output, still.output)
    torch.testing.assert_close(moving.weights, still.weights)
    torch.testing.assert_close(moving.weights.sum(-1), torch.ones(2, 3, 7, dtype=torch.float64))


def test_mask_per_example_needs_the_heads_axis(x):
    ours, _ = twins()
    keep = torch.ones(2, 1, 7, 7, dtype=torch.bool)
    keep[1, :, :, 4:] = False
    expected = ours(x, key_lengths=torch.tensor([7, 4])).output
    torch.testing.assert_close(ours(x, mask=keep).output, expected)
    with pytest.raises(ValueError, match=r"^mask: "):
        ours(x, mask=keep[:, 0])  # (2, 7, 7) no se difunde a (2, 3, 7, 7)


def test_alone_is_the_same_as_padded(x):
    ours, _ = twins()
    padded = ours(x, key_lengths=torch.tensor([7, 4])).output
    torch.testing.assert_close(ours(x[1:, :4]).output[0], padded[1, :4])


@pytest.mark.parametrize("heads", [0, 4])
def test_heads_that_do_not_divide(heads):
    with pytest.raises(ValueError, match=rf"^heads: se esperaba un divisor de d_model = 15; se recibió {heads}"):
        MultiHeadSelfAttention(15, heads)


def test_bad_shape():
    with pytest.raises(ValueError, match=r"^x: se esperaba \(batch, n, d_model\) = \(batch, n, 15\); se recibió"):
        MultiHeadSelfAttention(15, 3)(torch.zeros(2, 7, 14))


@pytest.mark.parametrize("norm_first", [True, False])
def test_block_is_residual_and_norm(x, norm_first):
    torch.manual_seed(0)
    block = SelfAttentionBlock(15, 3, norm_first=norm_first).double()
    attention, norm = block.attention, block.norm
    expected = x + attention(norm(x), causal=True).output if norm_first else norm(x + attention(x, causal=True).output)
    found = block(x, causal=True, return_weights=True)
    torch.testing.assert_close(found.output, expected)
    assert found.weights.shape == (2, 3, 7, 7)
    assert not found.weights.triu(1).any()


def test_block_drops_only_in_training(x):
    torch.manual_seed(0)
    block = SelfAttentionBlock(15, 3, dropout=0.5).double().eval()
    assert torch.equal(block(x).output, block(x).output)
    block.train()
    assert not torch.allclose(block(x).output, block(x).output)
