"""Explorar un mapa con el núcleo en la página, y enlazar lo que se ve."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from atencion.viz import HeatMap
from atencion.viz.page_scripts import page_scripts
from figure_driver import Figure
from playwright.sync_api import Browser, Page
from sample_map import KEYS, QUERIES, WEIGHTS, close, heat_map, scale_colour

Open = Callable[..., Page]


@pytest.fixture
def figure(open_page: Open) -> Figure:
    return Figure(open_page(heat_map()), 5, 3)


def test_temperature_recomputes_every_row(figure: Figure):
    figure.explore()
    figure.slide("temperatura", 19)  # 10
    figure.hover(0, 0)
    tempered = WEIGHTS[0] ** 0.1 / (WEIGHTS[0] ** 0.1).sum()
    assert figure.reading == f"«casa» atiende a «white» con peso {tempered[0]:.2f}.".replace("0.", "0,")
    assert close(figure.colour(0, 0), scale_colour(tempered[0]))
    assert figure.spread.startswith("Fila «casa»: entropía 1,5")
    figure.root.get_by_role("button", name="Restablecer").click()
    figure.hover(0, 0)
    assert figure.reading == "«casa» atiende a «white» con peso 0,71."


def test_forbidding_a_key_by_its_label_and_by_keyboard(figure: Figure):
    panel = figure.explore()
    figure.root.locator(".am-overlay .am-label").nth(1).click()
    figure.hover(0, 1)
    assert figure.reading == "«casa» no puede atender a «house»: celda enmascarada."
    figure.hover(0, 0)
    assert figure.reading == f"«casa» atiende a «white» con peso {0.71 / 0.91:.2f}.".replace("0.", "0,")
    panel.get_by_role("button", name="Permitir la clave «house»").press("Enter")
    assert "pulsa su etiqueta" in panel.inner_text()
    figure.stage.focus()
    figure.press("ArrowRight", "Delete")
    assert figure.reading.endswith("celda enmascarada.")


def test_causal_window_and_padding_close_cells(open_page: Open):
    weights = np.full((4, 4), 0.25)
    figure = Figure(open_page(HeatMap(weights, queries=list("abcd"), keys=list("abcd"))), 4, 4)
    panel = figure.explore()
    panel.get_by_label("Causal").check()
    figure.hover(1, 2)
    assert figure.reading == "«b» no puede atender a «c»: celda enmascarada."
    figure.hover(1, 0)
    assert figure.reading == "«b» atiende a «a» con peso 0,50."
    figure.slide("ventana", 0)
    figure.hover(3, 3)
    assert figure.reading == "«d» atiende a «d» con peso 1,00."
    figure.slide("relleno", 1)
    assert figure.reading == "«d» no puede atender a «d»: celda enmascarada."
    assert panel.get_by_role("slider", name="relleno").get_attribute("aria-valuetext") == "la última clave"
    assert "enmascarada" in figure.root.locator(".am-legend").inner_text()


def test_only_distributions_are_explored(open_page: Open):
    local = HeatMap([[0.3, 0.2]], queries=["a"], keys=["b", "c"])
    scores = HeatMap([[3.0, 2.0]], queries=["a"], keys=["b", "c"], kind="scores")
    page = open_page(local, scores)
    for position in (0, 1):
        assert not Figure(page, 1, 2, position).root.get_by_role("button", name="Explorar").is_visible()
        assert Figure(page, 1, 2, position).spread == ""


def test_forbidden_webassembly_leaves_the_figure_and_says_so(page: Page, write_page: Callable[..., Path], serve):
    policy = '<meta http-equiv="Content-Security-Policy" content="script-src \'self\'">'
    path = write_page(heat_map(), head=policy)
    page.goto(f"{serve(path.parent)}/index.html")
    page.wait_for_selector("html[data-atencion-lista]")
    figure = Figure(page, 5, 3)
    figure.root.get_by_role("button", name="Explorar").click()
    assert "no permite WebAssembly" in figure.root.get_by_role("group", name="Explorar").inner_text()
    figure.hover(0, 0)
    assert figure.reading == "«casa» atiende a «white» con peso 0,71."


def two_maps() -> HeatMap:
    return HeatMap(np.stack([WEIGHTS, WEIGHTS[::-1]]), queries=QUERIES, keys=KEYS, title="Dos")


def test_link_restores_the_state(browser: Browser, write_page: Callable[..., Path]):
    address = write_page(heat_map(), two_maps()).as_uri()
    context = browser.new_context(locale="es-ES")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("html[data-atencion-lista]")
    figure = Figure(page, 5, 3, 1)
    figure.explore()
    figure.slide("cabeza", 1)
    figure.slide("temperatura", 12)
    figure.root.locator(".am-overlay .am-label").first.click()
    figure.click(2, 1)
    reading = figure.reading
    figure.root.get_by_role("button", name="Guardar").click()
    figure.root.get_by_role("button", name="Copiar enlace").click()
    figure.root.locator(".am-status:not(:empty)").wait_for()
    assert "#figura=2&" in page.url

    other = context.new_page()
    other.goto(page.url)
    other.wait_for_selector("html[data-atencion-lista]")
    again = Figure(other, 5, 3, 1)
    other.wait_for_selector(".am-pinned")
    assert again.reading == reading
    assert again.root.get_by_role("slider", name="cabeza").get_attribute("aria-valuetext") == "2 de 2"
    assert Figure(other, 5, 3, 0).colour(0, 0) == Figure(page, 5, 3, 0).colour(0, 0)
    context.close()


def test_link_carries_the_edited_numbers(browser: Browser, write_page: Callable[..., Path]):
    inputs = {"query": [[1.0, 0.0]], "key": [[1.0, 0.0], [0.0, 1.0]], "value": [[3.0], [7.0]]}
    widget = HeatMap.live("dot_product", queries=["q"], keys=["a", "b"], view="steps", **inputs)
    context = browser.new_context(locale="es-ES")
    page = context.new_page()
    page.goto(write_page(widget).as_uri())
    page.get_by_role("button", name="Editar números").click()
    page.locator(".am-number").first.fill("0")
    page.get_by_role("button", name="Guardar").click()
    page.get_by_role("button", name="Copiar enlace").click()
    page.locator(".am-status:not(:empty)").wait_for()
    other = context.new_page()
    other.goto(page.url)
    other.wait_for_selector("html[data-atencion-lista]")
    other.locator(".am-sums", has_text="= 5").wait_for()
    assert other.locator(".am-number").first.input_value() == "0"
    context.close()


def test_a_link_inside_the_page_moves_its_figure_only(open_page: Open):
    page = open_page(two_maps(), two_maps())
    page.evaluate("location.hash = 'figura=1&indice=1&vista=table'")
    page.wait_for_selector(".atencion-map[data-view=table]")
    assert page.locator(".atencion-map[data-view=table]").count() == 1
    page.evaluate("location.hash = 'figura=3&indice=7&vista=<img src=x>'")
    assert page.locator(".atencion-map").count() == 2


def test_exploring_works_inside_a_sandboxed_frame(page: Page, write_page: Callable[..., Path]):
    path = write_page(heat_map())
    scripts = "".join(f"<script>{script}</script>" for script in page_scripts().values())
    inner = path.read_text(encoding="utf-8").replace('<script defer src="runtime.js"></script>', scripts)
    page.set_content("<iframe sandbox='allow-scripts' width='780' height='900'></iframe>")
    page.locator("iframe").evaluate("(frame, text) => (frame.srcdoc = text)", inner)
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="Explorar").click()
    frame.get_by_label("Causal").check()
    assert "enmascarada" in frame.locator(".am-legend").inner_text()
    frame.get_by_role("button", name="Guardar").click()
    frame.get_by_role("button", name="Copiar enlace").click()
    frame.locator(".am-status:not(:empty)").wait_for()
    assert "dentro de otra página" in frame.locator(".am-status").inner_text()
