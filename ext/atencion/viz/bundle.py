"""Une los módulos JavaScript de la figura en un solo texto, y prepara los archivos de las páginas fijas.

El navegador recibe un solo módulo: en un cuaderno no hay servidor de donde importar los demás, y desde
``file://`` un módulo no puede importar a otro.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

__all__ = ["STYLE", "compact_state", "module_script", "runtime_script"]

_HERE = Path(__file__).parent
_MODULES = (
    "stack.js",
    "reading.js",
    "theme.js",
    "plan.js",
    "dom.js",
    "paint.js",
    "controls.js",
    "table.js",
    "pointer.js",
    "heatmap.js",
)
_WIDGET = "atencion.viz.heatmap.HeatMap"  # el ``_anywidget_id`` de la figura

STYLE = _HERE.joinpath("heatmap.css").read_text(encoding="utf-8")


def module_script() -> str:
    """El módulo ESM de la figura: los archivos en orden de dependencia, sin ``import`` ni ``export``."""
    source = "\n".join(_HERE.joinpath(name).read_text(encoding="utf-8") for name in _MODULES)
    source = re.sub(r"^import\s[^;]*;\n", "", source, flags=re.MULTILINE)
    return re.sub(r"^export (?!default )", "", source, flags=re.MULTILINE)


def runtime_script() -> str:
    """El guion de las páginas fijas: la figura y ``runtime.js`` en un solo archivo, sin red y sin núcleo.

    Es un guion clásico (``<script defer src=…>``), así que funciona también desde ``file://``.
    """
    widget = re.sub(r"^export default ", "return ", module_script(), flags=re.MULTILINE)
    entry = f"{{ ...(() => {{\n{widget}\n}})(), css: {json.dumps(STYLE)} }}"
    registry = f"globalThis.atencionWidgets = {{ {json.dumps(_WIDGET)}: {entry} }};"
    return f"{registry}\n{_HERE.joinpath('runtime.js').read_text(encoding='utf-8')}"


def compact_state(state: str) -> str:
    """Quita del estado que guarda una página fija el código y el estilo que ya lleva ``runtime_script()``.

    Argumentos:
        state: el JSON de un ``<script type="application/vnd.jupyter.widget-state+json">``.

    Devuelve: el mismo JSON, con ``<`` escrito ``\\u003c``. Si el código de una figura no es el de esta
    versión del paquete (salidas antiguas), lo conserva, y la página lo usa.
    """
    content = json.loads(state)
    for record in content["state"].values():
        fields = record["state"]
        if fields.get("_anywidget_id") == _WIDGET and fields.get("_esm") == module_script():
            del fields["_esm"]
            fields.pop("_css", None)
    return json.dumps(content).replace("<", "\\u003c")
