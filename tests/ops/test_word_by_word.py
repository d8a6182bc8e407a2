"""El contrato de ``ops.word_by_word_attention``: números, máscaras, rellenos, disposiciones en memoria y errores."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from atencion import ops
from cases import FULL, LAYOUTS
from cases_word_by_word import WORD_BY_WORD_MASKS, word_by_word_case
from comparison import check, evaluate


@pytest.mark.parametrize("mask", WORD_BY_WORD_MASKS)
def test_matches_reference(kernel: str, dtype: torch.dtype, mask: str) -> None:
    check(word_by_word_case(kind=mask), dtype)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_strides(kernel: str, dtype: torch.dtype, layout: str) -> None:
    check(word_by_word_case(kind="everything", layout=layout), dtype)


@pytest.mark.parametrize("through", [("output",), ("weights",), ("logsumexp",), FULL])
@pytest.mark.parametrize("mask", ["empty_rows", "everything"])
def test_gradient_enters_by_each_output(kernel: str, through: tuple[str, ...], mask: str) -> None:
    check(word_by_word_case(kind=mask, through=through), torch.float32)


@pytest.mark.parametrize("empty", [{"batch": 0}, {"n_key": 0}, {"units": 0}, {"d_v": 0}])
def test_zero_sizes(kernel: str, empty: dict[str, int]) -> None:
    check(word_by_word_case(**({"batch": 2, "n_query": 3, "n_key": 5, "units": 7, "d_v": 2} | empty)), torch.float64)


def test_no_hypothesis(kernel: str) -> None:
    tensors = word_by_word_case(n_query=0).tensors
    leaves = {name: tensor.requires_grad_() for name, tensor in tensors.items()}
    attention = ops.word_by_word_attention(**leaves, return_weights=True)
    assert [tuple(t.shape) for t in attention] == [(3, 0, 13), (3, 0, 19), (3, 0)]
    attention.output.sum().backward()
    assert not any(leaf.grad.any() for leaf in leaves.values())


def test_two_steps_by_hand(kernel: str, dtype: torch.dtype) -> None:
    """k = 1, Y = (1, 3), w = 0: α = (½, ½), r_1 = 2 y r_2 = 2 + tanh(0,25 · 2)."""
    zero, premise = torch.zeros(1, 2, 1, dtype=dtype), torch.tensor([[[1.0], [3.0]]], dtype=dtype)
    recurrence = torch.tensor([[0.25]], dtype=dtype)
    attention = ops.word_by_word_attention(zero, zero, premise, zero[0, 0], recurrence, recurrence, return_weights=True)
    assert attention.weights is not None
    assert attention.weights.flatten().tolist() == [0.5] * 4
    assert attention.output.flatten().tolist() == pytest.approx([2.0, 2.0 + math.tanh(0.5)], rel=1e-6)
    assert attention.logsumexp.flatten().tolist() == pytest.approx([math.log(2)] * 2, rel=1e-6)


def test_what_was_read_moves_the_next_scores_by_hand(kernel: str, dtype: torch.dtype) -> None:
    """Con Wʰ h = 0, Wʸ Y = Y = (0, 2), w = 1 y Wʳ = −1: α_2 se calcula con tanh(Y − r_1)."""
    zero, premise = torch.zeros(1, 2, 1, dtype=dtype), torch.tensor([[[0.0], [2.0]]], dtype=dtype)
    one = torch.ones(1, 1, dtype=dtype)
    attention = ops.word_by_word_attention(zero, premise, premise, one[0], -one, 0 * one, return_weights=True)

    def second_weight(r: float) -> float:
        return 1 / (1 + math.exp(math.tanh(0 - r) - math.tanh(2 - r)))

    r_1 = 2 * second_weight(0.0)
    assert attention.weights is not None
    assert attention.weights[0, :, 1].tolist() == pytest.approx([second_weight(0.0), second_weight(r_1)], rel=1e-5)
    assert attention.output.flatten().tolist() == pytest.approx([r_1, 2 * second_weight(r_1)], rel=1e-5)


@pytest.mark.parametrize("mask", ["none", "everything"])
def test_without_recurrences_it_is_additive_attention(kernel: str, dtype: torch.dtype, mask: str) -> None:
    case = word_by_word_case(kind=mask).rounded(dtype)
    case.options.pop("query_lengths", None)
    *four, query_recurrence, state_recurrence = case.tensors.values()
    found = ops.word_by_word_attention(
        *four, 0 * query_recurrence, 0 * state_recurrence, **case.options, return_weights=True
    )
    expected = ops.additive_attention(*four, **case.options, return_weights=True)
    for actual, wanted in zip(found, expected, strict=True):
        torch.testing.assert_close(actual, wanted, rtol=1e-5, atol=1e-6)


def test_the_past_does_not_know_the_future(kernel: str, dtype: torch.dtype) -> None:
    """Cambiar una palabra de la hipótesis cambia su paso y los siguientes, no los anteriores."""
    tensors = word_by_word_case().rounded(dtype).tensors
    before = ops.word_by_word_attention(**tensors).output
    tensors["query"][:, 3] += 1.0
    after = ops.word_by_word_attention(**tensors).output
    assert torch.equal(after[:, :3], before[:, :3])
    assert (after[:, 3:] != before[:, 3:]).any(-1).all()


def test_padded_steps_repeat_the_state(kernel: str, dtype: torch.dtype) -> None:
    """El relleno de la hipótesis, aunque sea NaN, no cambia r; su gradiente llega al último paso de verdad."""
    lengths = torch.tensor([5, 0, 7])
    case = word_by_word_case(query_lengths=lengths, through=("output", "weights")).rounded(dtype)
    clean = evaluate(case.operation, case)
    for example, length in enumerate(lengths.tolist()):
        case.tensors["query"][example, length:] = math.nan
    results = evaluate(case.operation, case)
    for name, found in results.items():
        assert torch.equal(found, clean[name]), name
    assert torch.equal(results["output"][0, 5:], results["output"][0, 4].expand(2, -1))
    padding = torch.arange(7) >= lengths[:, None]
    assert torch.equal(results["logsumexp"] == -math.inf, padding)
    assert not results["weights"][padding].any()
    assert not results["grad_query"][padding].any()
    for name in ("output", "grad_key", "grad_value"):
        assert not results[name][1].any(), name


def test_key_padding_is_never_read(kernel: str, dtype: torch.dtype) -> None:
    lengths = torch.tensor([13, 0, 19])
    case = word_by_word_case(key_lengths=lengths, through=("output", "weights")).rounded(dtype)
    clean = evaluate(case.operation, case)
    for example, length in enumerate(lengths.tolist()):
        case.tensors["key"][example, length:] = math.nan
        case.tensors["value"][example, length:] = math.inf
    for name, found in evaluate(case.operation, case).items():
        assert torch.equal(found, clean[name]), name
        if name in ("grad_key", "grad_value"):
            assert not found[0, 13:].any()
            assert not found[1].any()


def test_step_with_nothing_to_attend(kernel: str, dtype: torch.dtype) -> None:
    """α = 0 y r_t = tanh(Wᵗ r_{t−1}): el estado sigue su camino sin leer."""
    case = word_by_word_case(mask=(torch.arange(7) != 2)[:, None]).rounded(dtype)
    results = evaluate(case.operation, case)
    expected = torch.tanh(results["output"][:, 1] @ case.tensors["state_recurrence"].T)
    torch.testing.assert_close(results["output"][:, 2], expected, rtol=1e-5, atol=1e-6)
    assert not results["weights"][:, 2].any()
    assert (results["logsumexp"][:, 2] == -math.inf).all()
    for name, tensor in results.items():
        assert not tensor.isnan().any(), name
    assert not results["grad_query"][:, 2].any()


def test_weights_sum_to_one(kernel: str, dtype: torch.dtype) -> None:
    case = word_by_word_case(kind="dense").rounded(dtype)
    with_weights = ops.word_by_word_attention(**case.tensors, **case.options, return_weights=True)
    assert with_weights.weights is not None
    torch.testing.assert_close(with_weights.weights.sum(-1), torch.ones(3, 7, dtype=dtype))
    assert not with_weights.weights[~case.options["mask"]].any()
    without = ops.word_by_word_attention(**case.tensors, **case.options)
    assert without.weights is None
    assert torch.equal(without.output, with_weights.output)


ERRORS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"query": torch.zeros(2, 17)}, ValueError, "query: se esperaba (batch, n_query, units); se recibió (2, 17)"),
    (
        {"key": torch.zeros(2, 7, 16)},
        ValueError,
        "key: se esperaba (batch, n_key, units) = (2, 7, 17); se recibió (2, 7, 16)",
    ),
    (
        {"value": torch.zeros(2, 6, 13)},
        ValueError,
        "value: se esperaba (batch, n_key, d_v) = (2, 7, 13); se recibió (2, 6, 13)",
    ),
    ({"score_vector": torch.zeros(16)}, ValueError, "score_vector: se esperaba (units,) = (17,); se recibió (16,)"),
    (
        {"query_recurrence": torch.zeros(13, 17)},
        ValueError,
        "query_recurrence: se esperaba (units, d_v) = (17, 13); se recibió (13, 17)",
    ),
    (
        {"state_recurrence": torch.zeros(13)},
        ValueError,
        "state_recurrence: se esperaba (d_v, d_v); se recibió (13,)",
    ),
    ({"state_recurrence": None}, TypeError, "state_recurrence: se esperaba un tensor; se recibió NoneType"),
    (
        {"mask": torch.ones(7, 5, dtype=torch.bool)},
        ValueError,
        "mask: se esperaba (difundible a batch, n_query, n_key) = (2, 5, 7); se recibió (7, 5)",
    ),
    ({"query_lengths": torch.tensor([5])}, ValueError, "query_lengths: se esperaba (batch,) = (2,); se recibió (1,)"),
    (
        {"query_lengths": torch.ones(2)},
        TypeError,
        "query_lengths: se esperaba dtype entero; se recibió torch.float32",
    ),
    ({"return_weights": "sí"}, TypeError, "return_weights: se esperaba True o False; se recibió str"),
]


def arguments(**changes: Any) -> dict[str, Any]:
    shapes = {
        "query": (2, 5, 17), "key": (2, 7, 17), "value": (2, 7, 13), "score_vector": (17,),
        "query_recurrence": (17, 13), "state_recurrence": (13, 13),
    }  # fmt: skip
    return {name: torch.zeros(shape) for name, shape in shapes.items()} | changes


@pytest.mark.parametrize(("changes", "kind", "text"), ERRORS)
def test_errors(changes: dict[str, Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as error:
        ops.word_by_word_attention(**arguments(**changes))
    assert str(error.value) == text


@pytest.mark.parametrize(("name", "limit"), [("query_lengths", 5), ("key_lengths", 7)])
@pytest.mark.parametrize("wrong", [-1, 8, 2**40])
def test_lengths_out_of_range(name: str, limit: int, wrong: int) -> None:
    with pytest.raises(ValueError, match=f"^{name}: se esperaba valores de 0 a {limit}; se recibió {wrong}$"):
        ops.word_by_word_attention(**arguments(**{name: torch.tensor([3, wrong])}))
    accepted = ops.word_by_word_attention(**arguments(**{name: torch.tensor([3, limit], dtype=torch.uint8)}))
    assert accepted.output.shape == (2, 5, 13)
