"""Une los módulos JavaScript de las figuras en un solo texto, y prepara los archivos de las páginas fijas.

El navegador recibe un solo módulo: en un cuaderno no hay servidor de donde importar los demás, y desde
``file://`` un módulo no puede importar a otro. Cada archivo de ``page/`` queda dentro de una función, así que
sus nombres no chocan con los de otro; lo que exporta pasa a los que lo importan, en orden de dependencia.
"""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from pathlib import Path

__all__ = ["PAGE", "STYLE", "compact_state", "core_module", "module_script", "runtime_script"]

PAGE = Path(__file__).parent / "page"
_WIDGETS = {  # el ``_anywidget_id`` de cada figura → su archivo
    "atencion.viz.heatmap.HeatMap": "heatmap.js",
    "atencion.viz.live_model.LiveModel": "live_model.js",
    "atencion.viz.live_story.LiveStory": "live_story.js",
}
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w.]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function\*?|const|class) (\w+)", re.MULTILINE)
_COMMENT = re.compile(r"^ *(?://[^\n]*|/\*\*.*?\*/)\n", re.MULTILINE | re.DOTALL)
_DEFAULT = re.compile(r"^export default (.*);$", re.MULTILINE)

_STYLES = ("heatmap.css", "views.css", "panels.css", "live_model.css", "media.css")
STYLE = "\n".join(PAGE.joinpath(name).read_text(encoding="utf-8") for name in _STYLES)


def core_module() -> str:
    """``core_wasm.js``: el núcleo compilado, en base64, dentro de un módulo."""
    encoded = base64.b64encode(PAGE.joinpath("core.wasm").read_bytes()).decode("ascii")
    return f'export const CORE_WASM = "{encoded}";\n'


def _source(name: str) -> str:
    """Un archivo sin los comentarios que ocupan líneas enteras: el lector no tiene que descargarlos."""
    if name == "core_wasm.js":
        return core_module()
    return _COMMENT.sub("", PAGE.joinpath(name).read_text(encoding="utf-8"))


def _in_order(*entries: str) -> list[str]:
    """Los archivos que hacen falta, cada uno detrás de los que importa."""
    order: list[str] = []

    def visit(name: str) -> None:
        if name not in order:
            for _, dependency in _IMPORT.findall(_source(name)):
                visit(dependency)
            order.append(name)

    for entry in entries:
        visit(entry)
    return order


def _variable(name: str) -> str:
    return name.replace(".", "_")


def _enclose(name: str) -> str:
    """Un archivo como función que se llama una vez y devuelve lo que exporta."""
    source = _source(name)
    exported = [found for _, found in _EXPORT.findall(source)]
    body = _IMPORT.sub(lambda found: f"const {{{found[1].replace(' as ', ': ')}}} = {_variable(found[2])};\n", source)
    body = _EXPORT.sub(r"\1 \2", body)
    body = _DEFAULT.sub(r"const widget = \1;", body)
    if _DEFAULT.search(source):
        exported.append("widget")
    return f"const {_variable(name)} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();"


def _enclosed(*entries: str) -> str:
    return "\n".join(_enclose(name) for name in _in_order(*entries))


@cache
def module_script(entry: str = "heatmap.js") -> str:
    """El módulo ESM de una figura: su archivo y los que usa, sin ``import``."""
    return f"{_enclosed(entry)}\nexport default {_variable(entry)}.widget;\n"


@cache
def runtime_script() -> str:
    """El guion de las páginas fijas: las figuras y ``runtime.js`` en un solo archivo, sin red y sin núcleo.

    Es un guion clásico (``<script defer src=…>``), así que funciona también desde ``file://``.
    """
    entries = ", ".join(
        f"{json.dumps(name)}: {{ ...{_variable(file)}.widget, css }}" for name, file in _WIDGETS.items()
    )
    *modules, runtime = _in_order(*_WIDGETS.values(), "runtime.js")
    parts = [
        '"use strict";',
        f"const css = {json.dumps(STYLE)};",
        *map(_enclose, modules),
        f"globalThis.atencionWidgets = {{ {entries} }};",
        _enclose(runtime),
    ]
    body = "\n".join(parts)
    return f"(() => {{\n{body}\n}})();\n"


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
        entry = _WIDGETS.get(fields.get("_anywidget_id"))
        if entry is not None and fields.get("_esm") == module_script(entry):
            del fields["_esm"]
            fields.pop("_css", None)
    return json.dumps(content).replace("<", "\\u003c")
