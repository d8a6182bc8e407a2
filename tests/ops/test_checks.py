"""Cada argumento malo da el error prometido: tipo de excepción y texto exacto, en español, y nunca una caída."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from atencion import ops
from atencion.ops import _checks
from torch import Tensor

BATCH, HEADS, KV_HEADS, N_QUERY, N_KEY, D_K, D_V, UNITS = 2, 6, 3, 5, 7, 11, 13, 17


def dot_product(**changes: Any) -> dict[str, Any]:
    arguments = {
        "query": torch.zeros(BATCH, HEADS, N_QUERY, D_K),
        "key": torch.zeros(BATCH, KV_HEADS, N_KEY, D_K),
        "value": torch.zeros(BATCH, KV_HEADS, N_KEY, D_V),
    }
    return arguments | changes


def additive(**changes: Any) -> dict[str, Any]:
    arguments = {
        "query": torch.zeros(BATCH, N_QUERY, UNITS),
        "key": torch.zeros(BATCH, N_KEY, UNITS),
        "value": torch.zeros(BATCH, N_KEY, D_V),
        "score_vector": torch.zeros(UNITS),
    }
    return arguments | changes


def ones(*shape: int, dtype: torch.dtype = torch.float32, device: str = "cpu") -> Tensor:
    return torch.ones(shape, dtype=dtype, device=device)


DOT_PRODUCT_ERRORS = [
    ({"query": ones(6, 5, 11)}, ValueError, "query: se esperaba (batch, heads, n_query, d_k); se recibió (6, 5, 11)"),
    ({"query": [1.0]}, TypeError, "query: se esperaba un tensor; se recibió list"),
    ({"query": np.zeros((2, 6, 5, 11))}, TypeError, "query: se esperaba un tensor; se recibió ndarray"),
    (
        {"query": ones(2, 6, 5, 11, dtype=torch.float16)},
        TypeError,
        "query: se esperaba dtype float32 o float64; se recibió torch.float16",
    ),
    (
        {"query": ones(2, 6, 5, 11, dtype=torch.int64)},
        TypeError,
        "query: se esperaba dtype float32 o float64; se recibió torch.int64",
    ),
    (
        {"key": ones(2, 3, 7, 12)},
        ValueError,
        "key: se esperaba (batch, kv_heads, n_key, d_k) = (2, 3, 7, 11); se recibió (2, 3, 7, 12)",
    ),
    (
        {"key": ones(1, 3, 7, 11)},
        ValueError,
        "key: se esperaba (batch, kv_heads, n_key, d_k) = (2, 3, 7, 11); se recibió (1, 3, 7, 11)",
    ),
    ({"key": ones(2, 4, 7, 11)}, ValueError, "key: se esperaba kv_heads divisor de heads = 6; se recibió 4"),
    ({"key": ones(2, 0, 7, 11)}, ValueError, "key: se esperaba kv_heads divisor de heads = 6; se recibió 0"),
    (
        {"key": ones(2, 3, 7, 11, dtype=torch.float64)},
        TypeError,
        "key: se esperaba dtype torch.float32; se recibió torch.float64",
    ),
    ({"key": None}, TypeError, "key: se esperaba un tensor; se recibió NoneType"),
    (
        {"value": ones(2, 3, 8, 13)},
        ValueError,
        "value: se esperaba (batch, kv_heads, n_key, d_v) = (2, 3, 7, 13); se recibió (2, 3, 8, 13)",
    ),
    (
        {"value": ones(2, 6, 7, 13)},
        ValueError,
        "value: se esperaba (batch, kv_heads, n_key, d_v) = (2, 3, 7, 13); se recibió (2, 6, 7, 13)",
    ),
    (
        {"value": ones(2, 3, 7, 13, device="meta")},
        ValueError,
        "value: se esperaba el dispositivo cpu; se recibió meta",
    ),
    ({"mask": ones(7)}, TypeError, "mask: se esperaba dtype bool (True = puede atender); se recibió torch.float32"),
    ({"mask": [True]}, TypeError, "mask: se esperaba un tensor; se recibió list"),
    (
        {"mask": ones(7, dtype=torch.bool, device="meta")},
        ValueError,
        "mask: se esperaba el dispositivo cpu; se recibió meta",
    ),
    ({"bias": [0.0]}, TypeError, "bias: se esperaba un tensor; se recibió list"),
    (
        {"bias": ones(7, dtype=torch.float64)},
        TypeError,
        "bias: se esperaba dtype torch.float32; se recibió torch.float64",
    ),
    ({"alibi_slopes": ones(5)}, ValueError, "alibi_slopes: se esperaba (heads,) = (6,); se recibió (5,)"),
    ({"alibi_slopes": ones(1, 6)}, ValueError, "alibi_slopes: se esperaba (heads,); se recibió (1, 6)"),
    ({"alibi_slopes": 0.5}, TypeError, "alibi_slopes: se esperaba un tensor; se recibió float"),
    (
        {"alibi_slopes": ones(6).requires_grad_()},
        ValueError,
        "alibi_slopes: se esperaba un tensor sin gradiente; se recibió requires_grad=True",
    ),
    (
        {"key": ones(2, 3, 7, 11).to_sparse()},
        ValueError,
        "key: se esperaba un tensor denso; se recibió torch.sparse_coo",
    ),
    (
        {"bias": ones(5, 7).to_sparse()},
        ValueError,
        "bias: se esperaba un tensor denso; se recibió torch.sparse_coo",
    ),
    (
        {"mask": ones(5, 7, dtype=torch.bool).to_sparse()},
        ValueError,
        "mask: se esperaba un tensor denso; se recibió torch.sparse_coo",
    ),
    ({"window": -1}, ValueError, "window: se esperaba un entero ≥ 0; se recibió -1"),
    ({"window": 2.0}, TypeError, "window: se esperaba un entero o None; se recibió float"),
    ({"window": True}, TypeError, "window: se esperaba un entero o None; se recibió bool"),
    (
        {"query": ones(2, 6, 5, 0), "key": ones(2, 3, 7, 0)},
        ValueError,
        "scale: se esperaba un número, porque 1/√d_k no existe con d_k = 0; se recibió None",
    ),
]
ADDITIVE_ERRORS = [
    ({"query": ones(2, 17)}, ValueError, "query: se esperaba (batch, n_query, units); se recibió (2, 17)"),
    (
        {"query": ones(2, 5, 17, dtype=torch.bfloat16)},
        TypeError,
        "query: se esperaba dtype float32 o float64; se recibió torch.bfloat16",
    ),
    ({"key": ones(2, 7, 16)}, ValueError, "key: se esperaba (batch, n_key, units) = (2, 7, 17); se recibió (2, 7, 16)"),
    (
        {"value": ones(2, 6, 13)},
        ValueError,
        "value: se esperaba (batch, n_key, d_v) = (2, 7, 13); se recibió (2, 6, 13)",
    ),
    ({"score_vector": ones(16)}, ValueError, "score_vector: se esperaba (units,) = (17,); se recibió (16,)"),
    ({"score_vector": ones(17, 1)}, ValueError, "score_vector: se esperaba (units,); se recibió (17, 1)"),
    ({"score_vector": 1.0}, TypeError, "score_vector: se esperaba un tensor; se recibió float"),
    ({"mask": ones(5, 7)}, TypeError, "mask: se esperaba dtype bool (True = puede atender); se recibió torch.float32"),
]


def message(error: pytest.ExceptionInfo[BaseException]) -> str:
    return str(error.value)


@pytest.mark.parametrize(("changes", "kind", "text"), DOT_PRODUCT_ERRORS)
def test_dot_product_errors(changes: dict[str, Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as error:
        ops.dot_product_attention(**dot_product(**changes))
    assert message(error) == text


@pytest.mark.parametrize(("changes", "kind", "text"), ADDITIVE_ERRORS)
def test_additive_errors(changes: dict[str, Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as error:
        ops.additive_attention(**additive(**changes))
    assert message(error) == text


@pytest.mark.parametrize("shape", [(5, 6), (3, 7), (3, 1, 5, 7), (1, 2, 6, 5, 7), (0,), ()])
@pytest.mark.parametrize("name", ["mask", "bias"])
def test_not_broadcastable(name: str, shape: tuple[int, ...]) -> None:
    tensor = ones(*shape, dtype=torch.bool if name == "mask" else torch.float32)
    with pytest.raises(
        ValueError, match=f"^{name}: se esperaba .*difundible.* = \\(2, 6, 5, 7\\); se recibió"
    ) as error:
        ops.dot_product_attention(**dot_product(**{name: tensor}))
    assert message(error).endswith(str(shape))


@pytest.mark.parametrize("shape", [(5, 6), (3, 5, 7), (1, 2, 5, 7)])
def test_not_broadcastable_without_heads(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"^mask: se esperaba .*difundible.* = \(2, 5, 7\); se recibió") as error:
        ops.additive_attention(**additive(mask=ones(*shape, dtype=torch.bool)))
    assert message(error).endswith(str(shape))


@pytest.mark.parametrize("operation", [ops.dot_product_attention, ops.additive_attention])
@pytest.mark.parametrize(
    ("lengths", "kind", "text"),
    [
        ([3, 4], TypeError, "key_lengths: se esperaba un tensor; se recibió list"),
        (ones(2), TypeError, "key_lengths: se esperaba dtype entero; se recibió torch.float32"),
        (ones(2, dtype=torch.bool), TypeError, "key_lengths: se esperaba dtype entero; se recibió torch.bool"),
        (ones(3, dtype=torch.int64), ValueError, "key_lengths: se esperaba (batch,) = (2,); se recibió (3,)"),
        (ones(2, 1, dtype=torch.int64), ValueError, "key_lengths: se esperaba (batch,) = (2,); se recibió (2, 1)"),
        (
            ones(2, dtype=torch.int64, device="meta"),
            ValueError,
            "key_lengths: se esperaba el dispositivo cpu; se recibió meta",
        ),
    ],
)
def test_key_lengths_errors(operation: Any, lengths: Any, kind: type[Exception], text: str) -> None:
    arguments = dot_product() if operation is ops.dot_product_attention else additive()
    with pytest.raises(kind) as error:
        operation(**arguments, key_lengths=lengths)
    assert message(error) == text


@pytest.mark.parametrize("operation", [ops.dot_product_attention, ops.additive_attention])
@pytest.mark.parametrize("wrong", [8, -1, 2**40])
def test_key_lengths_out_of_range_says_what_it_received(operation: Any, wrong: int) -> None:
    arguments = dot_product() if operation is ops.dot_product_attention else additive()
    pattern = f"^key_lengths: se esperaba .*0 a .*; se recibió .*{re.escape(str(wrong))}"
    with pytest.raises(ValueError, match=pattern):
        operation(**arguments, key_lengths=torch.tensor([3, wrong]))


@pytest.mark.parametrize("name", ["scale", "causal", "return_weights"])
def test_options_of_the_wrong_type(name: str) -> None:
    with pytest.raises((TypeError, ValueError)) as error:
        ops.dot_product_attention(**dot_product(**{name: "dos"}))
    assert re.fullmatch(f"{name}: se esperaba [^;]*; se recibió str", message(error))


@pytest.mark.parametrize("window", [7, 2**31, 2**63 - 1, 2**70])
def test_window_wider_than_everything_is_no_window(window: int) -> None:
    arguments = dot_product(value=torch.randn(BATCH, KV_HEADS, N_KEY, D_V))
    expected = ops.dot_product_attention(**arguments)
    assert torch.equal(ops.dot_product_attention(**arguments, window=window).output, expected.output)


def test_strided_alibi_slopes() -> None:
    slopes = torch.rand(HEADS, 2)
    arguments = dot_product(value=torch.randn(BATCH, KV_HEADS, N_KEY, D_V))
    expected = ops.dot_product_attention(**arguments, alibi_slopes=slopes[:, 1].clone()).output
    assert torch.equal(ops.dot_product_attention(**arguments, alibi_slopes=slopes[:, 1]).output, expected)


def test_options_are_keyword_only() -> None:
    with pytest.raises(TypeError, match="positional"):
        ops.dot_product_attention(*dot_product().values(), ones(7, dtype=torch.bool))
    with pytest.raises(TypeError, match="positional"):
        ops.additive_attention(*additive().values(), ones(7, dtype=torch.bool))


@pytest.mark.parametrize("dtype", _checks.INTEGERS)
def test_any_integer_lengths(dtype: torch.dtype) -> None:
    arguments = dot_product(value=torch.randn(BATCH, KV_HEADS, N_KEY, D_V))
    expected = ops.dot_product_attention(**arguments, key_lengths=torch.tensor([3, 7])).output
    assert torch.equal(
        ops.dot_product_attention(**arguments, key_lengths=torch.tensor([3, 7], dtype=dtype)).output, expected
    )


def test_strided_lengths() -> None:
    arguments = additive(value=torch.randn(BATCH, N_KEY, D_V))
    expected = ops.additive_attention(**arguments, key_lengths=torch.tensor([3, 7])).output
    strided = torch.tensor([[3, 9], [7, 9]])[:, 0]
    assert torch.equal(ops.additive_attention(**arguments, key_lengths=strided).output, expected)


def test_scale_that_is_not_a_double() -> None:
    with pytest.raises(ValueError, match=r"^scale: se esperaba un número que quepa en float64; se recibió uno mayor$"):
        ops.dot_product_attention(**dot_product(scale=10**400))


LARGE = 2**20  # más ejemplos de los que caben en memoria, pero de paso cero


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (ones(1, 1, 7, 13).expand(LARGE, 1, 7, 13), "resultado"),
        (ones(1, 1, 7, 1).expand(LARGE, 1, 7, 2**30), "value"),  # la última dimensión no es contigua: se copia
    ],
)
def test_what_does_not_fit_in_memory_is_our_error(value: Tensor, name: str) -> None:
    query, key = ones(1, 1, 1, 11).expand(LARGE, 1, 2**30, 11), ones(1, 1, 7, 11).expand(LARGE, 1, 7, 11)
    with pytest.raises(MemoryError) as error:
        ops.dot_product_attention(query, key, value)
    assert message(error) == f"{name}: no hay memoria para un tensor de ese tamaño"


@pytest.mark.parametrize("size", [2**30 + 1, 2**46, 2**62])
def test_axes_that_nobody_has(size: int) -> None:
    """Un tensor de paso cero puede decir que mide lo que sea, y sus tamaños multiplicados no cabrían en un entero."""
    document, question = ones(1, 1, 1).expand(1, size, 1)[:0], ones(0, 2, 1)
    with pytest.raises(ValueError, match=r"^document: se esperaba a lo sumo 2\^30 elementos por eje$"):
        ops.coattention(document, question)


def test_sentinels_that_do_not_fit_in_memory() -> None:
    document, question = ones(1, 1, 3).expand(LARGE, 2**30, 3), ones(1, 2, 3).expand(LARGE, 2, 3)
    with pytest.raises(MemoryError, match=r"^document: no hay memoria"):
        ops.coattention(document, question, document_sentinel=ones(3))


def test_memory_that_starts_at_any_byte() -> None:
    """Un tensor sacado de un búfer puede no estar alineado: se copia, porque leerlo así no está definido en C++."""
    arguments = additive(value=torch.randn(BATCH, N_KEY, D_V), key=torch.randn(BATCH, N_KEY, UNITS))
    expected = ops.additive_attention(**arguments, return_weights=True)
    for name in ("key", "value"):
        memory = bytearray(1) + bytearray(arguments[name].numpy().tobytes())
        shifted = torch.frombuffer(memory, dtype=torch.float32, offset=1).reshape(arguments[name].shape)
        assert shifted.data_ptr() % 4
        arguments[name] = shifted
    actual = ops.additive_attention(**arguments, return_weights=True)
    for found, wanted in zip(actual, expected, strict=True):
        assert torch.equal(found, wanted)


def test_nothing_is_modified() -> None:
    """Ni las entradas ni las opciones cambian por pasar por la operación."""
    slopes, lengths, mask = torch.rand(HEADS), torch.tensor([3, 7]), torch.rand(N_QUERY, N_KEY) > 0.5
    arguments = dot_product(mask=mask, alibi_slopes=slopes, key_lengths=lengths, bias=torch.randn(N_QUERY, N_KEY))
    before = {name: tensor.clone() for name, tensor in arguments.items()}
    arguments["query"].requires_grad_()
    ops.dot_product_attention(**arguments, causal=True, return_weights=True).output.sum().backward()
    for name, tensor in arguments.items():
        assert torch.equal(tensor, before[name]), name


def test_tensors_without_memory_are_refused() -> None:
    """Un tensor de ceros perezosos dice tener elementos y no tiene memoria: leerlo tumbaría el proceso.

    El despachador de torch le da memoria en la ida; a la vuelta llega tal cual y el núcleo lo rechaza.
    """
    lazy = torch._efficientzerotensor(BATCH, KV_HEADS, N_KEY, D_V)
    assert not ops.dot_product_attention(**dot_product(value=lazy)).output.any()
    arguments = dot_product(value=torch.randn(BATCH, KV_HEADS, N_KEY, D_V))
    query = arguments["query"].requires_grad_()
    output = ops.dot_product_attention(**arguments).output
    with pytest.raises(ValueError, match=r"^grad_output: se esperaba un tensor con sus números en memoria"):
        torch.autograd.grad(output, query, torch._efficientzerotensor(*output.shape))
