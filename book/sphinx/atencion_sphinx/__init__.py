"""La extensión local del libro: español en toda la interfaz, figuras vivas sin red y páginas accesibles.

Cada módulo registra lo suyo con una función `setup(app)`:

- `translations`: catálogos propios que completan y corrigen los del tema.
- `bibliography`: estilo bibliográfico en español.
- `typography`: detalles de composición del texto.
- `live_figures`: deja en la página el PNG de cada figura junto a su vista viva y aligera lo incrustado.
- `local_assets`: copia MathJax y el arranque de las figuras, para no pedir nada a otro servidor.
- `page_repairs`: retira Thebe y arregla en el HTML lo que las plantillas traen fijo (inglés, accesibilidad).
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from . import bibliography, live_figures, local_assets, page_repairs, translations, typography


def setup(app: Sphinx) -> dict[str, Any]:
    """Registra todos los módulos de la extensión."""
    for module in (translations, bibliography, typography, live_figures, local_assets, page_repairs):
        module.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
