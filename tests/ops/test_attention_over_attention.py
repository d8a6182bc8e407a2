"""Lo propio de ``ops.attention_over_attention``: números a mano, sumas y qué dice β̄."""

from __future__ import annotations

import pytest
import torch
from atencion import ops
from cases_two_way import TWO_WAY_MASKS, attention_over_attention_case

# M = [[1, 0], [0, 1], [0, 0]], el ejemplo del capítulo.
DOCUMENT, QUESTION = [[[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]], [[[1.0, 0.0], [0.0, 1.0]]]


def test_by_hand(kernel: str, dtype: torch.dtype) -> None:
    document, question = torch.tensor(DOCUMENT, dtype=dtype), torch.tensor(QUESTION, dtype=dtype)
    result = ops.attention_over_attention(document, question, return_weights=True)
    assert result.document_weights is not None
    assert result.question_weights is not None
    alpha = [0.5761, 0.2119, 0.2119, 0.5761, 0.2119, 0.2119]
    beta = [0.7311, 0.2689, 0.2689, 0.7311, 0.5, 0.5]
    assert result.document_weights.flatten().tolist() == pytest.approx(alpha, abs=6e-5)
    assert result.question_weights.flatten().tolist() == pytest.approx(beta, abs=6e-5)
    assert result.question_importance.flatten().tolist() == pytest.approx([0.5, 0.5], abs=1e-6)
    assert result.output.flatten().tolist() == pytest.approx([0.3940, 0.3940, 0.2119], abs=6e-5)


@pytest.mark.parametrize("mask", TWO_WAY_MASKS)
def test_what_sums_to_one(kernel: str, dtype: torch.dtype, mask: str) -> None:
    """s y β̄ suman 1, cada columna de α y cada fila de β también; donde falta una de las frases, todo es cero."""
    case = attention_over_attention_case(kind=mask).rounded(dtype)
    result = case.operation(**case.tensors, **case.options, return_weights=True)
    exact = case.oracle(**case.tensors, **case.options, return_weights=True)
    for found, wanted in zip(result, exact, strict=True):
        assert not found[wanted == 0].any()
    alpha, beta = result.document_weights.sum(1), result.question_weights.sum(2)
    for sums in (result.output.sum(1), result.question_importance.sum(1), alpha, beta):
        assert bool(((sums - 1).abs().lt(32 * torch.finfo(dtype).eps) | (sums == 0)).all())
    present = exact.question_importance.sum(1) > 0
    assert torch.equal(result.output.sum(1) > 0, present)
    assert torch.equal((alpha > 0).any(1), present)


def test_one_word_question_is_a_pointer(kernel: str, dtype: torch.dtype) -> None:
    """Con una sola palabra en la pregunta β̄ = 1 y s es la softmax de un *Attention Sum Reader*."""
    tensors = attention_over_attention_case(n_question=1).rounded(dtype).tensors
    found = ops.attention_over_attention(**tensors)
    expected = (tensors["document"] @ tensors["question"].transpose(1, 2)).squeeze(2).softmax(1)
    assert torch.equal(found.question_importance, torch.ones_like(found.question_importance))
    torch.testing.assert_close(found.output, expected, rtol=1e-5, atol=1e-7)


def test_the_mean_is_over_valid_words(kernel: str, dtype: torch.dtype) -> None:
    """β̄ se divide entre las palabras que valen, no entre el ancho del lote."""
    case = attention_over_attention_case(kind="everything", n_document=31).rounded(dtype)
    result = case.operation(**case.tensors, **case.options, return_weights=True)
    valid = case.options["document_mask"] & (torch.arange(31) < case.options["document_lengths"][:, None])
    mean = result.question_weights.sum(1) / valid.sum(1, keepdim=True).clamp_min(1)
    torch.testing.assert_close(result.question_importance, mean, rtol=1e-5, atol=1e-7)
