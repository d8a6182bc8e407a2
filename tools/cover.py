"""Hace la imagen del README: una figura del libro ya construido, fotografiada en Chromium.

make libro && .venv/bin/python tools/cover.py
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "_build" / "html" / "book" / "02_bahdanau.html"
TITLE = "El mismo modelo, antes y después de aprender"
COVER = ROOT / "book" / "estaticos" / "portada.png"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def photograph(page_file: Path, title: str, target: Path, chromium: str) -> None:
    """Guarda en `target` la figura de `page_file` que lleva ese título."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 1200}, color_scheme="light", locale="es-ES")
        page.goto(page_file.as_uri())
        page.wait_for_selector("html[data-atencion-lista]")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")  # también las figuras que aún no se ven
        page.locator(".atencion-map", has_text=title).first.screenshot(path=target)
        browser.close()


def main() -> None:
    """Punto de entrada."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", type=Path, default=PAGE, help="página construida de donde sale la figura")
    parser.add_argument("--title", default=TITLE, help="título de la figura")
    parser.add_argument("--output", type=Path, default=COVER, help="imagen que se escribe")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="programa Chromium")
    options = parser.parse_args()
    if options.chromium is None:
        parser.error("falta Chromium: instálalo o di dónde está con --chromium")
    photograph(options.page, options.title, options.output, options.chromium)
    print(f"{options.output}: {options.output.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
