"""Lo propio de ``ops.coattention``: números a mano, centinelas y sumas."""

from __future__ import annotations

import math

import pytest
import torch
from atencion import ops
from cases_two_way import check_two_way, coattention_case
from comparison import evaluate

SENTINELS = [("document",), ("question",), ("document", "question")]


def test_by_hand(kernel: str, dtype: torch.dtype) -> None:
    """D = [[ln 2], [0]] y Q = [[1], [0]]: L = [[ln 2, 0], [0, 0]], y de ahí todo son fracciones."""
    document = torch.tensor([[[math.log(2)], [0.0]]], dtype=dtype)
    question = torch.tensor([[[1.0], [0.0]]], dtype=dtype)
    result = ops.coattention(document, question, return_weights=True)
    assert result.document_weights is not None
    assert result.question_weights is not None
    assert result.document_weights.flatten().tolist() == pytest.approx([2 / 3, 1 / 2, 1 / 3, 1 / 2], rel=1e-6)
    assert result.question_weights.flatten().tolist() == pytest.approx([2 / 3, 1 / 3, 1 / 2, 1 / 2], rel=1e-6)
    contexts = [2 / 3 * math.log(2), 1 / 2 * math.log(2)]
    expected = [2 / 3, 2 / 3 * contexts[0] + 1 / 3 * contexts[1], 1 / 2, (contexts[0] + contexts[1]) / 2]
    assert result.output.flatten().tolist() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("sentinels", SENTINELS)
@pytest.mark.parametrize("mask", ["none", "empty", "everything"])
def test_sentinels_match_reference(kernel: str, dtype: torch.dtype, sentinels: tuple[str, ...], mask: str) -> None:
    check_two_way(coattention_case(kind=mask, sentinels=sentinels), dtype)


@pytest.mark.parametrize("empty", [{"batch": 0}, {"n_document": 0}, {"n_question": 0}, {"d": 0}])
def test_sentinels_with_zero_lengths(kernel: str, dtype: torch.dtype, empty: dict[str, int]) -> None:
    sizes = {"n_document": 5, "n_question": 3, "d": 4} | empty
    check_two_way(coattention_case(kind="everything", sentinels=("document", "question"), **sizes), dtype)


@pytest.mark.parametrize("layout", ["sliced", "strided_columns", "expanded_batch"])
def test_sentinels_with_any_strides(kernel: str, dtype: torch.dtype, layout: str) -> None:
    check_two_way(coattention_case(kind="mask", sentinels=("document", "question"), layout=layout), dtype)


def test_a_sentinel_is_one_more_word(kernel: str, dtype: torch.dtype) -> None:
    """Lo mismo que escribirlo a mano al final de cada frase, salvo que su fila no sale."""
    case = coattention_case(sentinels=("document", "question")).rounded(dtype)
    tensors = case.tensors
    document, question = (
        torch.cat([tensors[name], tensors[f"{name}_sentinel"].expand(2, 1, 13)], 1) for name in ("document", "question")
    )
    by_hand = ops.coattention(document, question, return_weights=True)
    found = ops.coattention(**tensors, return_weights=True)
    assert torch.equal(found.output, by_hand.output[:, :-1])
    assert torch.equal(found.document_weights, by_hand.document_weights)
    assert torch.equal(found.question_weights, by_hand.question_weights)


def test_padding_all_goes_to_the_sentinel(kernel: str, dtype: torch.dtype) -> None:
    """Sin palabras en la pregunta, cada palabra del documento atiende al centinela y a nada más."""
    case = coattention_case(sentinels=("question",)).rounded(dtype)
    none = torch.zeros(2, dtype=torch.int64)
    result = case.operation(**case.tensors, question_lengths=none, return_weights=True)
    assert torch.equal(result.question_weights[:, :, -1], torch.ones(2, 53, dtype=dtype))
    assert not result.question_weights[:, :, :-1].any()
    sentinel = case.tensors["question_sentinel"].expand(2, 53, 13)
    torch.testing.assert_close(result.output[:, :, :13], sentinel, rtol=1e-6, atol=0)


def test_nan_in_the_padding_with_sentinels(kernel: str, dtype: torch.dtype) -> None:
    case = coattention_case(kind="everything", sentinels=("document", "question")).rounded(dtype)
    clean = evaluate(case.operation, case)
    for name in ("document", "question"):
        words = torch.arange(case.tensors[name].shape[1])
        hidden = ~case.options[f"{name}_mask"] | (words >= case.options[f"{name}_lengths"][:, None])
        case.tensors[name] = case.tensors[name].masked_fill(hidden[:, :, None], math.nan)
    for name, found in evaluate(case.operation, case).items():
        assert torch.equal(found, clean[name]), name


@pytest.mark.parametrize("sentinels", [(), *SENTINELS])
def test_what_sums_to_one(kernel: str, dtype: torch.dtype, sentinels: tuple[str, ...]) -> None:
    """Las columnas de A^Q y las filas de A^D, las de las palabras que valen y tienen algo que atender."""
    case = coattention_case(kind="everything", sentinels=sentinels).rounded(dtype)
    result = case.operation(**case.tensors, **case.options, return_weights=True)
    exact = case.oracle(**case.tensors, **case.options, return_weights=True)
    for name, axis in (("document_weights", 1), ("question_weights", 2)):
        sums, expected = getattr(result, name).sum(axis), getattr(exact, name).sum(axis) > 0.5
        torch.testing.assert_close(sums, expected.to(dtype), rtol=0, atol=32 * torch.finfo(dtype).eps)
    assert expected.any()


@pytest.mark.parametrize("name", ["document", "question"])
@pytest.mark.parametrize(
    ("wrong", "kind", "text"),
    [
        ([1.0], TypeError, "se esperaba un tensor; se recibió list"),
        (torch.ones(12), ValueError, r"se esperaba \(d,\) = \(13,\); se recibió \(12,\)"),
        (torch.ones(1, 13), ValueError, r"se esperaba \(d,\); se recibió \(1, 13\)"),
        (torch.ones(13).double(), TypeError, "se esperaba dtype torch.float32; se recibió torch.float64"),
    ],
)
def test_sentinel_errors(name: str, wrong: object, kind: type[Exception], text: str) -> None:
    case = coattention_case().rounded(torch.float32)
    with pytest.raises(kind, match=f"^{name}_sentinel: {text}$"):
        case.operation(**case.tensors, **{f"{name}_sentinel": wrong})
