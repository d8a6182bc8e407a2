"""Las matrices grandes: por bloques, de cerca y cuando no caben en la página."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from atencion.viz import HeatMap
from figure_driver import Figure
from playwright.sync_api import Page
from sample_map import close, scale_colour

Open = Callable[..., Page]


@pytest.fixture
def large(open_page: Open) -> Figure:
    weights = np.full((512, 512), 0.125)
    weights[300, 17] = 0.75
    tokens = [f"t{i}" for i in range(512)]
    return Figure(open_page(HeatMap(weights, queries=tokens, keys=tokens, mask=np.tri(512, dtype=bool))), 64, 64)


def place(figure: Figure) -> str | None:
    """Qué región se ve, o None si se ve todo."""
    bar = figure.root.locator(".am-place")
    return bar.inner_text() if bar.is_visible() else None


def test_large_map_opens_a_block_in_full_detail(large: Figure):
    assert place(large) is None
    assert "cada bloque resume 8 × 8 celdas" in large.root.locator(".am-legend").inner_text()
    large.click(37, 2)
    assert place(large) == "Consultas 269–332, claves 1–64"
    assert large.root.locator(".am-rows .am-label").first.text_content() == "t268"
    assert "bloque" not in large.root.locator(".am-legend").inner_text()
    large.hover(32, 17)
    assert large.reading == "«t300» atiende a «t17» con peso 0,75."
    assert close(large.colour(32, 17), scale_colour(0.75))
    large.click(32, 17)
    assert large.reading.endswith("Celda fijada: Escape la suelta.")
    large.root.get_by_role("button", name="Ver todo").click()
    assert place(large) is None
    assert large.reading == "«t300» atiende a «t17» con peso 0,75. Celda fijada: Escape la suelta."


def test_large_map_by_keyboard(large: Figure):
    large.stage.focus()
    large.press("Control+Home", *["ArrowDown"] * 37, "ArrowRight", "ArrowRight", "Enter")
    assert place(large) == "Consultas 269–332, claves 1–64"
    assert large.reading == "«t300» atiende a «t17» con peso 0,75."
    large.press(*["ArrowDown"] * 31)
    assert place(large) == "Consultas 269–332, claves 1–64"
    large.press("ArrowDown")
    assert place(large) == "Consultas 270–333, claves 1–64"
    assert large.reading.startswith("«t332»")
    large.press("End")
    assert place(large) == "Consultas 270–333, claves 449–512"
    assert large.reading == "«t332» no puede atender a «t511»: celda enmascarada."
    large.press("Enter", "Escape")
    assert place(large) is not None
    large.press("Escape")
    assert place(large) is None
    assert large.stage.evaluate("node => node === document.activeElement")


def test_region_stays_when_the_map_changes(open_page: Open):
    weights = np.zeros((2, 200, 200))
    weights[:, 150, 20] = [0.5, 1]
    tokens = [f"t{i}" for i in range(200)]
    figure = Figure(open_page(HeatMap(weights, queries=tokens, keys=tokens)), 50, 50)
    figure.click(37, 5)
    assert place(figure) == "Consultas 119–182, claves 1–64"
    figure.slide("cabeza", 1)
    assert place(figure) == "Consultas 119–182, claves 1–64"
    region = Figure(figure.page, 64, 64)
    region.hover(32, 20)
    assert region.reading == "«t150» atiende a «t20» con peso 1,00."


def test_stack_that_travels_in_blocks_says_so(open_page: Open):
    weights = np.zeros((30, 300, 300), np.float32)
    weights[7, 299, 4] = 1
    tokens = [f"t{i}" for i in range(300)]
    widget = HeatMap(weights, queries=tokens, keys=tokens, axes=["paso"], view="grid")
    assert widget.blocks == [2, 2]
    figure = Figure(open_page(widget), 5, 6)
    figure.hover(1, 1)
    assert figure.reading == "Paso 8: pesos de 0,00 a 1,00."
    figure.click(1, 1)
    whole = Figure(figure.page, 50, 50)
    whole.hover(49, 0)
    assert whole.reading == "Consultas 295–300, claves 1–6: lo más alto, peso 1,00."
    assert "cada bloque resume 6 × 6 celdas" in whole.root.locator(".am-legend").inner_text()
    whole.open("Tabla")
    assert "Cada valor es el más fuerte de 2 × 2 celdas." in whole.root.locator("caption").inner_text()
    assert whole.table()[150][:2] == ["299–300", "5–6 1,00"]


def test_table_of_blocks_is_named_by_its_positions(open_page: Open):
    weights = np.zeros((12, 12, 300, 300), np.float32)
    tokens = [f"t{i}" for i in range(300)]
    figure = Figure(open_page(HeatMap(weights, queries=tokens, keys=tokens, view="table")), 0, 0)
    assert figure.table()[0][:3] == ["consulta ↓ clave →", "1–3", "4–6"]
    assert "Cada valor es el más fuerte de 3 × 3 celdas." in figure.root.locator("caption").inner_text()
