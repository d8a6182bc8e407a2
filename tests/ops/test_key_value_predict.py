"""El contrato de ``ops.key_value_predict_attention``: la banda, la causalidad, las máscaras y los errores."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from atencion import ops
from cases import LAYOUTS
from cases_key_value_predict import KEY_VALUE_PREDICT_MASKS, key_value_predict_case
from comparison import check, evaluate
from torch import Tensor
from torch.nn import functional


@pytest.mark.parametrize("mask", KEY_VALUE_PREDICT_MASKS)
def test_matches_reference(kernel: str, dtype: torch.dtype, mask: str) -> None:
    check(key_value_predict_case(kind=mask), dtype)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_strides(kernel: str, dtype: torch.dtype, layout: str) -> None:
    check(key_value_predict_case(kind="everything", layout=layout), dtype)


@pytest.mark.parametrize("window", [0, 1, 2, 15, 16, 17, 36, 37, 1000, 2**62, 2**80])
def test_any_window(kernel: str, dtype: torch.dtype, window: int) -> None:
    """De ninguna posición a todas las anteriores; más allá no hay nada."""
    check(key_value_predict_case(window=window), dtype)


@pytest.mark.parametrize("through", [("output",), ("weights",), ("logsumexp",)])
def test_gradient_enters_by_each_output(kernel: str, through: tuple[str, ...]) -> None:
    check(key_value_predict_case(kind="empty_rows", through=through), torch.float32)


@pytest.mark.parametrize("empty", [{"batch": 0}, {"n": 0}, {"units": 0}, {"d_v": 0}])
def test_zero_sizes(kernel: str, empty: dict[str, int]) -> None:
    check(key_value_predict_case(**({"n": 5, "units": 7, "d_v": 2} | empty)), torch.float64)


def test_band_by_hand(kernel: str, dtype: torch.dtype) -> None:
    """Con puntuaciones nulas y L = 2, cada posición promedia las dos anteriores que haya."""
    zero, value = torch.zeros(1, 4, 1, dtype=dtype), torch.tensor([1.0, 3.0, 9.0, 27.0], dtype=dtype).reshape(1, 4, 1)
    attention = ops.key_value_predict_attention(zero, zero, value, zero[0, 0], window=2, return_weights=True)
    assert attention.weights is not None
    assert attention.weights[0].tolist() == [[0, 0, 0, 0], [1, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 0.5, 0.5, 0]]
    assert attention.output.flatten().tolist() == [0.0, 1.0, 2.0, 6.0]
    expected = [-math.inf, 0.0, math.log(2), math.log(2)]
    assert attention.logsumexp.flatten().tolist() == pytest.approx(expected, rel=1e-6)


def windows(x: Tensor, window: int) -> Tensor:
    """(batch, n, d) → (batch, n, window, d): las salidas de t − window a t − 1, con ceros delante de la primera."""
    return functional.pad(x, (0, 0, window, 0)).unfold(1, window, 1)[:, : x.shape[1]].transpose(2, 3)


@pytest.mark.parametrize("window", [1, 5, 10])
def test_equals_the_sliding_window_of_the_paper(kernel: str, window: int) -> None:
    """M_t = tanh(Wʸ Y_t + Wʰ k_t) con Y_t = [h_{t−L} … h_{t−1}], escrito con las ventanas copiadas."""
    query, key, value, vector = key_value_predict_case().tensors.values()
    valid = torch.arange(37)[:, None] - window + torch.arange(window)[None] >= 0
    scores = torch.tanh(windows(key, window) + query[:, :, None]) @ vector
    alpha = scores.masked_fill(~valid, -1e30).softmax(-1) * valid
    expected = (alpha[:, :, None] @ windows(value, window))[:, :, 0]
    found = ops.key_value_predict_attention(query, key, value, vector, window=window)
    torch.testing.assert_close(found.output, expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("position", [0, 17, 36])
def test_nothing_flows_from_the_present_or_the_future(kernel: str, dtype: torch.dtype, position: int) -> None:
    """Cambiar clave y valor de una posición solo cambia las ``window`` siguientes."""
    query, key, value, vector = key_value_predict_case().rounded(dtype).tensors.values()
    before = ops.key_value_predict_attention(query, key, value, vector, window=5).output
    key, value = key.clone(), value.clone()
    key[:, position], value[:, position] = 3.0, -2.0
    after = ops.key_value_predict_attention(query, key, value, vector, window=5).output
    touched = (torch.arange(37) > position) & (torch.arange(37) <= position + 5)
    assert torch.equal(after[:, ~touched], before[:, ~touched])
    assert (after[:, touched] != before[:, touched]).all()


def test_padding_is_never_read(kernel: str, dtype: torch.dtype) -> None:
    case = key_value_predict_case(key_lengths=torch.tensor([21, 0]), through=("output", "weights")).rounded(dtype)
    clean = evaluate(case.operation, case)
    for example, length in enumerate([21, 0]):
        case.tensors["key"][example, length:] = math.nan
        case.tensors["value"][example, length:] = math.inf
    for name, found in evaluate(case.operation, case).items():
        assert torch.equal(found, clean[name]), name
    assert not clean["output"][0, 26:].any()
    assert not clean["grad_key"][0, 21:].any()


@pytest.mark.parametrize("far", [0.0, 400.0])
def test_long_sequence_in_a_narrow_band(kernel: str, dtype: torch.dtype, far: float) -> None:
    """Varias tareas de consultas, cada una con sus claves; también cuando hay que sumar antes de la exponencial."""
    case = key_value_predict_case(n=200, window=7, batch=1, units=5, d_v=3)
    case.tensors["query"] += far
    case.tensors["key"] -= far
    check(case, dtype)


def test_weights_only_on_request_and_same_output(kernel: str, dtype: torch.dtype) -> None:
    case = key_value_predict_case().rounded(dtype)
    without, with_weights = (
        ops.key_value_predict_attention(**case.tensors, **case.options, return_weights=flag) for flag in (False, True)
    )
    assert without.weights is None
    assert torch.equal(without.output, with_weights.output)
    sums = with_weights.weights.sum(-1)
    torch.testing.assert_close(sums, (torch.arange(37) > 0).to(dtype).expand(2, -1))


ERRORS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"query": torch.zeros(2, 17)}, ValueError, "query: se esperaba (batch, n, units); se recibió (2, 17)"),
    (
        {"key": torch.zeros(2, 6, 17)},
        ValueError,
        "key: se esperaba (batch, n, units) = (2, 7, 17); se recibió (2, 6, 17)",
    ),
    (
        {"value": torch.zeros(2, 6, 3)},
        ValueError,
        "value: se esperaba (batch, n, d_v) = (2, 7, 3); se recibió (2, 6, 3)",
    ),
    ({"score_vector": torch.zeros(16)}, ValueError, "score_vector: se esperaba (units,) = (17,); se recibió (16,)"),
    (
        {"mask": torch.ones(6, 7, dtype=torch.bool)},
        ValueError,
        "mask: se esperaba (difundible a batch, n, n) = (2, 7, 7); se recibió (6, 7)",
    ),
    ({"window": None}, TypeError, "window: se esperaba un entero; se recibió NoneType"),
    ({"window": 2.0}, TypeError, "window: se esperaba un entero o None; se recibió float"),
    ({"window": -1}, ValueError, "window: se esperaba un entero ≥ 0; se recibió -1"),
    ({"return_weights": 0}, TypeError, "return_weights: se esperaba True o False; se recibió int"),
]


@pytest.mark.parametrize(("changes", "kind", "text"), ERRORS)
def test_errors(changes: dict[str, Any], kind: type[Exception], text: str) -> None:
    arguments = {
        "query": torch.zeros(2, 7, 17), "key": torch.zeros(2, 7, 17), "value": torch.zeros(2, 7, 3),
        "score_vector": torch.zeros(17), "window": 3,
    }  # fmt: skip
    with pytest.raises(kind) as error:
        ops.key_value_predict_attention(**arguments | changes)
    assert str(error.value) == text
