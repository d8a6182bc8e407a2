"""La vista de líneas: lo que un lector hace en ella con el ratón y el teclado, y lo que lee."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from drawing_driver import label, lines, numbers, point_at, press_on
from figure_driver import Figure
from sample_map import heat_map

Open = Callable[..., Figure]


def test_lines_draw_one_line_per_weight_but_the_faintest(open_figure: Open):
    figure = open_figure(heat_map(view="lines"))
    assert lines(figure) == 13  # 15 pesos; dos son 0
    assert "se omiten los pesos menores que 0,048" in figure.root.locator(".am-legend").inner_text()
    assert figure.reading.startswith("Señala una consulta o una clave")
    widths = figure.root.locator(".am-drawing path").evaluate_all(
        "nodes => nodes.map((node) => Number(node.getAttribute('stroke-width')))"
    )
    assert widths == sorted(widths)
    assert widths[-1] > 3 * widths[0]


def test_pointing_at_a_query_shows_its_lines_and_weights(open_figure: Open):
    figure = open_figure(heat_map(view="lines"))
    point_at(figure, "casa")
    assert figure.reading == "«casa» atiende a «white» (0,71), «river» (0,20) y «house» (0,09)."
    assert numbers(figure) == ["0,71", "0,09", "0,20"]
    assert lines(figure) == 3
    figure.page.mouse.move(2, 2)
    assert figure.reading.startswith("Señala")
    assert lines(figure) == 13


def test_pointing_at_a_key_shows_who_attends_to_it(open_figure: Open):
    figure = open_figure(heat_map(view="lines"))
    point_at(figure, "house")
    assert figure.reading == (
        "A «house» la atienden sobre todo «blanca» (0,90), «el» (posición 3) (0,30) y «el» (posición 5) (0,20)."
    )
    assert numbers(figure) == ["0,09", "0,90", "0,30", "0,00", "0,20"]
    assert figure.root.locator(".am-spread").inner_text().startswith("Entropía media")


def test_lines_are_walked_with_the_keyboard(open_figure: Open):
    figure = open_figure(heat_map(view="lines"))
    figure.root.get_by_role("group", name="Vista").get_by_role("button").last.focus()
    figure.press("Tab")
    assert figure.reading.startswith("«casa» atiende a")
    figure.press("ArrowDown")
    assert figure.reading.startswith("«blanca» atiende a «house» (0,90)")
    figure.press("ArrowRight")
    assert figure.reading.startswith("A «house» la atienden")
    figure.press("End", "Enter")
    assert figure.reading.startswith("A «river» la atienden sobre todo «río» (0,95)")
    assert figure.reading.endswith("Clave fijada: Escape la suelta.")
    point_at(figure, "casa")
    assert figure.reading.startswith("A «river»")
    figure.press("ArrowLeft")
    assert figure.reading.startswith("«río» atiende a")
    figure.press("Home", "Escape", "Shift+Tab")
    assert figure.reading.startswith("Señala")


def test_pressing_pins_a_query_and_the_other_views_keep_it(open_figure: Open):
    figure = open_figure(heat_map(view="lines"))
    press_on(figure, "río")
    point_at(figure, "white")
    assert figure.reading.startswith("«río» atiende a «river» (0,95)")
    assert figure.reading.endswith("Consulta fijada: Escape la suelta.")
    figure.root.get_by_role("button", name="Mapa").click()
    assert figure.root.locator(".am-ring.am-pinned").count() == 1
    assert figure.reading.startswith("«río» atiende a «river» con peso 0,95.")
    figure.root.get_by_role("button", name="Barras").click()
    assert numbers(figure) == ["0,05", "0,00", "0,95"]
    figure.root.get_by_role("button", name="Líneas").click()
    press_on(figure, "río")
    figure.page.mouse.move(2, 2)
    assert figure.reading.startswith("Señala")


def test_masked_pairs_have_no_line(open_figure: Open):
    mask = np.ones((5, 3), bool)
    mask[0, 1] = mask[2] = False
    figure = open_figure(heat_map(view="lines", mask=mask))
    assert lines(figure) == 9
    assert "— enmascarada" in figure.root.locator(".am-legend").inner_text()
    point_at(figure, "casa")
    assert numbers(figure) == ["0,71", "—", "0,20"]
    point_at(figure, "el")
    assert figure.reading == "«el» (posición 3) no atiende a ninguna clave: fila enmascarada."


def test_lines_appear_step_by_step(open_figure: Open):
    figure = open_figure(heat_map(view="lines", progressive=True))
    assert figure.reading == "Paso 1 de 5: «casa» atiende sobre todo a «white», con peso 0,71."
    assert lines(figure) == 3
    assert not label(figure, "río").is_visible()
    figure.slide("paso", 3)
    assert label(figure, "río").is_visible()
    assert figure.reading.startswith("Paso 4 de 5")
    point_at(figure, "river")
    assert len(numbers(figure)) == 4


def test_long_tokens_are_cut_and_kept_whole_in_their_title(open_figure: Open):
    figure = open_figure(heat_map(view="lines", keys=["x" * 10_000, "house", "river"]))
    cut = figure.root.locator(".am-drawing .am-label").filter(has_text="…")
    assert cut.count() == 1
    assert cut.locator("title").text_content() == "x" * 10_000
    drawing_box, box = figure.root.locator(".am-drawing").bounding_box(), cut.bounding_box()
    assert drawing_box is not None
    assert box is not None
    assert box["x"] + box["width"] <= drawing_box["x"] + drawing_box["width"]
