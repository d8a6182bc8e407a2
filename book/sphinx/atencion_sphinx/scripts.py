"""Los scripts de cada página: los que usa y sin detener su dibujo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

TEMPLATES = Path(__file__).parent / "templates"
THEME_SCRIPTS = ("scripts/bootstrap.js", "scripts/pydata-sphinx-theme.js")

# Pestañas de sphinx-design, que el libro no tiene, y el nombre de la página, que solo usa el selector de versiones.
UNUSED = ("design-tabs.js", "DOCUMENTATION_OPTIONS.pagename")


def is_unused(script: Any) -> bool:
    return any(name in f"{script.filename} {script.attributes.get('body')}" for name in UNUSED)


def deferred(script: Any) -> Any:
    """El mismo script, aplazado si está en un archivo; el original lo comparten todas las páginas."""
    if not script.filename:
        return script
    attributes = script.attributes | {"defer": "defer"}
    return type(script)(script.filename, priority=script.priority, **attributes)


def lighten_scripts(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Quita los scripts que nada usa y aplaza los demás hasta que la página esté leída.

    La de búsqueda no los aplaza: su plantilla escribe a continuación otros que los necesitan ya cargados.
    """
    used = [script for script in context["script_files"] if not is_unused(script)]
    context["script_files"] = used if pagename == "search" else [deferred(script) for script in used]


def setup(app: Sphinx) -> None:
    """Registra los scripts del tema, que sus plantillas cargarían por su cuenta."""
    app.config.templates_path.append(str(TEMPLATES))
    for script in THEME_SCRIPTS:
        app.add_js_file(script, priority=800, defer="defer")
    app.connect("html-page-context", lighten_scripts, priority=900)
