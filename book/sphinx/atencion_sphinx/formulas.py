"""Fórmulas escritas en MathML al construir: el navegador las dibuja sin scripts y un lector de pantalla las lee."""

from __future__ import annotations

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

NAME = "mathml"

logger = logging.getLogger(__name__)
converter = LatexToMathML(fancy_error=False)


def to_mathml(node: nodes.Element, display: bool) -> str:
    """Convierte una fórmula de LaTeX; si no puede, avisa con su lugar y su texto."""
    try:
        return converter.convert_with_local_state(node.astext(), displaystyle=display)
    except LatexError as error:
        logger.warning("Fórmula que no se puede convertir: «%s»: %s", node.astext(), error, location=node)
        return ""


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(to_mathml(node, display=False))
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    self.body.append(f"{to_mathml(node, display=True)}</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Registra el conversor con el nombre que usa `html_math_renderer`."""
    app.add_html_math_renderer(NAME, (visit_inline, None), (visit_block, None))
