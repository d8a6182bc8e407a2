"""Propiedades que valen para cualquier entrada: las busca hypothesis, con tamaños y máscaras al azar."""

from __future__ import annotations

from typing import Any

import atencion
import torch
from atencion import ops
from atencion.masks import allowed_pairs
from cases import ADDITIVE_MASKS, DOT_PRODUCT_MASKS, Case, additive_case, dot_product_case
from hypothesis import given, settings
from hypothesis import strategies as st

SEARCH = settings(max_examples=40, derandomize=True, deadline=None, database=None)
TOLERANCE = {"rtol": 1e-11, "atol": 1e-12}

kernels = st.sampled_from(atencion.available_kernels())
sizes = st.integers(1, 21)
lengths = st.one_of(st.integers(1, 21), st.sampled_from([95, 96, 97]))
seeds = st.integers(0, 2**16)


@st.composite
def dot_product_cases(draw: st.DrawFn, kinds: tuple[str, ...] = DOT_PRODUCT_MASKS) -> Case:
    """Un caso cualquiera de producto escalar, en float64."""
    kv_heads = draw(st.integers(1, 3))
    return dot_product_case(
        kind=draw(st.sampled_from(kinds)),
        batch=draw(st.integers(1, 3)),
        heads=kv_heads * draw(st.integers(1, 3)),
        kv_heads=kv_heads,
        n_query=draw(sizes),
        n_key=draw(lengths),
        d_k=draw(sizes),
        d_v=draw(sizes),
        seed=draw(seeds),
    )


@st.composite
def additive_cases(draw: st.DrawFn, kinds: tuple[str, ...] = ADDITIVE_MASKS) -> Case:
    """Un caso cualquiera de atención aditiva, en float64."""
    return additive_case(
        kind=draw(st.sampled_from(kinds)),
        batch=draw(st.integers(1, 3)),
        n_query=draw(sizes),
        n_key=draw(lengths),
        units=draw(sizes),
        d_v=draw(sizes),
        seed=draw(seeds),
    )


def run(kernel: str, case: Case, **changes: Any) -> ops.Attention:
    """El caso con los tensores y las opciones de ``changes`` en lugar de los suyos."""
    with atencion.use_kernel(kernel):
        return case.operation(**(case.tensors | case.options | changes), return_weights=True)


@SEARCH
@given(kernels, st.one_of(dot_product_cases(), additive_cases()))
def test_rows_sum_to_one_or_are_empty(kernel: str, case: Case) -> None:
    attention = run(kernel, case)
    options = {n: o for n, o in case.options.items() if n != "alibi_slopes"}
    n_query, n_key = attention.weights.shape[-2:]
    allowed = allowed_pairs(n_query, n_key, axes=attention.weights.dim(), **options).expand(attention.weights.shape)
    if "bias" in case.tensors:
        allowed = allowed & (case.tensors["bias"] > -torch.inf)
    assert not attention.weights[~allowed].any()
    assert (attention.weights >= 0).all()
    torch.testing.assert_close(attention.weights.sum(-1), allowed.any(-1).double(), **TOLERANCE)
    assert torch.equal(attention.logsumexp.isinf(), ~allowed.any(-1))


@SEARCH
@given(kernels, st.one_of(dot_product_cases(("none", "lengths")), additive_cases(("none", "lengths"))))
def test_output_stays_between_the_values(kernel: str, case: Case) -> None:
    """La salida es una media: con valores iguales es ese valor, y nunca se sale de su intervalo."""
    value = case.tensors["value"]
    output = run(kernel, case).output
    some = run(kernel, case, value=torch.ones_like(value)).output
    assert ((some - 1).abs().lt(1e-12) | (some == 0)).all()
    assert output.max() <= max(value.max(), 0.0) + 1e-12
    assert output.min() >= min(value.min(), 0.0) - 1e-12


@SEARCH
@given(kernels, st.one_of(dot_product_cases(("none",)), additive_cases(("none",))), seeds)
def test_permuting_keys_and_values_changes_nothing(kernel: str, case: Case, seed: int) -> None:
    n_key = case.tensors["key"].shape[-2]
    order = torch.randperm(n_key, generator=torch.Generator().manual_seed(seed))
    before = run(kernel, case)
    after = run(kernel, case, key=case.tensors["key"][..., order, :], value=case.tensors["value"][..., order, :])
    torch.testing.assert_close(after.output, before.output, **TOLERANCE)
    torch.testing.assert_close(after.weights, before.weights[..., order], **TOLERANCE)
    torch.testing.assert_close(after.logsumexp, before.logsumexp, **TOLERANCE)


@SEARCH
@given(kernels, st.one_of(dot_product_cases(("none", "lengths")), additive_cases(("none", "lengths"))), seeds)
def test_permuting_queries_permutes_the_rows(kernel: str, case: Case, seed: int) -> None:
    n_query = case.tensors["query"].shape[-2]
    order = torch.randperm(n_query, generator=torch.Generator().manual_seed(seed))
    before, after = run(kernel, case), run(kernel, case, query=case.tensors["query"][..., order, :])
    torch.testing.assert_close(after.output, before.output[..., order, :], **TOLERANCE)
    torch.testing.assert_close(after.logsumexp, before.logsumexp[..., order], **TOLERANCE)


@SEARCH
@given(kernels, st.one_of(dot_product_cases(("none",)), additive_cases(("none",))), st.integers(1, 9), seeds)
def test_padding_changes_nothing(kernel: str, case: Case, extra: int, seed: int) -> None:
    """Añadir claves de relleno, con cualquier cosa dentro, no cambia ningún número."""
    key, value = case.tensors["key"], case.tensors["value"]
    n_key = key.shape[-2]
    generator = torch.Generator().manual_seed(seed)
    tails = [
        torch.randn(*t.shape[:-2], extra, t.shape[-1], generator=generator, dtype=t.dtype) * 1e6 for t in (key, value)
    ]
    padded = {"key": torch.cat([key, tails[0]], -2), "value": torch.cat([value, tails[1]], -2)}
    before = run(kernel, case)
    after = run(kernel, case, **padded, key_lengths=torch.full((key.shape[0],), n_key))
    assert torch.equal(after.output, before.output)
    assert torch.equal(after.logsumexp, before.logsumexp)
    assert torch.equal(after.weights[..., :n_key], before.weights)
    assert not after.weights[..., n_key:].any()


@SEARCH
@given(kernels, dot_product_cases(("none", "causal", "window", "lengths")), st.floats(-50, 50))
def test_adding_a_constant_to_the_scores_only_moves_the_logsumexp(kernel: str, case: Case, shift: float) -> None:
    bias = torch.tensor([shift], dtype=torch.float64)
    before, after = run(kernel, case), run(kernel, case, bias=bias)
    torch.testing.assert_close(after.output, before.output, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(after.logsumexp, before.logsumexp + shift, rtol=1e-10, atol=1e-10)
