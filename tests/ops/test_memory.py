"""El contrato de ``ops.memory_attention``: números, máscaras, disposiciones en memoria, casos límite y errores."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from atencion import ops
from cases import FULL, LAYOUTS
from cases_memory import MEMORY_MASKS, memory_case
from comparison import check, evaluate
from torch import Tensor


@pytest.mark.parametrize("softmax", [True, False])
@pytest.mark.parametrize("mask", MEMORY_MASKS)
def test_matches_reference(kernel: str, dtype: torch.dtype, mask: str, softmax: bool) -> None:
    check(memory_case(kind=mask, softmax=softmax, transition=softmax), dtype)


@pytest.mark.parametrize("layout", [*LAYOUTS, "expanded_batch"])
def test_any_strides(kernel: str, dtype: torch.dtype, layout: str) -> None:
    check(memory_case(kind="everything", layout=layout), dtype)


@pytest.mark.parametrize("through", [("output",), ("weights",), ("logsumexp",), FULL])
@pytest.mark.parametrize("transition", [False, True])
def test_gradient_enters_by_each_output(kernel: str, through: tuple[str, ...], transition: bool) -> None:
    check(memory_case(kind="empty_rows", through=through, transition=transition), torch.float32)


@pytest.mark.parametrize("empty", [{"batch": 0}, {"n_key": 0}, {"d": 0}])
@pytest.mark.parametrize("softmax", [True, False])
def test_zero_sizes(kernel: str, empty: dict[str, int], softmax: bool) -> None:
    check(memory_case(**({"batch": 2, "hops": 3, "n_key": 5, "d": 7} | empty), softmax=softmax), torch.float64)


def test_no_hops(kernel: str) -> None:
    leaf = torch.ones(2, 5, requires_grad=True)
    attention = ops.memory_attention(leaf, torch.zeros(2, 0, 3, 5), torch.zeros(2, 0, 3, 5), return_weights=True)
    assert [tuple(t.shape) for t in attention] == [(2, 0, 5), (2, 0, 3), (2, 0)]
    attention.output.sum().backward()
    assert leaf.grad is not None
    assert not leaf.grad.any()


def two_hops(dtype: torch.dtype) -> dict[str, Tensor]:
    """u¹ = (1, 0, 0) con m_i = (ln p_i, 0, 0) y p = (0,7, 0,2, 0,1), y valores unitarios, en los dos saltos."""
    key = torch.zeros(1, 1, 3, 3, dtype=dtype)
    key[..., 0] = torch.tensor([0.7, 0.2, 0.1], dtype=dtype).log()
    value = torch.eye(3, dtype=dtype)[None, None]
    return {
        "query": torch.tensor([[1.0, 0.0, 0.0]], dtype=dtype),
        "key": key.expand(1, 2, 3, 3),
        "value": value.expand(1, 2, 3, 3),
    }


def test_two_hops_by_hand(kernel: str, dtype: torch.dtype) -> None:
    """o¹ = (0,7, 0,2, 0,1); u² = u¹ + o¹, y en el segundo salto p_i ∝ p_i^1,7."""
    attention = ops.memory_attention(**two_hops(dtype), return_weights=True)
    powers = [p**1.7 for p in (0.7, 0.2, 0.1)]
    second = [p / sum(powers) for p in powers]
    assert attention.weights is not None
    assert attention.weights[0, 0].tolist() == pytest.approx([0.7, 0.2, 0.1], rel=1e-6)
    assert attention.weights[0, 1].tolist() == pytest.approx(second, rel=1e-5)
    assert attention.output[0, 0].tolist() == pytest.approx([1.7, 0.2, 0.1], rel=1e-6)
    assert attention.output[0, 1].tolist() == pytest.approx(
        [1.7 + second[0], 0.2 + second[1], 0.1 + second[2]], rel=1e-5
    )
    assert attention.logsumexp[0].tolist() == pytest.approx([0.0, math.log(sum(powers))], abs=1e-6)


def test_transition_by_hand(kernel: str, dtype: torch.dtype) -> None:
    """Con H = 2 · (girar los ejes), u² = H u¹ + o¹: H multiplica por la izquierda."""
    transition = 2 * torch.eye(3, dtype=dtype).roll(1, 0)
    attention = ops.memory_attention(**two_hops(dtype), transition=transition)
    assert attention.output[0, 0].tolist() == pytest.approx([0.7, 2.2, 0.1], rel=1e-6)


def test_linear_start_by_hand(kernel: str, dtype: torch.dtype) -> None:
    """Sin softmax los pesos son las puntuaciones, también negativas, y cero donde no se puede mirar."""
    tensors = two_hops(dtype)
    mask = torch.tensor([True, False, True])
    attention = ops.memory_attention(**tensors, softmax=False, mask=mask, return_weights=True)
    assert attention.weights is not None
    assert attention.weights[0, 0].tolist() == pytest.approx([math.log(0.7), 0.0, math.log(0.1)], rel=1e-6)
    assert attention.output[0, 0].tolist() == pytest.approx([1 + math.log(0.7), 0.0, math.log(0.1)], rel=1e-6)
    assert not attention.logsumexp.any()


def test_adjacent_tying_is_two_views(kernel: str, dtype: torch.dtype) -> None:
    """Aᵏ⁺¹ = Cᵏ: cada memoria intermedia recibe el gradiente de dos saltos."""
    case = memory_case(hops=4, transition=False).rounded(dtype)
    memory = case.tensors["key"]
    query = case.tensors["query"]
    leaf = memory.clone().requires_grad_()
    ops.memory_attention(query, leaf[:, :-1], leaf[:, 1:]).output[:, -1].sum().backward()
    copies = [memory[:, :-1].clone().requires_grad_(), memory[:, 1:].clone().requires_grad_()]
    ops.memory_attention(query, *copies).output[:, -1].sum().backward()
    expected = torch.zeros_like(memory)
    expected[:, :-1] += copies[0].grad
    expected[:, 1:] += copies[1].grad
    torch.testing.assert_close(leaf.grad, expected, rtol=1e-6, atol=1e-6)


def test_layer_wise_tying_is_an_expanded_memory(kernel: str, dtype: torch.dtype) -> None:
    tensors = memory_case(hops=1).rounded(dtype).tensors
    memory, repeated = (tensors["key"][:, 0].clone().requires_grad_() for _ in range(2))
    outputs = [
        ops.memory_attention(tensors["query"], hops, hops, transition=tensors["transition"]).output
        for hops in (memory[:, None].expand(-1, 3, -1, -1), repeated[:, None].repeat(1, 3, 1, 1))
    ]
    assert torch.equal(*outputs)
    for output in outputs:
        output.square().sum().backward()
    torch.testing.assert_close(memory.grad, repeated.grad)


def test_hops_are_the_chain_of_single_hops(kernel: str, dtype: torch.dtype) -> None:
    tensors = memory_case(hops=3, transition=False).rounded(dtype).tensors
    together = ops.memory_attention(**tensors).output
    state = tensors["query"]
    for hop in range(3):
        key, value = (tensors[name][:, hop : hop + 1] for name in ("key", "value"))
        state = ops.memory_attention(state, key, value).output[:, 0]
        assert torch.equal(together[:, hop], state)


def test_hop_over_nothing_reads_zeros(kernel: str, dtype: torch.dtype) -> None:
    """Un salto vacío deja pasar el estado: o = 0, logsumexp −∞ y ningún gradiente a sus memorias."""
    case = memory_case(transition=False, key_lengths=torch.tensor([37, 0, 5])).rounded(dtype)
    case.options["mask"] = torch.tensor([True, False, True])[:, None]
    results = evaluate(case.operation, case)
    query = case.tensors["query"]
    assert torch.equal(results["output"][1], query[1].expand(3, -1))
    assert torch.equal(results["output"][0, 1], results["output"][0, 0])
    assert torch.equal(
        results["logsumexp"] == -math.inf, torch.tensor([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=torch.bool)
    )
    for name in ("weights", "grad_key", "grad_value"):
        assert not results[name][1].any(), name
        assert not results[name][:, 1].any(), name
    for name, tensor in results.items():
        assert not tensor.isnan().any(), name


@pytest.mark.parametrize("softmax", [True, False])
def test_padding_is_never_read(kernel: str, dtype: torch.dtype, softmax: bool) -> None:
    """NaN e infinitos detrás de ``key_lengths`` no se cuelan en nada, ni en la ida ni en la vuelta."""
    case = memory_case(key_lengths=torch.tensor([31, 0, 7]), softmax=softmax, through=("output", "weights")).rounded(
        dtype
    )
    clean = evaluate(case.operation, case)
    for example, length in enumerate([31, 0, 7]):
        case.tensors["key"][example, :, length:] = math.nan
        case.tensors["value"][example, :, length:] = math.inf
    for name, found in evaluate(case.operation, case).items():
        assert torch.equal(found, clean[name]), name
        if name in ("grad_key", "grad_value"):
            assert not found[0, :, 31:].any()
            assert not found[1].any()


def test_weights_sum_to_one(kernel: str, dtype: torch.dtype) -> None:
    case = memory_case(kind="dense").rounded(dtype)
    weights = ops.memory_attention(**case.tensors, **case.options, return_weights=True).weights
    assert weights is not None
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, 3, dtype=dtype))
    assert not weights[~case.options["mask"]].any()
    assert ops.memory_attention(**case.tensors).weights is None


ERRORS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"query": torch.zeros(2, 1, 5)}, ValueError, "query: se esperaba (batch, d); se recibió (2, 1, 5)"),
    ({"query": [0.0]}, TypeError, "query: se esperaba un tensor; se recibió list"),
    (
        {"key": torch.zeros(2, 3, 7, 4)},
        ValueError,
        "key: se esperaba (batch, hops, n_key, d) = (2, 3, 7, 5); se recibió (2, 3, 7, 4)",
    ),
    ({"key": torch.zeros(2, 7, 5)}, ValueError, "key: se esperaba (batch, hops, n_key, d); se recibió (2, 7, 5)"),
    (
        {"value": torch.zeros(2, 3, 6, 5)},
        ValueError,
        "value: se esperaba (batch, hops, n_key, d) = (2, 3, 7, 5); se recibió (2, 3, 6, 5)",
    ),
    ({"transition": torch.zeros(5, 4)}, ValueError, "transition: se esperaba (d, d) = (5, 5); se recibió (5, 4)"),
    (
        {"transition": torch.zeros(5, 5, dtype=torch.float64)},
        TypeError,
        "transition: se esperaba dtype torch.float32; se recibió torch.float64",
    ),
    (
        {"mask": torch.ones(2, 7, 7, dtype=torch.bool)},
        ValueError,
        "mask: se esperaba (difundible a batch, hops, n_key) = (2, 3, 7); se recibió (2, 7, 7)",
    ),
    ({"key_lengths": torch.tensor([7])}, ValueError, "key_lengths: se esperaba (batch,) = (2,); se recibió (1,)"),
    ({"softmax": 1}, TypeError, "softmax: se esperaba True o False; se recibió int"),
    ({"return_weights": None}, TypeError, "return_weights: se esperaba True o False; se recibió NoneType"),
]


def test_no_features(kernel: str, dtype: torch.dtype) -> None:
    """Con d = 0 todos los tensores están vacíos, y la transición sigue recibiendo su gradiente."""
    memory, transition = torch.zeros(2, 3, 7, 0, dtype=dtype), torch.zeros(0, 0, dtype=dtype, requires_grad=True)
    result = ops.memory_attention(torch.zeros(2, 0, dtype=dtype), memory, memory, transition=transition)
    result.logsumexp.sum().backward()
    assert transition.grad is not None
    assert torch.allclose(result.logsumexp, torch.full((2, 3), 7.0, dtype=dtype).log())


@pytest.mark.parametrize(("changes", "kind", "text"), ERRORS)
def test_errors(changes: dict[str, Any], kind: type[Exception], text: str) -> None:
    arguments = {"query": torch.zeros(2, 5), "key": torch.zeros(2, 3, 7, 5), "value": torch.zeros(2, 3, 7, 5)}
    with pytest.raises(kind) as error:
        ops.memory_attention(**arguments | changes)
    assert str(error.value) == text


@pytest.mark.parametrize("lengths", [[8, 3], [3, -1]])
def test_lengths_out_of_range(lengths: list[int]) -> None:
    memory = torch.zeros(2, 3, 7, 5)
    with pytest.raises(ValueError, match=r"^key_lengths: se esperaba .*0 a 7; se recibió (8|-1)"):
        ops.memory_attention(torch.zeros(2, 5), memory, memory, key_lengths=torch.tensor(lengths))
