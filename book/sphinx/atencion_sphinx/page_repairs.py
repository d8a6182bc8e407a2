"""Arreglos de lo que el tema y las extensiones de Jupyter Book dejan fijo y ningún ajuste cambia."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

# Fragmentos que las plantillas traen escritos (no pasan por los catálogos) y lo que debe quedar en su lugar, donde el
# fragmento no puede volver a aparecer.
REPLACEMENTS = {
    'aria-label="Main"': 'aria-label="Índice del libro"',
    'aria-label="Page"': 'aria-label="Índice de la página"',
    '<summary aria-label="Toggle hidden content">': "<summary>",  # su texto ya lo dice
    'role="doc-biblioentry"': 'role="listitem"',  # el papel que pide una lista; aquel está en desuso
    'title="Toggle primary sidebar"': 'title="Mostrar u ocultar el índice del libro"',
    'title="Toggle secondary sidebar"': 'title="Mostrar u ocultar el índice de la página"',
    # El índice de la página lo señala `libro.js`: Bootstrap colocaría todos los apartados y, si son altos, los pierde.
    '<body data-bs-spy="scroll" data-bs-target': "<body data-bs-target",
    # Los iconos no son texto.
    '<i class="fa': '<i aria-hidden="true" class="fa',
    '<i class="theme-switch': '<i aria-hidden="true" class="theme-switch',
    '<span class="fa-': '<span aria-hidden="true" class="fa-',
    # La barra lateral entera es una región: el logotipo y la búsqueda no quedan fuera de todas.
    'id="pst-primary-sidebar" class': 'id="pst-primary-sidebar" role="region" aria-label="El libro" class',
    # El nombre de un botón con texto es su texto entero: «Buscar Ctrl + K».
    'search-button-field search-button__button pst-js-only" title="Buscar" aria-label="Buscar"': (
        'search-button-field search-button__button pst-js-only" title="Buscar"'
    ),
}

# Una tabla que no cabe se desplaza con el teclado, así que es una región y lleva nombre.
TABLE = '<div class="pst-scrollable-table-container">'
NAMED_TABLE = '<div role="region" aria-label="Tabla {number}" class="pst-scrollable-table-container">'

# Guiones, y el fragmento de cada uno que no puede quedar como está.
SCRIPT_REPLACEMENTS = {
    # Sphinx evalúa un texto para traducir los mensajes, y eso lo prohíben las políticas de seguridad estrictas.
    "_static/doctools.js": (
        """new Function(
      "n",
      `return (${catalog.plural_expr})`
    )""",
        "(n) => (n === 1 ? 0 : 1)",
    ),
    # El tema mide cada recuadro justo después de cambiar el anterior: recalcula la página entera cientos de veces. De
    # lo que no cabe a lo ancho se ocupa `libro.js`.
    "_static/scripts/pydata-sphinx-theme.js": (
        ".forEach((e=>{e.tabIndex=e.scrollWidth>e.clientWidth||e.scrollHeight>e.clientHeight?0:-1}))",
        "/* de estos se ocupa libro.js */",
    ),
}

# Lo que el tema copia a `_static` y ninguna página usa: 5 MB de scripts, mapas de depuración y plantillas sueltas.
UNUSED_FILES = ("fontawesome.js*", "fa-regular-400.*", "theme.css", "*.map", "*webpack-macros.html")

COLAB_BUTTON = {"label": "launch-colab", "text": "Abrir en Colab"}

REDIRECT = """<!DOCTYPE html>
<html lang="es">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="description" content="{title}">
<title>{title}</title>
<meta http-equiv="refresh" content="0; url={target}">
<link rel="icon" href="_static/logo.svg">
</head>
<body><main><p><a href="{target}">Abrir «{title}»</a></p></main></body>
</html>
"""


def drop_thebe(app: Sphinx) -> None:
    """Desconecta sphinx-thebe, que Jupyter Book carga siempre: pide un CDN y da un error en cada página."""
    for listeners in app.events.listeners.values():
        for listener in list(listeners):
            if listener.handler.__module__ == "sphinx_thebe":
                app.disconnect(listener.id)
    app.registry.css_files = [entry for entry in app.registry.css_files if "thebe" not in entry[0]]


def repair_buttons(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Deja a la vista el botón de Colab, solo donde sirve, y pone en español el aviso de error."""
    buttons = context.get("header_buttons", [])
    for button in list(buttons):
        if button.get("label") == "launch-buttons":
            (colab,) = button["buttons"]
            position = buttons.index(button)
            is_notebook = colab["url"].endswith(".ipynb")  # Colab no abre cuadernos escritos en Markdown
            buttons[position : position + 1] = [colab | COLAB_BUTTON] if is_notebook else []
        for entry in button.get("buttons", []):
            if entry.get("label") == "source-issues-button":
                query = {
                    "title": f"Error en la página {pagename}",
                    "body": "Cuenta qué esperabas y qué encontraste.",
                }
                entry["url"] = f"{entry['url'].partition('?')[0]}?{urlencode(query)}"


def repair(html: str) -> str:
    """El HTML de una página, con los arreglos hechos."""
    for old, new in REPLACEMENTS.items():
        html = html.replace(old, new)
    for number in range(1, html.count(TABLE) + 1):
        html = html.replace(TABLE, NAMED_TABLE.format(number=number), 1)
    return html


def repair_scripts(out: Path) -> list[str]:
    """Arregla los guiones ajenos; devuelve los fragmentos que ya no están en ellos."""
    missing = []
    for name, (old, new) in SCRIPT_REPLACEMENTS.items():
        text = (out / name).read_text(encoding="utf-8")
        (out / name).write_text(text.replace(old, new), encoding="utf-8")
        if old not in text and new not in text:
            missing.append(old)
    return missing


def repair_pages(app: Sphinx, exception: Exception | None) -> None:
    """Sustituye los fragmentos fijos, poda lo que sobra y escribe la portada que lleva al libro."""
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for pattern in UNUSED_FILES:
        for unused in (out / "_static").rglob(pattern):
            unused.unlink()
    pending = set(REPLACEMENTS)
    for page in out.rglob("*.html"):
        repaired = repair(page.read_text(encoding="utf-8"))
        pending -= {old for old in pending if REPLACEMENTS[old] in repaired}
        page.write_text(repaired, encoding="utf-8")
    for old in [*pending, *repair_scripts(out)]:
        logger.warning("Ya nada trae «%s»: el tema o Sphinx han cambiado y ese arreglo no se aplica.", old)
    redirect = REDIRECT.format(title=app.config.html_title, target=f"{app.config.root_doc}.html")
    (out / "index.html").write_text(redirect, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Registra los arreglos; los botones, después de que el tema los ponga (prioridad 501)."""
    drop_thebe(app)
    app.connect("html-page-context", repair_buttons, priority=600)
    app.connect("build-finished", repair_pages)
