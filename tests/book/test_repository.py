"""Lo que promete la raíz del repositorio: enlaces que existen, órdenes que existen y versiones fijas."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
GUIDES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]


@pytest.mark.parametrize("name", GUIDES)
def test_links_to_files_reach_them(name: str) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / name).read_text(encoding="utf-8"))
    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("name", GUIDES)
def test_make_orders_exist(name: str) -> None:
    promised = set(re.findall(r"`?make ([a-z]+)\b", (ROOT / name).read_text(encoding="utf-8")))
    offered = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert promised
    assert promised <= offered


def test_folders_of_the_readme_exist() -> None:
    folders = re.findall(r"^\| `([\w/]+/)`", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)
    assert len(folders) >= 6
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []


def test_cover_is_light() -> None:
    assert 10_000 < (ROOT / "book" / "estaticos" / "portada.png").stat().st_size < 120_000


@pytest.mark.parametrize(("name", "least"), [("requirements.txt", 31), ("tools/requirements_wasm.txt", 2)])
def test_every_requirement_is_pinned(name: str, least: int) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    requirements = [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]
    assert len(requirements) >= least
    assert [line for line in requirements if not re.fullmatch(r"[\w.-]+==[\w.]+(; .+)?", line)] == []


def test_a_second_build_has_nothing_to_do(book_html: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    listing = subprocess.run(["make", "--dry-run", "libro"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert listing.returncode == 0, listing.stderr
    assert "Libro listo" in listing.stdout
    assert "jupyter-book" not in listing.stdout
    assert "pip" not in listing.stdout
