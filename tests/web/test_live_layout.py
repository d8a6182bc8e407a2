"""El aspecto de la figura viva: temas, papel, pantallas estrechas, matrices grandes y contraste."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from atencion.viz import HeatMap
from figure_driver import Figure
from playwright.sync_api import Page
from sample_map import WEIGHTS, close, heat_map, scale_colour

Open = Callable[..., Page]


@pytest.fixture
def figure(open_page: Open) -> Figure:
    return Figure(open_page(heat_map()), 5, 3)


def test_dark_page_changes_colours(open_page: Open):
    figure = Figure(open_page(heat_map(), theme="light"), 5, 3)
    light = figure.colour(1, 0)
    surface = figure.root.evaluate("node => getComputedStyle(node).backgroundColor")
    figure.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    figure.page.wait_for_selector(".atencion-map[data-theme=dark]")
    assert light == scale_colour(0)
    assert sum(figure.colour(1, 0)) < 150 < 600 < sum(light)
    assert sum(figure.colour(3, 2)) > 600
    assert figure.root.evaluate("node => getComputedStyle(node).backgroundColor") != surface


def test_system_theme_counts_when_the_page_is_silent(page: Page, open_page: Open):
    page.emulate_media(color_scheme="dark")
    figure = Figure(open_page(heat_map()), 5, 3)
    assert figure.root.get_attribute("data-theme") == "dark"
    page.emulate_media(color_scheme="light")
    page.wait_for_selector(".atencion-map[data-theme=light]")


def test_paper_is_light_and_shows_every_row(open_page: Open):
    figure = Figure(open_page(heat_map(progressive=True), theme="dark"), 5, 3)
    figure.page.emulate_media(media="print")
    figure.page.wait_for_selector(".atencion-map[data-theme=light]")
    assert close(figure.colour(4, 0), scale_colour(0.2))
    assert not figure.root.get_by_role("button", name="Tabla").is_visible()
    figure.page.emulate_media(media="screen")
    figure.page.wait_for_selector(".atencion-map[data-theme=dark]")
    assert figure.colours(4, 0) == {(0, 0, 0, 0)}


@pytest.mark.parametrize("columns", [7, 60, 128])
def test_narrow_screen_scrolls_inside_the_figure_only(page: Page, open_page: Open, columns: int):
    page.set_viewport_size({"width": 375, "height": 700})
    weights = np.full((3, columns), 1 / columns)
    open_page(HeatMap(weights, queries=["a", "b", "c"], keys=[f"clave{j}" for j in range(columns)]))
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    figure = Figure(page, 3, columns)
    figure.stage.focus()
    figure.press("End")
    assert f"«clave{columns - 1}»" in figure.reading
    right = figure.root.locator(".am-ring").bounding_box()
    assert right is not None
    assert right["x"] + right["width"] <= 375


def test_figure_follows_the_width_of_its_page(figure: Figure):
    wide = figure.cells.bounding_box()
    figure.page.set_viewport_size({"width": 200, "height": 700})
    figure.page.wait_for_function("document.querySelector('.am-cells').offsetWidth < 140")
    figure.page.set_viewport_size({"width": 800, "height": 1000})
    figure.page.wait_for_function("document.querySelector('.am-cells').offsetWidth > 140")
    assert figure.cells.bounding_box() == wide


def test_figure_drawn_before_entering_the_page_is_complete(open_page: Open):
    """Los cuadernos llaman a ``render`` con un elemento que aún no está en la página."""
    page = open_page(heat_map(progressive=True))
    page.evaluate(
        """() => {
          const script = document.querySelector('script[type="application/vnd.jupyter.widget-state+json"]');
          const records = Object.values(JSON.parse(script.textContent).state);
          const { state, buffers } = records.find((record) => record.model_name === "AnyModel");
          const bytes = Uint8Array.from(atob(buffers[0].data), (c) => c.charCodeAt(0));
          const listeners = {};
          const model = {
            get: (name) => (name === "data" ? new DataView(bytes.buffer) : state[name]),
            set: (name, value) => { state[name] = value; listeners[`change:${name}`](); },
            save_changes() {}, off() {},
            on: (name, callback) => (listeners[name] = callback),
          };
          const el = document.createElement("div");
          atencionPage.modules.heatmap_js.widget.render({ model, el });
          model.set("row", 3);
          document.body.prepend(el);
        }"""
    )
    page.wait_for_function("document.querySelector('.am-cells').style.width !== ''")  # ya repartida
    figure = Figure(page, 5, 3)
    assert figure.colour(1, 0) == scale_colour(0)
    assert figure.reading == "Paso 4 de 5: «río» atiende sobre todo a «river», con peso 0,95."


def test_large_map_is_summarised_and_stays_usable(open_page: Open):
    weights = np.zeros((512, 512))
    weights[300, 17] = 0.8
    mask = np.tri(512, dtype=bool)
    tokens = [f"t{i}" for i in range(512)]
    figure = Figure(open_page(HeatMap(weights, queries=tokens, keys=tokens, mask=mask)), 64, 64)
    figure.hover(37, 2)
    assert figure.reading == "Consultas 297–304, claves 17–24: lo más alto, «t300» atiende a «t17» con peso 0,80."
    figure.hover(2, 40)
    assert figure.reading == "Consultas 17–24, claves 321–328: bloque enmascarado."
    figure.root.get_by_role("button", name="Tabla").click()
    assert figure.table()[301][:3] == ["t300", "t17 0,80", "t0 0,00"]
    assert "error de 0,002 como mucho" in figure.root.locator("caption").inner_text()


def test_numbers_are_written_only_in_narrow_matrices(open_page: Open):
    even = [HeatMap(np.full((2, n), 1 / n), queries=["a", "b"], keys=list("abcdefghi")[:n]) for n in (8, 9)]
    page = open_page(*even)
    eight, nine = (Figure(page, 2, n, position).all_colours() for position, n in enumerate((8, 9)))
    assert len(nine) == 2
    assert len(eight) > 5


def test_text_has_enough_contrast_in_both_themes(open_page: Open):
    """AA: al menos 4,5 a 1 entre cada texto y el fondo de la figura."""

    def luminance(colour: str) -> float:
        channels = [int(c) / 255 for c in re.findall(r"\d+", colour)[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    page = open_page(heat_map(progressive=True, mask=WEIGHTS > 0))
    for theme in ("light", "dark"):
        page.evaluate("theme => (document.documentElement.dataset.theme = theme)", theme)
        page.wait_for_selector(f".atencion-map[data-theme={theme}]")
        figure = Figure(page, 5, 3)
        background = luminance(figure.root.evaluate("node => getComputedStyle(node).backgroundColor"))
        pressed = figure.root.locator(".am-button[aria-pressed=true]")
        ink, paper = (
            pressed.evaluate(f"node => getComputedStyle(node).{name}") for name in ("color", "backgroundColor")
        )
        low, high = sorted([luminance(ink), luminance(paper)])
        assert (high + 0.05) / (low + 0.05) >= 4.5
        for selector in (
            ".am-title",
            ".am-button[aria-pressed=false]",
            ".am-name",
            ".am-value",
            ".am-reading",
            ".am-legend",
        ):
            colour = figure.root.locator(selector).first.evaluate("node => getComputedStyle(node).color")
            low, high = sorted([background, luminance(colour)])
            assert (high + 0.05) / (low + 0.05) >= 4.5, selector
        for selector in (".am-axis", ".am-label", ".am-label.am-on"):
            colour = figure.root.locator(selector).first.evaluate("node => getComputedStyle(node).fill")
            low, high = sorted([background, luminance(colour)])
            assert (high + 0.05) / (low + 0.05) >= 4.5, selector
