"""Un capítulo solo, en una carpeta vacía y con las versiones de Colab, se instala lo que le falta y corre entero.

El entorno es nuevo: trae `torch` (enlazado desde el de las pruebas, para no descargarlo), NumPy, Matplotlib y los
widgets que Colab lleva. El paquete sale de un clon de este repositorio, por `ATENCION_REPO`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
import venv
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CHAPTERS = sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb"))
COLAB = [
    "ipywidgets==7.7.1",
    "ipython==7.34.0",
    "ipykernel<7",
    "anywidget==0.9.21",
    "matplotlib==3.10.0",
    "numpy==2.1.3",
    "nbconvert",
    "setuptools",
]


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)  # type: ignore[call-overload]
    assert result.returncode == 0, f"{command}\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}"
    return result


def with_requirements(name: str, found: set[str]) -> set[str]:
    """Los nombres de un paquete instalado y de todo lo que pide."""
    if name not in found:
        found.add(name)
        for requirement in distribution(name).requires or []:
            if "extra ==" not in requirement and (needed := re.match(r"[\w.-]+", requirement)):
                try:
                    with_requirements(needed.group().lower(), found)
                except ModuleNotFoundError:
                    continue  # para otro sistema u otra versión de Python
    return found


def link_package(name: str, site_packages: Path) -> None:
    """Enlaza en otro entorno los archivos de un paquete instalado en este."""
    installed = Path(sysconfig.get_path("purelib"))
    for top in {file.parts[0] for file in distribution(name).files or []} - {"..", "__pycache__"}:
        if not (site_packages / top).exists():
            (site_packages / top).symlink_to(installed / top)


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """El Python de un entorno que solo tiene lo que Colab trae."""
    folder = tmp_path_factory.mktemp("entorno")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    site_packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip())
    for name in with_requirements("torch", set()) - {"setuptools", "numpy"}:
        link_package(name, site_packages)
    run(python, "-m", "pip", "install", "--quiet", "--upgrade", *COLAB)
    missing = subprocess.run([python, "-c", "import atencion"], capture_output=True, text=True)
    assert "No module named 'atencion'" in missing.stderr
    return python


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> str:
    """La dirección de un repositorio git con los archivos de este, tal como están ahora."""
    folder = tmp_path_factory.mktemp("clon")
    files = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT).stdout.splitlines()
    for name in files:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    git = ("git", "-c", "user.name=prueba", "-c", "user.email=prueba@localhost")
    run(*git, "init", "--quiet", cwd=folder)
    run(*git, "add", "--all", cwd=folder)
    run(*git, "commit", "--quiet", "--message", "Copia para la prueba", cwd=folder)
    return f"git+{folder.as_uri()}"


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_installs_the_package_and_runs(chapter: Path, bare_python: Path, clone: str, tmp_path: Path) -> None:
    shutil.copy2(chapter, tmp_path)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "JUPYTER", "COV"))
    }
    environment |= {"ATENCION_REPO": clone, "IPYTHONDIR": str(tmp_path / "ipython"), "MPLBACKEND": "agg"}
    before = run(bare_python, "-m", "pip", "list", "--format=freeze").stdout
    run(
        *(bare_python, "-m", "nbconvert", "--to", "notebook", "--execute", "--ExecutePreprocessor.kernel_name=python3"),
        *("--ExecutePreprocessor.timeout=600", "--output", "salida.ipynb", chapter.name),
        cwd=tmp_path,
        env=environment,
    )
    output = (tmp_path / "salida.ipynb").read_text(encoding="utf-8")
    if "atencion==" not in before:
        assert "Instalo el paquete «atencion»" in output
    after = run(bare_python, "-m", "pip", "list", "--format=freeze").stdout
    assert set(before.splitlines()) - set(after.splitlines()) == set(), "la instalación movió algo que Colab trae"
    assert "application/vnd.jupyter.widget-view+json" in output
