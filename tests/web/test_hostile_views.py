"""Unos textos hostiles en cada vista: se leen como texto, no corren y no rompen nada."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from atencion.viz import HeatMap
from playwright.sync_api import Page
from sample_map import HOSTILE

Open = Callable[..., Page]
COUNT = len(HOSTILE)


def stacked(view: str) -> HeatMap:
    weights = np.stack([np.eye(COUNT), np.full((COUNT, COUNT), 1 / COUNT)])
    names = {"title": HOSTILE[0], "axes": [HOSTILE[1]], "labels": [[HOSTILE[1], HOSTILE[4]]]}
    return HeatMap(weights, queries=HOSTILE, keys=HOSTILE, view=view, **names)


def steps() -> HeatMap:
    vectors = np.eye(COUNT)[:, :8]  # el editor admite 12 × 8 números
    names = {"queries": HOSTILE, "keys": HOSTILE, "title": HOSTILE[0]}
    return HeatMap.live("dot_product", query=vectors, key=vectors, value=vectors, view="steps", **names)


def check(page: Page) -> None:
    assert page.evaluate("window.hacked") is None
    assert page.locator(".atencion-map :is(img, script, iframe)").count() == 0
    assert page.locator(".atencion-map").count() == 1


@pytest.mark.parametrize("view", ["map", "grid", "compare", "lines", "bars", "graph", "table"])
def test_hostile_tokens_are_only_text(open_page: Open, view: str):
    page = open_page(stacked(view))
    node = page.locator(".am-stage, .am-table").first
    node.focus()
    for key in ("ArrowDown", "ArrowRight", "End", "Enter", "Escape"):
        page.keyboard.press(key)
    page.get_by_role("button", name="Explorar").click()
    page.get_by_role("button", name="Restablecer").wait_for()
    page.get_by_role("button", name="Guardar").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Dibujo SVG").click()
    assert "<script" not in download.value.path().read_text(encoding="utf-8")
    check(page)


def test_hostile_tokens_in_the_steps_and_the_editor(open_page: Open):
    page = open_page(steps())
    page.get_by_role("button", name="Editar números").click()
    page.locator(".am-word").first.fill(HOSTILE[1])
    page.locator(".am-steps").focus()
    page.keyboard.press("ArrowRight")
    assert HOSTILE[1] in page.locator(".am-reading").inner_text()
    check(page)
