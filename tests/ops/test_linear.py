"""El contrato de ``ops.linear_attention``: números, máscaras, disposiciones en memoria, casos límite y errores."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
import torch
from atencion import ops
from cases import LAYOUTS
from cases_linear import FEATURE_MAPS, LINEAR_MASKS, feature_options, linear_case
from comparison import check, evaluate
from torch import Tensor
from torch.nn import functional


@pytest.mark.parametrize("features", FEATURE_MAPS)
@pytest.mark.parametrize("mask", LINEAR_MASKS)
def test_matches_reference(kernel: str, dtype: torch.dtype, features: str, mask: str) -> None:
    check(linear_case(kind=mask, features=features), dtype)


@pytest.mark.parametrize("features", FEATURE_MAPS)
@pytest.mark.parametrize(("heads", "kv_heads"), [(1, 1), (4, 2), (3, 3)])
def test_grouped_heads(kernel: str, features: str, heads: int, kv_heads: int) -> None:
    case = linear_case(kind="everything", features=features, heads=heads, kv_heads=kv_heads, n_query=101, n_key=71)
    check(case, torch.float32)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_strides(kernel: str, dtype: torch.dtype, layout: str) -> None:
    for features in FEATURE_MAPS:
        check(linear_case(kind="everything", features=features, layout=layout), dtype)


@pytest.mark.parametrize("through", [("output",), ("logsumexp",), ("weights",), ("output", "logsumexp")])
def test_gradient_enters_by_each_output(kernel: str, dtype: torch.dtype, through: tuple[str, ...]) -> None:
    for features in FEATURE_MAPS[through == ("logsumexp",) :]:  # en softmax el logsumexp es constante
        check(linear_case(kind="empty", features=features, through=through), dtype)


@pytest.mark.parametrize(
    "empty", [{"batch": 0}, {"n_query": 0}, {"n_key": 0}, {"d_k": 0}, {"d_v": 0}, {"n_query": 0, "n_key": 0}]
)
def test_zero_lengths(kernel: str, dtype: torch.dtype, empty: dict[str, int]) -> None:
    sizes = {"n_query": 3, "n_key": 5, "d_k": 7, "d_v": 2} | empty
    for features in FEATURE_MAPS:
        check(linear_case(features=features, **sizes), dtype)


@pytest.mark.parametrize("n_query", [1, 2, 3, 5, 7])
def test_by_hand(kernel: str, dtype: torch.dtype, n_query: int) -> None:
    """φ(0) = 1: con consultas y claves a cero, cada consulta causal promedia su pasado, alineado al final."""
    query, key = torch.zeros(1, 1, n_query, 2, dtype=dtype), torch.zeros(1, 1, 3, 2, dtype=dtype)
    value = torch.tensor([1.0, 2.0, 6.0], dtype=dtype).reshape(1, 1, 3, 1)
    found = ops.linear_attention(query, key, value, feature_map="elu", causal=True)
    means, sums = [1.0, 1.5, 3.0], [2.0, 4.0, 6.0]  # n_i = φ(q) · z = 2 por cada clave vista
    missing = max(n_query - 3, 0)
    expected = [0.0] * missing + means[-n_query:]
    assert found.output.flatten().tolist() == pytest.approx(expected, rel=1e-6)
    logs = [-math.inf] * missing + [math.log(n) for n in sums[-n_query:]]
    assert found.logsumexp.flatten().tolist() == pytest.approx(logs, rel=1e-6)


def test_quadratic_cumulative_and_recurrent_agree(kernel: str) -> None:
    """Las tres formas de Katharopoulos: con la matriz, con sumas acumuladas y como una red recurrente."""
    query, key, value = linear_case(features="elu", heads=2, kv_heads=2, n_query=97).tensors.values()
    phi_q, phi_k = functional.elu(query) + 1, functional.elu(key) + 1
    products = (phi_q @ phi_k.transpose(-1, -2)).tril()
    quadratic = products @ value / products.sum(-1, keepdim=True)
    states, sums = (phi_k[..., None] * value[..., None, :]).cumsum(2), phi_k.cumsum(2)
    cumulative = (phi_q[..., None, :] @ states).squeeze(-2) / (phi_q * sums).sum(-1, keepdim=True)
    state, total, recurrent = torch.zeros_like(states[:, :, 0]), torch.zeros_like(sums[:, :, 0]), []
    for i in range(97):
        state = state + phi_k[:, :, i, :, None] * value[:, :, i, None, :]
        total = total + phi_k[:, :, i]
        read = (phi_q[:, :, i, None, :] @ state).squeeze(-2)
        recurrent.append(read / (phi_q[:, :, i] * total).sum(-1, keepdim=True))
    ours = ops.linear_attention(query, key, value, feature_map="elu", causal=True, return_weights=True)
    assert ours.weights is not None
    for expected in (quadratic, cumulative, torch.stack(recurrent, 2), ours.weights @ value):
        torch.testing.assert_close(ours.output, expected, rtol=0, atol=1e-10)


def test_shen_is_not_softmax_attention_but_its_rows_sum_to_one(kernel: str) -> None:
    """E = ρ_q (ρ_kᵀ V): otra matriz, de rango d_k, que también reparte 1 entre las claves."""
    query, key, value = linear_case(heads=1, n_query=64, n_key=64, d_k=8).tensors.values()
    ours = ops.linear_attention(query, key, value, return_weights=True)
    expected = query.softmax(-1) @ (key.softmax(-2).transpose(-1, -2) @ value)
    torch.testing.assert_close(ours.output, expected, rtol=0, atol=1e-12)
    assert ours.weights is not None
    assert torch.linalg.matrix_rank(ours.weights[0, 0]) == 8
    torch.testing.assert_close(ours.weights.sum(-1), torch.ones(2, 1, 64, dtype=torch.float64))
    assert (ours.output - ops.dot_product_attention(query, key, value).output).abs().mean() > 0.05
    assert not ours.logsumexp.any()


@pytest.mark.parametrize("features", FEATURE_MAPS)
def test_forbidden_keys_are_not_read(kernel: str, dtype: torch.dtype, features: str) -> None:
    """Detrás de las longitudes y bajo la máscara puede haber NaN: ni las salidas ni los gradientes lo ven."""
    case = linear_case(kind="everything", features=features).rounded(dtype)
    forbidden = ~(case.options["mask"] & (torch.arange(97) < case.options["key_lengths"][:, None]))
    clean = evaluate(case.operation, case)
    for name in ("key", "value"):
        case.tensors[name] = case.tensors[name].masked_fill(forbidden[:, None, :, None], math.nan)
    dirty = evaluate(case.operation, case)
    for name, expected in clean.items():
        assert torch.equal(dirty[name], expected), name
    for name in ("key", "value"):
        assert not dirty[f"grad_{name}"].masked_select(forbidden[:, None, :, None]).any()
    assert not dirty["weights"].masked_select(forbidden[:, None, None]).any()


@pytest.mark.parametrize("features", FEATURE_MAPS)
def test_each_example_alone_or_padded(kernel: str, dtype: torch.dtype, features: str) -> None:
    query, key, value = linear_case(batch=3, n_query=31, n_key=31).rounded(dtype).tensors.values()
    lengths = torch.tensor([31, 13, 2])
    options = feature_options(features) | {"causal": False}
    padded = ops.linear_attention(query, key, value, key_lengths=lengths, **options)
    for i, length in enumerate(lengths.tolist()):
        one = slice(i, i + 1)
        alone = ops.linear_attention(query[one], key[one, :, :length], value[one, :, :length], **options)
        assert torch.equal(padded.output[i], alone.output[0])


@pytest.mark.parametrize("features", FEATURE_MAPS)
def test_row_with_nothing_to_attend(kernel: str, dtype: torch.dtype, features: str) -> None:
    case = linear_case(kind="empty", features=features, n_query=70, n_key=66).rounded(dtype)
    results = evaluate(case.operation, case)
    empty = results["logsumexp"] == -math.inf
    assert empty[-1].all()
    if features == "elu_causal":
        assert empty[0, :, :4].all()  # cuatro consultas antes de la primera clave
    for name in ("output", "weights", "grad_query"):
        assert not results[name][empty].any(), name
        assert results[name][~empty].any(), name
    assert not results["grad_key"][-1].any()
    assert not any(tensor.isnan().any() for tensor in results.values())


def test_causal_rows_do_not_see_the_future(kernel: str, dtype: torch.dtype) -> None:
    tensors = linear_case(features="elu", n_query=97).rounded(dtype).tensors
    before = ops.linear_attention(**tensors, feature_map="elu", causal=True).output
    for position in (0, 1, 31, 32, 50, 96):
        changed = {name: t.clone() for name, t in tensors.items()}
        for name in ("key", "value"):
            changed[name][:, :, position] = torch.randn(2, 1, changed[name].shape[-1], dtype=dtype)
        after = ops.linear_attention(**changed, feature_map="elu", causal=True).output
        assert torch.equal(after[:, :, :position], before[:, :, :position])
        assert (after[:, :, position] != before[:, :, position]).any()


@pytest.mark.parametrize("features", FEATURE_MAPS)
def test_weights_only_on_request_and_same_output(kernel: str, dtype: torch.dtype, features: str) -> None:
    tensors = linear_case().rounded(dtype).tensors
    options = feature_options(features)
    without, with_weights = (ops.linear_attention(**tensors, **options, return_weights=flag) for flag in (False, True))
    assert without.weights is None
    assert torch.equal(without.output, with_weights.output)
    assert torch.equal(without.logsumexp, with_weights.logsumexp)


def ones(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.ones(shape, dtype=dtype)


ERRORS = [
    ({"query": ones(6, 5, 11)}, ValueError, "query: se esperaba (batch, heads, n_query, d_k); se recibió (6, 5, 11)"),
    (
        {"key": ones(2, 3, 7, 12)},
        ValueError,
        "key: se esperaba (batch, kv_heads, n_key, d_k) = (2, 3, 7, 11); se recibió (2, 3, 7, 12)",
    ),
    ({"key": ones(2, 4, 7, 11)}, ValueError, "key: se esperaba kv_heads divisor de heads = 6; se recibió 4"),
    (
        {"value": ones(2, 3, 8, 13)},
        ValueError,
        "value: se esperaba (batch, kv_heads, n_key, d_v) = (2, 3, 7, 13); se recibió (2, 3, 8, 13)",
    ),
    ({"feature_map": "relu"}, ValueError, "feature_map: se esperaba 'softmax' o 'elu'; se recibió 'relu'"),
    (
        {"feature_map": torch.arange(2).numpy()},
        ValueError,
        "feature_map: se esperaba 'softmax' o 'elu'; se recibió array([0, 1])",
    ),
    ({"feature_map": None}, ValueError, "feature_map: se esperaba 'softmax' o 'elu'; se recibió None"),
    ({"causal": 1}, TypeError, "causal: se esperaba True o False; se recibió int"),
    (
        {"causal": True},
        ValueError,
        "causal: se esperaba False con feature_map='softmax', que normaliza sobre todas las claves; se recibió True",
    ),
    (
        {"mask": ones(5, 7, dtype=torch.bool)},
        ValueError,
        "mask: se esperaba (difundible a batch, n_key) = (2, 7); se recibió (5, 7)",
    ),
    (
        {"mask": ones(1, 2, 7, dtype=torch.bool)},
        ValueError,
        "mask: se esperaba (difundible a batch, n_key) = (2, 7); se recibió (1, 2, 7)",
    ),
    ({"mask": ones(2, 7)}, TypeError, "mask: se esperaba dtype bool (True = puede atender); se recibió torch.float32"),
    (
        {"key_lengths": torch.tensor([7, 8])},
        ValueError,
        "key_lengths: se esperaba valores de 0 a 7; se recibió 8",
    ),
    ({"return_weights": 1}, TypeError, "return_weights: se esperaba True o False; se recibió int"),
]


@pytest.mark.parametrize(("changes", "error", "text"), ERRORS)
def test_errors(changes: dict[str, Any], error: type[Exception], text: str) -> None:
    arguments = {"query": ones(2, 6, 5, 11), "key": ones(2, 3, 7, 11), "value": ones(2, 3, 7, 13)}
    with pytest.raises(error, match=f"^{re.escape(text)}$"):
        ops.linear_attention(**arguments | changes)
