"""Figuras vivas: en la página quedan la imagen, por si no hay scripts, y la vista que el script dibuja."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from atencion.viz.bundle import compact_state, runtime_script
from docutils import nodes
from myst_nb.core.render import WIDGET_VIEW_MIMETYPE
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.images import get_image_size

RUNTIME = "atencion/runtime.js"  # el nombre que le da `nb_ipywidgets_js` en `_config.yml`
STATE_KEY = "ipywidgets_state"  # con esta clave guarda myst-nb el estado de los widgets de una página

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


# Esconde las imágenes fijas (libro.css) hasta que runtime.js acabe. Si no ha llegado al cargar la página, las enseña.
WAIT = """
document.documentElement.dataset.atencionEspera = "";
addEventListener("load", () => {
  if (!globalThis.atencionWidgets) delete document.documentElement.dataset.atencionEspera;
});
"""


def hide_images_while_waiting(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Añade la espera a las páginas con figuras."""
    if any(str(script.filename).endswith(RUNTIME) for script in context["script_files"]):
        app.add_js_file(None, body=WAIT)


def write_runtime(app: Sphinx) -> None:
    """Escribe el guion de las figuras en cada construcción, aunque Sphinx no encuentre páginas que rehacer."""
    if app.builder.format != "html":
        return
    path = Path(app.outdir) / "_static" / RUNTIME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(runtime_script(), encoding="utf-8")


def compact_widget_state(app: Sphinx, env: Any) -> None:
    """Quita del estado incrustado en cada página el código que ya lleva `runtime.js`."""
    for metadata in getattr(env, "nb_metadata", {}).values():
        scripts = metadata.get("js_files", {})
        if STATE_KEY in scripts:
            path, attributes = scripts[STATE_KEY]
            scripts[STATE_KEY] = (path, attributes | {"body": compact_state(attributes["body"])})


def setup(app: Sphinx) -> None:
    """Registra la transformación, la espera, el guion y la poda del estado."""
    app.add_post_transform(KeepStaticImage)
    app.connect("html-page-context", hide_images_while_waiting)
    app.connect("builder-inited", write_runtime)
    app.connect("env-updated", compact_widget_state)
