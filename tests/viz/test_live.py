"""``HeatMap.live``: lo que viaja para recalcular en la página, y los errores en español."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from atencion import ops
from atencion.patterns import sliding_window
from atencion.viz import HeatMap
from live_cases import live_map

TABLE = {"El": [1.0, 0.0], "gato": [0.0, 2.0], "duerme": [1.0, 1.0]}


def dot_product(**options: object) -> HeatMap:
    numbers = {"query": np.eye(2, 3), "key": np.ones((3, 3)), "value": np.zeros((3, 1))}
    words = {"queries": ["a", "b"], "keys": ["c", "d", "e"]}
    return HeatMap.live("dot_product", **(words | numbers | options))


def test_first_map_is_the_one_of_the_operation():
    query, key, value = torch.randn(2, 4), torch.randn(3, 4), torch.randn(3, 1)
    found = ops.dot_product_attention(query[None, None], key[None, None], value[None, None], return_weights=True)
    figure = dot_product(query=query, key=key, value=value)
    assert figure._values == pytest.approx(found.weights[0, 0].numpy(), abs=1e-6)
    assert (figure.axes, figure.kinds, figure.shape) == ([], ["weights"], [2, 3])


def test_source_is_short_and_readable():
    query = torch.tensor([[0.1, 2.0, -3.5], [0.0, 1 / 3, 1e-7]])
    figure = dot_product(query=query, scale=0.5, causal=True)
    assert figure.source == {
        "operation": "dot_product",
        "inputs": {
            "query": [[0.1, 2.0, -3.5], [0.0, 0.33333334, 1e-7]],
            "key": [[1.0] * 3] * 3,
            "value": [[0.0]] * 3,
        },
        "options": {"scale": 0.5, "causal": True},
        "mask": None,
        "vocabulary": None,
        "editable": ["query", "key", "value"],
    }
    assert np.array_equal(np.float32(figure.source["inputs"]["query"]), query.numpy())


def test_an_ordinary_map_has_no_source():
    assert HeatMap([[1.0]], queries=["a"], keys=["b"]).source is None


def test_steps_are_offered_where_they_make_sense():
    figure = dot_product(view="steps")
    assert (figure.view, figure.views[:2]) == ("steps", ["map", "steps"])
    assert "steps" not in live_map("linear", 2, 2, query=np.eye(2), key=np.eye(2), value=np.eye(2)).views
    long = np.ones((25, 2))
    assert "steps" not in live_map("dot_product", 25, 25, query=long, key=long, value=long).views
    with pytest.raises(ValueError, match=r'^view: se esperaba "map" o .*; se recibió \'steps\'$'):
        live_map("linear", 2, 2, query=np.eye(2), key=np.eye(2), value=np.eye(2), view="steps")


def test_masked_cells_are_hidden_from_the_start():
    mask = torch.tensor([True, True, False])
    figure = dot_product(mask=mask)
    assert figure.source["mask"] == [[1, 1, 0], [1, 1, 0]]
    assert np.isnan(figure._values[:, 2]).all()
    causal = dot_product(causal=True)
    assert causal.source["mask"] is None
    assert np.isnan(causal._values).tolist() == [[False, False, True], [False, False, False]]


def test_a_sparse_pattern_travels_as_its_mask():
    numbers = {"query": np.eye(4), "key": np.eye(4), "value": np.eye(4)}
    figure = live_map("sparse", 4, 4, **numbers, pattern=sliding_window(4, 1))
    assert figure.source["mask"] == sliding_window(4, 1).to_mask().int().tolist()


def test_hops_and_shares_are_leading_axes():
    hops = {"query": np.ones(2), "key": np.ones((3, 4, 2)), "value": np.ones((3, 4, 2))}
    memory = live_map("memory", 1, 4, **hops)
    assert (memory.axes, memory.labels, memory.shape) == (["salto"], [[]], [3, 1, 4])
    pointer = live_map("pointer_sum", 1, 3, query=np.zeros(2), key=np.ones((3, 2)), token_ids=[5, 1, 5], candidates=[5])
    assert pointer.labels == [["peso de cada posición", "suma de su palabra"]]
    assert pointer._values[1, 0] == pytest.approx([2 / 3, 0, 2 / 3])
    assert pointer.source["options"] == {"token_ids": [5, 1, 5], "candidates": [5]}


def test_a_sentence_takes_its_vectors_from_the_table():
    words = ["El", "gato", "duerme"]
    figure = HeatMap.live("dot_product", queries=words, embeddings=TABLE, query_projection=[[0, 1], [1, 0]])
    rows = np.array(list(TABLE.values()))
    scores = rows[:, ::-1] @ rows.T / np.sqrt(2)
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert figure._values == pytest.approx(expected)
    assert figure.query_tokens == figure.key_tokens == words
    assert figure.source["vocabulary"] == words
    assert figure.source["editable"] == ["embeddings", "query_projection"]
    pair = HeatMap.live("dot_product", queries=words[:1], embeddings=(words, np.array(list(TABLE.values()))))
    assert pair.source["inputs"] == {"embeddings": [[1, 0], [0, 2], [1, 1]]}


def test_only_small_inputs_are_edited():
    wide = np.ones((3, 33))
    figure = dot_product(query=np.ones((2, 33)), key=wide)
    assert figure.source["editable"] == ["value"]
    assert dot_product(editable=False).source["editable"] == []
    assert dot_product(editable=["key"]).source["editable"] == ["key"]
    expected = r"^editable: se esperaba entradas de hasta 12 × 32 números: value; se recibió key$"
    with pytest.raises(ValueError, match=expected):
        dot_product(query=np.ones((2, 33)), key=wide, editable=["key"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"key": np.ones((3, 2))}, r"key: se esperaba \(batch, kv_heads, n_key, d_k\) = \(1, 1, 3, 3\); .*"),
        ({"queries": ["a"]}, "queries: se esperaba n_query = 2 elementos; se recibió 1"),
        ({"keys": list("cdef")}, "keys: se esperaba n_key = 3 elementos; se recibió 4"),
        ({"value": [[np.nan], [1], [2]]}, "value: se esperaba números finitos en float32; se recibió nan"),
        ({"value": [[1e39], [1], [2]]}, r"value: se esperaba números finitos en float32; se recibió 1e\+39"),
        ({"colour": np.ones(2)}, "inputs: se esperaba argumentos de dot_product: query, key, .*; se recibió colour"),
        ({"view": "graph3d"}, "view: se esperaba \"map\" o .*; se recibió 'graph3d'"),
    ],
)
def test_wrong_values_are_named_in_spanish(options: dict[str, object], message: str):
    with pytest.raises(ValueError, match=f"^{message}$"):
        dot_product(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keys": None}, "keys: se esperaba una lista de cadenas .*; se recibió NoneType"),
        ({"value": None}, "value: se esperaba un argumento de dot_product; se recibió NoneType"),
        ({"value": [["a"], ["b"], ["c"]]}, "value: se esperaba dtype numérico; se recibió .*"),
        ({"mask": np.ones((2, 3))}, "mask: se esperaba dtype bool .*"),
    ],
)
def test_wrong_types_are_named_in_spanish(options: dict[str, object], message: str):
    with pytest.raises(TypeError, match=f"^{message}$"):
        dot_product(**options)


def test_unknown_operation():
    with pytest.raises(ValueError, match=r'^operation: se esperaba "dot_product" o .*; se recibió \'softmax\'$'):
        HeatMap.live("softmax", queries=["a"], keys=["b"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"queries": ["perro"]}, "queries: se esperaba palabras de embeddings; se recibió 'perro'"),
        ({"keys": ["El"]}, r"keys: se esperaba None: con embeddings, .*"),
        ({"query": np.eye(2)}, "query: se esperaba None: con embeddings, sale de la frase; se recibió un tensor"),
        (
            {"key_projection": np.eye(3)},
            r"key_projection: se esperaba \(d, d_key\) = \(2, d_key\); se recibió \(3, 3\)",
        ),
        ({"embeddings": (["a", "a"], np.eye(2))}, "embeddings: se esperaba palabras distintas; se recibió alguna .*"),
        ({"embeddings": (["a"], np.ones(2))}, r"embeddings: se esperaba \(n_words, d\); se recibió \(2,\)"),
        ({"operation": "sparse"}, "operation: se esperaba con embeddings, .*; se recibió sparse"),
    ],
)
def test_wrong_sentences_are_named_in_spanish(options: dict[str, object], message: str):
    arguments = {"operation": "dot_product", "queries": ["El"], "embeddings": TABLE} | options
    with pytest.raises(ValueError, match=f"^{message}$"):
        HeatMap.live(arguments.pop("operation"), **arguments)


def test_hostile_words_travel_as_ascii_json_without_angle_brackets():
    hostile = ["</script><script>alert(1)</script>", "<!--", "\u2028\u202e\U0001f600"]
    figure = HeatMap.live("dot_product", queries=hostile, embeddings=(hostile, np.eye(3)))
    text = figure.get_state()["source"]
    assert text.isascii()
    assert "<" not in text
    assert json.loads(text) == figure.source


def test_importing_the_figures_does_not_load_the_operations():
    program = (
        f"import sys; sys.path[:0] = {sys.path!r}; import atencion.viz; sys.exit('atencion.ops._single' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
