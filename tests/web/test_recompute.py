"""Las figuras que calculan, en el navegador: se cambia un número y el núcleo repite la cuenta."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from atencion.viz import HeatMap
from browser_tools import Watch
from figure_driver import Figure
from playwright.sync_api import Locator, Page, expect

Open = Callable[..., Page]
FACTS = ["Ana: 3 gatos", "Luis: 7 libros", "Ana: 2 libros", "Luis: 9 gatos", "(relleno)"]
TABLE = {"El": [1.0, 0.0], "gato": [0.0, 2.0], "duerme": [1.0, 1.0], "perro": [-1.0, 1.5]}


def facts(**options: object) -> HeatMap:
    numbers = {
        "query": [[4, 0, 4, 0], [0, 4, 0, 4]],
        "key": [[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0], [0, 0, 0, 0]],
        "value": [[3], [7], [2], [9], [0]],
        "mask": [True, True, True, True, False],
    }
    words = {"queries": ["gatos de Ana", "libros de Luis"], "keys": FACTS, "title": "Hechos"}
    return HeatMap.live("dot_product", **(words | numbers | options))


def sentence(**options: object) -> HeatMap:
    words = ["El", "gato", "duerme"]
    return HeatMap.live("dot_product", queries=words, embeddings=TABLE, title="El gato duerme", **options)


@pytest.fixture
def figure(open_page: Open) -> Figure:
    return ready(open_page(facts(view="steps")))


def ready(page: Page) -> Figure:
    figure = Figure(page, 2, 5)
    expect(figure.root.get_by_role("button", name="Editar números")).to_be_enabled()
    return figure


def edit(figure: Figure) -> None:
    figure.root.get_by_role("button", name="Editar números").click()


def number(figure: Figure, name: str, row: int, column: int) -> Locator:
    return figure.root.get_by_label(f"{name}, fila {row}, columna {column}", exact=True)


def sums(figure: Figure) -> list[str]:
    return figure.root.locator(".am-sums dd").all_inner_texts()


def step(figure: Figure, position: int) -> list[str]:
    return figure.root.locator(".am-one-step").nth(position).locator(".am-cell").all_inner_texts()


def weights(figure: Figure) -> list[list[str]]:
    figure.root.get_by_role("button", name="Tabla").click()
    table = [row[1:] for row in figure.table()[1:]]
    figure.root.get_by_role("button", name="Pasos").click()
    return table


def test_steps_show_the_sums_of_a_cell(figure: Figure):
    assert step(figure, 0) == ["8", "0", "4", "4", "0", "0", "8", "4", "4", "0"]
    assert step(figure, 2) == ["4", "0", "2", "2", "−∞", "0", "4", "2", "2", "−∞"]
    assert step(figure, 4) == ["3,58", "6,63"]
    figure.root.locator(".am-one-step").nth(0).locator(".am-cell").nth(7).click()
    assert sums(figure) == [
        "q · k = 0·1 + 4·0 + 0·0 + 4·1 = 4",
        "4 / √4 = 2",
        "visible: se queda en 2",
        "exp(2) / (exp(0) + exp(4) + exp(2) + exp(2)) = 7,39 / 70,38 = 0,105",
        "Σ peso · valor = 0,014·3 + 0,776·7 + 0,105·2 + 0,105·9 = 6,63",
    ]
    assert figure.reading.startswith("«libros de Luis» atiende a «Ana: 2 libros» con peso 0,10.")


def test_editing_a_number_recomputes_map_and_steps(figure: Figure):
    edit(figure)
    number(figure, "Valores", 2, 1).fill("−3,5")
    assert step(figure, 4) == ["3,43", "−1,52"]
    number(figure, "Claves", 1, 1).fill("0.5")
    assert step(figure, 0)[0] == "6"
    assert weights(figure)[0] == ["0,56", "0,03", "0,21", "0,21", "enmascarada"]
    figure.root.get_by_role("button", name="Restablecer").click()
    assert step(figure, 4) == ["3,58", "6,63"]
    assert number(figure, "Claves", 1, 1).input_value() == "1"


def test_a_text_that_is_no_number_is_marked_and_ignored(figure: Figure):
    edit(figure)
    cell = number(figure, "Valores", 2, 1)
    cell.fill("siete")
    assert cell.get_attribute("aria-invalid") == "true"
    assert (
        figure.root.locator(".am-edit-message").inner_text()
        == "Lo escrito no es un número de −1 000 000 a 1 000 000: se ignora."
    )
    assert step(figure, 4) == ["3,58", "6,63"]
    cell.fill("7")
    assert cell.get_attribute("aria-invalid") == "false"
    assert figure.root.locator(".am-edit-message").inner_text() == ""


def test_editing_a_word_renames_its_labels(figure: Figure):
    edit(figure)
    figure.root.get_by_label("Palabra 2", exact=True).nth(1).fill("<b>Luis</b>")
    assert figure.root.locator(".am-sentences:visible li").nth(1).inner_text() == "<b>Luis</b>"
    assert figure.root.locator(".am-edit th").filter(has_text="<b>Luis</b>").count() == 1
    assert figure.root.locator("b").count() == 0


def test_adding_and_removing_words(figure: Figure):
    edit(figure)
    keys = figure.root.locator('[data-axis="keys"]')
    keys.get_by_role("button", name="Añadir palabra").click()
    assert step(figure, 0) == ["8", "0", "4", "4", "0", "0", "0", "8", "4", "4", "0", "0"]
    for _ in range(3):
        keys.get_by_role("button", name="Quitar la última").click()
    assert step(figure, 0) == ["8", "0", "4", "0", "8", "4"]
    assert [row[:3] for row in weights(figure)] == [["0,87", "0,02", "0,12"], ["0,02", "0,87", "0,12"]]


def test_writing_another_sentence(open_page: Open):
    figure = ready(open_page(sentence(view="steps")))
    edit(figure)
    figure.root.get_by_label("Frase", exact=True).fill("el perro ladra")
    assert figure.root.locator(".am-unknown").inner_text() == "Sin vector en la tabla, no se usa: «ladra»."
    assert figure.root.locator(".am-one-step").first.locator(".am-query").all_inner_texts() == ["El", "perro"]
    assert step(figure, 0) == ["1", "−1", "−1", "3,25"]
    figure.root.get_by_label("Embeddings, perro, columna 1").fill("0")
    assert step(figure, 0) == ["1", "0", "0", "2,25"]
    figure.root.get_by_role("button", name="Restablecer").click()
    assert figure.root.get_by_label("Frase", exact=True).input_value() == "El gato duerme"
    assert step(figure, 0) == ["1", "0", "1", "0", "4", "2", "1", "2", "2"]


def test_what_is_not_used_of_a_sentence_is_said(open_page: Open):
    figure = ready(open_page(sentence(view="steps")))
    edit(figure)
    written, remark = figure.root.get_by_label("Frase", exact=True), figure.root.locator(".am-unknown")
    written.fill(" ")
    assert remark.inner_text() == "Falta alguna palabra de la tabla: queda la frase de antes."
    assert step(figure, 0) == ["1", "0", "1", "0", "4", "2", "1", "2", "2"]
    written.fill("gato " * 25)
    assert remark.inner_text() == "Se usan las 24 primeras palabras."
    written.fill("gato")
    assert remark.inner_text() == ""


def test_sentences_are_numbered_in_the_steps(figure: Figure):
    first = figure.root.locator(".am-one-step").first
    assert first.locator(".am-key").all_inner_texts() == ["1", "2", "3", "4", "5"]
    assert figure.root.locator(".am-sentences:visible li").all_inner_texts() == FACTS


def test_keyboard_alone(figure: Figure):
    figure.root.get_by_role("button", name="Editar números").focus()
    figure.press("Enter", *["Tab"] * (2 + len(figure.root.get_by_role("group", name="Vista").locator("button").all())))
    figure.press("Tab")
    assert figure.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Palabra 1"
    figure.press("Tab", "Control+a", "0")
    assert step(figure, 0)[:2] == ["4", "0"]
    figure.root.locator(".am-steps").focus()
    figure.press("ArrowDown", "End", "ArrowLeft")
    assert sums(figure)[1] == "4 / √4 = 2"
    assert figure.root.locator(".am-pair").inner_text() == "«libros de Luis» frente a «Luis: 9 gatos»"
    figure.press("Enter")
    assert figure.reading.endswith("Celda fijada: Escape la suelta.")
    assert figure.root.locator(".am-chosen").count() == 4


@pytest.mark.parametrize("width", [390, 1350])
def test_a_wide_table_scrolls_under_its_labels(page: Page, open_page: Open, width: int):
    page.set_viewport_size({"width": width, "height": 900})
    figure = ready(open_page(facts(query=[[0.0] * 32] * 2, key=[[0.25] * 32] * 5, scale=1.0, view="steps")))
    edit(figure)
    label = figure.root.get_by_label("Palabra 2", exact=True).first
    before = label.bounding_box()
    number(figure, "Consultas", 2, 32).fill("8")
    assert step(figure, 0)[5:] == ["2"] * 5
    last = number(figure, "Consultas", 2, 32).bounding_box()
    assert before is not None
    assert last is not None
    assert label.bounding_box() == before  # la fila no pierde su nombre
    assert before["x"] + before["width"] <= last["x"]
    assert last["x"] + last["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_arrows_move_along_a_column(figure: Figure):
    edit(figure)
    number(figure, "Claves", 1, 3).focus()
    figure.page.keyboard.press("ArrowDown")
    figure.page.keyboard.type("5")  # sustituye: lo escrito estaba elegido
    assert number(figure, "Claves", 2, 3).input_value() == "5"
    figure.page.keyboard.press("ArrowUp")
    assert number(figure, "Claves", 1, 3).evaluate("node => node === document.activeElement")
    figure.page.keyboard.press("ArrowUp")  # no hay otra encima
    assert number(figure, "Claves", 1, 3).evaluate("node => node === document.activeElement")


def test_exploring_enters_the_computation(figure: Figure):
    """La temperatura y las claves prohibidas llegan a los pasos y al resultado, y siguen tras editar un número."""
    figure.root.get_by_role("button", name="Explorar").click()
    figure.slide("temperatura", 12)
    assert sums(figure)[1] == "8 / (√4 · 2) = 2"
    figure.root.get_by_role("button", name="Mapa").click()
    figure.root.locator(".am-overlay .am-label").nth(3).click()
    figure.root.get_by_role("button", name="Pasos").click()
    assert sums(figure)[3] == "exp(2) / (exp(2) + exp(0) + exp(1)) = 7,39 / 11,11 = 0,665"
    edit(figure)
    number(figure, "Valores", 1, 1).fill("0")
    assert step(figure, 4) == ["1,12", "5,15"]


def test_every_operation_opens_and_recomputes(open_page: Open):
    hops = {"query": [1.0, 0.0], "key": [[[1, 0], [0, 1]]] * 2, "value": [[[1, 0], [0, 1]]] * 2}
    figure = Figure(open_page(HeatMap.live("memory", queries=["¿?"], keys=["a", "b"], **hops, title="Saltos")), 1, 2)
    edit(figure)
    figure.root.get_by_label("Claves, salto 2, fila 1, columna 1", exact=True).fill("0")
    figure.slide("salto", 1)
    figure.root.get_by_role("button", name="Tabla").click()
    assert figure.table()[1] == ["¿?", "0,43", "0,57"]


def test_where_webassembly_is_forbidden_the_map_stays(
    page: Page, watch: Watch, write_page: Callable[..., Path], serve: Callable[[Path], str]
):
    head = """<meta http-equiv="Content-Security-Policy" content="script-src 'self' 'unsafe-inline'">"""
    path = write_page(facts(), head=head)
    page.goto(f"{serve(path.parent)}/{path.name}")
    page.wait_for_selector("html[data-atencion-lista]")
    figure = Figure(page, 2, 5)
    expect(figure.root.locator(".am-problem")).to_have_text(
        "Este navegador o esta página no permite WebAssembly: la figura se ve, pero no se puede recalcular."
    )
    assert figure.root.get_by_role("button", name="Editar números").is_disabled()
    figure.hover(0, 0)
    assert figure.reading == "«gatos de Ana» atiende a «Ana: 3 gatos» con peso 0,78."
    figure.root.get_by_role("button", name="Pasos").click()
    assert figure.root.locator(".am-work").inner_text().startswith("Este navegador o esta página no permite")
    for message in watch.take_messages():
        assert "Content Security Policy" in message


def test_hostile_words_stay_text(open_page: Open):
    hostile = ["<img src=x onerror=alert(1)>", "</script><script>alert(2)</script>", "\u202ereves"]
    table = (hostile, [[1, 0], [0, 1], [1, 1]])
    widget = HeatMap.live("dot_product", queries=hostile, embeddings=table, view="steps", title="<b>x</b>")
    figure = ready(open_page(widget))
    edit(figure)
    assert figure.root.locator("img, script, b").count() == 0
    assert figure.root.locator(".am-one-step").first.locator(".am-query").all_inner_texts() == [
        *hostile[:2],
        "U+202Ereves",
    ]


def test_numbers_too_large_for_the_core_are_refused(open_page: Open):
    inputs = {"query": [[1.0, 0.0]], "key": [[1.0, 0.0], [0.0, 1.0]], "value": [[3.0], [7.0]]}
    page = open_page(HeatMap.live("dot_product", queries=["q"], keys=["a", "b"], view="steps", **inputs))
    page.get_by_role("button", name="Editar números").click()
    number = page.locator(".am-number").first
    number.fill("1e20")
    assert number.get_attribute("aria-invalid") == "true"
    assert "de −1 000 000 a 1 000 000" in page.locator(".am-edit-message").inner_text()
    number.fill("1000000")
    assert "1000000" in page.locator(".am-sums").inner_text()
    assert number.get_attribute("aria-invalid") == "false"
