"""La figura viva en una página fija: lo que un lector hace con ella y lo que lee."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from atencion.viz import HeatMap
from figure_driver import Figure
from playwright.sync_api import Browser, Page
from sample_map import HOSTILE, KEYS, QUERIES, WEIGHTS, close, heat_map, scale_colour

Open = Callable[..., Page]
HINT = "Señala una celda, tócala o recórrelas con las flechas del teclado para leer su valor."


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
    for row, weights in enumerate(WEIGHTS):
        for column, weight in enumerate(weights):
            assert close(figure.colour(row, column), scale_colour(weight))


def test_keyboard_moves_and_pins(figure: Figure):
    figure.root.get_by_role("group", name="Vista").get_by_role("button").last.focus()
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
    figure.press("Shift+Tab")
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
    figure.root.get_by_role("button", name="Tabla").click()
    assert not figure.cells.is_visible()
    expected = [[f"{value:.2f}".replace(".", ",") for value in row] for row in WEIGHTS]
    body = [[query, *row] for query, row in zip(QUERIES, expected, strict=True)]
    assert figure.table() == [["consulta ↓ clave →", *KEYS], *body]
    assert figure.root.locator("caption").inner_text() == "Alineación (pesos)."
    assert figure.root.locator("thead th[scope=col]").count() == 4
    assert figure.root.locator("tbody th[scope=row]").count() == 5
    figure.root.get_by_role("button", name="Mapa").click()
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
    figure.root.get_by_role("button", name="Tabla").click()
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
    assert figure.colour(0, 0) == scale_colour(1, "scores")
    assert figure.colour(1, 0) == scale_colour(0, "scores")
    assert figure.colour(1, 1) == scale_colour(0.5, "scores")
    assert legend.inner_text().split() == ["puntuación", "−4", "4"]
    figure.hover(1, 0)
    assert figure.reading == "«b» frente a «c»: puntuación −4,00."
    figure.slide("etapa", 1)
    assert figure.reading == "«b» frente a «c»: puntuación −2,00."
    assert figure.colour(0, 0) == scale_colour(0.75, "scores")
    figure.slide("etapa", 2)
    assert len(figure.colours(0, 1)) > 1
    assert legend.inner_text().split() == ["puntuación", "−4", "4", "enmascarada"]
    figure.slide("etapa", 3)
    assert figure.root.get_by_role("slider").get_attribute("aria-valuetext") == "softmax (4 de 4)"
    assert figure.colour(0, 0) == scale_colour(1)
    assert figure.reading == "«b» atiende a «c» con peso 0,12."
    assert legend.inner_text().split()[:3] == ["peso", "0", "1"]


def test_two_axes_have_two_sliders_and_the_table_follows(open_page: Open):
    weights = np.random.default_rng(5).dirichlet(np.ones(3), size=(2, 3, 5))
    figure = Figure(open_page(HeatMap(weights, queries=QUERIES, keys=KEYS)), 5, 3)
    figure.slide("capa", 1)
    figure.slide("cabeza", 2)
    figure.root.get_by_role("button", name="Tabla").click()
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
    assert figure.colour(1, 0) == scale_colour(0)
    assert figure.colours(4, 0) == {(0, 0, 0, 0)}
    assert [row.evaluate("node => getComputedStyle(node).visibility") for row in rows.all()] == [
        *["visible"] * 4,
        "hidden",
    ]
    figure.hover(4, 0)
    assert figure.reading.startswith("Paso 4 de 5")
    figure.hover(1, 1)
    assert figure.reading == "«blanca» atiende a «house» con peso 0,90."
    figure.root.get_by_role("button", name="Tabla").click()
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


def test_touch_reads_and_pins(browser: Browser, write_page: Callable[..., Path]):
    context = browser.new_context(viewport={"width": 375, "height": 700}, has_touch=True)
    page = context.new_page()
    page.goto(write_page(heat_map()).as_uri())
    page.wait_for_selector("html[data-atencion-lista]")
    figure = Figure(page, 5, 3)
    figure.tap(1, 1)
    assert figure.reading == "«blanca» atiende a «house» con peso 0,90. Celda fijada: Escape la suelta."
    context.close()


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
    figure.root.get_by_role("button", name="Tabla").click()
    assert figure.table()[1][0] == HOSTILE[0]
    assert page.evaluate("window.hacked") is None
    assert figure.root.locator("img, script").count() == 0
