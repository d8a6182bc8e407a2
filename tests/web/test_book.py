"""El libro construido, abierto en un navegador: servido y desde el disco, claro y oscuro, ancho y estrecho."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from browser_tools import draw_every_figure, lay_out_everything, open_folded_images
from figure_driver import Figure
from playwright.sync_api import Browser, Page
from spanish_ui import english_in

ROOT = Path(__file__).resolve().parent.parent.parent
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
DOCUMENTS = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"])]
CHAPTERS = [name for name in DOCUMENTS if (ROOT / f"{name}.ipynb").exists()]
WHOLE_BOOK = [*(f"{name}.html" for name in DOCUMENTS), "search.html"]


class BookServer(ThreadingHTTPServer):
    """Un servidor para todo el libro: la búsqueda pide a la vez muchas páginas, y la cola de serie es de cinco."""

    request_queue_size = 128
    daemon_threads = True


class BookHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Calla: cada petición saldría en la pantalla."""


@pytest.fixture(scope="session")
def served(book_html: Path) -> Iterator[str]:
    server = BookServer(("127.0.0.1", 0), partial(BookHandler, directory=str(book_html)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["http", "file"])
def address(request: pytest.FixtureRequest, book_html: Path, served: str) -> str:
    """Dónde está el libro: en un servidor o en una carpeta."""
    return served if request.param == "http" else book_html.as_uri()


def open_document(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/{name}")
    lay_out_everything(page)
    if name.removesuffix(".html") in CHAPTERS:
        draw_every_figure(page)
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("name", WHOLE_BOOK)
def test_page_is_spanish_and_asks_nobody(page: Page, address: str, name: str) -> None:
    # Al cerrarse, «page» comprueba que la consola está limpia y que nada se pidió fuera.
    open_document(page, address, name)
    assert page.locator("html").get_attribute("lang") == "es"
    assert english_in(page.content()) == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_figure_of_a_chapter_is_alive(page: Page, address: str, name: str) -> None:
    open_document(page, address, f"{name}.html")
    views = page.locator('script[type="application/vnd.jupyter.widget-view+json"]').count()
    assert views > 0
    assert page.locator(".atencion-viva .atencion-map").count() == views
    assert page.locator("img.atencion-fija").count() == 0
    assert page.locator(".atencion-nota").count() == 0


@pytest.mark.parametrize("name", CHAPTERS)
def test_figure_answers_to_the_mouse(page: Page, served: str, name: str) -> None:
    open_document(page, served, f"{name}.html")
    root = page.locator(".atencion-map").first
    figure = Figure(page, root.locator(".am-rows .am-label").count(), root.locator(".am-overlay .am-label").count())
    root.scroll_into_view_if_needed()
    figure.hover(0, 0)
    assert re.search(r"«.+».* (atiende|no puede atender) a «.+»", figure.reading)


@pytest.mark.parametrize("name", CHAPTERS)
def test_without_scripts_every_figure_is_an_image(browser: Browser, served: str, name: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served}/{name}.html")
    open_folded_images(page)
    images = page.locator("img.atencion-fija")
    assert images.count() > 0
    for image in images.all():
        image.scroll_into_view_if_needed()
        assert image.is_visible()
        box = image.bounding_box()
        assert box is not None
        assert box["width"] > 100
        assert box["height"] > 100
    context.close()


def loaded_fonts(page: Page) -> set[str]:
    """Las fuentes del libro que la página ha pedido y tiene."""
    page.evaluate("document.fonts.ready.then(() => null)")
    families = page.evaluate(
        "[...document.fonts].filter(({ status }) => status === 'loaded').map((font) => font.family)"
    )
    return {family.strip('"') for family in families}


def test_formulas_are_drawn_with_the_font_of_the_book(page: Page, address: str) -> None:
    open_document(page, address, "book/notacion.html")
    formulas = page.locator("math")
    assert formulas.count() >= 10
    assert all(box["width"] > 4 and box["height"] > 4 for box in (item.bounding_box() for item in formulas.all()))
    assert "Fórmulas" in loaded_fonts(page)


# Si la fuente no trae un icono, el navegador dibuja una caja de otra fuente: lo delata su anchura.
DRAWN_ICONS = """() => {
  const context = document.createElement("canvas").getContext("2d");
  const drawn = {};
  for (const icon of document.querySelectorAll("i[class*='fa-'], span[class*='fa-']")) {
    const { content, fontFamily, fontWeight } = getComputedStyle(icon, "::before");
    const sign = content.slice(1, -1);
    const width = (family) => {
      context.font = `${fontWeight} 100px ${family}`;
      return context.measureText(sign).width;
    };
    drawn[icon.className] = sign.length === 1 && width(fontFamily) !== width("monospace");
  }
  return drawn;
}"""


def test_every_icon_is_in_the_fonts_of_the_book(page: Page, address: str) -> None:
    open_document(page, address, f"{CHAPTERS[0]}.html")
    assert {"Font Awesome 6 Free", "Font Awesome 6 Brands"} <= loaded_fonts(page)
    icons = page.evaluate(DRAWN_ICONS)
    assert len(icons) >= 12
    assert {name for name, drawn in icons.items() if not drawn} == set()


@pytest.mark.parametrize(
    ("query", "expected"), [("mascara", "Notación"), ("máscaras", "Notación"), ("alineamiento", "Glosario")]
)
def test_search_finds_spanish_words_with_and_without_accents(
    page: Page, address: str, query: str, expected: str
) -> None:
    page.goto(f"{address}/search.html?q={query}")
    page.wait_for_selector("#search-results .search li")
    page.wait_for_function("document.querySelector('.search-summary').textContent.startsWith('Páginas encontradas:')")
    assert expected in page.locator("#search-results .search li > a").all_inner_texts()
    page.locator("#search-results ul.search").evaluate("list => list.remove()")  # cita páginas; no es interfaz
    assert english_in(page.content()) == []


def test_search_icon_does_not_cover_the_query(page: Page, address: str) -> None:
    page.goto(f"{address}/search.html?q=mascara")
    icon, field = (page.locator(f"main form.bd-search {name}").bounding_box() for name in ("i", "input"))
    assert icon is not None
    assert field is not None
    assert icon["x"] + icon["width"] <= field["x"]


def test_search_without_results_says_so_in_spanish(page: Page, address: str) -> None:
    page.goto(f"{address}/search.html?q=qwertyuiop")
    page.wait_for_function("document.querySelector('.search-summary').textContent.startsWith('Ninguna página')")


@pytest.fixture(params=["light", "dark"])
def themed(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(color_scheme=request.param, locale="es-ES")
    page = context.new_page()
    yield page
    assert page.locator("html").get_attribute("data-theme") == request.param
    context.close()


AXE_RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "experimental"],
    }
}


