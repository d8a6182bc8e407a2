"""Qué vistas ofrece una figura y qué pide el grafo."""

from __future__ import annotations

import numpy as np
import pytest
from atencion.viz import HeatMap


def heat_map(shape: tuple[int, ...], **options: object) -> HeatMap:
    queries, keys = ([f"{i}" for i in range(size)] for size in shape[-2:])
    return HeatMap(np.full(shape, 0.25), **({"queries": queries, "keys": keys} | options))


@pytest.mark.parametrize(
    ("shape", "options", "views"),
    [
        ((3, 5), {}, ["map", "lines", "bars", "table"]),
        ((64, 61), {}, ["map", "lines", "bars", "table"]),
        ((3, 67), {}, ["map", "bars", "table"]),
        ((2, 3, 5), {"kind": ["scores", "weights"]}, ["map", "grid", "bars", "table"]),
        ((2, 5, 5), {"view": "graph"}, ["map", "grid", "compare", "lines", "bars", "graph", "table"]),
    ],
)
def test_only_views_that_fit_are_offered(shape: tuple[int, ...], options: dict[str, object], views: list[str]):
    assert heat_map(shape, **options).views == views


def test_a_single_query_opens_as_bars():
    assert heat_map((1, 5)).view == "bars"
    assert heat_map((2, 5)).view == "map"
    assert heat_map((1, 5), view="map").view == "map"


def test_views_not_offered_are_errors():
    message = '^view: se esperaba "map" o "bars" o "table"; se recibió \'lines\'$'
    with pytest.raises(ValueError, match=message):
        heat_map((3, 67), view="lines")
    with pytest.raises(ValueError, match=r"^view: se esperaba"):
        heat_map((3, 3)).view = "graph"


def test_positions_travel_with_the_figure():
    places = np.arange(6).reshape(3, 2)
    assert heat_map((3, 3), view="graph", positions=places).positions == [[0, 1], [2, 3], [4, 5]]
    assert heat_map((3, 3), view="graph").positions == []


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((3, 5), {}, r"weights: se esperaba \(…, n_nodes, n_nodes\); se recibió \(3, 5\)"),
        ((201, 201), {}, 'weights: se esperaba 200 nodos como mucho con view="graph"; se recibió 201'),
        ((3, 3), {"kind": "scores"}, 'kind: se esperaba "weights" con view="graph"; se recibió "scores"'),
        ((3, 3), {"keys": list("abc")}, 'keys: se esperaba los mismos nodos que en queries con view="graph"; .* otros'),
        (
            (3, 3),
            {"positions": [[0, 1]]},
            r"positions: se esperaba \(n_nodes, xy\) = \(3, 2\); se recibió \(1, 2\)",
        ),
        ((2, 2), {"positions": [[0, 1], [0, np.inf]]}, "positions: se esperaba números finitos; se recibió inf"),
        (
            (3, 5),
            {"view": "map", "positions": []},
            'positions: se esperaba None, salvo con view="graph"; se recibió list',
        ),
    ],
)
def test_wrong_graphs_are_named_in_spanish(shape: tuple[int, ...], options: dict[str, object], message: str):
    with pytest.raises(ValueError, match=f"^{message}$"):
        heat_map(shape, **({"view": "graph"} | options))


@pytest.mark.parametrize("positions", ["arriba", [[0, 1], [2]], 3j])
def test_positions_must_be_pairs(positions: object):
    with pytest.raises(TypeError, match=r"^positions: se esperaba una lista de \[x, y\] o None; se recibió"):
        heat_map((2, 2), view="graph", positions=positions)
