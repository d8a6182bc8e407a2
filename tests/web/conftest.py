"""Un navegador de verdad para las pruebas: Chromium sin ventana, páginas servidas y vigilancia de lo que piden.

Chromium se busca en CHROMIUM_PATH y, si no está definida, en PATH. Sin él, estas pruebas se saltan diciéndolo;
en integración continua (CI=true) eso es un fallo.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from atencion.viz.page_scripts import compact_state, detach_buffers, page_scripts
from browser_tools import FLAGS, Watch, find_chromium
from figure_driver import Figure
from ipywidgets.embed import dependency_state, embed_data
from missing_tools import skip_or_fail
from myst_nb.core.render import sanitize_script_content
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        skip_or_fail("Falta Chromium: instálalo (sudo apt install chromium) o di dónde está con CHROMIUM_PATH.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 800, "height": 1000}, locale="es-ES")
    yield context
    context.close()


@pytest.fixture
def watch(context: BrowserContext) -> Watch:
    return Watch(context)


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Iterator[Page]:
    """Una página en blanco; al acabar, comprueba que la consola está limpia y que nada salió de su origen."""
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    page.close()
    watch.check()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Sirve una carpeta en 127.0.0.1 y devuelve su dirección."""
    servers: list[ThreadingHTTPServer] = []

    def start(folder: Path) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def write_page(tmp_path: Path) -> Callable[..., Path]:
    """Escribe una página fija con las figuras dadas, como las que escribe myst-nb."""

    def write(*widgets: Any, theme: str | None = None, compact: bool = True, head: str = "") -> Path:
        records = dependency_state(widgets, drop_defaults=False)
        embedded = embed_data(views=widgets, state=records)
        state = json.dumps(embedded["manager_state"])
        scripts = page_scripts()
        if compact:
            state, apart = detach_buffers(compact_state(state))
            scripts = scripts | apart
        else:
            state = sanitize_script_content(state)
        for name, text in scripts.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        cells = []
        for number, (widget, view) in enumerate(zip(widgets, embedded["view_specs"], strict=True)):
            script = f'<script type="application/vnd.jupyter.widget-view+json">{json.dumps(view)}</script>'
            image = ""
            if hasattr(widget, "to_png"):
                widget.to_png(tmp_path / f"{number}.png")
                image = f'<img class="atencion-fija" alt="figura" src="{number}.png">'
            cells.append(f'<div class="cell_output">{script}{image}</div>')
        attribute = f' data-theme="{theme}"' if theme else ""
        path = tmp_path / "index.html"
        path.write_text(
            f'<!doctype html><html lang="es"{attribute}><head><meta charset="utf-8">{head}'
            '<meta name="viewport" content="width=device-width"><title>Prueba</title>'
            '<link rel="icon" href="data:,"></head><body style="margin:16px">'
            f"{''.join(cells)}"
            f'<script type="application/vnd.jupyter.widget-state+json">{state}</script>'
            '<script defer src="runtime.js"></script></body></html>',
            encoding="utf-8",
        )
        return path

    return write


@pytest.fixture
def open_page(page: Page, write_page: Callable[..., Path]) -> Callable[..., Page]:
    """Abre desde el disco una página con las figuras dadas y espera a que estén dibujadas."""

    def open_(*widgets: Any, **options: Any) -> Page:
        page.goto(write_page(*widgets, **options).as_uri())
        page.wait_for_selector("html[data-atencion-lista]")
        return page

    return open_


@pytest.fixture
def open_figure(open_page: Callable[..., Page]) -> Callable[[Any], Figure]:
    """Abre una página con una sola figura y la devuelve lista para manejarla."""

    def open_(widget: Any) -> Figure:
        rows, columns = widget.shape[-2:]
        return Figure(open_page(widget), rows, columns)

    return open_
