"""Corre en node los módulos de la página, con los datos que le da Python."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from atencion.viz.bundle import PAGE, core_module
from missing_tools import skip_or_fail

_BEFORE = """
import { readFileSync, writeFileSync } from "node:fs";
const payload = JSON.parse(readFileSync("payload.json"));
"""
_AFTER = 'writeFileSync("answer.json", JSON.stringify(answer));'


def find_node() -> str:
    """El programa ``node``; sin él se salta la prueba, salvo en integración continua."""
    program = shutil.which("node")
    if program is None:
        reason = "Falta «node»: sin él no se prueban los módulos de la figura. En Debian: sudo apt install nodejs"
        skip_or_fail(reason)
    return program


def copy_modules(folder: Path) -> None:
    """Deja en ``folder`` los módulos de la página, como los importa node."""
    for source in PAGE.glob("*.js"):
        shutil.copy(source, folder)
    (folder / "core_wasm.js").write_text(core_module(), encoding="utf-8")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")


def run_page(folder: Path, script: str, payload: object) -> Any:
    """Copia los módulos a ``folder``, corre ``script`` y devuelve lo que deja en ``answer``.

    El script es un módulo que ve ``payload``; importa los de la página con ``import { … } from "./archivo.js"``.
    """
    node = find_node()
    copy_modules(folder)
    (folder / "payload.json").write_text(json.dumps(payload), encoding="utf-8")
    (folder / "main.js").write_text(f"{_BEFORE}\n{script}\n{_AFTER}\n", encoding="utf-8")
    result = subprocess.run([node, "main.js"], cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads((folder / "answer.json").read_text(encoding="utf-8"))
