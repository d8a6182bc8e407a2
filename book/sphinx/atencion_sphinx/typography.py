"""Detalles de composición que Sphinx no cuida."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

CLOSING = re.compile(r"[,.;:!?)»…]+")


class GlueFormulaToPunctuation(SphinxPostTransform):
    """Mete en la misma caja cada fórmula y los signos que la siguen, para que no empiecen una línea.

    El navegador puede partir la línea tras una fórmula: para él es un bloque y no parte de la palabra.
    """

    default_priority = 400
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        for formula in list(self.document.findall(nodes.math)):
            siblings = formula.parent.children
            # Por identidad: el párrafo puede tener antes otro texto igual, y docutils tomaría ese.
            place = next(i for i, node in enumerate(siblings) if node is formula)
            following = siblings[place + 1] if place + 1 < len(siblings) else None
            signs = CLOSING.match(following) if isinstance(following, nodes.Text) else None
            if signs is None:
                continue
            box = nodes.inline("", "", formula.deepcopy(), nodes.Text(signs.group()), classes=["junto"])
            formula.parent[place : place + 2] = [box, nodes.Text(following[signs.end() :])]


def setup(app: Sphinx) -> None:
    """Registra la transformación."""
    app.add_post_transform(GlueFormulaToPunctuation)
