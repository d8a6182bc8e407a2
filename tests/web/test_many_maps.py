"""La rejilla y la comparación, manejadas como un lector."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from atencion.viz import HeatMap
from axe_playwright_python.sync_playwright import Axe
from figure_driver import Figure
from playwright.sync_api import Page
from sample_map import KEYS, QUERIES, WEIGHTS, close, scale_colour

Open = Callable[..., Page]
HINT = "Señala una miniatura para saber cómo reparte su atención; púlsala para abrir su mapa."
WORDS = ["el", "gato", "come", "pan"]


def layers(**options: object) -> HeatMap:
    """Dos capas por tres cabezas de cuatro *tokens*; la cabeza 2 de la capa 2 mira al *token* anterior."""
    weights = np.full((2, 3, 4, 4), 0.25)
    weights[1, 1] = np.eye(4, k=-1)
    weights[1, 1, 0, 0] = 1
    return HeatMap(weights, **({"queries": WORDS, "keys": WORDS, "title": "Capas", "view": "grid"} | options))


@pytest.fixture
def grid(open_page: Open) -> Figure:
    return Figure(open_page(layers()), 2, 3)


def test_grid_reads_each_map(grid: Figure):
    assert grid.reading == HINT
    grid.hover(1, 1)
    assert grid.reading == (
        "Capa 2, cabeza 2: entropía media 0,00 de 2,00 bits; "
        "atiende sobre todo a la posición anterior (peso medio 1,00)."
    )
    grid.hover(0, 2)
    assert grid.reading == "Capa 1, cabeza 3: entropía media 2,00 de 2,00 bits; sin una clave preferida."
    grid.page.mouse.move(2, 2)
    assert grid.reading == HINT


def test_grid_colours_are_those_of_the_shared_scale(grid: Figure):
    assert close(grid.colour(0, 0), scale_colour(0.25))
    thumb = grid.stage.locator("..").locator("..").locator(".am-cells")
    assert thumb.count() == 1  # un solo lienzo
    point = grid._point(1, 1, at=0.02)
    assert close(next(iter(grid._pixels(point["x"], point["y"], 3, 3)))[:3], scale_colour(1))


def test_grid_click_opens_the_map(grid: Figure):
    grid.click(1, 1)
    assert grid.view == "Mapa"
    figure = Figure(grid.page, 4, 4)
    figure.hover(2, 1)
    assert figure.reading == "«come» atiende a «gato» con peso 1,00."
    assert figure.root.get_by_role("slider", name="capa").input_value() == "1"


def test_grid_keyboard_opens_the_map_and_keeps_the_focus(grid: Figure):
    grid.root.get_by_role("group", name="Vista").get_by_role("button", name="Tabla").focus()
    grid.press("Tab", "Tab", "Tab")  # los dos controles, y la rejilla
    assert grid.reading.startswith("Capa 1, cabeza 1")
    grid.press("ArrowDown", "End", "ArrowLeft")
    assert grid.reading.startswith("Capa 2, cabeza 2")
    grid.press("Enter")
    assert grid.view == "Mapa"
    grid.press("ArrowDown", "ArrowDown")
    assert grid.reading == "«come» atiende a «el» con peso 0,00."


def test_grid_frames_the_current_map(grid: Figure):
    frame = grid.root.locator(".am-current")
    before = frame.bounding_box()
    grid.slide("capa", 1)
    after = frame.bounding_box()
    assert before is not None
    assert after is not None
    assert after["y"] - before["y"] == pytest.approx(grid.cells.bounding_box()["height"] / 2, abs=1)


def test_pinned_cell_survives_the_grid(open_page: Open):
    figure = Figure(open_page(layers(view="map")), 4, 4)
    figure.click(2, 1)
    figure.open("Rejilla")
    thumbs = Figure(figure.page, 2, 3)
    thumbs.hover(1, 1)
    assert thumbs.reading.endswith(
        "(peso medio 1,00). «come» atiende a «gato» con peso 1,00. Celda fijada: Escape la suelta."
    )
    thumbs.click(1, 1)
    assert figure.reading == "«come» atiende a «gato» con peso 1,00. Celda fijada: Escape la suelta."
    figure.open("Rejilla")
    thumbs.stage.focus()
    thumbs.press("Escape")
    assert "fijada" not in thumbs.reading


def test_grid_of_one_axis_names_each_map_and_leaves_no_ghosts(open_page: Open):
    weights = np.stack([WEIGHTS] * 5)
    labels = [["uno", "dos", "tres", "cuatro", "cinco"]]
    widget = HeatMap(weights, queries=QUERIES, keys=KEYS, axes=["paso"], labels=labels, view="grid")
    figure = Figure(open_page(widget), 1, 5)
    assert figure.root.locator(".am-label").all_text_contents() == [f"paso {name}" for name in labels[0]]
    figure.page.set_viewport_size({"width": 390, "height": 800})
    figure.page.wait_for_function("document.querySelector('.am-cells').offsetWidth < 340")
    narrow = Figure(figure.page, 3, 2)
    narrow.hover(2, 0)
    assert narrow.reading.startswith("Paso cinco")
    narrow.hover(2, 1)  # no hay sexta
    assert narrow.reading == HINT
    narrow.stage.focus()
    narrow.press("Control+End")
    assert narrow.reading.startswith("Paso cinco")


def test_grid_scrolls_inside_a_narrow_screen(page: Page, open_page: Open):
    page.set_viewport_size({"width": 390, "height": 800})
    weights = np.full((12, 12, 3, 3), 1 / 3)
    figure = Figure(open_page(HeatMap(weights, queries=list("abc"), keys=list("abc"), view="grid")), 12, 12)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    figure.stage.focus()
    figure.press("End")
    ring = figure.root.locator(".am-ring").bounding_box()
    assert ring is not None
    assert ring["x"] + ring["width"] <= 390


def test_grid_follows_the_theme_and_the_paper(grid: Figure):
    light = grid.colour(0, 0)
    grid.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    grid.page.wait_for_selector(".atencion-map[data-theme=dark]")
    assert sum(grid.colour(0, 0)) < sum(light) / 2
    grid.page.emulate_media(media="print")
    grid.page.wait_for_selector(".atencion-map[data-theme=light]")
    assert grid.colour(0, 0) == light


def test_grid_of_two_kinds_has_two_scales(open_page: Open):
    stages = np.stack([WEIGHTS * 4, WEIGHTS])
    widget = HeatMap(stages, queries=QUERIES, keys=KEYS, axes=["etapa"], kind=["scores", "weights"], view="grid")
    figure = Figure(open_page(widget), 1, 2)
    assert figure.root.locator(".am-legend").inner_text().split() == ["puntuación", "−3,80", "3,80", "peso", "0", "1"]
    figure.hover(0, 0)
    assert figure.reading == "Etapa 1: puntuaciones de 0,00 a 3,80."


@pytest.fixture
def trio(open_page: Open) -> list[Figure]:
    weights = np.stack([np.full((5, 3), 1 / 3), WEIGHTS[::-1], WEIGHTS])
    labels = [["sin entrenar", "a medias", "entrenado"]]
    widget = HeatMap(weights, queries=QUERIES, keys=KEYS, axes=["modelo"], labels=labels, view="compare")
    page = open_page(widget)
    return [Figure(page, 5, 3, drawing=drawing) for drawing in range(3)]


def test_comparison_reads_the_same_cell_in_the_three_maps(trio: list[Figure]):
    for figure in trio:
        figure.hover(0, 0)
        assert figure.reading == "«casa» → «white»: A 0,33; B 0,71; diferencia +0,38."
        assert figure.root.locator(".am-ring").count() == 3
    trio[2].hover(1, 0)
    assert trio[0].reading == "«blanca» → «white»: A 0,33; B 0,00; diferencia −0,33."
    spread = trio[0].root.locator(".am-spread").inner_text()
    assert spread.startswith("Entropía media de las filas: A 1,58 de 1,58 bits; B ")


def test_comparison_keyboard_and_pin(trio: list[Figure]):
    trio[1].stage.focus()
    trio[1].press("ArrowDown", "End", "Enter")
    assert trio[0].reading == "«blanca» → «river»: A 0,33; B 0,10; diferencia −0,23. Celda fijada: Escape la suelta."
    trio[2].hover(3, 0)
    assert trio[0].reading.startswith("«blanca»")
    trio[1].press("Escape")
    assert "fijada" not in trio[0].reading


def test_comparison_colours_the_difference_with_its_sign(trio: list[Figure]):
    assert close(trio[0].colour(0, 0), scale_colour(1 / 3))
    assert close(trio[1].colour(0, 0), scale_colour(0.71))
    largest = 0.95 - 1 / 3
    assert close(trio[2].colour(3, 2), scale_colour(1, "scores"))
    assert close(trio[2].colour(1, 0), scale_colour(0.5 - 0.5 * (1 / 3) / largest, "scores"))
    legend = trio[0].root.locator(".am-legend").inner_text().split()
    assert legend == ["peso", "0", "1", "diferencia", "−0,62", "0,62"]


def test_comparison_of_other_maps(trio: list[Figure]):
    root = trio[0].root
    assert not root.get_by_role("slider").is_visible()
    root.get_by_label("Mapa B").select_option("modelo a medias")
    trio[0].hover(0, 0)
    assert trio[0].reading == "«casa» → «white»: A 0,33; B 0,20; diferencia −0,13."
    root.get_by_label("Mapa A").select_option("modelo a medias")
    trio[0].hover(0, 0)
    assert trio[0].reading == "«casa» → «white»: A 0,20; B 0,20; diferencia 0,00."
    assert root.locator(".am-caption").all_text_contents() == [
        "A: modelo a medias",
        "B: modelo a medias",
        "Diferencia, B − A",
    ]


def test_comparison_stays_within_one_kind(open_page: Open):
    stages = np.stack([WEIGHTS * 4, WEIGHTS * 2, WEIGHTS, WEIGHTS[::-1]])
    kinds = ["scores", "scores", "weights", "weights"]
    widget = HeatMap(stages, queries=QUERIES, keys=KEYS, axes=["etapa"], kind=kinds, view="compare")
    root = Figure(open_page(widget), 5, 3).root
    second = root.get_by_label("Mapa B").locator("option")
    assert second.all_text_contents() == ["etapa 1", "etapa 2"]
    root.get_by_label("Mapa A").select_option("etapa 3")
    assert second.all_text_contents() == ["etapa 3", "etapa 4"]
    assert root.locator(".am-caption").first.inner_text() == "A: etapa 3"
    assert root.locator(".am-caption").nth(1).inner_text() == "B: etapa 4"


def test_comparison_is_side_by_side_only_where_it_fits(trio: list[Figure]):
    def tops() -> list[float]:
        return [figure.cells.bounding_box()["y"] for figure in trio]

    assert len(set(tops())) == 1
    trio[0].page.set_viewport_size({"width": 390, "height": 800})
    trio[0].page.wait_for_function("!document.querySelector('.am-beside')")
    assert sorted(set(tops())) == tops()
    assert trio[0].page.evaluate("document.documentElement.scrollWidth") == 390
    for figure in trio:
        figure.hover(2, 1)
        assert figure.reading.startswith("«el» (posición 3) → «house»")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_views_are_accessible(open_page: Open, theme: str):
    weights = np.full((2, 200, 200), 0.005)
    tokens = [f"t{i}" for i in range(200)]
    region = HeatMap(weights, queries=tokens, keys=tokens)
    compared = HeatMap(np.stack([WEIGHTS, WEIGHTS[::-1]]), queries=QUERIES, keys=KEYS, view="compare")
    page = open_page(layers(), compared, region, theme=theme)
    page.evaluate("theme => (document.body.style.background = theme === 'dark' ? '#111' : '#fff')", theme)
    Figure(page, 50, 50, position=2).click(3, 3)
    Figure(page, 2, 3).hover(1, 1)
    found = Axe().run(page, context=".atencion-map").response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []


def test_comparison_with_long_names_shares_its_row_labels(open_page: Open):
    """Un margen ancho para los nombres no debe contarse tres veces."""
    names = [f"palabra bastante larga {i}" for i in range(8)]
    widget = HeatMap(np.stack([np.eye(8), np.full((8, 8), 1 / 8)]), queries=names, keys=names, view="compare")
    page = open_page(widget)
    bottoms = [Figure(page, 8, 8, drawing=drawing).cells.bounding_box() for drawing in range(3)]
    assert len({box["y"] for box in bottoms}) == 1
    assert bottoms[0]["x"] < bottoms[1]["x"] < bottoms[2]["x"]
    assert page.evaluate("document.documentElement.scrollWidth") == 800


def test_the_comparison_is_saved_with_the_names_of_both(trio: list[Figure]):
    page = trio[0].page
    page.get_by_role("button", name="Guardar").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Dibujo SVG").click()
    assert "sin-entrenar" in download.value.suggested_filename
    text = download.value.path().read_text(encoding="utf-8")
    assert text.count("<pattern") == 3
    assert "Diferencia, B − A" in text
