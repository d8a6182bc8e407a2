"""Une los módulos JavaScript de las figuras en un solo texto.

En un cuaderno, el navegador recibe un solo módulo: no hay servidor de donde importar los demás. Cada archivo de
``page/`` queda dentro de una función, así que sus nombres no chocan con los de otro; lo que exporta pasa a los que lo
importan, en orden de dependencia. Las páginas fijas reparten los mismos archivos en varios guiones (page_scripts.py).
"""

from __future__ import annotations

import base64
import re
from functools import cache
from pathlib import Path

__all__ = ["PAGE", "STYLE", "core_module", "enclose", "in_order", "module_script", "variable"]

PAGE = Path(__file__).parent / "page"
_CORE = "core_wasm.js"  # no está en la carpeta: en un cuaderno es core_module(); en una página, otro archivo
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w.]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function\*?|const|class) (\w+)", re.MULTILINE)
_COMMENT = re.compile(r"^ *(?://[^\n]*|/\*\*.*?\*/)\n", re.MULTILINE | re.DOTALL)
_DEFAULT = re.compile(r"^export default (.*);$", re.MULTILINE)

_STYLES = ("heatmap.css", "views.css", "panels.css", "live_model.css", "media.css")
STYLE = "\n".join(PAGE.joinpath(name).read_text(encoding="utf-8") for name in _STYLES)


def core_module() -> str:
    """``core_wasm.js`` en un cuaderno: el núcleo compilado, en base64, que JSON no agranda."""
    encoded = base64.b64encode(PAGE.joinpath("core.wasm").read_bytes()).decode("ascii")
    return f'export async function readCore() {{\n  return atob("{encoded}");\n}}\n'


def _source(name: str) -> str:
    """Un archivo sin los comentarios que ocupan líneas enteras: el lector no tiene que descargarlos."""
    if name == _CORE:
        return core_module()
    return _COMMENT.sub("", PAGE.joinpath(name).read_text(encoding="utf-8"))


def in_order(*entries: str, core: str = _CORE) -> list[str]:
    """Los archivos que hacen falta, cada uno detrás de los que importa. ``core`` es el que hace de ``core_wasm.js``."""
    order: list[str] = []

    def visit(name: str) -> None:
        name = core if name == _CORE else name
        if name not in order:
            for _, dependency in _IMPORT.findall(_source(name)):
                visit(dependency)
            order.append(name)

    for entry in entries:
        visit(entry)
    return order


def variable(name: str) -> str:
    """La constante con lo que exporta un archivo."""
    return name.replace(".", "_")


def enclose(name: str, core: str = _CORE) -> str:
    """Un archivo como función que se llama una vez y devuelve lo que exporta."""
    source = _source(name)
    exported = [found for _, found in _EXPORT.findall(source)]

    def take(found: re.Match[str]) -> str:
        origin = core if found[2] == _CORE else found[2]
        return f"const {{{found[1].replace(' as ', ': ')}}} = {variable(origin)};\n"

    body = _EXPORT.sub(r"\1 \2", _IMPORT.sub(take, source))
    body = _DEFAULT.sub(r"const widget = \1;", body)
    if _DEFAULT.search(source):
        exported.append("widget")
    return f"const {variable(name)} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();"


@cache
def module_script(entry: str = "heatmap.js") -> str:
    """El módulo ESM de una figura: su archivo y los que usa, sin ``import``."""
    enclosed = "\n".join(map(enclose, in_order(entry)))
    return f"{enclosed}\nexport default {variable(entry)}.widget;\n"
