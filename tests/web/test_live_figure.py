"""La figura viva en una página fija: lo que un lector hace con ella y lo que ve."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from atencion.viz import HeatMap
from atencion.viz.figure import ramp
from figure_driver import Figure
from playwright.sync_api import Page

Open = Callable[..., Page]
WEIGHTS = np.array([[0.71, 0.09, 0.2], [0.0, 0.9, 0.1], [0.3, 0.3, 0.4], [0.05, 0.0, 0.95], [0.2, 0.2, 0.6]])
QUERIES = ["casa", "blanca", "el", "río", "el"]
KEYS = ["white", "house", "river"]
HINT = "Señala una celda, tócala o recórrelas con las flechas del teclado para leer su valor."


def heat_map(**options: object) -> HeatMap:
    return HeatMap(WEIGHTS, **({"queries": QUERIES, "keys": KEYS, "title": "Alineación"} | options))


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@pytest.fixture
def figure(open_page: Open) -> Figure:
    return Figure(open_page(heat_map()), 5, 3)


def test_hover_reads_the_cell_and_leaving_forgets_it(figure: Figure):
    assert figure.reading == HINT
    figure.hover(0, 0)
    assert figure.reading == "«casa» atiende a «white» con peso 0,71."
    figure.hover(4, 2)
    assert figure.reading == "«el» (posición 5) atiende a «river» con peso 0,60."
    figure.page.mouse.move(2, 2)
    assert figure.reading == HINT


def test_hover_marks_both_labels(figure: Figure):
    figure.hover(1, 2)
    assert figure.root.locator(".am-label.am-on").all_text_contents() == ["blanca", "river"]


def test_rows_are_queries_and_columns_are_keys(figure: Figure):
    assert figure.root.locator(".am-rows .am-label").all_text_contents() == QUERIES
    assert figure.root.locator(".am-overlay .am-label").all_text_contents() == KEYS
    assert figure.root.locator(".am-axis").all_text_contents() == ["consultasquery ↓", "claves key →"]


def test_colours_are_those_of_the_scale(figure: Figure):
    colours = ramp("weights")
    assert figure.colour(1, 0) == rgb(colours[0])
    assert figure.colour(3, 1) == rgb(colours[0])
    place = 0.95 * (len(colours) - 1)
    mixed = np.array([rgb(colours[7]), rgb(colours[8])]).T @ [8 - place, place - 7]
    assert np.abs(np.array(figure.colour(3, 2)) - mixed).max() <= 1.5


def test_keyboard_moves_and_pins(figure: Figure):
    figure.root.get_by_role("button", name="Ver tabla").focus()
    figure.press("Tab")
    assert figure.reading == "«casa» atiende a «white» con peso 0,71."
    figure.press("ArrowDown", "End")
    assert figure.reading == "«blanca» atiende a «river» con peso 0,10."
    figure.press("Control+End", "Home")
    assert figure.reading == "«el» (posición 5) atiende a «white» con peso 0,20."
    figure.press("Enter")
    assert figure.reading.endswith("Celda fijada: Escape la suelta.")
    figure.press("Escape")
    assert not figure.reading.endswith("suelta.")
    figure.press("Tab")
    assert figure.reading == HINT


def test_arrow_keys_stay_inside_the_figure(figure: Figure):
    """Un tema puede pasar de página con las flechas, y un cuaderno, de celda."""
    figure.page.evaluate("document.addEventListener('keydown', (event) => (window.escaped = event.key))")
    figure.stage.focus()
    figure.press("ArrowRight", "Home")
    assert figure.page.evaluate("window.escaped") is None
    figure.press("a")
    assert figure.page.evaluate("window.escaped") == "a"
    assert figure.stage.get_attribute("data-lm-suppress-shortcuts") == "true"


def test_pressing_pins_a_cell_until_pressed_again(figure: Figure):
    figure.click(0, 0)
    figure.hover(3, 2)
    assert figure.reading == "«casa» atiende a «white» con peso 0,71. Celda fijada: Escape la suelta."
    figure.click(0, 0)
    figure.hover(3, 2)
    assert figure.reading == "«río» atiende a «river» con peso 0,95."


def test_reading_is_announced(figure: Figure):
    assert figure.root.locator(".am-reading").get_attribute("aria-live") == "polite"
    assert figure.stage.get_attribute("role") == "application"
    assert "consultas en filas (5), claves en columnas (3)" in (figure.stage.get_attribute("aria-label") or "")


def test_table_has_the_numbers(figure: Figure):
    figure.root.get_by_role("button", name="Ver tabla").click()
    assert not figure.cells.is_visible()
    expected = [[f"{value:.2f}".replace(".", ",") for value in row] for row in WEIGHTS]
    body = [[query, *row] for query, row in zip(QUERIES, expected, strict=True)]
    assert figure.table() == [["consulta ↓ clave →", *KEYS], *body]
    assert figure.root.locator("caption").inner_text() == "Alineación (pesos)."
    assert figure.root.locator("thead th[scope=col]").count() == 4
    assert figure.root.locator("tbody th[scope=row]").count() == 5
    figure.root.get_by_role("button", name="Ver mapa").click()
    assert figure.cells.is_visible()


def test_masked_cells_are_hatched_and_read_as_masked(open_page: Open):
    mask = np.ones((5, 3), bool)
    mask[0, 1] = mask[2, :] = False
    figure = Figure(open_page(heat_map(mask=mask)), 5, 3)
    assert len(figure.colours(0, 1)) > 1
    assert len(figure.colours(1, 0)) == 1
    figure.hover(0, 1)
    assert figure.reading == "«casa» no puede atender a «house»: celda enmascarada."
    assert "enmascarada" in figure.root.locator(".am-legend").inner_text()
    figure.root.get_by_role("button", name="Ver tabla").click()
    assert figure.table()[1] == ["casa", "0,71", "enmascarada", "0,20"]


def test_stages_change_map_scale_and_reading(open_page: Open):
    scores = np.array([[4.0, -2.0], [-4.0, 0.0]])
    masked = np.where([[True, False], [True, True]], scores / 2, -np.inf)
    soft = np.array([[1.0, 0.0], [0.12, 0.88]])
    mask = np.ones((4, 2, 2), bool)
    mask[3, 0, 1] = False
    widget = HeatMap(
        np.stack([scores, scores / 2, masked, soft]),
        queries=["a", "b"],
        keys=["c", "d"],
        mask=mask,
        axes=["etapa"],
        labels=[["puntuaciones", "escala", "máscara", "softmax"]],
        kind=["scores", "scores", "scores", "weights"],
    )
    figure = Figure(open_page(widget), 2, 2)
    legend = figure.root.locator(".am-legend")
    diverging, sequential = ramp("scores"), ramp("weights")
    assert figure.colour(0, 0) == rgb(diverging[-1])
    assert figure.colour(1, 0) == rgb(diverging[0])
    assert figure.colour(1, 1) == rgb(diverging[len(diverging) // 2])
    assert legend.inner_text().split() == ["puntuación", "−4", "4"]
    figure.hover(1, 0)
    assert figure.reading == "«b» frente a «c»: puntuación −4,00."
    figure.slide("etapa", 1)
    assert figure.reading == "«b» frente a «c»: puntuación −2,00."
    assert figure.colour(0, 0) == rgb(diverging[6])
    figure.slide("etapa", 2)
    assert len(figure.colours(0, 1)) > 1
    assert legend.inner_text().split() == ["puntuación", "−4", "4", "enmascarada"]
    figure.slide("etapa", 3)
    assert figure.root.get_by_role("slider").get_attribute("aria-valuetext") == "softmax (4 de 4)"
    assert figure.colour(0, 0) == rgb(sequential[-1])
    assert figure.reading == "«b» atiende a «c» con peso 0,12."
    assert legend.inner_text().split()[:3] == ["peso", "0", "1"]


def test_two_axes_have_two_sliders_and_the_table_follows(open_page: Open):
    weights = np.random.default_rng(5).dirichlet(np.ones(3), size=(2, 3, 5))
    figure = Figure(open_page(HeatMap(weights, queries=QUERIES, keys=KEYS)), 5, 3)
    figure.slide("capa", 1)
    figure.slide("cabeza", 2)
    figure.root.get_by_role("button", name="Ver tabla").click()
    assert "capa 2 de 2, cabeza 3 de 3" in figure.root.locator("caption").inner_text()
    assert figure.table()[5][1:] == [f"{value:.2f}".replace(".", ",") for value in weights[1, 2, 4]]
    figure.slide("capa", 0)
    assert figure.table()[5][1:] == [f"{value:.2f}".replace(".", ",") for value in weights[0, 2, 4]]


def test_progressive_draws_one_row_more_at_each_step(open_page: Open):
    figure = Figure(open_page(heat_map(progressive=True)), 5, 3)
    rows = figure.root.locator(".am-rows .am-label")
    assert figure.reading == "Paso 1 de 5: «casa» atiende sobre todo a «white», con peso 0,71."
    assert figure.colours(1, 0) == {(0, 0, 0, 0)}
    figure.slide("paso", 3)
    assert figure.reading == "Paso 4 de 5: «río» atiende sobre todo a «river», con peso 0,95."
    assert figure.colour(1, 0) == rgb(ramp("weights")[0])
    assert figure.colours(4, 0) == {(0, 0, 0, 0)}
    assert [row.evaluate("node => getComputedStyle(node).visibility") for row in rows.all()] == [
        *["visible"] * 4,
        "hidden",
    ]
    figure.hover(4, 0)
    assert figure.reading.startswith("Paso 4 de 5")
    figure.hover(1, 1)
    assert figure.reading == "«blanca» atiende a «house» con peso 0,90."
    figure.root.get_by_role("button", name="Ver tabla").click()
    assert len(figure.table()) == 1 + 4


def test_progressive_plays_to_the_end(open_page: Open):
    figure = Figure(open_page(heat_map(progressive=True)), 5, 3)
    figure.page.clock.install()
    figure.root.get_by_role("button", name="Reproducir").click()
    assert figure.reading.startswith("Paso 2 de 5")
    figure.page.clock.run_for(60_000)
    assert figure.reading.startswith("Paso 5 de 5")
    assert figure.root.get_by_role("button", name="Reproducir").is_visible()


def test_figures_of_one_page_do_not_interfere(open_page: Open):
    weights = np.stack([WEIGHTS, WEIGHTS[::-1]])
    first = HeatMap(weights, queries=QUERIES, keys=KEYS, title="Una")
    second = HeatMap(weights, queries=QUERIES, keys=KEYS, title="Otra")
    page = open_page(first, second, second)
    figures = [Figure(page, 5, 3, position) for position in range(3)]
    figures[1].slide("cabeza", 1)
    for figure, expected in zip(figures, ["0,71", "0,20", "0,20"], strict=True):
        figure.hover(0, 0)
        assert figure.reading == f"«casa» atiende a «white» con peso {expected}."
    figures[0].click(0, 0)
    assert "fijada" not in figures[1].reading


def test_dark_page_changes_colours(open_page: Open):
    figure = Figure(open_page(heat_map(), theme="light"), 5, 3)
    light = figure.colour(1, 0)
    surface = figure.root.evaluate("node => getComputedStyle(node).backgroundColor")
    figure.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    figure.page.wait_for_selector(".atencion-map[data-theme=dark]")
    assert light == rgb(ramp("weights")[0])
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
    assert figure.colour(4, 0) == figure.colour(1, 0) or figure.colour(4, 0)[0] > 150
    assert not figure.root.get_by_role("button", name="Ver tabla").is_visible()
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
          atencionWidgets[state._anywidget_id].render({ model, el });
          model.set("row", 3);
          document.body.prepend(el);
        }"""
    )
    page.wait_for_function("document.querySelector('.am-cells').offsetWidth > 0")
    figure = Figure(page, 5, 3)
    assert figure.colour(1, 0) == rgb(ramp("weights")[0])
    assert figure.reading == "Paso 4 de 5: «río» atiende sobre todo a «river», con peso 0,95."


