"""Los archivos de las páginas fijas: sus guiones y el estado de sus figuras.

Una página solo pide ``runtime.js``, que es pequeño; él trae los demás cuando una figura se acerca a la ventana:

    runtime.js    lee el estado y dibuja
    figures.js    el mapa de calor, con sus vistas
    models.js     los modelos que corren en la página
    core.js       el núcleo compilado a WebAssembly, si algo se calcula
    datos.….js    los bytes de un widget, si son muchos: los parámetros de un modelo

Todos son guiones clásicos, así que funcionan también desde ``file://``. Comparten ``globalThis.atencionPage``:

    versions    {archivo: huella}, para que el navegador no use uno viejo
    widgets     {_anywidget_id: {module, scripts}}, de dónde sale cada figura
    modules     {nombre: lo que exporta}, y css, el estilo
    buffers     {archivo: bytes en base64}
    core        el núcleo, un carácter por octeto: comprimido, ocupa menos que en base64
"""

from __future__ import annotations

import hashlib
import json
from functools import cache

from atencion.viz.bundle import PAGE, STYLE, enclose, in_order, module_script, variable

__all__ = ["compact_state", "detach_buffers", "page_scripts"]

_CORE = "core_script.js"
_FIGURES, _MODELS = ["figures.js"], ["figures.js", "models.js"]
_WIDGETS = {  # el ``_anywidget_id`` de cada figura → su archivo y los guiones donde está
    "atencion.viz.heatmap.HeatMap": ("heatmap.js", _FIGURES),
    "atencion.viz.live_model.LiveModel": ("live_model.js", _MODELS),
    "atencion.viz.live_story.LiveStory": ("live_story.js", _MODELS),
}
_MANY_BYTES = 16_384  # caracteres en base64: por debajo, no compensa otra petición


_ESCAPES = {0: "\\x00", 10: "\\n", 13: "\\r", 34: '\\"', 60: "\\x3c", 92: "\\\\"}  # en una cadena de JavaScript


def _core_script() -> str:
    text = PAGE.joinpath("core.wasm").read_bytes().decode("latin-1").translate(_ESCAPES)
    return f'globalThis.atencionPage.core = "{text}";\n'


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _page_script(files: list[str], loaded: list[str], extra: str = "") -> str:
    """Un guion con ``files``, que encuentra lo de ``loaded``, ya en la página, y deja lo suyo."""
    taken, given = (", ".join(map(variable, names)) for names in (loaded, files))
    parts = [
        '"use strict";',
        "const { modules } = globalThis.atencionPage;",
        f"const {{ {taken} }} = modules;",
        *(enclose(name, _CORE) for name in files),
        f"Object.assign(modules, {{ {given} }});",
        extra,
    ]
    return "(() => {\n" + "\n".join(parts) + "\n})();\n"


@cache
def page_scripts() -> dict[str, str]:
    """Los guiones de las páginas fijas, por el nombre de su archivo."""
    *shared, runtime = in_order("runtime.js")
    figures = [name for name in in_order("heatmap.js", core=_CORE) if name not in shared]
    entries = [file for file, scripts in _WIDGETS.values() if scripts is _MODELS]
    models = [name for name in in_order(*entries, core=_CORE) if name not in shared + figures]
    scripts = {
        "core.js": _core_script(),
        "figures.js": _page_script(figures, shared, f"modules.css = {json.dumps(STYLE, ensure_ascii=False)};"),
        "models.js": _page_script(models, shared + figures),
    }
    widgets = {name: {"module": variable(file), "scripts": needed} for name, (file, needed) in _WIDGETS.items()}
    versions = {name: _fingerprint(script) for name, script in scripts.items()}
    page = {"versions": versions, "widgets": widgets, "modules": {}, "buffers": {}}
    start = f"globalThis.atencionPage = {json.dumps(page)};\n"
    return {"runtime.js": start + _page_script(shared, [], enclose(runtime)), **scripts}


def compact_state(state: str) -> str:
    """Quita del estado que guarda una página fija el código y el estilo que ya llevan sus guiones.

    Argumentos:
        state: el JSON de un ``<script type="application/vnd.jupyter.widget-state+json">``.

    Devuelve: el mismo JSON, con ``<`` escrito ``\\u003c``. Si el código de una figura no es el de esta
    versión del paquete (salidas antiguas), lo conserva, y la página lo usa.
    """
    content = json.loads(state)
    for record in content["state"].values():
        fields = record["state"]
        entry, _ = _WIDGETS.get(fields.get("_anywidget_id"), (None, None))
        if entry is not None and fields.get("_esm") == module_script(entry):
            del fields["_esm"]
            fields.pop("_css", None)
    return _as_json(content)


def detach_buffers(state: str) -> tuple[str, dict[str, str]]:
    """Saca del estado de una página los bytes que son muchos, para que solo viajen si su figura se dibuja.

    Argumentos:
        state: como en ``compact_state``.

    Devuelve: el JSON sin ellos, y los guiones con ellos, por el nombre de su archivo.
    """
    content = json.loads(state)
    scripts = {}
    for record in content["state"].values():
        for buffer in record.get("buffers", []):
            data = buffer["data"]
            if buffer["encoding"] == "base64" and len(data) >= _MANY_BYTES:
                name = f"datos.{_fingerprint(data)}.js"
                scripts[name] = f"globalThis.atencionPage.buffers[{json.dumps(name)}] = {json.dumps(data)};\n"
                buffer.update(encoding="script", data=name)
    return _as_json(content), scripts


def _as_json(content: object) -> str:
    return json.dumps(content).replace("<", "\\u003c")
