"""El núcleo de la página en sus dos compilaciones."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from missing_tools import skip_or_fail

if TYPE_CHECKING:
    from page_core import NativeCore, WasmCore

ROOT = Path(__file__).resolve().parent.parent.parent


def require(package: str) -> None:
    if importlib.util.find_spec(package) is None:
        skip_or_fail(f"Falta «{package}»: instálalo con pip install -r tools/requirements_wasm.txt")


@pytest.fixture(scope="session")
def build_wasm() -> ModuleType:
    """``tools/build_wasm.py``, y el compilador que necesita."""
    require("ziglang")
    return load_tool()


def load_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_wasm", ROOT / "tools" / "build_wasm.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def wasm_core() -> WasmCore:
    """El módulo que viaja con las figuras."""
    require("wasmtime")
    from page_core import WasmCore

    return WasmCore(ROOT / load_tool().MODULE)


@pytest.fixture(scope="session")
def native_core(tmp_path_factory: pytest.TempPathFactory) -> NativeCore:
    """Las mismas fuentes con el compilador de la máquina y la misma aritmética."""
    require("wasmtime")
    compiler = os.environ.get("CXX") or shutil.which("c++")
    if compiler is None:
        skip_or_fail("Falta un compilador de C++: sin él no se compara el módulo con esta máquina.")
    from page_core import NativeCore

    tool = load_tool()
    library = tmp_path_factory.mktemp("native") / "core.so"
    sources = sorted((ROOT / tool.SOURCES).glob("*.cpp"))
    flags = ["-O2", "-shared", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror", "-Wl,-Bsymbolic"]
    subprocess.run([compiler, *flags, *tool.ARITHMETIC, *sources, "-o", library], check=True)
    return NativeCore(library)
