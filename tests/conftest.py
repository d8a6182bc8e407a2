"""Lo que comparten las pruebas: los núcleos, los tipos numéricos, otro proceso de Python y el libro construido."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import atencion
import pytest
import torch

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--one-in", type=int, default=1, help="de las variantes de cada prueba, corre una de cada N")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Con ``--one-in N`` corren todas las pruebas, pero no todas sus variantes."""
    seen: Counter[str] = Counter()
    kept, left = [], []
    for item in items:
        name = item.nodeid.partition("[")[0]
        (left if seen[name] % config.getoption("--one-in") else kept).append(item)
        seen[name] += 1
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Un solo hilo de torch y del núcleo: el reparto entre hilos tiene sus propias pruebas."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=atencion.available_kernels())
def kernel(request: pytest.FixtureRequest, one_thread: None) -> Iterator[str]:
    """Cada núcleo que admite la máquina, ya activo."""
    with atencion.use_kernel(request.param):
        yield request.param


@pytest.fixture(params=[torch.float32, torch.float64], ids=["float32", "float64"])
def dtype(request: pytest.FixtureRequest) -> torch.dtype:
    """Los dos tipos numéricos del núcleo."""
    chosen: torch.dtype = request.param
    return chosen


RunPython = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def run_python() -> RunPython:
    """Corre un texto en otro proceso de Python que importa este mismo paquete; ``env`` añade variables."""
    package = str(Path(atencion.__file__).resolve().parent.parent)

    def run(code: str, *, timeout: float = 300, **env: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if name != "ATENCION_KERNEL"}
        inherited["PYTHONPATH"] = os.pathsep.join([package, str(ROOT / "tests")])
        return subprocess.run(
            [sys.executable, "-c", code], env=inherited | env, capture_output=True, text=True, timeout=timeout
        )

    return run


@pytest.fixture(scope="session")
def book_html() -> Path:
    """La carpeta del libro construido; «make libro» no rehace nada si ya está al día."""
    if shutil.which("make") is None:
        pytest.fail("Falta «make»: sin él no se puede construir el libro.")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    build = subprocess.run(["make", "libro"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert build.returncode == 0, f"«make libro» ha fallado:\n{build.stdout[-4000:]}\n{build.stderr[-4000:]}"
    return ROOT / "_build" / "html"
