"""La red de memoria que corre en la página: lo que un lector escribe, la respuesta y lo que lee cada salto."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from atencion.viz import LiveStory
from figure_driver import Figure
from playwright.sync_api import Browser, Locator, Page
from sample_map import close, scale_colour
from sample_memory import HOPS, MAX_WORDS, MEMORY_SIZE, QUESTION, STORIES, STORY, SampleMemory

Open = Callable[..., Page]
Write = Callable[..., Path]
READY = "html[data-atencion-lista]"
WITHOUT_CORE = "Este navegador o esta página no permite WebAssembly: la figura se ve, pero no se puede recalcular."


@pytest.fixture(scope="module")
def model() -> SampleMemory:
    return SampleMemory()


@pytest.fixture
def live(model: SampleMemory) -> LiveStory:
    return model.figure()


class Panel:
    """La figura viva de una página, manejada como lo haría un lector."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root: Locator = page.locator(".atencion-live")
        self.story = page.get_by_role("textbox", name="Historia: una frase por línea")
        self.question = page.get_by_role("textbox", name="Pregunta")
        self.map = self.root.locator(".al-map")

    @property
    def answer(self) -> str:
        return self.root.locator(".al-written").inner_text()

    @property
    def note(self) -> str:
        return self.root.locator(".al-note").inner_text()

    def lines(self, place: str) -> list[str]:
        return self.root.locator(f"{place} li").evaluate_all("nodes => nodes.map((node) => node.textContent)")

    def check(self, model: SampleMemory, sentences: Sequence[str], question: str) -> None:
        """Lo que se ve es lo que da el modelo de Python."""
        logits, weights = reading = model.read(sentences, question)
        kept = list(sentences)[-MEMORY_SIZE:]
        assert self.answer == reading.answer
        shares = logits.softmax(-1).sort(descending=True).values[:5].tolist()
        assert [line[-4:] for line in self.lines(".al-likely")] == [
            f"{share:.2f}".replace(".", ",") for share in shares
        ]
        best = weights.argmax(-1).tolist()
        assert self.lines(".al-hops") == [
            f"salto {hop + 1}{j + 1}. {kept[j]}{float(weights[hop, j]):.2f}".replace("0.", "0,").replace("1.00", "1,00")
            for hop, j in enumerate(best)
        ]
        assert self.lines(".am-sentences") == kept
        figure = Figure(self.page, HOPS, len(kept))
        for hop, j in enumerate(best):
            (found,) = {colour[:3] for colour in figure.colours(hop, j)}
            assert close(found, scale_colour(float(weights[hop, j])))


@pytest.mark.parametrize("scheme", ["http", "file"])
@pytest.mark.parametrize("compact", [True, False])
def test_every_key_changes_answer_and_hops(
    page: Page, write_page: Write, serve, model: SampleMemory, live: LiveStory, scheme: str, compact: bool
):
    path = write_page(live, compact=compact)
    page.goto(path.as_uri() if scheme == "file" else f"{serve(path.parent)}/index.html")
    page.wait_for_selector(READY)
    panel = Panel(page)
    assert panel.story.input_value() == "\n".join(STORY)
    assert panel.question.input_value() == QUESTION
    panel.check(model, STORY, QUESTION)
    panel.story.press("Control+End")
    page.keyboard.press("Enter")
    typed = ""
    for letter in "Juan dejó":
        page.keyboard.type(letter)
        typed += letter
        panel.check(model, [*STORY, typed.strip()], QUESTION)
        assert panel.story.evaluate("node => node === document.activeElement")
    panel.question.fill("¿Dónde está Juan?")
    panel.check(model, [*STORY, typed], "¿Dónde está Juan?")


def test_ready_stories_are_read_at_once(open_page: Open, model: SampleMemory, live: LiveStory):
    panel = Panel(open_page(live))
    for name, (sentences, question) in reversed(STORIES.items()):
        panel.root.get_by_role("group", name="Ejemplos").get_by_role("button", name=name, exact=True).click()
        assert panel.story.input_value() == "\n".join(sentences)
        panel.check(model, sentences, question)


def test_sentences_end_at_the_line_or_at_the_stop(open_page: Open, model: SampleMemory, live: LiveStory):
    panel = Panel(open_page(live))
    panel.story.fill(" Juan fue al salón. María fue al baño \n\n  Juan recogió el libro.")
    panel.check(model, ["Juan fue al salón.", "María fue al baño", "Juan recogió el libro."], QUESTION)


def test_unknown_words_are_named_and_accents_forgiven(open_page: Open, model: SampleMemory, live: LiveStory):
    panel = Panel(open_page(live))
    panel.question.fill("¿Dónde está la bicicleta?")
    assert panel.note == "No conozco «bicicleta»: para mí es una pieza desconocida."
    panel.story.fill("Ramón fue al jardín.")
    assert panel.note == "No conozco «ramón» ni «bicicleta»: para mí son piezas desconocidas."
    panel.check(model, ["Ramón fue al jardín."], "¿Dónde está la bicicleta?")
    panel.question.fill("¿DONDE ESTA la pelota?")
    assert panel.note == "No conozco «ramón»: para mí es una pieza desconocida."


