"""Maneja las vistas dibujadas en SVG (líneas, barras y grafo) como lo haría un lector."""

from __future__ import annotations

import re

from figure_driver import Figure
from playwright.sync_api import Locator


def label(figure: Figure, text: str, which: int = 0) -> Locator:
    exact = re.compile(f"^{re.escape(text)}$")
    return figure.root.locator(".am-drawing .am-label").filter(has_text=exact).nth(which)


def point_at(figure: Figure, text: str, which: int = 0) -> None:
    box = label(figure, text, which).bounding_box()
    assert box is not None
    figure.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def press_on(figure: Figure, text: str, which: int = 0) -> None:
    point_at(figure, text, which)
    figure.page.mouse.down()
    figure.page.mouse.up()


def numbers(figure: Figure) -> list[str]:
    return figure.root.locator(".am-amount").all_text_contents()


def lines(figure: Figure) -> int:
    """Cuántos trazos se ven; los horizontales no tienen alto, y para Playwright no serían visibles."""
    boxes = figure.root.locator(".am-drawing path").evaluate_all(
        "nodes => nodes.map((node) => node.getBoundingClientRect()).map((box) => box.width + box.height)"
    )
    return sum(size > 0 for size in boxes)
