"""Los módulos JavaScript sin DOM, probados con node."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from atencion.viz import bundle
from atencion.viz.page_scripts import page_scripts
from live_cases import live_cases
from page_runner import copy_modules, find_node

HERE = Path(__file__).parent


@pytest.fixture
def node() -> str:
    return find_node()


def run(node: str, folder: Path, *arguments: str) -> None:
    result = subprocess.run([node, *arguments], cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Los módulos, sus pruebas y los mapas que da Python, juntos en una carpeta."""
    folder = tmp_path_factory.mktemp("modules")
    copy_modules(folder)
    for source in [*bundle.PAGE.glob("*.css"), *HERE.glob("*.mjs"), *HERE.glob("*.json")]:
        shutil.copy(source, folder)
    (folder / "live_cases.json").write_text(json.dumps(live_cases()), encoding="utf-8")
    return folder


@pytest.mark.parametrize("file", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_modules(node: str, folder: Path, file: str):
    run(node, folder, "--test", file)


def test_joined_module_and_page_scripts_are_valid(node: str, tmp_path: Path):
    (tmp_path / "module.mjs").write_text(bundle.module_script(), encoding="utf-8")
    run(node, tmp_path, "--check", "module.mjs")
    for name, text in page_scripts().items():
        (tmp_path / f"{name}.cjs").write_text(text, encoding="utf-8")
        run(node, tmp_path, "--check", f"{name}.cjs")
