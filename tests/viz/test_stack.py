"""Muchas matrices en una figura: qué vistas se ofrecen, qué se compara y cómo viajan las que no caben."""

from __future__ import annotations

import numpy as np
import pytest
from atencion.viz import HeatMap
from test_heatmap import decode, heat_map


def test_views_follow_the_data():
    assert heat_map((3, 5)).views == ["map", "lines", "bars", "table"]
    assert heat_map((1, 1, 3, 5)).views == ["map", "lines", "bars", "table"]
    assert heat_map((2, 3, 5)).views == ["map", "grid", "compare", "lines", "bars", "table"]
    stages = heat_map((2, 3, 5), kind=["scores", "weights"])
    assert stages.views == ["map", "grid", "bars", "table"]
    assert stages.pair == []


@pytest.mark.parametrize(
    ("shape", "view", "views"),
    [
        ((3, 5), "grid", '"map" o "lines" o "bars" o "table"'),
        ((3, 5), "compare", '"map" o "lines" o "bars" o "table"'),
        ((2, 3, 5), "rejilla", '"map" o "grid" o "compare" o "lines" o "bars" o "table"'),
    ],
)
def test_a_view_that_does_not_fit_is_an_error(shape: tuple[int, ...], view: str, views: str):
    with pytest.raises(ValueError, match=f"^view: se esperaba {views}; se recibió '{view}'$"):
        heat_map(shape, view=view)


def test_the_pair_is_the_first_and_the_last_of_a_kind():
    assert heat_map((2, 3, 3, 5)).pair == [[0, 0], [1, 2]]
    assert heat_map((4, 3, 5), kind=["scores", "weights", "weights", "weights"]).pair == [[1], [3]]
    assert heat_map((2, 3, 3, 5), kind=["scores", "weights"]).pair == [[0, 0], [0, 2]]


def test_the_pair_must_be_two_positions_of_one_kind():
    widget = heat_map((3, 3, 5), kind=["scores", "weights", "weights"])
    widget.pair = [[2], [1]]
    for wrong in ([[0], [1]], [[1]], []):
        with pytest.raises(ValueError, match=r"^pair: se esperaba dos posiciones de la misma clase; se recibió"):
            widget.pair = wrong
    with pytest.raises(ValueError, match=r"^index: se esperaba una posición dentro de \(3,\); se recibió \[3\]$"):
        widget.pair = [[1], [3]]
    assert widget.pair == [[2], [1]]
    with pytest.raises(ValueError, match=r"^pair: se esperaba una lista vacía: no hay dos de una clase"):
        heat_map((3, 5)).pair = [[], []]


def test_a_large_stack_travels_in_blocks_and_is_drawn_whole():
    generator = np.random.default_rng(11)
    weights = generator.random((12, 12, 512, 512), dtype=np.float32) / 2
    weights[3, 4, 511, 200] = 0.875
    mask = np.tri(512, dtype=bool)
    tokens = [f"t{i}" for i in range(512)]
    widget = HeatMap(weights, queries=tokens, keys=tokens, mask=mask)
    assert (widget.shape, widget.blocks, widget.bits) == ([12, 12, 512, 512], [5, 5], 8)
    assert len(widget.data) == 144 * 103 * 103
    assert widget.domains == [[0.0, 1.0]] * 12
    assert (widget.query_tokens, widget.key_tokens) == (tokens, tokens)
    codes = np.frombuffer(widget.data, np.uint8).reshape(12, 12, 103, 103)
    assert codes[3, 4, 102, 40] == 254
    assert np.array_equal(codes[0, 0] == 255, np.triu(np.ones((103, 103), bool), 1))
    widget.index = [3, 4]
    assert "«t511» → «t200» 0,88" in str(widget)
    widget.row = 102
    with pytest.raises(ValueError, match=r"^row: se esperaba un entero de 0 a 102; se recibió 103$"):
        widget.row = 103


def test_a_stack_within_the_budget_travels_cell_by_cell():
    widget = heat_map((2, 3, 5, 7))
    assert widget.blocks == [1, 1]
    assert decode(widget).shape == (2, 3, 5, 7)
