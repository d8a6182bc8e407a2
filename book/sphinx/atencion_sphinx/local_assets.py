"""Lo que las páginas necesitan de otros paquetes, escrito en `_static` para no pedirlo a ningún servidor."""

from __future__ import annotations

import shutil
from importlib.metadata import distribution
from pathlib import Path

from atencion.viz.bundle import runtime_script
from sphinx.application import Sphinx

# De los 25 MB de MathJax bastan el componente de TeX a HTML, sus fuentes y los paquetes que carga a demanda.
MATHJAX_PARTS = ("tex-chtml.js", "output/chtml/fonts/woff-v2", "input/tex/extensions")


def mathjax_folder() -> Path:
    """Devuelve la carpeta de MathJax dentro del paquete instalado `sphinx-mathjax-offline`."""
    name = "sphinx-mathjax-offline"
    return Path(str(distribution(name).locate_file(f"{name}/static/mathjax")))


def write_assets(app: Sphinx) -> None:
    """Copia MathJax y escribe el arranque de las figuras en la carpeta `_static` del libro."""
    if app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    for part in MATHJAX_PARTS:
        source, target = mathjax_folder() / part, static / "mathjax" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target)
    runtime = static / "atencion" / "runtime.js"
    runtime.parent.mkdir(parents=True, exist_ok=True)
    runtime.write_text(runtime_script(), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Escribe en cada construcción, también cuando Sphinx no encuentra páginas que rehacer."""
    app.connect("builder-inited", write_assets)
