"""Los cuadernos tal como están en el repositorio: sin salidas, con identificadores estables y en el índice."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
WIDEST_LINE = 88  # lo que cabe en la columna de la página sin desplazarla, con libro.css
FORBIDDEN_TAGS = {"raises-exception", "skip-execution", "remove-stderr", "remove-stdout"}

chapters = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@chapters
def test_stripping_changes_nothing(path: Path) -> None:
    command = [sys.executable, "-m", "nbstripout", "--keep-id", "--verify"]
    extra = ["--extra-keys", "metadata.language_info.version metadata.widgets"]
    result = subprocess.run([*command, *extra, path], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@chapters
def test_cell_ids_are_unique_and_readable_back(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    ids = [cell["id"] for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert notebook.metadata.kernelspec.name == "python3"


@chapters
def test_no_cell_hides_an_error_or_installs_anything(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        assert not FORBIDDEN_TAGS & set(cell.metadata.get("tags", [])), cell["id"]
        if cell.cell_type == "code" and cell["id"] != "preparacion":
            assert not re.search(
                r"^\s*(?:!|%pip|%conda|%%)|\bpip\b|urlopen|requests\.|\bcurl\b|\bwget\b", cell.source, re.M
            ), cell["id"]


@chapters
def test_code_cells_fit_on_a_screen(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert {cell["id"]: len(cell.source.splitlines()) for cell in cells if len(cell.source.splitlines()) > 20} == {}


@chapters
def test_code_lines_fit_in_the_column(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [(cell["id"], line) for cell in cells for line in cell.source.splitlines() if len(line) > WIDEST_LINE] == []


@chapters
def test_plots_take_the_style_of_the_book(path: Path) -> None:
    sources = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    for source in sources:
        if "import matplotlib.pyplot as plt" in source:
            assert 'plt.style.use("atencion.viz.libro")' in source


def test_execution_stops_at_the_first_error() -> None:
    execute = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["execute"]
    assert execute["allow_errors"] is False
    assert execute["raise_on_error"] is True


def test_table_of_contents_and_map_list_exactly_the_existing_chapters() -> None:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    listed = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    existing = {path.relative_to(ROOT).with_suffix("").as_posix() for path in NOTEBOOKS}
    assert {name for name in listed if re.match(r"book/\d\d_", name)} == existing
    linked = re.findall(r"\]\((\d\d_\w+)\.ipynb\)", (ROOT / "book" / "index.md").read_text(encoding="utf-8"))
    assert {f"book/{name}" for name in linked} == existing
