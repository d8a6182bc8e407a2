"""El paquete por fuera: versión, lo que importa, un solo OpenMP y nombres públicos documentados en español."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import sys
from pathlib import Path
from types import ModuleType

import atencion
import pytest
import torch
from packaging.version import Version

CORE_MODULES = [
    "atencion",
    "atencion._kernels",
    "atencion.errors",
    "atencion.layers",
    "atencion.masks",
    "atencion.ops",
    "atencion.reference",
]
SPANISH = re.compile(r"\b(el|la|los|las|un|una|de|del|con|que|por|se|en|y|cada|todo)\b|[áéíóúñ]", re.IGNORECASE)
ENGLISH = re.compile(r"\b(the|of|and|with|returns?|is|are|this|that|for|which)\b", re.IGNORECASE)


def test_version() -> None:
    assert str(Version(atencion.__version__)) == atencion.__version__


def test_import_is_light(run_python) -> None:
    """Importar el núcleo y las capas no arrastra lo que solo hace falta para dibujar o para otros modelos."""
    run = run_python(
        "import sys, atencion, atencion.ops, atencion.layers, atencion.integrations.transformers\n"
        "heavy = ('matplotlib', 'ipywidgets', 'anywidget', 'transformers', 'babel', 'num2words', 'pandas', 'sklearn')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    assert run.stdout.strip() == "[]", run.stdout + run.stderr


def test_torch_is_imported_before_the_core(run_python) -> None:
    """Se apunta en qué orden busca Python los dos módulos."""
    run = run_python(
        "import sys\n"
        "class Log:\n"
        "    def find_spec(name, path=None, target=None):\n"
        "        if name in ('torch', 'atencion._core'): print(name)\n"
        "sys.meta_path.insert(0, Log)\n"
        "import atencion"
    )
    assert run.stdout.split() == ["torch", "atencion._core"], run.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="lee /proc/self/maps")
def test_one_openmp_runtime(run_python) -> None:
    """torch y el núcleo comparten los hilos: en el proceso hay un solo libgomp, el que trae torch si trae uno."""
    run = run_python(
        "import re, atencion.ops\n"
        "print(*sorted(set(re.findall(r'\\S*/lib(?:gomp|iomp|omp)\\S*', open('/proc/self/maps').read()))))"
    )
    (loaded,) = run.stdout.split()
    bundled = list((Path(torch.__file__).parent / "lib").glob("lib*omp*.so*"))
    if bundled:
        assert Path(loaded).resolve() in [path.resolve() for path in bundled]


def test_no_warnings_on_import(run_python) -> None:
    run = run_python("import warnings; warnings.simplefilter('error'); import torch, atencion.ops, atencion.layers")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def modules() -> list[ModuleType]:
    """Los módulos del núcleo del paquete, y los que hay por mecanismo o por biblioteca."""
    names = list(CORE_MODULES)
    for package in ("atencion.integrations", "atencion.layers", "atencion.ops"):
        path = importlib.import_module(package).__path__
        names += [
            item.name for item in pkgutil.iter_modules(path, f"{package}.") if not item.name.startswith(f"{package}._")
        ]
    return [importlib.import_module(name) for name in names]


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.__name__)
def test_public_names_exist_and_are_documented_in_spanish(module: ModuleType) -> None:
    assert module.__doc__
    assert list(module.__all__) == sorted(module.__all__)
    for name in module.__all__:
        item = getattr(module, name)
        if not callable(item):
            continue
        text = inspect.getdoc(item)
        assert text, f"{module.__name__}.{name} no está documentado"
        assert SPANISH.search(text), f"{module.__name__}.{name}: ¿en español?"
        prose = re.sub(r"``[^`]*``|>>>.*", "", text)
        assert not ENGLISH.search(prose), f"{module.__name__}.{name}: {ENGLISH.search(prose)}"


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.__name__)
def test_examples_run(module: ModuleType) -> None:
    """Los ejemplos de los docstrings dan lo que dicen."""
    torch.manual_seed(0)
    names = {"torch": torch, **vars(module)}
    results = doctest.testmod(module, globs=names, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.failed == 0
