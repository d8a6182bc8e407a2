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
            following = formula.next_node(descend=False, siblings=True)
            if not isinstance(following, nodes.Text):
                continue
            signs = CLOSING.match(following)
            if signs is None:
                continue
            rest = nodes.Text(following[signs.end() :])
            following.parent.replace(following, rest)
            box = nodes.inline("", "", formula.deepcopy(), nodes.Text(signs.group()), classes=["junto"])
            formula.replace_self(box)


def setup(app: Sphinx) -> None:
    """Registra la transformación."""
    app.add_post_transform(GlueFormulaToPunctuation)
