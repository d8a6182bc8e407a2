"""La descripción de cada página, que los buscadores enseñan bajo su título."""

from __future__ import annotations

from html import escape
from textwrap import shorten
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

LENGTH = 160  # lo que enseña un buscador
ENOUGH = 50  # un párrafo más corto no describe nada


def describe(doctree: nodes.document) -> str | None:
    """El primer párrafo de cierta longitud y sin fórmulas, recortado por una palabra."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = paragraph.astext()
        if len(text) >= ENOUGH and paragraph.next_node(nodes.math) is None:
            return shorten(text, LENGTH, placeholder="…")
    return None


def add_description(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Escribe la descripción en la cabecera, salvo que la página traiga la suya."""
    if 'name="description"' in context.get("metatags", ""):
        return
    text = (doctree and describe(doctree)) or app.config.html_title
    context["metatags"] = f'{context.get("metatags", "")}<meta name="description" content="{escape(text)}">'


def setup(app: Sphinx) -> None:
    """Registra la descripción automática."""
    app.connect("html-page-context", add_description)
