"""Mantiene igual, en todos los capítulos, la celda que instala el paquete fuera del libro.

La dirección del repositorio vive solo en `_config.yml` (`repository.url`); de ella sale el texto de la celda.

    python tools/setup_cell.py            comprueba todos los capítulos; termina con error si alguno difiere
    python tools/setup_cell.py --write    escribe la celda donde falte o difiera
    python tools/setup_cell.py --print    muestra el texto de la celda
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parent.parent
CELL_ID = "preparacion"
CELL_METADATA = {"cellView": "form", "tags": ["remove-cell"]}

TEMPLATE = """\
# @title Preparación: ejecuta primero esta celda
import importlib.util

if importlib.util.find_spec("atencion") is None:
    import os
    import subprocess
    import sys

    url = "{url}"
    repo = os.environ.get("ATENCION_REPO", f"git+{{url}}")
    print("Instalo el paquete «atencion»: tarda cerca de un minuto…", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", repo]
    result = subprocess.run(pip, capture_output=True, text=True)
    if result.returncode:
        error = f"No se pudo instalar «atencion» desde {{repo}}. Esto dijo pip:\\n"
        raise RuntimeError(error + result.stderr[-2000:])
    importlib.invalidate_caches()"""


def repository_url(config: Path = ROOT / "_config.yml") -> str:
    """Devuelve la dirección del repositorio que declara `_config.yml`."""
    return yaml.safe_load(config.read_text(encoding="utf-8"))["repository"]["url"].rstrip("/")


def setup_cell_source() -> str:
    """Devuelve el texto que debe tener la primera celda de código de cada capítulo."""
    return TEMPLATE.format(url=repository_url())


def difference(notebook: nbformat.NotebookNode) -> str | None:
    """Dice en qué se aparta un cuaderno de la celda de preparación; `None` si nada."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if not code or code[0].get("id") != CELL_ID:
        return f"la primera celda de código no es la de preparación (id «{CELL_ID}»)"
    if code[0].source != setup_cell_source():
        return "el texto de la celda de preparación no es el de tools/setup_cell.py"
    if code[0].metadata != CELL_METADATA:
        return f"los metadatos de la celda de preparación no son {CELL_METADATA}"
    return None


def write_cell(notebook: nbformat.NotebookNode) -> None:
    """Pone la celda de preparación en su sitio: tras el título, antes de la primera celda de código."""
    notebook.cells = [cell for cell in notebook.cells if cell.get("id") != CELL_ID]
    starts_with_title = bool(notebook.cells) and notebook.cells[0].cell_type == "markdown"
    cell = nbformat.v4.new_code_cell(setup_cell_source(), id=CELL_ID, metadata=CELL_METADATA)
    notebook.cells.insert(1 if starts_with_title else 0, cell)


def main(arguments: list[str] | None = None) -> int:
    """Punto de entrada: devuelve 0 si todos los cuadernos están bien."""
    keep_layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=keep_layout)
    parser.add_argument("notebooks", nargs="*", type=Path, help="cuadernos (por omisión, book/*.ipynb)")
    parser.add_argument("--write", action="store_true", help="escribe la celda donde difiera")
    parser.add_argument("--print", action="store_true", dest="show", help="muestra el texto de la celda")
    options = parser.parse_args(arguments)
    if options.show:
        print(setup_cell_source())
        return 0
    failures = 0
    for path in options.notebooks or sorted((ROOT / "book").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        problem = difference(notebook)
        if problem and options.write:
            write_cell(notebook)
            nbformat.write(notebook, path)
            print(f"{path}: celda escrita")
        elif problem:
            failures += 1
            print(f"{path}: {problem}; arréglalo con «python tools/setup_cell.py --write»", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