@pytest.mark.parametrize("width", [1350, 390])
@pytest.mark.parametrize("name", WHOLE_BOOK)
def test_page_is_accessible(themed: Page, served: str, name: str, width: int) -> None:
    themed.set_viewport_size({"width": width, "height": 900})
    open_document(themed, served, name)
    violations = Axe().run(themed, options=AXE_RULES).response["violations"]
    assert [f"{rule['id']}: {node['html'][:200]}" for rule in violations for node in rule["nodes"]] == []


@pytest.mark.parametrize("name", WHOLE_BOOK)
def test_page_fits_a_phone(browser: Browser, served: str, name: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, locale="es-ES")
    page = context.new_page()
    open_document(page, served, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


HEADING_TOP = """(id) => Math.round(document.getElementById(id).querySelector('h2, h3').getBoundingClientRect().top)"""
END_OF_PAGE = "scrollY + innerHeight >= document.documentElement.scrollHeight - 1"


def wait_until_quiet(page: Page) -> None:
    """Espera a que la página no se mueva ni dibuje más figuras."""
    page.wait_for_selector("html[data-atencion-lista]")
    page.wait_for_function(
        """() => new Promise((tell) => {
          const look = () => [scrollY, document.documentElement.scrollHeight].join();
          const before = look();
          setTimeout(() => tell(look() === before), 300);
        })"""
    )


@pytest.mark.parametrize("name", CHAPTERS)
def test_links_to_a_heading_leave_it_at_the_top(page: Page, address: str, name: str) -> None:
    open_page = f"{address}/{name}.html"
    page.goto(open_page)
    ids = page.evaluate("[...document.querySelectorAll('.bd-article section section')].map((section) => section.id)")
    assert len(ids) > 15
    chosen = [*ids[len(ids) // 2 :: 6], *ids[1 : len(ids) // 2 : 6]]  # hacia abajo, y después hacia arriba
    for number, id_ in enumerate(chosen):
        if number == 0:
            page.goto("about:blank")
            page.goto(f"{open_page}#{id_}")  # como quien llega desde otra página
        else:
            page.evaluate("(id) => { location.hash = id; }", id_)
        wait_until_quiet(page)
        at_the_end = page.evaluate(END_OF_PAGE)
        assert at_the_end or 40 <= page.evaluate(HEADING_TOP, id_) <= 120, id_


@pytest.mark.parametrize("name", CHAPTERS)
def test_sections_wait_for_the_reader_and_are_laid_out_when_he_comes(page: Page, served: str, name: str) -> None:
    page.goto(f"{served}/{name}.html")
    wait_until_quiet(page)
    last = page.locator(".bd-article > section > section").last
    is_laid_out = "(section) => section.lastElementChild.checkVisibility({ contentVisibilityAuto: true })"
    assert not last.evaluate(is_laid_out)
    last.scroll_into_view_if_needed()
    wait_until_quiet(page)
    assert last.evaluate(is_laid_out)


SECTION_AND_MARK = """() => {
  const begun = [...document.querySelectorAll('.bd-article > section > section')].filter(
    (section) => section.getBoundingClientRect().top <= innerHeight * 0.4);
  const marked = document.querySelector('#pst-page-toc-nav .toc-h2 > a[aria-current="location"]');
  return [begun.at(-1)?.id, marked && decodeURIComponent(marked.hash.slice(1))];
}"""


@pytest.mark.parametrize("name", CHAPTERS)
def test_index_of_the_page_marks_the_section_being_read(page: Page, served: str, name: str) -> None:
    page.goto(f"{served}/{name}.html")
    wait_until_quiet(page)
    page.mouse.move(500, 400)
    seen = set()
    while not page.evaluate(END_OF_PAGE):
        page.mouse.wheel(0, 2500)
        wait_until_quiet(page)
        section, marked = page.evaluate(SECTION_AND_MARK)
        assert marked == section
        assert page.locator("#pst-page-toc-nav .toc-h2 > a.active").count() == 1
        seen.add(section)
    assert len(seen) > 5


@pytest.mark.parametrize("name", CHAPTERS)
def test_only_boxes_that_do_not_fit_take_the_keyboard(page: Page, served: str, name: str) -> None:
    page.set_viewport_size({"width": 700, "height": 900})
    open_document(page, served, f"{name}.html")
    wait_until_quiet(page)
    wide, reachable = page.evaluate(
        """() => {
          const isSeen = (box) => box.checkVisibility({ contentVisibilityAuto: true });  // no lo plegado
          const boxes = [...document.querySelectorAll('.bd-article pre')].filter(isSeen);
          const wide = boxes.map((box) => box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight);
          return [wide, boxes.map((box) => box.tabIndex === 0)];
        }"""
    )
    assert True in wide
    assert False in wide
    assert wide == reachable


def test_colab_button_is_in_sight_with_its_name(page: Page, served: str) -> None:
    open_document(page, served, f"{CHAPTERS[0]}.html")
    button = page.get_by_role("link", name="Abrir en Colab")
    assert button.is_visible()
    assert button.get_attribute("href").startswith("https://colab.research.google.com/github/")
