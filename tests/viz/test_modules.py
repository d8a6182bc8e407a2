"""Los módulos JavaScript sin DOM, probados con node."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from atencion.viz import bundle

HERE = Path(__file__).parent


@pytest.fixture
def node() -> str:
    """El programa ``node``; sin él se salta la prueba, salvo en integración continua."""
    program = shutil.which("node")
    if program is None:
        reason = "Falta «node»: sin él no se prueban los módulos de la figura. En Debian: sudo apt install nodejs"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    return program


def run(node: str, folder: Path, *arguments: str) -> None:
    result = subprocess.run([node, *arguments], cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("file", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_modules(node: str, tmp_path: Path, file: str):
    for source in [*bundle.PAGE.glob("*.js"), *HERE.glob("*.mjs"), *HERE.glob("*.json")]:
        shutil.copy(source, tmp_path)
    (tmp_path / "core_wasm.js").write_text(bundle.core_module(), encoding="utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    run(node, tmp_path, "--test", file)


def test_joined_module_and_static_script_are_valid(node: str, tmp_path: Path):
    (tmp_path / "module.mjs").write_text(bundle.module_script(), encoding="utf-8")
    (tmp_path / "runtime.cjs").write_text(bundle.runtime_script(), encoding="utf-8")
    run(node, tmp_path, "--check", "module.mjs")
    run(node, tmp_path, "--check", "runtime.cjs")
