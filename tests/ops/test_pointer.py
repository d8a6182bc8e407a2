"""El contrato de ``ops.pointer_sum``: números, candidatos, máscaras, memoria, casos límite y errores."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from atencion import ops
from cases import FULL, LAYOUTS
from cases_pointer import POINTER_MASKS, pointer_case
from comparison import check, evaluate
from torch import Tensor


@pytest.mark.parametrize("n_candidates", [6, None])
@pytest.mark.parametrize("mask", POINTER_MASKS)
def test_matches_reference(kernel: str, dtype: torch.dtype, mask: str, n_candidates: int | None) -> None:
    check(pointer_case(kind=mask, n_candidates=n_candidates), dtype)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_strides(kernel: str, dtype: torch.dtype, layout: str) -> None:
    check(pointer_case(kind="everything", layout=layout), dtype)


@pytest.mark.parametrize("through", [("output",), ("weights",), ("logsumexp",), FULL])
@pytest.mark.parametrize("n_candidates", [6, None])
def test_gradient_enters_by_each_output(kernel: str, through: tuple[str, ...], n_candidates: int | None) -> None:
    check(pointer_case(kind="empty", through=through, n_candidates=n_candidates), torch.float32)


@pytest.mark.parametrize("empty", [{"batch": 0}, {"n_key": 0}, {"d": 0}, {"n_candidates": 0}])
def test_zero_sizes(kernel: str, empty: dict[str, int]) -> None:
    check(pointer_case(**({"batch": 2, "n_key": 5, "d": 7, "n_candidates": 3} | empty)), torch.float64)


def documents(dtype: torch.dtype) -> dict[str, Tensor]:
    """s = (0,1 A, 0,3 B, 0,25 A, 0,05 C, 0,3 A), con A = 65, B = 66 y C = 67."""
    return {
        "query": torch.ones(1, 1, dtype=dtype),
        "key": torch.tensor([0.1, 0.3, 0.25, 0.05, 0.3], dtype=dtype).log().reshape(1, 5, 1),
        "token_ids": torch.tensor([[65, 66, 65, 67, 65]]),
    }


def test_sum_by_hand(kernel: str, dtype: torch.dtype) -> None:
    """P(A) = 0,65, P(B) = 0,30, P(C) = 0,05, aunque B empata con el mayor peso suelto. Repetidas y ausentes valen."""
    candidates = torch.tensor([[65, 66, 67, 65, 68, -1]])
    found = ops.pointer_sum(**documents(dtype), candidates=candidates)
    assert found.output[0].tolist() == pytest.approx([0.65, 0.30, 0.05, 0.65, 0.0, 0.0], rel=1e-6)
    assert found.logsumexp.item() == pytest.approx(0.0, abs=1e-6)
    everything = ops.pointer_sum(**documents(dtype), n_tokens=70).output[0]
    assert everything[65:68].tolist() == pytest.approx([0.65, 0.30, 0.05], rel=1e-6)
    assert everything.count_nonzero() == 3


def test_gradient_reaches_every_position_of_the_answer(kernel: str, dtype: torch.dtype) -> None:
    """d log P(A) / d puntuación_i = s_i / P(A) − s_i donde está A, y −s_i donde no: no solo a la mayor."""
    tensors = documents(dtype)
    key = tensors["key"].requires_grad_()
    ops.pointer_sum(**tensors, candidates=torch.tensor([[65]])).output.log().sum().backward()
    assert key.grad is not None
    s = [0.1, 0.3, 0.25, 0.05, 0.3]
    expected = [p / 0.65 - p if token == "A" else -p for p, token in zip(s, "ABACA", strict=True)]
    assert key.grad.flatten().tolist() == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_repeated_candidates_add_their_gradients(kernel: str, dtype: torch.dtype) -> None:
    tensors = documents(dtype)
    gradients = []
    for candidates, arriving in (([[65, 66, 65]], [[1.0, 0.5, 2.0]]), ([[66, 65]], [[0.5, 3.0]])):
        key = tensors["key"].clone().requires_grad_()
        output = ops.pointer_sum(
            tensors["query"], key, tensors["token_ids"], candidates=torch.tensor(candidates)
        ).output
        gradients.append(torch.autograd.grad(output, key, torch.tensor(arriving, dtype=dtype))[0])
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("with_mask", [False, True])
def test_padding_is_never_read(kernel: str, dtype: torch.dtype, with_mask: bool) -> None:
    """Detrás de las longitudes puede haber cualquier cosa: NaN en el documento y palabras fuera del vocabulario."""
    lengths = torch.tensor([31, 0, 7])
    valid = torch.arange(37) < lengths[:, None]
    limit = {"mask": valid} if with_mask else {"key_lengths": lengths}
    case = pointer_case(n_candidates=None, through=("output", "weights"), **limit).rounded(dtype)
    clean = evaluate(case.operation, case)
    case.options["token_ids"] = case.options["token_ids"].masked_fill(~valid, 2**62)
    if not with_mask:
        case.tensors["key"] = case.tensors["key"].masked_fill(~valid[:, :, None], math.nan)
    for name, found in evaluate(case.operation, case).items():
        assert torch.equal(found, clean[name]), name
    assert not clean["grad_key"][~valid].any()
    assert torch.equal(clean["logsumexp"] == -math.inf, lengths == 0)
    assert not clean["output"][1].any()


def test_probabilities_of_the_vocabulary_sum_to_one(kernel: str, dtype: torch.dtype) -> None:
    case = pointer_case(n_candidates=None).rounded(dtype)
    found = ops.pointer_sum(**case.tensors, **case.options, return_weights=True)
    assert found.weights is not None
    for tensor in (found.output, found.weights):
        torch.testing.assert_close(tensor.sum(-1), torch.ones(3, dtype=dtype))
    assert ops.pointer_sum(**case.tensors, **case.options).weights is None


def test_order_of_the_document_does_not_matter(kernel: str, dtype: torch.dtype) -> None:
    case = pointer_case().rounded(dtype)
    order = torch.randperm(37, generator=torch.Generator().manual_seed(0))
    ids, key = case.options["token_ids"], case.tensors["key"]
    expected = ops.pointer_sum(**case.tensors, **case.options).output
    shuffled = case.options | {"token_ids": ids[:, order]}
    found = ops.pointer_sum(case.tensors["query"], key[:, order], **shuffled).output
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)


IDS = torch.zeros(2, 7, dtype=torch.int64)
ERRORS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"query": torch.zeros(2, 1, 5)}, ValueError, "query: se esperaba (batch, d); se recibió (2, 1, 5)"),
    ({"key": torch.zeros(2, 7, 4)}, ValueError, "key: se esperaba (batch, n_key, d) = (2, 7, 5); se recibió (2, 7, 4)"),
    ({"token_ids": IDS.int()}, TypeError, "token_ids: se esperaba dtype torch.int64; se recibió torch.int32"),
    ({"token_ids": IDS[:, 1:]}, ValueError, "token_ids: se esperaba (batch, n_key) = (2, 7); se recibió (2, 6)"),
    ({"token_ids": [1]}, TypeError, "token_ids: se esperaba un tensor; se recibió list"),
    (
        {"candidates": IDS[0]},
        ValueError,
        "candidates: se esperaba (batch, n_candidates) = (2, 7); se recibió (7,)",
    ),
    ({"candidates": IDS.float()}, TypeError, "candidates: se esperaba dtype torch.int64; se recibió torch.float32"),
    (
        {"n_tokens": 5},
        ValueError,
        "candidates: se esperaba candidates o n_tokens, y solo uno de los dos; se recibió los dos",
    ),
    (
        {"candidates": None},
        ValueError,
        "candidates: se esperaba candidates o n_tokens, y solo uno de los dos; se recibió ninguno",
    ),
    ({"candidates": None, "n_tokens": -1}, ValueError, "n_tokens: se esperaba un entero ≥ 0; se recibió -1"),
    (
        {"candidates": None, "n_tokens": 2**64},
        ValueError,
        f"n_tokens: se esperaba a lo sumo 2^30; se recibió {2**64}",
    ),
    ({"candidates": None, "n_tokens": 2.0}, TypeError, "n_tokens: se esperaba un entero o None; se recibió float"),
    (
        {"mask": torch.ones(1, 2, 7, dtype=torch.bool)},
        ValueError,
        "mask: se esperaba (difundible a batch, n_key) = (2, 7); se recibió (1, 2, 7)",
    ),
    ({"key_lengths": torch.tensor([7])}, ValueError, "key_lengths: se esperaba (batch,) = (2,); se recibió (1,)"),
    ({"return_weights": 1}, TypeError, "return_weights: se esperaba True o False; se recibió int"),
]


@pytest.mark.parametrize(("changes", "kind", "text"), ERRORS)
def test_errors(changes: dict[str, Any], kind: type[Exception], text: str) -> None:
    arguments = {
        "query": torch.zeros(2, 5), "key": torch.zeros(2, 7, 5), "token_ids": IDS, "candidates": IDS[:, :3]
    }  # fmt: skip
    with pytest.raises(kind) as error:
        ops.pointer_sum(**arguments | changes)
    assert str(error.value) == text


@pytest.mark.parametrize("wrong", [11, -1, 2**40])
def test_word_outside_the_vocabulary(wrong: int) -> None:
    ids = IDS.clone()
    ids[1, 3] = wrong
    arguments = {"query": torch.zeros(2, 5), "key": torch.zeros(2, 7, 5), "token_ids": ids, "n_tokens": 11}
    text = f"^token_ids: se esperaba valores de 0 a n_tokens − 1 = 10; se recibió {wrong}$"
    with pytest.raises(ValueError, match=text):
        ops.pointer_sum(**arguments)
    ops.pointer_sum(**arguments, key_lengths=torch.tensor([7, 3]))
    ops.pointer_sum(**arguments, mask=torch.arange(7) != 3)
