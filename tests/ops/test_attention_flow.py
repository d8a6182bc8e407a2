"""Lo propio de ``ops.attention_flow``: números a mano, el máximo y la salida por partes."""

from __future__ import annotations

import pytest
import torch
from atencion import ops
from cases_two_way import TWO_WAY_MASKS, attention_flow_case, check_two_way
from torch import Tensor


def flow_of(scores: list[list[float]], dtype: torch.dtype, **options: Tensor) -> ops.AttentionFlow:
    """Un contexto y una pregunta cuyas puntuaciones son ``scores``: S = H Uᵀ, con U la identidad y w_3 = 1."""
    context = torch.tensor([scores], dtype=dtype)
    words = context.shape[2]
    weights = torch.cat([torch.zeros(2 * words), torch.ones(words)]).to(dtype)
    return ops.attention_flow(context, torch.eye(words, dtype=dtype)[None], weights, return_weights=True, **options)


def test_by_hand(kernel: str, dtype: torch.dtype) -> None:
    """S = [[2, 0], [0, 1], [−1, 0]]: máximos (2, 1, 0) y b = (0,665, 0,245, 0,090)."""
    scores = [[2.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]
    flow = flow_of(scores, dtype)
    assert flow.context_to_question is not None
    assert flow.question_to_context.flatten().tolist() == pytest.approx([0.66524, 0.24473, 0.09003], abs=1e-5)
    assert flow.context_to_question.flatten().tolist() == pytest.approx(
        [0.8808, 0.1192, 0.2689, 0.7311, 0.2689, 0.7311], abs=6e-5
    )
    masked = flow_of(scores, dtype, context_lengths=torch.tensor([2]))
    assert masked.question_to_context.flatten().tolist() == pytest.approx([0.73106, 0.26894, 0.0], abs=1e-5)
    assert not masked.output[0, 2].any()


def test_factorised_scores_are_those_of_the_paper(kernel: str) -> None:
    """El tensor (T, J, 3d) que no se forma: w_Sᵀ [h; u; h∘u]."""
    tensors = attention_flow_case().tensors
    h, u, w = tensors.values()
    shape = (2, 53, 19, 13)
    left, right = h[:, :, None].expand(shape), u[:, None].expand(shape)
    scores = torch.cat([left, right, left * right], -1) @ w
    flow = ops.attention_flow(**tensors, return_weights=True)
    torch.testing.assert_close(flow.context_to_question, scores.softmax(2), rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(flow.question_to_context, scores.amax(2).softmax(1), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("mask", TWO_WAY_MASKS)
def test_the_four_parts_of_the_output(kernel: str, dtype: torch.dtype, mask: str) -> None:
    """G = [h; ũ; h∘ũ; h∘h̃]: la primera es el contexto sin su relleno y las demás salen de los pesos."""
    case = attention_flow_case(kind=mask).rounded(dtype)
    flow = case.operation(**case.tensors, **case.options, return_weights=True)
    exact = case.oracle(**case.tensors, **case.options)
    context, mixed, product, summary = flow.output.chunk(4, -1)
    assert torch.equal(context, exact.output.chunk(4, -1)[0])
    tolerance = {"rtol": 1e-4, "atol": 1e-5}
    torch.testing.assert_close(mixed, flow.context_to_question @ case.tensors["question"], **tolerance)
    assert torch.equal(product, context * mixed)
    total = flow.question_to_context[:, None] @ context
    torch.testing.assert_close(summary, context * total, **tolerance)
    assert not flow.output[(exact.output == 0).all(-1)].any()


def test_weights_are_distributions(kernel: str, dtype: torch.dtype) -> None:
    case = attention_flow_case(kind="everything").rounded(dtype)
    flow = case.operation(**case.tensors, **case.options, return_weights=True)
    for weights in (flow.context_to_question, flow.question_to_context):
        sums = weights.sum(-1)
        assert bool(((sums - 1).abs().lt(32 * torch.finfo(dtype).eps) | (sums == 0)).all())
        assert (sums > 0).any()


def test_empty_question(kernel: str, dtype: torch.dtype) -> None:
    """Sin palabras en la pregunta no hay máximo: a, b, ũ y h̃ son cero, y el contexto sale tal cual."""
    case = attention_flow_case().rounded(dtype)
    flow = case.operation(**case.tensors, question_lengths=torch.tensor([0, 19]), return_weights=True)
    assert not flow.context_to_question[0].any()
    assert not flow.question_to_context[0].any()
    assert torch.equal(flow.output[0, :, :13], case.tensors["context"][0])
    assert not flow.output[0, :, 13:].any()
    assert flow.question_to_context[1].sum().item() == pytest.approx(1.0, abs=1e-5)


def test_gradient_of_the_maximum_goes_to_the_first(kernel: str, dtype: torch.dtype) -> None:
    """Con dos palabras iguales empatan todas las puntuaciones: el gradiente entra por la primera, entero."""
    context = torch.tensor([[[1.0], [2.0]]], dtype=dtype)
    question = torch.tensor([[[-3.0], [0.5], [0.5], [-1.0]]], dtype=dtype, requires_grad=True)
    weights = torch.tensor([0.0, 0.0, 1.0], dtype=dtype)
    b = ops.attention_flow(context, question, weights).question_to_context[0]
    (found,) = torch.autograd.grad(b[0], question)
    # máx S = (0,5, 1): ∂b_0/∂máx_0 = b_0 b_1 = −∂b_0/∂máx_1, y máx_t = h_t u_1.
    expected = float((b[0] * b[1]).detach()) * (1.0 - 2.0)
    assert found.flatten().tolist() == pytest.approx([0.0, expected, 0.0, 0.0], rel=1e-5)


def test_strided_score_weights(kernel: str, dtype: torch.dtype) -> None:
    case = attention_flow_case().rounded(dtype)
    expected = case.operation(**case.tensors)
    strided = torch.stack([case.tensors["score_weights"]] * 2, 1)[:, 1]
    assert torch.equal(case.operation(**case.tensors | {"score_weights": strided}).output, expected.output)


def test_score_weights_gradient_adds_every_example(kernel: str, dtype: torch.dtype) -> None:
    check_two_way(attention_flow_case(batch=7, n_document=101, n_question=5, d=3), dtype)


@pytest.mark.parametrize("shape", [(38,), (40,), (3, 13), (1, 39)])
def test_score_weights_errors(shape: tuple[int, ...]) -> None:
    case = attention_flow_case().rounded(torch.float32)
    with pytest.raises(ValueError, match=r"^score_weights: se esperaba \(3 d,\)( = \(39,\))?; se recibió \("):
        case.operation(**case.tensors | {"score_weights": torch.ones(shape)})
