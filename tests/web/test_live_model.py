"""El modelo que corre en la página: lo que un lector escribe, lo que lee y lo que ve moverse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from atencion.viz import LiveModel
from browser_tools import Watch
from figure_driver import Figure
from playwright.sync_api import Browser, Locator, Page
from sample_map import close, scale_colour
from sample_reader import EXAMPLES, TEXT, SampleReader

Open = Callable[..., Page]
Write = Callable[..., Path]
READY = "html[data-atencion-lista]"
WITHOUT_CORE = "Este navegador o esta página no permite WebAssembly: la figura se ve, pero no se puede recalcular."
HOSTILE = [
    "<img src=x onerror='window.hacked = 1'>",
    "</script><script>window.hacked = 1</script>",
    "${window.hacked = 1} __proto__ constructor toString",
    "\u202e1002/5/3 \ud83d \u0000 👩‍👩‍👧 ﬁ İ",
]


@pytest.fixture(scope="module")
def reader() -> SampleReader:
    return SampleReader()


@pytest.fixture
def live(reader: SampleReader) -> LiveModel:
    return reader.figure()


class Panel:
    """La figura viva de una página, manejada como lo haría un lector."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root: Locator = page.locator(".atencion-live")
        self.input = page.get_by_role("textbox", name="Escribe aquí")
        self.map = self.root.locator(".al-map")

    @property
    def written(self) -> str:
        return self.root.locator(".al-written").inner_text()

    @property
    def note(self) -> str:
        return self.root.locator(".al-note").inner_text()

    def labels(self, place: str) -> list[str]:
        return self.root.locator(f"{place} .am-label").evaluate_all("nodes => nodes.map((n) => n.firstChild.data)")

    def check(self, reader: SampleReader, text: str) -> None:
        """Lo que se ve es lo que da el modelo de Python."""
        reading = reader.read(text)
        assert self.written == reading.written
        assert self.labels(".am-rows") == reading.rows
        assert self.labels(".am-overlay") == reading.pieces
        figure = Figure(self.page, len(reading.rows), len(reading.pieces))
        for row, column in ((0, 0), (len(reading.rows) - 1, len(reading.pieces) - 1)):
            weight = float(reading.weights[row, column])
            (found,) = {colour[:3] for colour in figure.colours(row, column)}
            assert close(found, scale_colour(weight))


@pytest.mark.parametrize("scheme", ["http", "file"])
@pytest.mark.parametrize("compact", [True, False])
def test_every_key_changes_result_and_map(
    page: Page, write_page: Write, serve, reader: SampleReader, live: LiveModel, scheme: str, compact: bool
):
    path = write_page(live, compact=compact)
    page.goto(path.as_uri() if scheme == "file" else f"{serve(path.parent)}/index.html")
    page.wait_for_selector(READY)
    panel = Panel(page)
    assert panel.input.input_value() == TEXT
    panel.check(reader, TEXT)
    panel.input.fill("")
    typed = ""
    for letter in "3 de mayo":
        page.keyboard.type(letter)
        typed += letter
        panel.check(reader, typed)
        assert panel.input.evaluate("node => node === document.activeElement")
    assert page.locator("img").count() == 0


def test_examples_are_read_at_once(open_page: Open, reader: SampleReader, live: LiveModel):
    panel = Panel(open_page(live))
    for text in [*EXAMPLES, TEXT]:
        panel.root.get_by_role("group", name="Ejemplos").get_by_role("button", name=text, exact=True).click()
        assert panel.input.input_value() == text
        panel.check(reader, text)


def test_unknown_words_are_named_and_accents_forgiven(open_page: Open, reader: SampleReader, live: LiveModel):
    panel = Panel(open_page(live))
    assert panel.note == ""
    panel.input.fill("25 de brumario de 1799")
    assert panel.note == "No conozco «brumario»: para mí es una pieza desconocida."
    panel.input.fill("brumario y vendimiario y brumario y nivoso")
    assert panel.note == "No conozco «brumario», «vendimiario» ni «nivoso»: para mí son piezas desconocidas."
    panel.check(reader, "brumario y vendimiario y brumario y nivoso")
    panel.input.fill("MIERCOLES 3")
    assert panel.note == ""
    panel.check(reader, "MIERCOLES 3")


def test_texts_that_cannot_be_read_say_why(open_page: Open, reader: SampleReader):
    panel = Panel(open_page(reader.figure(max_pieces=12)))
    for blank in ("", " \u00a0\n"):
        panel.input.fill(blank)
        assert panel.note == "No hay nada que leer: escribe una palabra, una cifra o un signo."
        assert panel.written == ""
        assert not panel.map.is_visible()
    panel.input.fill("1" * 12)
    assert panel.map.is_visible()
    panel.check(reader, "1" * 12)
    panel.input.fill("1" * 13)
    assert panel.note == "Es demasiado largo: tiene 13 piezas y leo 12 como mucho."
    assert not panel.map.is_visible()
    panel.input.fill("3 de mayo")
    panel.check(reader, "3 de mayo")


