"""Ejemplos de todas las operaciones que calcula la página, con los mapas que da Python."""

from __future__ import annotations

from typing import Any

import numpy as np
from atencion.patterns import sliding_window
from atencion.viz import HeatMap


def _numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([*shape, seed]).normal(size=shape).astype(np.float32)


def _pair(n_query: int, n_key: int, d_k: int = 4, d_v: int = 2) -> dict[str, Any]:
    return {"query": _numbers(n_query, d_k), "key": _numbers(n_key, d_k, seed=1), "value": _numbers(n_key, d_v, seed=2)}


def _words(letter: str, count: int) -> list[str]:
    return [f"{letter}{i}" for i in range(count)]


def live_map(operation: str, rows: int, columns: int, **inputs: Any) -> HeatMap:
    return HeatMap.live(operation, queries=_words("q", rows), keys=_words("k", columns), **inputs)


def _case(figure: HeatMap, expected: HeatMap | None = None, **restrictions: Any) -> dict[str, Any]:
    """Lo que viaja, lo que pide quien explora y los mapas, con None en las celdas tapadas."""
    values = (expected or figure)._values
    maps = values.reshape(-1, *values.shape[-2:])
    return {
        "source": figure.source,
        "queries": figure.query_tokens,
        "keys": figure.key_tokens,
        "restrictions": restrictions,
        "maps": [[None if np.isnan(value) else float(value) for value in one.ravel()] for one in maps],
    }


def live_cases() -> list[dict[str, Any]]:
    """Una lista que se puede escribir en JSON."""
    few = np.array([[1, 0, 1, 1, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]], dtype=bool)
    ends = np.array([1, 1, 1, 0, 0], dtype=bool)
    vector = {"score_vector": _numbers(4, seed=3)}
    hops = {"query": _numbers(4), "key": _numbers(3, 5, 4), "value": _numbers(3, 5, 4, seed=1)}
    pointer = {"query": _numbers(4), "key": _numbers(5, 4), "token_ids": [2, 0, 2, 1, 3]}
    two_way = {"document": _numbers(5, 4), "question": _numbers(3, 4, seed=1)}
    flow = {"context": _numbers(3, 4), "question": _numbers(5, 4, seed=1), "score_weights": _numbers(12)}
    masks = {"document_mask": ends, "question_mask": np.array([1, 1, 0], dtype=bool)}
    sentinels = {"document_sentinel": _numbers(4, seed=5), "question_sentinel": _numbers(4, seed=6)}
    table = {"el": [1.0, 0.5, -1.0], "gato": [0.25, 2.0, 0.0], "duerme": [-0.5, 1.0, 1.5]}
    projections = {"query_projection": _numbers(3, 2), "key_projection": _numbers(3, 2, seed=1)}
    words = ["el", "gato", "duerme", "el"]

    plain = [
        live_map("dot_product", 3, 5, **_pair(3, 5)),
        live_map("dot_product", 3, 5, **_pair(3, 5), mask=few),
        live_map("dot_product", 3, 5, **_pair(3, 5), causal=True, window=1, scale=0.3, bias=_numbers(3, 5)),
        live_map("additive", 3, 5, **_pair(3, 5), **vector),
        live_map("additive", 3, 5, **_pair(3, 5), **vector, mask=few),
        live_map("linear", 3, 5, **_pair(3, 5), mask=ends),
        live_map("linear", 5, 5, **_pair(5, 5), feature_map="elu", causal=True),
        live_map("sparse", 5, 5, **_pair(5, 5), pattern=sliding_window(5, 1), scale=0.7),
        live_map("memory", 1, 5, **hops),
        live_map("memory", 1, 5, **hops, transition=_numbers(4, 4), mask=ends, softmax=False),
        live_map("pointer_sum", 1, 5, **pointer, candidates=[2, 3]),
        live_map("pointer_sum", 1, 5, **pointer, n_tokens=4, mask=ends),
        live_map("attention_over_attention", 3, 5, **two_way),
        live_map("attention_over_attention", 3, 5, **two_way, **masks),
        live_map("coattention", 3, 5, **two_way),
        live_map("coattention", 4, 6, **two_way, **sentinels, **masks),
        live_map("attention_flow", 3, 5, **flow),
        live_map("attention_flow", 3, 5, **flow, context_mask=few[0, 1:4], question_mask=ends),
        HeatMap.live("dot_product", queries=words, embeddings=table, **projections, causal=True),
        HeatMap.live("linear", queries=words, embeddings=(list(table), list(table.values()))),
    ]

    def hotter(name: str, inputs: dict[str, Any], factor: float = 2.5) -> dict[str, Any]:
        return inputs | {name: (inputs[name] / factor).astype(np.float32)}

    heat = {"temperature": 2.5}
    seen = np.array([[1, 1, 0, 1, 1], [1, 1, 1, 0, 1], [1, 1, 1, 1, 1]], dtype=bool)
    narrow = {"mask": seen.astype(int).ravel().tolist()}
    no_last = {"mask": np.tile([1, 1, 1, 1, 0], 3).tolist()}
    kept = np.array([1, 1, 1, 1, 0], dtype=bool)
    pair, additive = _pair(3, 5), _pair(3, 5) | vector
    restricted = [
        ("dot_product", 3, pair, hotter("query", pair), heat),
        ("dot_product", 3, pair | {"mask": few}, pair | {"mask": few & seen}, narrow),
        ("additive", 3, additive, hotter("score_vector", additive), heat),
        ("additive", 3, additive, additive | {"mask": seen}, narrow),
        ("memory", 1, hops, hotter("key", hops), heat),
        ("pointer_sum", 1, pointer | {"n_tokens": 4}, hotter("key", pointer) | {"n_tokens": 4}, heat),
        ("attention_over_attention", 3, two_way, hotter("document", two_way), heat),
        ("attention_over_attention", 3, two_way, two_way | {"document_mask": kept}, no_last),
        ("attention_flow", 3, flow, hotter("score_weights", flow), heat),
        ("attention_flow", 3, flow, flow | {"question_mask": kept}, no_last),
        ("linear", 3, pair, pair | {"mask": kept}, no_last),
    ]
    cases = [_case(figure) for figure in plain]
    for operation, rows, inputs, others, restrictions in restricted:
        figure, expected = live_map(operation, rows, 5, **inputs), live_map(operation, rows, 5, **others)
        cases.append(_case(figure, expected, **restrictions))
    return cases
