"""El menú «Guardar»: archivos que se descargan de verdad y que otros programas leen."""

from __future__ import annotations

import csv
import io
import struct
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from atencion.viz import HeatMap
from browser_tools import Watch
from PIL import Image
from playwright.sync_api import Page
from sample_map import KEYS, QUERIES, WEIGHTS, heat_map

Open = Callable[..., Page]
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "</script><script>hacked = 1</script>",
    "<img src=x onerror='hacked = 1'>",
    "\"'`&amp;;",
    "\u202eabc\u200f",
    "a\u2028b\r\nc\td",
    "x" * 10_000,
    "👩‍👩‍👧",
    "=1+1",
    "@SUMA(A1)",
    "\ufffe\x00",
    "",
]


def save(page: Page, name: str, folder: Path) -> Path:
    """Guarda la figura con el botón ``name`` y devuelve el archivo."""
    root = page.locator(".atencion-map").first
    opener = root.get_by_role("button", name="Guardar", exact=True)
    if opener.get_attribute("aria-expanded") == "false":
        opener.click()
    with page.expect_download() as download:
        root.get_by_role("button", name=name).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def texts(root: ElementTree.Element) -> list[str]:
    """Lo que se lee en el dibujo, sin los títulos emergentes."""
    read = []
    for node in root.iter(f"{SVG}text"):
        parts = [node.text or ""]
        for child in node:
            parts += [*child.itertext()] if child.tag != f"{SVG}title" else []
            parts.append(child.tail or "")
        read.append("".join(parts))
    return read


@pytest.mark.parametrize("scheme", ["file", "http"])
def test_three_files_are_saved(page: Page, write_page, serve, tmp_path: Path, scheme: str):
    path = write_page(heat_map(title="Alineación: ¿qué mira?"))
    page.goto(path.as_uri() if scheme == "file" else f"{serve(path.parent)}/index.html")
    page.wait_for_selector("html[data-atencion-lista]")
    files = [save(page, name, tmp_path) for name in ("Imagen PNG", "Dibujo SVG", "Datos CSV")]
    assert [file.name for file in files] == [f"alineacion-que-mira.{end}" for end in ("png", "svg", "csv")]
    assert page.locator(".am-status").inner_text().startswith("Guardando alineacion-que-mira.csv.")
    png = files[0].read_bytes()
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    size = struct.unpack(">II", png[16:24])
    drawing = ElementTree.parse(files[1]).getroot()
    assert size == (2 * int(drawing.get("width", 0)), 2 * int(drawing.get("height", 0)))


def test_saved_map_has_every_cell_and_label(open_page: Open, tmp_path: Path):
    weights = np.stack([WEIGHTS, WEIGHTS[::-1]])
    mask = np.ones((5, 3), bool)
    mask[2, 1] = False
    page = open_page(heat_map(title="Dos cabezas", mask=mask))
    root = ElementTree.parse(save(page, "Dibujo SVG", tmp_path)).getroot()
    read = texts(root)
    for word in (*QUERIES, *KEYS, "0,71", "0,95", "Dos", "cabezas", "peso", "enmascarada"):
        assert word in read, word
    fills = [node.get("fill") for node in root.iter(f"{SVG}rect")]
    assert fills.count("url(#trama)") == 1
    assert len(fills) >= 1 + weights[0].size
    assert all(node.get("class") is None and node.get("style") is None for node in root.iter())


