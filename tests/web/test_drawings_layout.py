"""El aspecto de las líneas, las barras y el grafo: anchos, temas, papel y tokens hostiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from atencion.viz import HeatMap
from playwright.sync_api import Page
from sample_map import QUERIES

NODES = ["Ana", "Luis", "Eva", "Teo"]
Open = Callable[..., Page]


@pytest.mark.parametrize("view", ["lines", "bars", "graph"])
@pytest.mark.parametrize("width", [320, 390, 800])
def test_drawings_fit_their_page(page: Page, open_page: Open, view: str, width: int):
    page.set_viewport_size({"width": width, "height": 900})
    names = ["profesora", "escuchaba", "extraordinariamente", "bien", *NODES]
    weights = np.random.default_rng(2).dirichlet(np.ones(8), size=8)
    open_page(HeatMap(weights, queries=names, keys=names, view=view))
    assert page.evaluate("document.documentElement.scrollWidth") == width
    box = page.locator(".am-drawing").bounding_box()
    assert box is not None
    for text in page.locator(".am-drawing text").all():
        inner = text.bounding_box()
        assert inner is not None
        assert box["x"] - 1 <= inner["x"]
        assert inner["x"] + inner["width"] <= box["x"] + box["width"] + 1


@pytest.mark.parametrize("view", ["lines", "bars", "graph"])
def test_drawings_follow_the_theme_and_the_paper(open_page: Open, view: str):
    names = QUERIES[:3]
    page = open_page(HeatMap(np.full((3, 3), 0.3), queries=names, keys=names, view=view), theme="light")
    shape = page.locator(".am-drawing path, .am-drawing rect[fill]").last
    attribute = "fill" if view == "bars" else "stroke"
    read = f"node => getComputedStyle(node.closest('svg').querySelector('path[stroke], rect[fill]')).{attribute}"
    light = shape.evaluate(read)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_selector(".atencion-map[data-theme=dark]")
    assert shape.evaluate(read) != light
    page.emulate_media(media="print")
    page.wait_for_selector(".atencion-map[data-theme=light]")
    assert shape.evaluate(read) == light
    assert page.locator(".am-own, .am-save").locator("visible=true").count() == 0


@pytest.mark.parametrize("view", ["lines", "bars", "graph"])
def test_hostile_tokens_are_only_text(open_page: Open, view: str):
    names = [
        "</script><script>hacked = 1</script>",
        "<img src=x onerror='hacked = 1'>",
        "\u202ea\u2028b",
        "x" * 10_000,
        "",
    ]
    page = open_page(HeatMap(np.full((5, 5), 0.2), queries=names, keys=names, view=view))
    page.locator(".am-stage").focus()
    for _ in names:
        page.keyboard.press("ArrowDown")
    assert page.evaluate("window.hacked") is None
    assert page.locator(".atencion-map").locator("img, script").count() == 0