def test_touch_reads_and_pins(browser, write_page: Callable[..., Path]):
    context = browser.new_context(viewport={"width": 375, "height": 700}, has_touch=True)
    page = context.new_page()
    page.goto(write_page(heat_map()).as_uri())
    page.wait_for_selector("html[data-atencion-lista]")
    figure = Figure(page, 5, 3)
    figure.tap(1, 1)
    assert figure.reading == "«blanca» atiende a «house» con peso 0,90. Celda fijada: Escape la suelta."
    context.close()


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
    figure.root.get_by_role("button", name="Ver tabla").click()
    assert figure.table()[301][:3] == ["t300", "t17 0,80", "t0 0,00"]
    assert "error de 0,002 como mucho" in figure.root.locator("caption").inner_text()


HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "\"'`${window.hacked = 1}\\",
    "\u202eabc",
    "a\u2028b\u2029c",
    "x" * 10_000,
    "👩‍👩‍👧",
    "<!--<script>",
    "",
]


@pytest.mark.parametrize("compact", [True, False])
def test_hostile_tokens_are_only_text(open_page: Open, compact: bool):
    count = len(HOSTILE)
    weights = np.eye(count)[None].repeat(2, 0)
    options = {"title": HOSTILE[0], "axes": [HOSTILE[1]], "labels": [[HOSTILE[0], HOSTILE[1]]]}
    page = open_page(HeatMap(weights, queries=HOSTILE, keys=HOSTILE, **options), compact=compact)
    figure = Figure(page, count, count)
    for i in range(count):
        figure.hover(i, i)
        assert "con peso 1,00" in figure.reading
    assert figure.reading == "«∅» atiende a «∅» con peso 1,00."
    figure.hover(5, 5)
    assert "x" * 10_000 in figure.reading
    assert figure.root.locator(".am-token").first.evaluate("node => node.tagName") == "BDI"
    figure.root.get_by_role("button", name="Ver tabla").click()
    assert figure.table()[1][0] == HOSTILE[0]
    assert page.evaluate("window.hacked") is None
    assert figure.root.locator("img, script").count() == 0


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
        for selector in (".am-title", ".am-button", ".am-name", ".am-value", ".am-reading", ".am-legend"):
            colour = figure.root.locator(selector).first.evaluate("node => getComputedStyle(node).color")
            low, high = sorted([background, luminance(colour)])
            assert (high + 0.05) / (low + 0.05) >= 4.5, selector
        for selector in (".am-axis", ".am-label", ".am-label.am-on"):
            colour = figure.root.locator(selector).first.evaluate("node => getComputedStyle(node).fill")
            low, high = sorted([background, luminance(colour)])
            assert (high + 0.05) / (low + 0.05) >= 4.5, selector