@pytest.mark.parametrize("view", ["lines", "bars", "graph", "table"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_saved_drawing_is_what_the_screen_shows(open_page: Open, tmp_path: Path, view: str, theme: str):
    names = [*QUERIES[:4], "yo"]
    weights = np.random.default_rng(4).dirichlet(np.ones(5), size=5)
    page = open_page(HeatMap(weights, queries=names, keys=names, view=view, title="Prueba"), theme=theme)
    text = save(page, "Dibujo SVG", tmp_path).read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    surface = page.locator(".atencion-map").evaluate("node => getComputedStyle(node).backgroundColor")
    channels = [int(root.find(f"{SVG}rect").get("fill")[k : k + 2], 16) for k in (1, 3, 5)]
    assert surface == f"rgb({', '.join(map(str, channels))})"
    assert set(names) <= set(texts(root))
    assert "href" not in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    if view in ("lines", "graph"):
        shown = page.locator(".am-drawing path").count()
        drawn = [node for node in root.iter(f"{SVG}path") if not (node.get("d") or "").endswith("h24")]
        assert len(drawn) == shown
    image = Image.open(save(page, "Imagen PNG", tmp_path)).convert("RGB")
    assert image.getpixel((3, 3)) == tuple(channels)
    assert len(image.getcolors(1_000_000) or []) > 20
    assert page.locator(".am-offstage").count() == 0


def test_saved_drawing_keeps_what_is_pinned(open_page: Open, tmp_path: Path):
    page = open_page(heat_map(view="lines"))
    page.locator(".am-stage").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    root = ElementTree.parse(save(page, "Dibujo SVG", tmp_path)).getroot()
    assert {"0,00", "0,90", "0,10"} <= set(texts(root))


def test_saved_data_are_read_by_a_spreadsheet(open_page: Open, tmp_path: Path):
    mask = WEIGHTS > 0
    path = save(open_page(heat_map(mask=mask)), "Datos CSV", tmp_path)
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=";")
    assert head == ["consulta ↓ clave →", *KEYS]
    assert [row[0] for row in rows] == QUERIES
    values = [[float(value.replace(",", ".")) if value else np.nan for value in row[1:]] for row in rows]
    assert np.array(values) == pytest.approx(np.where(mask, WEIGHTS, np.nan), abs=1e-4, nan_ok=True)


def test_saved_data_are_those_of_the_current_matrix_and_all_its_rows(open_page: Open, tmp_path: Path):
    weights = np.stack([WEIGHTS, WEIGHTS[::-1]])
    page = open_page(heat_map(progressive=True))
    assert len(save(page, "Datos CSV", tmp_path).read_text(encoding="utf-8-sig").splitlines()) == 6
    page = open_page(HeatMap(weights, queries=QUERIES, keys=KEYS, title="Capas"))
    page.get_by_role("slider", name="cabeza").fill("1")
    path = save(page, "Datos CSV", tmp_path)
    assert path.name == "capas-cabeza-2-de-2.csv"
    assert path.read_text(encoding="utf-8-sig").splitlines()[1].startswith('"casa";0,2')


@pytest.mark.parametrize("view", ["map", "lines", "bars", "graph"])
def test_hostile_tokens_are_saved_as_text(open_page: Open, tmp_path: Path, view: str):
    size = len(HOSTILE)
    options = {"queries": HOSTILE, "keys": HOSTILE, "title": HOSTILE[0]}
    page = open_page(HeatMap(np.full((size, size), 1 / size), view=view, **options))
    page.evaluate("document.querySelectorAll('.am-label')[9].firstChild.data = 'medio \\ud800'")
    path = save(page, "Dibujo SVG", tmp_path)
    assert path.name == "script-script-hacked-1-script.svg"
    root = ElementTree.parse(path).getroot()
    allowed = {"svg", "g", "title", "rect", "path", "text", "tspan", "pattern", "linearGradient", "stop"}
    assert {node.tag.removeprefix(SVG) for node in root.iter()} <= allowed
    assert not any(name.startswith("on") for node in root.iter() for name in node.attrib)
    assert save(page, "Imagen PNG", tmp_path).stat().st_size > 1000
    text = save(page, "Datos CSV", tmp_path).read_bytes().decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    guarded = [f"'{token}" if token[:1] in ("=", "@") else token for token in HOSTILE]
    assert head[1:] == guarded
    assert [row[0] for row in rows] == guarded
    assert page.evaluate("window.hacked") is None


def test_menu_works_with_the_keyboard(open_page: Open):
    page = open_page(heat_map())
    opener = page.get_by_role("button", name="Guardar", exact=True)
    opener.focus()
    page.keyboard.press("Enter")
    assert opener.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Imagen PNG"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert "coma decimal" in page.evaluate("document.activeElement.title")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "alineacion.csv"
    page.keyboard.press("Escape")
    assert opener.get_attribute("aria-expanded") == "false"
    assert page.evaluate("document.activeElement.textContent") == "Guardar"
    assert not page.get_by_role("button", name="Datos CSV").is_visible()


@pytest.mark.parametrize("sandbox", ["allow-scripts", "allow-scripts allow-same-origin"])
def test_a_viewer_without_downloads_says_so(page: Page, write_page, serve, watch: Watch, sandbox: str):
    path = write_page(heat_map())
    (path.parent / "marco.html").write_text(
        f'<!doctype html><html lang="es"><title>Marco</title><link rel="icon" href="data:,">'
        f'<iframe sandbox="{sandbox}" src="index.html" width="780" height="700"></iframe></html>',
        encoding="utf-8",
    )
    page.goto(f"{serve(path.parent)}/marco.html")
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="Guardar", exact=True).click()
    for name in ("Imagen PNG", "Dibujo SVG", "Datos CSV"):
        frame.get_by_role("button", name=name).click()
        assert frame.locator(".am-status").inner_text().startswith("Este visor no deja guardar archivos")
    assert all("can escape its sandboxing" in message for message in watch.take_messages())  # aviso de Chromium
