"""Figuras vivas: en la página quedan la imagen, por si no hay scripts, y la vista que el script dibuja."""

from __future__ import annotations

from typing import Any

from atencion.viz.bundle import compact_state
from docutils import nodes
from myst_nb.core.render import WIDGET_VIEW_MIMETYPE
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

STATE_KEY = "ipywidgets_state"  # con esta clave guarda myst-nb el estado de los widgets de una página


def child_of_type(bundle: nodes.Element, mime_type: str) -> nodes.Element | None:
    """Devuelve la salida del tipo pedido dentro de un paquete de tipos MIME, o `None`."""
    return next((child for child in bundle.children if child["mime_type"] == mime_type), None)


class KeepStaticImage(SphinxPostTransform):
    """Deja, antes de que myst-nb elija un solo tipo, la imagen de cada widget tras su vista.

    `runtime.js` retira la imagen cuando la figura viva ya está dibujada; sin scripts, la imagen se queda.
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
            static["alt"] = text.astext() if text is not None else "Mapa de calor"
            figure = nodes.container(classes=["atencion-figura"])
            figure += [*view.children, static]
            view.clear()
            view += figure


def compact_widget_state(app: Sphinx, env: Any) -> None:
    """Quita del estado incrustado en cada página el código que ya lleva `runtime.js`."""
    for metadata in getattr(env, "nb_metadata", {}).values():
        scripts = metadata.get("js_files", {})
        if STATE_KEY in scripts:
            path, attributes = scripts[STATE_KEY]
            scripts[STATE_KEY] = (path, attributes | {"body": compact_state(attributes["body"])})


def setup(app: Sphinx) -> None:
    """Registra la transformación y la poda del estado."""
    app.add_post_transform(KeepStaticImage)
    app.connect("env-updated", compact_widget_state)
