"""El módulo guardado: sale de estas fuentes, octeto a octeto, y pesa poco."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def test_module_is_light_and_matches_its_digest() -> None:
    module = (ROOT / "ext/atencion/viz/page/core.wasm").read_bytes()
    expected, name = (ROOT / "ext/atencion/viz/page/core.wasm.sha256").read_text(encoding="utf-8").split()
    assert (hashlib.sha256(module).hexdigest(), name) == (expected, "core.wasm")
    assert len(module) < 100_000


def test_module_comes_from_these_sources(build_wasm: ModuleType) -> None:
    assert build_wasm.main(["--check"]) == 0


def test_build_does_not_depend_on_the_folder_or_on_caches(
    build_wasm: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "otra carpeta"
    for folder in ("ext/core", "ext/bindings/wasm"):
        shutil.copytree(ROOT / folder, elsewhere / folder)
    monkeypatch.setenv("ZIG_GLOBAL_CACHE_DIR", str(tmp_path / "global"))
    monkeypatch.setenv("ZIG_LOCAL_CACHE_DIR", str(tmp_path / "local"))
    build_wasm.build(tmp_path / "core.wasm", elsewhere)
    assert (tmp_path / "core.wasm").read_bytes() == (ROOT / build_wasm.MODULE).read_bytes()


def test_check_notices_other_sources(
    build_wasm: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build_wasm, "ARITHMETIC", [*build_wasm.ARITHMETIC, "-O2"])
    assert build_wasm.main(["--check"]) == 1
    assert "make wasm" in capsys.readouterr().out
