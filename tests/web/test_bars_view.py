"""La vista de barras: lo que un lector hace en ella con el ratón y el teclado, y lo que lee."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from atencion.viz import HeatMap
from drawing_driver import numbers, point_at
from figure_driver import Figure
from sample_map import KEYS, heat_map

Open = Callable[..., Figure]


def test_bars_open_with_the_mean_each_key_receives(open_figure: Open):
    figure = open_figure(heat_map(view="bars"))
    assert numbers(figure) == ["0,25", "0,30", "0,45"]
    caption = figure.root.locator(".am-drawing .am-axis")
    assert caption.text_content() == "Peso medio que recibe de 5 consultas"
    point_at(figure, "river")
    assert figure.reading == "«river» recibe de media 0,45."
    figure.page.mouse.move(2, 2)
    assert figure.reading.startswith("Señala una barra")
    widths = figure.root.locator(".am-drawing rect").evaluate_all(
        "nodes => nodes.map((node) => Number(node.getAttribute('width')))"
    )
    assert widths == pytest.approx([widths[2] * 0.252 / 0.45, widths[2] * 0.298 / 0.45, widths[2]], rel=0.02)


def test_bars_of_a_query_are_chosen_with_the_slider_or_the_arrows(open_figure: Open):
    figure = open_figure(heat_map(view="bars"))
    figure.slide("consulta", 2)
    assert numbers(figure) == ["0,00", "0,90", "0,10"]
    assert figure.root.locator(".am-drawing .am-axis").text_content() == "Peso de cada clave para «blanca»"
    point_at(figure, "house")
    assert figure.reading == "«blanca» atiende a «house» con peso 0,90."
    figure.stage.focus()
    figure.press("ArrowLeft")
    assert figure.reading == "«casa» atiende a «house» con peso 0,09."
    figure.press("ArrowLeft", "ArrowLeft", "ArrowDown", "ArrowDown", "Enter")
    assert figure.reading == "«river» recibe de media 0,45. Clave fijada: Escape la suelta."
    figure.slide("consulta", 4)
    assert figure.reading == "«río» atiende a «river» con peso 0,95. Celda fijada: Escape la suelta."
    figure.stage.focus()
    figure.press("Home")
    assert figure.reading.startswith("«río» atiende a «white» con peso 0,05.")


def test_bars_are_sorted_on_request(open_figure: Open):
    figure = open_figure(heat_map(view="bars"))
    button = figure.root.get_by_role("button", name="Ordenar por valor")
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    assert figure.root.locator(".am-drawing .am-label").all_text_contents() == ["river", "house", "white"]
    assert button.get_attribute("aria-pressed") == "true"
    figure.stage.focus()
    figure.press("End")
    assert figure.reading == "«white» recibe de media 0,25."
    button.click()
    assert figure.root.locator(".am-drawing .am-label").all_text_contents() == KEYS


def test_bars_of_one_query_need_no_slider(open_figure: Open):
    figure = open_figure(HeatMap([[0.2, 0.8]], queries=["¿dónde?"], keys=["Roma", "París"]))
    assert figure.root.get_by_role("slider").count() == 0
    assert figure.root.locator(".am-drawing .am-axis").text_content() == "Peso de cada clave para «¿dónde?»"
    point_at(figure, "París")
    assert figure.reading == "«¿dónde?» atiende a «París» con peso 0,80."
    figure.stage.focus()
    figure.press("ArrowRight", "Home")
    assert figure.reading == "«¿dónde?» atiende a «Roma» con peso 0,20."


def test_bars_of_many_keys_are_the_greatest(open_figure: Open):
    weights = np.random.default_rng(3).dirichlet(np.ones(101), size=2)
    figure = open_figure(HeatMap(weights, queries=["a", "b"], keys=[f"k{j}" for j in range(101)], view="bars"))
    best = np.argsort(-weights.mean(0))[:32]
    assert figure.root.locator(".am-drawing .am-label").all_text_contents() == [f"k{j}" for j in best]
    assert "las 32 claves de mayor valor, de 101" in figure.root.locator(".am-legend").inner_text()
    assert figure.root.get_by_role("button", name="Ordenar por valor").count() == 0


def test_bars_of_scores_go_left_and_right_of_zero(open_figure: Open):
    figure = open_figure(
        HeatMap([[-1.0, 2.0], [-2.0, 0.0]], queries=["a", "b"], keys=["x", "y"], kind="scores", view="bars")
    )
    assert numbers(figure) == ["−1,50", "1,00"]
    left, right = (box.bounding_box() for box in figure.root.locator(".am-drawing rect").all())
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] == pytest.approx(right["x"], abs=1)
    point_at(figure, "x")
    assert figure.reading == "«x» puntúa de media −1,50."
    assert figure.root.get_by_role("button", name="Líneas").count() == 0


def test_bars_follow_the_steps(open_figure: Open):
    figure = open_figure(heat_map(view="bars", progressive=True))
    assert numbers(figure) == ["0,71", "0,09", "0,20"]
    figure.slide("paso", 1)
    assert numbers(figure) == ["0,00", "0,90", "0,10"]
    figure.slide("paso", 2)
    figure.slide("consulta", 0)
    assert numbers(figure) == ["0,34", "0,43", "0,23"]
    assert "las 3 primeras consultas" in (figure.root.locator(".am-drawing .am-axis").text_content() or "")
