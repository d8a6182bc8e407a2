"""El Chromium de las pruebas, y la vigilancia de lo que una página dice y pide."""

from __future__ import annotations

import os
import shutil

from playwright.sync_api import BrowserContext, Page, expect

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    """El programa Chromium: el de CHROMIUM_PATH o el primero que haya en PATH."""
    if "CHROMIUM_PATH" in os.environ:
        return os.environ["CHROMIUM_PATH"]
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Watch:
    """Lo que una página dice por la consola y lo que pide por la red."""

    def __init__(self, context: BrowserContext) -> None:
        self.messages: list[str] = []
        self.requests: list[str] = []
        context.on("console", lambda message: self._note(message.type, message.text))
        context.on("weberror", lambda error: self.messages.append(f"error: {error.error}"))
        context.on("request", lambda request: self.requests.append(request.url))

    def _note(self, level: str, text: str) -> None:
        if level in ("error", "warning"):
            self.messages.append(f"{level}: {text}")

    def take_messages(self) -> list[str]:
        """Devuelve y olvida los mensajes: para las pruebas que esperan alguno."""
        taken, self.messages = self.messages, []
        return taken

    def check(self) -> None:
        """Nada en la consola, y ninguna petición fuera del disco y de este ordenador."""
        allowed = ("file://", "http://127.0.0.1:", "data:", "blob:")
        assert self.messages == []
        assert [url for url in self.requests if not url.startswith(allowed)] == []


def draw_every_figure(page: Page) -> None:
    """Dibuja también las figuras que esperan a que el lector se acerque, como al imprimir."""
    page.wait_for_selector("html[data-atencion-lista]")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".atencion-viva:empty")).to_have_count(0)


def lay_out_everything(page: Page) -> None:
    """Coloca todos los apartados, como hace el navegador si la dirección nombra uno; si no, espera a que se vean."""
    page.evaluate("location.hash = document.querySelector('.bd-article > section > section')?.id ?? ''")


def open_folded_images(page: Page) -> None:
    """Abre las celdas plegadas que guardan una imagen; la figura de una solución no se ve hasta entonces."""
    for summary in page.locator("details:has(img.atencion-fija) > summary").all():
        summary.click()
