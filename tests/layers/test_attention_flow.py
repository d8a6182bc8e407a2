"""La capa del flujo es la operación del núcleo, y cada interruptor apaga solo lo suyo."""

from __future__ import annotations

import pytest
import torch
from atencion import reference
from atencion.layers import AttentionFlow

H = torch.randn(2, 7, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
U = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
LENGTHS = torch.tensor([7, 4]), torch.tensor([2, 3])


def make(**switches: bool) -> AttentionFlow:
    layer = AttentionFlow(5, **switches).double()
    with torch.no_grad():
        layer.score_weights.copy_(torch.linspace(-1, 1, 15))
    return layer


def test_is_the_operation() -> None:
    layer = make()
    expected = reference.attention_flow(
        H, U, layer.score_weights, context_lengths=LENGTHS[0], question_lengths=LENGTHS[1], return_weights=True
    )
    for one, other in zip(layer(H, U, *LENGTHS), expected, strict=True):
        torch.testing.assert_close(one, other)


def test_starts_as_a_dot_product() -> None:
    layer = AttentionFlow(3)
    assert layer.score_weights.tolist() == [0, 0, 0, 0, 0, 0, 2, 2, 2]


def test_without_context_to_question_every_word_receives_the_mean_of_the_question() -> None:
    whole, found = make()(H, U, *LENGTHS), make(context_to_question=False)(H, U, *LENGTHS)
    h, mixed, product, summary = found.output.chunk(4, -1)
    for b, (n, m) in enumerate(zip(*(lengths.tolist() for lengths in LENGTHS), strict=True)):
        mean = U[b, :m].mean(0)
        torch.testing.assert_close(mixed[b, :n], mean.expand(n, 5))
        torch.testing.assert_close(product[b, :n], H[b, :n] * mean)
        assert not found.output[b, n:].any()
    torch.testing.assert_close(h, whole.output.chunk(4, -1)[0])
    torch.testing.assert_close(summary, whole.output.chunk(4, -1)[3])
    torch.testing.assert_close(found.context_to_question, whole.context_to_question)


def test_without_question_to_context_its_block_is_zero() -> None:
    whole, found = make()(H, U, *LENGTHS), make(question_to_context=False)(H, U, *LENGTHS)
    torch.testing.assert_close(found.output[..., :15], whole.output[..., :15])
    assert not found.output[..., 15:].any()
    torch.testing.assert_close(found.question_to_context, whole.question_to_context)


@pytest.mark.parametrize("name", ["context_to_question", "question_to_context"])
def test_switched_off_weights_take_no_gradient(name: str) -> None:
    layer = make(context_to_question=name != "context_to_question", question_to_context=name != "question_to_context")
    layer(H, U, *LENGTHS).output.sum().backward()
    assert layer.score_weights.grad.abs().max() > 0
    off = make(context_to_question=False, question_to_context=False)
    off(H, U, *LENGTHS).output.sum().backward()
    assert not off.score_weights.grad.any()
