"""Llamadas al núcleo de la página y lo que han de dar, según ``atencion.ops``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from atencion import ops
from atencion.patterns import from_mask
from torch import Tensor


class Case(NamedTuple):
    """Una llamada: su función, sus argumentos, las formas de sus salidas y los valores esperados."""

    function: str
    arguments: list[Any]
    outputs: list[tuple[int, ...]]
    expected: Callable[[], list[Tensor | None]]


def floats(*shape: int, seed: int = 0, scale: float = 1.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed + sum(shape))
    return scale * torch.randn(shape, generator=generator)


def kept(*shape: int, share: float = 0.6, seed: int = 7) -> Tensor:
    generator = torch.Generator().manual_seed(seed + sum(shape))
    return torch.rand(shape, generator=generator) < share


def plain(value: Any) -> Any:
    """Un argumento como lo recibe el núcleo: arrays contiguos de 8 y 32 bits y números sueltos."""
    if not isinstance(value, Tensor):
        return value
    kinds = {torch.bool: np.uint8, torch.int64: np.int32, torch.float32: np.float32}
    return np.ascontiguousarray(value.numpy().astype(kinds[value.dtype]))


def case(function: str, arguments: list[Any], outputs: list[tuple[int, ...]], expected: Any) -> Case:
    return Case(function, [plain(value) for value in arguments], outputs, expected)


def one(*tensors: Tensor | None) -> list[Tensor | None]:
    """Cada tensor con su eje de ejemplos."""
    return [None if tensor is None else tensor[None] for tensor in tensors]


def dot_product(heads: int, kv_heads: int, n_query: int, n_key: int, d_k: int, d_v: int, **options: Any) -> Case:
    query, key, value = floats(heads, n_query, d_k), floats(kv_heads, n_key, d_k), floats(kv_heads, n_key, d_v)
    mask, bias, slopes = options.get("mask"), options.get("bias"), options.get("alibi_slopes")
    length, window = options.get("key_length", n_key), options.get("window", -1)
    causal, scale = options.get("causal", False), options.get("scale", d_k**-0.5)
    arguments = [
        query, key, value, mask, bias, slopes, heads, kv_heads, n_query, n_key, d_k, d_v,
        mask.shape[0] if mask is not None else 1, length, window, causal, float(scale),
    ]  # fmt: skip

    def expected() -> list[Tensor | None]:
        return list(
            ops.dot_product_attention(
                *one(query, key, value), mask=None if mask is None else mask[None],
                bias=None if bias is None else bias.expand(1, heads, n_query, n_key), alibi_slopes=slopes,
                key_lengths=torch.tensor([length]), window=None if window < 0 else window, causal=causal, scale=scale,
                return_weights=True,
            )
        )  # fmt: skip

    outputs = [(heads, n_query, d_v), (heads, n_query, n_key), (heads, n_query)]
    return case("dot_product_attention", arguments, outputs, expected)


def additive(n_query: int, n_key: int, units: int, d_v: int, scale: float = 1.0, **options: Any) -> Case:
    query, key = floats(n_query, units, scale=scale), floats(n_key, units, seed=1, scale=scale)
    value, vector = floats(n_key, d_v), floats(units)
    mask, length = options.get("mask"), options.get("key_length", n_key)

    def expected() -> list[Tensor | None]:
        return list(
            ops.additive_attention(
                *one(query, key, value), vector, mask=None if mask is None else mask[None],
                key_lengths=torch.tensor([length]), return_weights=True,
            )
        )  # fmt: skip

    arguments = [query, key, value, vector, mask, n_query, n_key, units, d_v, length]
    return case("additive_attention", arguments, [(n_query, d_v), (n_query, n_key), (n_query,)], expected)


def linear(n_query: int, n_key: int, d_k: int, d_v: int, feature_map: str, **options: Any) -> Case:
    query, key, value = floats(n_query, d_k), floats(n_key, d_k, seed=1), floats(n_key, d_v)
    mask, causal = options.get("mask"), options.get("causal", False)

    def expected() -> list[Tensor | None]:
        return list(
            ops.linear_attention(
                query[None, None], key[None, None], value[None, None], feature_map=feature_map, causal=causal,
                mask=None if mask is None else mask[None], return_weights=True,
            )
        )  # fmt: skip

    arguments = [query, key, value, mask, n_query, n_key, d_k, d_v, feature_map == "softmax", causal]
    return case("linear_attention", arguments, [(n_query, d_v), (n_query, n_key), (n_query,)], expected)


def memory(
    hops: int, n_key: int, d: int, *, transition: bool, mask: Tensor | None = None, softmax: bool = True
) -> Case:
    query, key, value = floats(d), floats(hops, n_key, d, scale=0.5), floats(hops, n_key, d, seed=1, scale=0.5)
    matrix = floats(d, d, scale=0.3) if transition else None

    def expected() -> list[Tensor | None]:
        allowed = None if mask is None else mask[None, None]
        result = ops.memory_attention(
            *one(query, key, value), transition=matrix, mask=allowed, softmax=softmax, return_weights=True
        )
        return list(result)

    arguments = [query, key, value, matrix, mask, hops, n_key, d, softmax]
    return case("memory_attention", arguments, [(hops, d), (hops, n_key), (hops,)], expected)


def pointer(n_key: int, d: int, n_tokens: int, *, candidates: bool, **options: Any) -> Case:
    query, key = floats(d), floats(n_key, d, scale=0.5)
    ids = torch.arange(n_key) * 5 % n_tokens
    chosen = torch.tensor([3, 1, 3, n_tokens + 4, 0]) if candidates else None
    mask, length = options.get("mask"), options.get("key_length", n_key)

    def expected() -> list[Tensor | None]:
        return list(
            ops.pointer_sum(
                *one(query, key, ids), candidates=None if chosen is None else chosen[None],
                n_tokens=None if candidates else n_tokens, mask=None if mask is None else mask[None],
                key_lengths=torch.tensor([length]), return_weights=True,
            )
        )  # fmt: skip

    n_output = n_tokens if chosen is None else len(chosen)
    return case(
        "pointer_sum",
        [query, key, ids, chosen, mask, n_key, d, n_output, length],
        [(n_output,), (n_key,), (1,)],
        expected,
    )


def sparse(n_query: int, n_key: int, d_k: int, d_v: int, pattern: Tensor) -> Case:
    query, key, value = floats(n_query, d_k), floats(n_key, d_k, seed=1), floats(n_key, d_v)
    edges = from_mask(pattern)

    def expected() -> list[Tensor | None]:
        planes = [tensor[None, None] for tensor in (query, key, value)]
        return list(ops.sparse_attention(*planes, edges, return_weights=True))

    arguments = [query, key, value, edges.offsets, edges.keys, n_query, n_key, d_k, d_v, d_k**-0.5]
    return case("sparse_attention", arguments, [(n_query, d_v), (len(edges),), (n_query,)], expected)


def graph(heads: int, n_query: int, n_key: int, units: int, d_v: int, pattern: Tensor) -> Case:
    query, key = floats(n_query, heads, units), floats(n_key, heads, units, seed=1)
    value, vector = floats(n_key, heads, d_v), floats(heads, units)
    edges = from_mask(pattern)

    def expected() -> list[Tensor | None]:
        return list(ops.graph_attention(*one(query, key, value), vector, edges, return_weights=True))

    arguments = [query, key, value, vector, edges.offsets, edges.keys, heads, n_query, n_key, units, d_v, 0.2]
    outputs = [(n_query, heads, d_v), (heads, len(edges)), (heads, n_query)]
    return case("graph_attention", arguments, outputs, expected)


def flow(n_context: int, n_question: int, d: int, *masks: Tensor | None) -> Case:
    context, question, vector = floats(n_context, d), floats(n_question, d, seed=1), floats(3 * d, scale=0.4)
    context_mask, question_mask = masks or (None, None)

    def expected() -> list[Tensor | None]:
        allowed = dict(zip(("context_mask", "question_mask"), one(context_mask, question_mask), strict=True))
        return list(ops.attention_flow(*one(context, question), vector, **allowed, return_weights=True))

    arguments = [context, question, vector, context_mask, question_mask, n_context, n_question, d]
    return case("attention_flow", arguments, [(n_context, 4 * d), (n_context, n_question), (n_context,)], expected)


def over_attention(n_document: int, n_question: int, d: int, *masks: Tensor | None) -> Case:
    document, question = floats(n_document, d, scale=0.5), floats(n_question, d, seed=1)
    document_mask, question_mask = masks or (None, None)

    def expected() -> list[Tensor | None]:
        allowed = dict(zip(("document_mask", "question_mask"), one(document_mask, question_mask), strict=True))
        found = ops.attention_over_attention(*one(document, question), **allowed, return_weights=True)
        return [found.output, found.question_importance, found.document_weights, found.question_weights]

    arguments = [document, question, document_mask, question_mask, n_document, n_question, d]
    pairs = (n_document, n_question)
    return case("attention_over_attention", arguments, [(n_document,), (n_question,), pairs, pairs], expected)


def coattention(n_document: int, n_question: int, d: int, *masks: Tensor | None, sentinels: int = 0) -> Case:
    document, question = floats(n_document, d, scale=0.5), floats(n_question, d, seed=1)
    document_mask, question_mask = masks or (None, None)
    first, second = (floats(d, seed=2) if sentinels & bit else None for bit in (1, 2))

    def expected() -> list[Tensor | None]:
        allowed = dict(zip(("document_mask", "question_mask"), one(document_mask, question_mask), strict=True))
        return list(
            ops.coattention(
                *one(document, question), document_sentinel=first, question_sentinel=second, **allowed,
                return_weights=True,
            )
        )  # fmt: skip

    pairs = (n_document + (first is not None), n_question + (second is not None))
    arguments = [document, question, first, second, document_mask, question_mask, n_document, n_question, d]
    return case("coattention", arguments, [(n_document, 2 * d), pairs, pairs], expected)


def causal_mask(n: int) -> Tensor:
    return torch.ones(n, n).tril().bool()


NOTHING = torch.zeros(9, dtype=torch.bool)
HOLES = kept(9, 11)
HOLES[4] = False  # una fila sin nada que atender

CASES = {
    "dot-product": dot_product(1, 1, 3, 5, 4, 4),
    "dot-product-one-key": dot_product(2, 1, 1, 1, 3, 5),
    "dot-product-width-64": dot_product(2, 2, 64, 64, 64, 64),
    "dot-product-long": dot_product(1, 1, 37, 200, 17, 9),
    "dot-product-causal-cache": dot_product(4, 2, 5, 33, 8, 7, causal=True),
    "dot-product-more-queries": dot_product(1, 1, 33, 5, 8, 7, causal=True),
    "dot-product-window": dot_product(1, 1, 50, 50, 6, 6, window=3, causal=True),
    "dot-product-mask": dot_product(3, 1, 9, 11, 5, 6, mask=HOLES[None]),
    "dot-product-mask-per-head": dot_product(3, 3, 9, 11, 5, 6, mask=kept(3, 9, 11)),
    "dot-product-bias": dot_product(2, 1, 9, 11, 5, 6, bias=floats(9, 11)),
    "dot-product-alibi": dot_product(2, 2, 20, 20, 8, 8, alibi_slopes=torch.tensor([0.5, 0.25]), causal=True),
    "dot-product-padding": dot_product(1, 1, 7, 30, 8, 8, key_length=13, scale=0.7),
    "dot-product-no-keys": dot_product(1, 1, 7, 30, 8, 8, key_length=0),
    "additive": additive(3, 5, 6, 4),
    "additive-one-key": additive(1, 1, 1, 1),
    "additive-long": additive(70, 200, 33, 17),
    "additive-direct": additive(9, 11, 10, 3, scale=30.0),
    "additive-mask": additive(9, 11, 8, 5, mask=HOLES),
    "additive-padding": additive(9, 11, 8, 5, key_length=4),
    "linear-softmax": linear(7, 9, 5, 6, "softmax"),
    "linear-softmax-mask": linear(70, 200, 33, 17, "softmax", mask=kept(200)),
    "linear-elu": linear(7, 9, 5, 6, "elu", mask=NOTHING),
    "linear-elu-causal": linear(70, 70, 16, 16, "elu", causal=True),
    "linear-elu-causal-more-queries": linear(9, 5, 4, 3, "elu", causal=True),
    "memory": memory(3, 10, 20, transition=True),
    "memory-identity": memory(2, 200, 7, transition=False, mask=kept(200)),
    "memory-empty": memory(2, 9, 5, transition=False, mask=NOTHING),
    "memory-linear-start": memory(3, 9, 5, transition=True, softmax=False, mask=kept(9)),
    "pointer-vocabulary": pointer(200, 16, 30, candidates=False),
    "pointer-candidates": pointer(40, 5, 10, candidates=True, mask=kept(40)),
    "pointer-padding": pointer(11, 5, 10, candidates=True, key_length=6),
    "sparse": sparse(9, 11, 5, 6, HOLES),
    "sparse-long": sparse(70, 200, 33, 17, kept(70, 200, share=0.2)),
    "graph": graph(3, 9, 11, 5, 6, HOLES),
    "graph-gat": graph(8, 70, 70, 1, 8, kept(70, 70, share=0.1)),
    "attention-flow": flow(7, 5, 6),
    "attention-flow-masks": flow(60, 9, 13, kept(60), kept(9)),
    "attention-flow-empty": flow(7, 9, 6, kept(7), NOTHING),
    "attention-over-attention": over_attention(7, 5, 6),
    "attention-over-attention-masks": over_attention(200, 9, 13, kept(200), kept(9)),
    "attention-over-attention-empty": over_attention(9, 5, 6, NOTHING, kept(5)),
    "coattention": coattention(7, 5, 6),
    "coattention-sentinels": coattention(60, 9, 13, kept(60), kept(9), sentinels=3),
    "coattention-one-sentinel": coattention(9, 5, 6, NOTHING, kept(5), sentinels=1),
}
