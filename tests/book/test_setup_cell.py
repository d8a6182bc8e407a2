"""La celda de preparación: igual en todos los capítulos, con una sola dirección y errores claros."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
ADDRESS = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]


def load_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("setup_cell", ROOT / "tools" / "setup_cell.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


setup_cell = load_tool()


def notebook_with(*cells: nbformat.NotebookNode) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Título"), *cells])


def run_cell(monkeypatch: pytest.MonkeyPatch, *, installed: bool, returncode: int = 0, stderr: str = "") -> list[Any]:
    """Ejecuta la celda como si el paquete estuviera o no, con un pip de mentira; devuelve sus llamadas."""
    calls: list[Any] = []

    def fake_run(command: list[str], **options: Any) -> SimpleNamespace:
        calls.append(command)
        return SimpleNamespace(returncode=returncode, stderr=stderr)

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: SimpleNamespace() if installed else None)
    monkeypatch.setattr(subprocess, "run", fake_run)
    exec(compile(setup_cell.setup_cell_source(), "celda", "exec"), {})
    return calls


@pytest.mark.parametrize("path", sorted((ROOT / "book").glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_chapter_has_the_cell(path: Path) -> None:
    assert setup_cell.difference(nbformat.read(path, as_version=4)) is None


def test_address_is_the_configured_one_and_stands_nowhere_else() -> None:
    assert f'url = "{ADDRESS}"' in setup_cell.setup_cell_source()
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["repository-code"] == ADDRESS
    tracked = [
        *ROOT.glob("[!.]*.*"),  # sin los ocultos: .coverage no es texto
        *(ROOT / "ext").rglob("*.py"),
        *(ROOT / "tools").rglob("*.py"),
        *(ROOT / "book").rglob("*.md"),
    ]
    holders = {path.name for path in tracked if path.is_file() and ADDRESS in path.read_text(encoding="utf-8")}
    assert holders == {"_config.yml", "CITATION.cff"}


def test_does_nothing_when_the_package_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_cell(monkeypatch, installed=True) == []
    assert capsys.readouterr().out == ""


def test_installs_from_the_repository(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("ATENCION_REPO", raising=False)
    (command,) = run_cell(monkeypatch, installed=False)
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert command[-1] == f"git+{ADDRESS}"
    assert capsys.readouterr().out.startswith("Instalo el paquete «atencion»")


def test_address_can_be_overridden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATENCION_REPO", "git+file:///un/clon")
    (command,) = run_cell(monkeypatch, installed=False)
    assert command[-1] == "git+file:///un/clon"


def test_failure_of_pip_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATENCION_REPO", "git+file:///no/existe")
    with pytest.raises(RuntimeError, match="No se pudo instalar «atencion» desde git\\+file:///no/existe") as caught:
        run_cell(monkeypatch, installed=False, returncode=1, stderr="fatal: repository not found")
    assert "Esto dijo pip:\nfatal: repository not found" in str(caught.value)


def test_checker_rejects_a_missing_a_late_and_a_changed_cell() -> None:
    cell = nbformat.v4.new_code_cell
    good = {"id": "preparacion", "metadata": {"cellView": "form", "tags": ["remove-cell"]}}
    text = setup_cell.setup_cell_source()
    assert setup_cell.difference(notebook_with(cell(text, **good))) is None
    assert "no es la de preparación" in setup_cell.difference(notebook_with())
    assert "no es la de preparación" in setup_cell.difference(notebook_with(cell("1 + 1"), cell(text, **good)))
    assert "el texto" in setup_cell.difference(notebook_with(cell(text + "\n1", **good)))
    assert "los metadatos" in setup_cell.difference(notebook_with(cell(text, id="preparacion")))


def test_writer_puts_the_cell_once_after_the_title(tmp_path: Path) -> None:
    path = tmp_path / "capitulo.ipynb"
    nbformat.write(notebook_with(nbformat.v4.new_code_cell("1 + 1")), path)
    assert setup_cell.main([str(path)]) == 1
    assert setup_cell.main(["--write", str(path)]) == 0
    assert setup_cell.main(["--write", str(path)]) == 0
    cells = nbformat.read(path, as_version=4).cells
    assert [cell.cell_type for cell in cells] == ["markdown", "code", "code"]
    assert [cell["id"] for cell in cells].count("preparacion") == 1
    assert setup_cell.main([str(path)]) == 0
