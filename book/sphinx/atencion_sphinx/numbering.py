"""Cada capítulo lleva en el índice el número de su archivo: «04_redes_de_memoria» es el 4, aunque falte el 3.

Sphinx numera los capítulos por su orden en el índice. Mientras el libro crece hay huecos, y ese orden contradiría al
nombre del archivo y al de los ejercicios («04.2»). Los números se cambian después de que Sphinx los calcule.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

__all__ = ["setup"]

_CHAPTER = re.compile(r"(?:.*/)?(\d\d)_[^/]*")


def chapter_number(docname: str) -> int | None:
    """El número del archivo de un capítulo; ``None`` si la página no es un capítulo.

    Ejemplo:
        >>> chapter_number("book/04_redes_de_memoria"), chapter_number("book/glosario")
        (4, None)
    """
    found = _CHAPTER.fullmatch(docname)
    return int(found[1]) if found else None


def renumber(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Cambia la primera cifra de los números de sección de cada capítulo por la de su archivo."""
    for docname in env.tocs:
        number = chapter_number(docname)
        if number is None:
            continue
        numbers = env.toc_secnumbers.get(docname, {})
        for anchor, old in numbers.items():
            numbers[anchor] = old and (number, *old[1:])
        numbered = [env.titles[docname], *env.tocs[docname].findall(nodes.reference)]
        for node in numbered:
            if node.get("secnumber"):
                node["secnumber"] = (number, *node["secnumber"][1:])
    return []  # no hay que leer de nuevo ninguna página


def setup(app: Sphinx) -> dict[str, Any]:
    """Registra el cambio detrás de quienes numeran (500 es su prioridad)."""
    app.connect("env-get-updated", renumber, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