def test_old_sentences_are_forgotten_and_it_says_so(open_page: Open, model: SampleMemory, live: LiveStory):
    panel = Panel(open_page(live))
    long = [*STORY, *reversed(STORY)]
    panel.story.fill("\n".join(long[: MEMORY_SIZE + 1]))
    assert panel.note == f"En la memoria caben {MEMORY_SIZE} frases: la primera se olvida."
    panel.story.fill("\n".join(long))
    assert panel.note == f"En la memoria caben {MEMORY_SIZE} frases: las 2 primeras se olvidan."
    panel.check(model, long, QUESTION)


def test_what_cannot_be_read_says_why(open_page: Open, model: SampleMemory, live: LiveStory):
    panel = Panel(open_page(live))
    for blank in ("", " \u00a0\n", "¿?"):
        panel.question.fill(blank)
        assert panel.note == "Falta la pregunta: sin ella no sé qué buscar."
        assert (panel.answer, panel.lines(".al-likely"), panel.lines(".al-hops")) == ("", [], [])
        assert not panel.map.is_visible()
    panel.question.fill("la " * (MAX_WORDS + 1))
    assert (
        panel.note
        == f"La pregunta es demasiado larga: tiene {MAX_WORDS + 1} piezas y leo {MAX_WORDS} como mucho. Acórtala."
    )
    panel.question.fill(QUESTION)
    panel.check(model, STORY, QUESTION)
    panel.story.fill("Juan fue al baño.\n" + "la " * 12)
    too_long = f"La frase 2 es demasiado larga: tiene 12 piezas y leo {MAX_WORDS} como mucho."
    assert panel.note == f"{too_long} Acórtala o pártela en dos líneas."
    for blank in ("\n", "... !!!\n¿?"):
        panel.story.fill(blank)
        assert panel.note == "No hay nada que recordar: escribe al menos una frase."
    panel.story.fill("Juan fue al baño.")
    panel.check(model, ["Juan fue al baño."], QUESTION)


@pytest.mark.parametrize("width", [390, 1350])
def test_the_page_does_not_jump_while_rewriting(page: Page, write_page: Write, live: LiveStory, width: int):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(write_page(live).as_uri())
    page.wait_for_selector(READY)
    panel = Panel(page)
    panel.question.fill("¿Dónde está Juan?")
    height = panel.root.evaluate("node => node.offsetHeight")
    for unreadable in ("", "¿", "la " * 40):
        panel.question.fill(unreadable)
        assert not panel.map.is_visible()
        assert panel.root.evaluate("node => node.offsetHeight") == height
    panel.question.fill("¿Dónde está Juan?")
    assert panel.map.is_visible()
    assert panel.root.evaluate("node => node.offsetHeight") == height
    panel.story.fill("Juan fue al baño.")
    assert panel.root.evaluate("node => node.offsetHeight") < height


def test_pasted_text_without_accents_reads_the_same(open_page: Open, model: SampleMemory, live: LiveStory):
    panel = Panel(open_page(live))
    sentences = ["Juan fue al salón.", "JUAN FUE AL SALON.", "Juan fue al salón."]
    panel.story.fill(f"\t {sentences[0]}\r\n\r\n  {sentences[1]}  {sentences[2]} ")
    panel.question.fill("  donde esta la PELOTA")
    assert panel.note == ""
    assert panel.lines(".am-sentences") == sentences
    loose = panel.lines(".al-likely")
    panel.story.fill("Juan fue al salón.\n" * 3)
    panel.question.fill("dónde está la pelota")
    panel.check(model, [sentences[0]] * 3, "dónde está la pelota")
    assert panel.lines(".al-likely") == loose


def test_hostile_text_is_only_text(open_page: Open, model: SampleMemory, live: LiveStory):
    panel = Panel(open_page(live))
    for text in ("<img src=x onerror='window.hacked = 1'>", "\u202e\ud83d \u0000 ﬁ İ", "x" * 100_000):
        panel.story.fill(text)
        assert "No conozco" in panel.note or "demasiado larga" in panel.note
    assert panel.page.evaluate("window.hacked") is None
    assert panel.root.locator("img, script").count() == 0
    assert panel.page.evaluate("document.documentElement.scrollWidth") <= 800
    panel.story.fill(STORY[0])
    panel.check(model, STORY[:1], QUESTION)


def test_screen_readers_hear_the_answer_once_the_writing_stops(open_page: Open, model: SampleMemory, live: LiveStory):
    panel = Panel(open_page(live))
    panel.page.clock.install()
    panel.question.fill("¿Dónde está María?")
    panel.page.clock.run_for(2000)
    spoken = panel.root.locator(".al-spoken")
    assert spoken.inner_text() == f"{model.read(STORY, '¿Dónde está María?').answer}."


def test_without_webassembly_the_first_answer_stays(
    context, page: Page, write_page: Write, model: SampleMemory, live: LiveStory
):
    context.add_init_script("delete globalThis.WebAssembly")
    page.goto(write_page(live).as_uri())
    page.wait_for_selector(READY)
    panel = Panel(page)
    assert panel.note == WITHOUT_CORE
    assert panel.story.is_disabled()
    assert panel.question.is_disabled()
    panel.check(model, STORY, QUESTION)


def test_fits_in_a_phone_with_whole_sentences(browser: Browser, write_page: Write, live: LiveStory):
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True)
    page = context.new_page()
    page.goto(write_page(live).as_uri())
    page.wait_for_selector(READY)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    scroller = page.locator(".am-scroller")
    assert scroller.evaluate("node => node.scrollWidth <= node.clientWidth")
    assert Panel(page).lines(".am-sentences") == STORY
    context.close()
