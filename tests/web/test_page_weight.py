"""Lo que cuesta abrir una página del libro, y con qué política de seguridad funciona."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from browser_tools import Watch, draw_every_figure, lay_out_everything, open_folded_images
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).resolve().parent.parent.parent
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
DOCUMENTS = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"])]
CHAPTERS = [name for name in DOCUMENTS if (ROOT / f"{name}.ipynb").exists()]

POLICY = "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:"
MAX_REQUESTS = 25
MAX_BYTES = 700_000
COMPRESSED = {".html", ".js", ".css", ".svg"}  # lo que un servidor comprime; las imágenes y fuentes ya lo están


class StrictHandler(SimpleHTTPRequestHandler):
    """Sirve cada archivo con la política de seguridad."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *args: object) -> None:
        """Calla: cada petición saldría en la pantalla."""


@pytest.fixture(scope="module")
def strict(book_html: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(StrictHandler, directory=str(book_html)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def read_to_the_end(page: Page, address: str) -> None:
    """Abre una página y la recorre entera, para que pida también lo que solo pide al verse."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    for position in range(0, page.evaluate("document.documentElement.scrollHeight"), 800):
        page.evaluate("(top) => scrollTo(0, top)", position)
        page.wait_for_timeout(20)
    page.wait_for_load_state("networkidle")


def transfer(book: Path, url: str) -> int:
    """Los bytes que viajan al pedir un archivo del libro."""
    path = book / unquote(urlsplit(url).path).lstrip("/")
    content = path.read_bytes()
    return len(gzip.compress(content, 9)) if path.suffix in COMPRESSED else len(content)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_page_is_light(page: Page, watch: Watch, strict: str, book_html: Path, name: str) -> None:
    read_to_the_end(page, f"{strict}/{name}.html")
    requested = {url for url in watch.requests if not url.startswith(("data:", "blob:"))}
    assert all(url.startswith(strict) for url in requested)
    cost = {url.removeprefix(strict): transfer(book_html, url) for url in requested}
    assert len(cost) <= MAX_REQUESTS, cost
    assert sum(cost.values()) <= MAX_BYTES, cost


@pytest.mark.parametrize("name", CHAPTERS)
def test_policy_lets_every_figure_live(page: Page, strict: str, name: str) -> None:
    page.goto(f"{strict}/{name}.html")
    draw_every_figure(page)
    assert page.locator(".atencion-viva .atencion-map").count() > 0
    assert page.locator(".atencion-nota").count() == 0


@pytest.mark.parametrize("name", CHAPTERS)
def test_images_of_live_figures_are_never_requested(
    page: Page, watch: Watch, strict: str, book_html: Path, name: str
) -> None:
    html = BeautifulSoup((book_html / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    images = {Path(image["src"]).name for image in html.select("img.atencion-fija")}
    assert images
    read_to_the_end(page, f"{strict}/{name}.html")
    assert images.isdisjoint(Path(urlsplit(url).path).name for url in watch.requests)


@pytest.mark.parametrize("name", CHAPTERS)
def test_images_appear_if_the_figure_script_does_not_arrive(browser: Browser, strict: str, name: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/atencion/runtime.js*", lambda route: route.abort())
    page.goto(f"{strict}/{name}.html")
    lay_out_everything(page)
    open_folded_images(page)
    images = page.locator("img.atencion-fija")
    assert images.count() > 0
    for image in images.all():
        image.scroll_into_view_if_needed()
        expect(image).to_be_visible()
    context.close()


def test_policy_lets_search_answer_in_spanish(page: Page, strict: str) -> None:
    page.goto(f"{strict}/search.html?q=alineamiento")
    expect(page.locator(".search-summary")).to_contain_text("Páginas encontradas:")


def test_icon_fonts_carry_only_the_icons_of_the_book(book_html: Path) -> None:
    fonts = list(book_html.rglob("fa-*"))
    assert {path.name for path in fonts} == {"fa-solid-900.woff2", "fa-brands-400.woff2"}
    assert all(path.stat().st_size < 8_000 for path in fonts)
    assert not list(book_html.rglob("fontawesome.js*"))


def test_pages_ask_for_one_stylesheet_and_no_script_stops_them(book_html: Path) -> None:
    for name in DOCUMENTS:
        html = (book_html / f"{name}.html").read_text(encoding="utf-8")
        assert html.count('rel="stylesheet"') == 1
        assert html.count("<script src=") == 0
