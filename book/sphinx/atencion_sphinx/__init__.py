"""La extensión local del libro: español en toda la interfaz, figuras vivas sin red y páginas ligeras y accesibles.

Cada módulo registra lo suyo con una función `setup(app)`:

- `translations`: catálogos propios que completan y corrigen los del tema.
- `bibliography`: estilo bibliográfico en español.
- `numbering`: cada capítulo, con el número de su archivo.
- `typography`: detalles de composición del texto.
- `formulas`: convierte las fórmulas a MathML.
- `live_figures`: deja en la página el PNG de cada figura junto a su vista viva y escribe el guion que la dibuja.
- `descriptions`: la descripción de cada página para los buscadores.
- `scripts`: solo los scripts que se usan y sin detener el dibujo de la página.
- `page_repairs`: retira Thebe y arregla en el HTML lo que las plantillas traen fijo (inglés, accesibilidad).
- `stylesheets`: una sola hoja de estilo, con las reglas que se usan.
- `fonts`: iconos y fórmulas, con los signos que se usan.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from . import (
    bibliography,
    descriptions,
    fonts,
    formulas,
    live_figures,
    numbering,
    page_repairs,
    scripts,
    stylesheets,
    translations,
    typography,
)

MODULES = (
    translations,
    bibliography,
    numbering,
    typography,
    formulas,
    live_figures,
    descriptions,
    scripts,
    page_repairs,
    stylesheets,
    fonts,
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Registra todos los módulos de la extensión."""
    for module in MODULES:
        module.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
