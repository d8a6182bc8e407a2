"""Figuras vivas: en la página quedan la imagen, por si no hay scripts, y la vista que el script dibuja."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from atencion.viz.page_scripts import compact_state, detach_buffers, page_scripts
from docutils import nodes
from myst_nb.core.render import WIDGET_VIEW_MIMETYPE
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.images import get_image_size

FOLDER = "atencion"  # en `_static`; `nb_ipywidgets_js`, en `_config.yml`, nombra el guion que pide cada página
STATE_TYPE = "application/vnd.jupyter.widget-state+json"

FIGURE = '<div class="atencion-figura" style="--ancho: {width}; --alto: {height}">'  # las medidas de la imagen fija


def child_of_type(bundle: nodes.Element, mime_type: str) -> nodes.Element | None:
    """Devuelve la salida del tipo pedido dentro de un paquete de tipos MIME, o `None`."""
    return next((child for child in bundle.children if child["mime_type"] == mime_type), None)


class KeepStaticImage(SphinxPostTransform):
    """Deja, antes de que myst-nb elija un solo tipo, la imagen de cada widget tras su vista.

    Se pide solo si llega a verse: con scripts la tapa `WAIT` y `runtime.js` la retira al dibujar la figura viva.
    """

    default_priority = 3  # SelectMimeType, de myst-nb, tiene 4
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        for bundle in list(self.document.findall(nodes.container)):
            if bundle.get("nb_element") != "mime_bundle":
                continue
            view = child_of_type(bundle, WIDGET_VIEW_MIMETYPE)
            image = child_of_type(bundle, "image/png")
            text = child_of_type(bundle, "text/plain")
            if view is None or image is None:
                continue
            static = image.children[0].deepcopy()
            static["classes"] = ["atencion-fija"]
            static["loading"] = "lazy"
            static["alt"] = text.astext() if text is not None else "Mapa de calor"
            width, height = get_image_size(Path(self.app.srcdir, static["uri"])) or (0, 0)
            opening = nodes.raw("", FIGURE.format(width=width, height=height), format="html")
            parts = [opening, *view.children, static, nodes.raw("", "</div>", format="html")]
            view.clear()
            view += parts


# Esconde las imágenes fijas (libro.css): las figuras vivas las sustituyen. Si el guion no llega, las enseña.
WAIT = """
document.documentElement.dataset.atencionEspera = "";
addEventListener("load", () => {
  if (!globalThis.atencionPage) delete document.documentElement.dataset.atencionEspera;
});
"""


def write_scripts(app: Sphinx, scripts: dict[str, str]) -> None:
    """Escribe unos guiones en la carpeta de donde los pide `runtime.js`."""
    folder = Path(app.outdir) / "_static" / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in scripts.items():
        (folder / name).write_text(text, encoding="utf-8")


def write_page_scripts(app: Sphinx) -> None:
    """Escribe los guiones de las figuras en cada construcción, aunque Sphinx no encuentre páginas que rehacer."""
    if app.builder.format == "html":
        write_scripts(app, page_scripts())


def lighten_state(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """En las páginas con figuras, aligera el estado y añade la espera.

    Quita del estado el código que ya llevan los guiones, y saca a otro los bytes que solo hacen falta al dibujar.
    """
    for script in context["script_files"]:
        if script.attributes.get("type") == STATE_TYPE:
            text, apart = detach_buffers(compact_state(script.attributes["body"]))
            script.attributes["body"] = text
            write_scripts(app, apart)
            app.add_js_file(None, body=WAIT)


def setup(app: Sphinx) -> None:
    """Registra la transformación, los guiones, la espera y la poda del estado."""
    app.add_post_transform(KeepStaticImage)
    app.connect("builder-inited", write_page_scripts)
    app.connect("html-page-context", lighten_state, priority=600)  # myst-nb añade el estado con 500
