"""El contrato de ``ops.dot_product_attention``: números, máscaras, disposiciones en memoria y casos límite."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from atencion import ops
from atencion.masks import causal_mask, window_mask
from cases import DOT_PRODUCT_MASKS, FULL, LAYOUTS, dot_product_case
from comparison import check, evaluate
from torch import Tensor


def attend(*, seed: int = 5, dtype: torch.dtype = torch.float64, **sizes: int) -> tuple[Tensor, Tensor, Tensor]:
    """Consulta, clave y valor al azar, de los tamaños pedidos."""
    tensors = dot_product_case(seed=seed, **sizes).rounded(dtype).tensors
    return tensors["query"], tensors["key"], tensors["value"]


@pytest.mark.parametrize("mask", DOT_PRODUCT_MASKS)
def test_matches_reference(kernel: str, dtype: torch.dtype, mask: str) -> None:
    check(dot_product_case(kind=mask), dtype)


@pytest.mark.parametrize("mask", DOT_PRODUCT_MASKS)
def test_matches_reference_with_more_queries_than_keys(kernel: str, mask: str) -> None:
    check(dot_product_case(kind=mask, n_query=61, n_key=29, d_k=5, d_v=7), torch.float32)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("mask", ["lengths", "bias_infinite"])
def test_any_strides(kernel: str, dtype: torch.dtype, layout: str, mask: str) -> None:
    check(dot_product_case(kind=mask, layout=layout, n_query=29, n_key=37), dtype)


@pytest.mark.parametrize("through", [("output",), ("logsumexp",), ("weights",), ("output", "logsumexp"), FULL])
@pytest.mark.parametrize("mask", ["empty_rows", "everything"])
def test_gradient_enters_by_each_output(kernel: str, dtype: torch.dtype, through: tuple[str, ...], mask: str) -> None:
    check(dot_product_case(kind=mask, through=through, n_query=29, n_key=37), dtype)


@pytest.mark.parametrize(("heads", "kv_heads"), [(1, 1), (5, 5), (6, 2), (6, 3), (7, 1)])
@pytest.mark.parametrize("mask", ["causal", "per_head", "alibi"])
def test_grouped_heads(kernel: str, heads: int, kv_heads: int, mask: str) -> None:
    check(dot_product_case(kind=mask, heads=heads, kv_heads=kv_heads, n_query=13, n_key=17), torch.float32)


@pytest.mark.parametrize("scale", [0.0, -0.7, 3.0])
def test_scale(kernel: str, dtype: torch.dtype, scale: float) -> None:
    """El error de los pesos crece como la mayor puntuación: la tolerancia, como la escala."""
    check(dot_product_case(scale=scale, n_query=13, n_key=17), dtype, scale=max(abs(scale), 1.0))


@pytest.mark.parametrize(
    "empty", [{"batch": 0}, {"n_query": 0}, {"n_key": 0}, {"heads": 0}, {"d_v": 0}, {"n_query": 0, "n_key": 0}]
)
@pytest.mark.parametrize("mask", ["none", "causal", "query_only", "alibi"])
def test_zero_lengths(kernel: str, dtype: torch.dtype, empty: dict[str, int], mask: str) -> None:
    sizes = {"n_query": 3, "n_key": 5, "d_k": 7, "d_v": 2} | empty
    check(dot_product_case(kind=mask, **sizes), dtype)


def test_zero_width_keys_attend_uniformly(kernel: str, dtype: torch.dtype) -> None:
    check(dot_product_case(d_k=0, scale=1.0, n_query=3, n_key=5), dtype)


def test_single_element(kernel: str, dtype: torch.dtype) -> None:
    query, key, value = (torch.tensor(x, dtype=dtype).reshape(1, 1, 1, 1) for x in (3.0, 0.5, -7.0))
    attention = ops.dot_product_attention(query, key, value, return_weights=True)
    assert attention.output.item() == -7.0
    assert attention.weights is not None
    assert attention.weights.item() == 1.0
    assert attention.logsumexp.item() == pytest.approx(1.5, rel=2 * torch.finfo(dtype).eps)


def test_softmax_by_hand(kernel: str, dtype: torch.dtype) -> None:
    """e = (2, ½, 1) sobre h = (1,0), (0,1), (1,1): α = (0,62853, 0,14024, 0,23122), c = (0,860, 0,371)."""
    key = torch.tensor([2.0, 0.5, 1.0], dtype=dtype).reshape(1, 1, 3, 1)
    value = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], dtype=dtype)[None, None]
    query = torch.ones(1, 1, 1, 1, dtype=dtype)
    attention = ops.dot_product_attention(query, key, value, scale=1.0, return_weights=True)
    assert attention.weights is not None
    assert attention.weights.flatten().tolist() == pytest.approx([0.62853, 0.14024, 0.23122], abs=1e-5)
    assert attention.output.flatten().tolist() == pytest.approx([0.85975, 0.37146], abs=2e-5)
    assert attention.logsumexp.item() == pytest.approx(math.log(math.exp(2) + math.exp(0.5) + math.e), rel=1e-6)


def test_softmax_of_two_one_zero(kernel: str, dtype: torch.dtype) -> None:
    """softmax(2, 1, 0) = (0,66524, 0,24473, 0,09003); con ALiBi de pendiente 1 sale de puntuaciones iguales."""
    zeros = torch.zeros(1, 1, 3, 1, dtype=dtype)
    slopes = torch.ones(1, dtype=dtype)
    query = zeros[:, :, :1]
    attention = ops.dot_product_attention(query, zeros, zeros, alibi_slopes=slopes, return_weights=True)
    assert attention.weights is not None
    assert attention.weights.flatten().tolist() == pytest.approx([0.09003, 0.24473, 0.66524], abs=1e-5)


def test_weights_of_zero_zero_log_two(kernel: str, dtype: torch.dtype) -> None:
    """e = (0, 0, ln 2): α = (¼, ¼, ½) y c = (0,75, 0,75); aquí ln 2 llega como sesgo."""
    query = torch.zeros(1, 1, 1, 3, dtype=dtype)
    key = torch.ones(1, 1, 3, 3, dtype=dtype)
    value = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], dtype=dtype)[None, None]
    bias = torch.tensor([0.0, 0.0, math.log(2)], dtype=dtype)
    attention = ops.dot_product_attention(query, key, value, bias=bias, return_weights=True)
    assert attention.weights is not None
    assert attention.weights.flatten().tolist() == pytest.approx([0.25, 0.25, 0.5], rel=1e-6)
    assert attention.output.flatten().tolist() == pytest.approx([0.75, 0.75], rel=1e-6)
    assert attention.logsumexp.item() == pytest.approx(math.log(4), rel=1e-6)


@pytest.mark.parametrize(
    ("sizes", "options", "expected"),
    [
        ((2, 5), {"causal": True}, ["11110", "11111"]),
        ((3, 3), {"causal": True}, ["100", "110", "111"]),
        ((5, 2), {"causal": True}, ["00", "00", "00", "10", "11"]),
        ((2, 5), {"window": 1}, ["00111", "00011"]),
        ((3, 4), {"window": 0}, ["0100", "0010", "0001"]),
        ((2, 5), {"window": 2, "causal": True}, ["01110", "00111"]),
        ((4, 2), {"window": 1}, ["00", "10", "11", "11"]),
    ],
)
def test_masks_align_to_the_end(
    kernel: str, sizes: tuple[int, int], options: dict[str, int], expected: list[str]
) -> None:
    query, key, value = attend(n_query=sizes[0], n_key=sizes[1])
    weights = ops.dot_product_attention(query, key, value, **options, return_weights=True).weights
    assert weights is not None
    seen = ["".join("1" if w > 0 else "0" for w in row) for row in weights[1, 2].tolist()]
    assert seen == expected


def test_uniform_weights_are_exact(kernel: str, dtype: torch.dtype) -> None:
    query = torch.zeros(1, 1, 3, 5, dtype=dtype)
    key, value = torch.randn(1, 1, 4, 5, dtype=dtype), torch.eye(4, dtype=dtype)[None, None]
    weights = ops.dot_product_attention(query, key, value, causal=True, return_weights=True).weights
    assert weights is not None
    assert weights[0, 0, 0].tolist() == [0.5, 0.5, 0.0, 0.0]
    assert weights[0, 0, 2].tolist() == [0.25] * 4


EMPTY_ROWS = {
    "mask": {"mask": torch.tensor([True, False, True])[:, None]},
    "causal": {"causal": True},
    "lengths": {"key_lengths": torch.tensor([3, 0])},
    "bias": {"bias": torch.tensor([0.0, -math.inf, 0.0])[:, None]},
    "mask_and_window": {"mask": torch.tensor([True, False, False, False, False]), "window": 1},
}


@pytest.mark.parametrize("kind", EMPTY_ROWS)
def test_row_with_nothing_to_attend(kernel: str, dtype: torch.dtype, kind: str) -> None:
    """Da ceros exactos, logsumexp −∞ y gradiente cero, aunque lleguen gradientes por las tres salidas."""
    n_query, n_key = (3, 5) if kind != "causal" else (7, 5)
    case = dot_product_case(n_query=n_query, n_key=n_key, d_k=4, d_v=3)
    options = dict(EMPTY_ROWS[kind])
    if "bias" in options:
        case.tensors["bias"] = options.pop("bias").expand(2, 3, n_query, n_key)
    case.options.update(options)
    results = evaluate(case.operation, case.rounded(dtype))
    empty = torch.zeros(2, 3, n_query, dtype=torch.bool)
    rows = {"mask": [1], "bias": [1], "causal": [0, 1], "lengths": [0, 1, 2], "mask_and_window": [0, 1, 2]}[kind]
    empty[1 if kind == "lengths" else slice(None), :, rows] = True
    for name, tensor in results.items():
        assert not tensor.isnan().any(), name
    assert torch.equal(results["logsumexp"] == -math.inf, empty)
    for name in ("output", "weights", "grad_query") + (("grad_bias",) if kind == "bias" else ()):
        assert not results[name][empty].any(), name
        if not empty.all():
            assert results[name][~empty].any(), name
    if kind == "lengths":
        assert not results["grad_key"][1].any()
        assert not results["grad_value"][1].any()


@pytest.mark.parametrize("mask", DOT_PRODUCT_MASKS)
def test_rows_sum_to_one_and_the_forbidden_is_exactly_zero(kernel: str, dtype: torch.dtype, mask: str) -> None:
    case = dot_product_case(kind=mask, n_query=29, n_key=101).rounded(dtype)
    weights = case.operation(**case.tensors, **case.options, return_weights=True).weights
    wanted = case.oracle(**case.tensors, **case.options, return_weights=True).weights
    sums, empty = weights.sum(-1), (wanted == 0).all(-1)
    assert torch.allclose(sums[~empty], torch.ones_like(sums[~empty]), rtol=0, atol=16 * torch.finfo(dtype).eps)
    assert not sums[empty].any()
    assert not weights[wanted == 0].any()


@pytest.mark.parametrize("causal", [False, True])
def test_agrees_with_torch(kernel: str, causal: bool) -> None:
    query, key, value = attend(heads=6, kv_heads=6, n_query=41, n_key=41)
    expected = F.scaled_dot_product_attention(query, key, value, is_causal=causal)
    actual = ops.dot_product_attention(query, key, value, causal=causal).output
    torch.testing.assert_close(actual, expected, rtol=1e-12, atol=1e-13)


def test_agrees_with_torch_on_masks_and_grouped_heads(kernel: str) -> None:
    query, key, value = attend(heads=6, kv_heads=2, n_query=23, n_key=31)
    mask = torch.rand(2, 1, 23, 31, generator=torch.Generator().manual_seed(2)) > 0.4
    expected = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, enable_gqa=True)
    actual = ops.dot_product_attention(query, key, value, mask=mask).output
    torch.testing.assert_close(actual, expected, rtol=1e-12, atol=1e-13)


def test_restrictions_are_masks(kernel: str) -> None:
    """Cada restricción da lo mismo que la máscara o el sesgo que la describe."""
    query, key, value = attend(n_query=29, n_key=37)
    lengths = torch.tensor([11, 37], dtype=torch.int32)
    position = torch.arange(29)[:, None] + 8
    slopes = torch.tensor([0.5, 0.25, 0.125], dtype=torch.float64)
    distance = (torch.arange(37) - position).abs()
    additive_mask = torch.zeros(29, 37, dtype=torch.float64).masked_fill(~causal_mask(29, 37), -math.inf)
    pairs = [
        ({"causal": True}, {"mask": causal_mask(29, 37)}),
        ({"window": 4}, {"mask": window_mask(29, 37, 4)}),
        ({"key_lengths": lengths}, {"mask": (torch.arange(37) < lengths[:, None])[:, None, None]}),
        ({"alibi_slopes": slopes}, {"bias": -slopes[:, None, None] * distance}),
        ({"mask": causal_mask(29, 37)}, {"bias": additive_mask}),
    ]
    for options, equivalent in pairs:
        first = ops.dot_product_attention(query, key, value, **options)
        second = ops.dot_product_attention(query, key, value, **equivalent)
        torch.testing.assert_close(first.output, second.output, rtol=1e-12, atol=1e-13)
        torch.testing.assert_close(first.logsumexp, second.logsumexp, rtol=1e-12, atol=1e-13)


def test_padding_changes_nothing(kernel: str, dtype: torch.dtype) -> None:
    """Solo o dentro de un lote relleno con basura, cada ejemplo da los mismos números."""
    query, key, value = attend(batch=3, n_query=13, n_key=101, dtype=dtype)
    lengths = torch.tensor([101, 97, 2])
    garbage = torch.arange(101) >= lengths[:, None]
    key, value = (t.masked_fill(garbage[:, None, :, None], 1e4) for t in (key, value))
    padded = ops.dot_product_attention(query, key, value, key_lengths=lengths)
    for i, length in enumerate(lengths.tolist()):
        alone = ops.dot_product_attention(query[i : i + 1], key[i : i + 1, :, :length], value[i : i + 1, :, :length])
        assert torch.equal(padded.output[i], alone.output[0])
        assert torch.equal(padded.logsumexp[i], alone.logsumexp[0])


def test_causal_outputs_ignore_the_future(kernel: str, dtype: torch.dtype) -> None:
    """Sustituir al azar una posición no toca ninguna salida anterior y cambia todas las siguientes."""
    x = attend(heads=1, n_query=109, n_key=1, d_k=11, dtype=dtype)[0]
    before = ops.dot_product_attention(x, x, x, causal=True)
    for position in (0, 1, 47, 96, 108):
        changed = x.clone()
        replacement = torch.randn(2, 1, 11, generator=torch.Generator().manual_seed(position), dtype=dtype)
        changed[:, :, position] = replacement
        after = ops.dot_product_attention(changed, changed, changed, causal=True)
        assert torch.equal(after.output[:, :, :position], before.output[:, :, :position])
        assert torch.equal(after.logsumexp[:, :, :position], before.logsumexp[:, :, :position])
        assert (after.output[:, :, position:] != before.output[:, :, position:]).any(-1).all()


def test_saved_inputs_changed_in_place_are_detected() -> None:
    query, key, value = (t.requires_grad_() for t in attend(n_query=3, n_key=5))
    doubled = query * 2
    output = ops.dot_product_attention(doubled, key, value).output
    doubled.mul_(3)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        output.sum().backward()


def test_weights_only_on_request_and_same_output(kernel: str, dtype: torch.dtype) -> None:
    tensors = attend(n_query=29, n_key=101, dtype=dtype)
    without, with_weights = (ops.dot_product_attention(*tensors, return_weights=flag) for flag in (False, True))
    assert without.weights is None
    assert torch.equal(without.output, with_weights.output)
    assert torch.equal(without.logsumexp, with_weights.logsumexp)
