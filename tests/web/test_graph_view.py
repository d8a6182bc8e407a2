"""La vista de grafo: lo que un lector hace en ella con el ratón y el teclado, y lo que lee."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from atencion.viz import HeatMap
from drawing_driver import label, lines, numbers, point_at
from figure_driver import Figure
from playwright.sync_api import Locator, Page

Open = Callable[..., Figure]
NODES = ["Ana", "Luis", "Eva", "Teo"]
GRAPH = np.array([[0.5, 0.5, 0, 0], [0.3, 0.1, 0.6, 0], [0, 0, 1.0, 0], [0, 0, 0, 1.0]])


def graph(**options: object) -> HeatMap:
    settings = {"queries": NODES, "keys": NODES, "mask": GRAPH > 0, "view": "graph", "title": "Amistad"}
    return HeatMap(GRAPH, **(settings | options))


def test_graph_shows_what_reaches_each_node(open_figure: Open):
    figure = open_figure(graph())
    assert lines(figure) == 2 * 7  # línea y punta
    assert "de la clave a la consulta que la atiende" in figure.root.locator(".am-legend").inner_text()
    point_at(figure, "Luis")
    assert figure.reading == "«Luis» atiende a «Eva» (0,60), «Ana» (0,30) y «Luis» (0,10)."
    assert sorted(numbers(figure)) == ["0,10", "0,30", "0,60"]
    assert lines(figure) == 2 * 3
    figure.page.mouse.move(2, 2)
    assert figure.reading.startswith("Señala un nodo")


def test_graph_is_walked_with_the_keyboard(open_figure: Open):
    figure = open_figure(graph())
    figure.root.get_by_role("group", name="Vista").get_by_role("button").last.focus()
    figure.press("Tab")
    assert figure.reading == "«Ana» atiende a «Ana» (0,50) y «Luis» (0,50)."
    figure.press("ArrowRight", "ArrowDown", "Enter")
    assert figure.reading == "«Eva» atiende a «Eva» (1,00). Consulta fijada: Escape la suelta."
    point_at(figure, "Luis")
    assert figure.reading.startswith("«Eva»")
    figure.press("End", "Home", "Escape")
    assert figure.reading.startswith("«Ana»")


def test_graph_follows_the_given_positions(open_figure: Open):
    figure = open_figure(graph(positions=[[0, 0], [1, 0], [0, 1], [1, 1]]))
    ana, luis, eva = (label(figure, name).bounding_box() for name in NODES[:3])
    assert ana is not None
    assert luis is not None
    assert eva is not None
    assert luis["x"] > ana["x"] + 100
    assert eva["y"] < ana["y"] - 100
    assert luis["y"] == pytest.approx(ana["y"], abs=1)


def test_computed_graph_is_always_the_same_and_without_overlaps(open_page: Callable[..., Page]):
    page = open_page(graph(), graph())
    places = []
    for position in (0, 1):
        boxes = page.locator(".atencion-map").nth(position).locator(".am-node").all()
        origin = page.locator(".am-drawing").nth(position).bounding_box()
        assert origin is not None
        places.append([(b["x"] - origin["x"], b["y"] - origin["y"]) for b in map(Locator.bounding_box, boxes) if b])
        for box, other in itertools.combinations(filter(None, map(Locator.bounding_box, boxes)), 2):
            apart = [abs(box[axis] - other[axis]) >= box[size] for axis, size in (("x", "width"), ("y", "height"))]
            assert any(apart)
    assert np.allclose(places[0], places[1], atol=0.01)


def test_graph_of_many_nodes_names_only_those_pointed_at(open_figure: Open):
    count = 100
    ring = np.roll(np.eye(count), 1, axis=1)
    names = [f"n{i}" for i in range(count)]
    figure = open_figure(HeatMap(ring, queries=names, keys=names, mask=ring > 0, view="graph"))
    assert figure.root.locator(".am-drawing .am-label:visible").count() == 0
    figure.stage.focus()
    figure.press("End")
    assert figure.reading == "«n99» atiende a «n0» (1,00)."
    visible = figure.root.locator(".am-drawing .am-label").evaluate_all(
        "nodes => nodes.filter((n) => getComputedStyle(n).visibility === 'visible').map((n) => n.textContent)"
    )
    assert visible == ["n0", "n99"]