def test_a_result_without_end_says_so(open_page: Open, reader: SampleReader):
    panel = Panel(open_page(reader.figure(max_length=3)))
    panel.input.fill("3 de mayo de 2001")
    assert panel.written == f"{reader.read('3 de mayo de 2001').written[:3]}…"
    assert panel.note == "No ha sabido terminar: se queda en 3 piezas."


def test_hostile_text_is_only_text(open_page: Open, reader: SampleReader, live: LiveModel):
    panel = Panel(open_page(live))
    for text in HOSTILE:
        panel.input.fill(text)
        assert panel.labels(".am-rows")
    panel.input.fill("x" * 100_000)
    assert "No conozco" in panel.note
    assert panel.page.evaluate("window.hacked") is None
    assert panel.root.locator("img, script").count() == 0
    panel.input.fill("3 de mayo")
    panel.check(reader, "3 de mayo")


def test_the_reader_keeps_the_view_while_typing(open_page: Open, reader: SampleReader, live: LiveModel):
    panel = Panel(open_page(live))
    panel.root.get_by_role("button", name="Tabla", exact=True).click()
    panel.input.fill("3 de mayo")
    reading = reader.read("3 de mayo")
    table = panel.root.locator("table")
    assert table.locator("tbody th").all_inner_texts() == reading.rows
    assert table.locator("thead th").all_inner_texts()[1:] == reading.pieces


def test_screen_readers_hear_the_result_once_the_writing_stops(open_page: Open, reader: SampleReader, live: LiveModel):
    panel = Panel(open_page(live))
    spoken = panel.root.locator(".al-spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    panel.page.clock.install()
    panel.page.clock.run_for(2000)
    assert spoken.inner_text() == ""
    panel.input.fill("3 de brumario")
    assert "brumario" not in spoken.inner_text()
    panel.page.clock.run_for(2000)
    expected = f"{reader.read('3 de brumario').written}. No conozco «brumario»: para mí es una pieza desconocida."
    assert spoken.inner_text() == expected


def test_keyboard_alone_is_enough_and_stays_inside(open_page: Open, reader: SampleReader, live: LiveModel):
    page = open_page(live)
    panel = Panel(page)
    page.keyboard.press("Tab")
    page.evaluate("document.addEventListener('keydown', (event) => (window.escaped = event.key))")
    page.keyboard.press("Control+a")
    page.keyboard.type("3 de mayo")
    panel.check(reader, "3 de mayo")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert panel.input.input_value() == EXAMPLES[0]
    panel.check(reader, EXAMPLES[0])
    assert page.evaluate("window.escaped") is None
    assert panel.root.get_attribute("data-lm-suppress-shortcuts") == "true"


def test_without_webassembly_the_first_result_stays(
    context, page: Page, write_page: Write, reader: SampleReader, live: LiveModel
):
    context.add_init_script("delete globalThis.WebAssembly")
    page.goto(write_page(live).as_uri())
    page.wait_for_selector(READY)
    panel = Panel(page)
    assert panel.note == WITHOUT_CORE
    assert panel.input.is_disabled()
    assert all(button.is_disabled() for button in panel.root.locator(".al-example").all())
    panel.check(reader, TEXT)


def test_a_policy_that_forbids_webassembly_is_enough(
    page: Page, write_page: Write, serve, watch: Watch, live: LiveModel
):
    policy = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'"
    path = write_page(live, head=f'<meta http-equiv="Content-Security-Policy" content="{policy}">')
    page.goto(f"{serve(path.parent)}/index.html")
    page.wait_for_selector(READY)
    panel = Panel(page)
    assert panel.note == WITHOUT_CORE
    assert panel.map.is_visible()
    watch.take_messages()


def test_parameters_that_do_not_fit_are_said(open_page: Open, reader: SampleReader, live: LiveModel):
    live.parameter_index = [entry for entry in live.parameter_index if entry["name"] != "output.weight"]
    panel = Panel(open_page(live))
    assert panel.note == "No se puede calcular. Al modelo le falta el parámetro «output.weight»."
    assert panel.input.is_disabled()
    panel.check(reader, TEXT)


def test_image_stays_without_javascript(browser: Browser, write_page: Write, live: LiveModel):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(write_page(live).as_uri())
    assert page.locator("img.atencion-fija").is_visible()
    context.close()


def test_two_models_of_one_page_do_not_interfere(page: Page, write_page: Write, reader: SampleReader, live: LiveModel):
    page.goto(write_page(live, reader.figure(title="Otra")).as_uri())
    page.wait_for_selector(READY)
    first, second = page.get_by_role("textbox").all()
    second.fill("3 de mayo")
    first.fill("4 de mayo")
    written = page.locator(".al-written").all_inner_texts()
    assert written == [reader.read("4 de mayo").written, reader.read("3 de mayo").written]


def test_fits_in_a_phone(browser: Browser, write_page: Write, live: LiveModel):
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True)
    page = context.new_page()
    page.goto(write_page(live).as_uri())
    page.wait_for_selector(READY)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
