"""Compila ``atencion._core``: la misma fuente del núcleo, una vez por juego de instrucciones.

Interruptores (variables de entorno): ``DEBUG=1`` compila sin optimizar y con símbolos; ``SANITIZE=1``, con
los vigilantes de memoria y de comportamiento indefinido (véase ``tools/sanitize.py``, que elige otra carpeta).
"""

import os
import platform
import shlex
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pybind11.setup_helpers import Pybind11Extension
from setuptools import setup
from setuptools.command.build_ext import build_ext

BINDINGS = Path("ext/bindings")
# UBSan no mira punteros: AddressSanitizer vigila cada lectura. El -fwrapv de Python escondería los desbordamientos.
SANITIZE = [
    "-fsanitize=address,undefined", "-fno-sanitize=null,object-size,pointer-overflow,vptr",
    "-fno-sanitize-recover=all", "-fno-wrapv", "-fno-omit-frame-pointer",
] if os.environ.get("SANITIZE") == "1" else []  # fmt: skip
# La fuente es la misma en cada juego de instrucciones: bajo los vigilantes, que tardan en compilar, basta el básico.
WINDOWS = platform.system() == "Windows"  # con MinGW, que allí no alinea AVX en la pila ni comparte el OpenMP de torch
X86 = platform.machine().lower() in ("x86_64", "amd64") and not SANITIZE and not WINDOWS
DEBUG = os.environ.get("DEBUG") == "1"
OPTIMISE = ["-O1", "-g", *SANITIZE] if SANITIZE else ["-O0", "-g"] if DEBUG else ["-O2", "-g0"]
COMMON = ["-std=c++17", *OPTIMISE, "-Wall", "-Wextra", "-fvisibility=hidden", *(["-DATENCION_X86"] if X86 else [])]

# Nombre de la compilación → opciones. Nunca -march=native ni -ffast-math.
INSTRUCTION_SETS: dict[str, list[str]] = {"baseline": []}
if X86:
    INSTRUCTION_SETS["avx2"] = ["-mavx2", "-mfma"]
    INSTRUCTION_SETS["avx512"] = ["-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mfma"]


def units() -> list[tuple[Path, str, list[str]]]:
    """(fuente, carpeta del objeto, opciones propias); las lentas primero, que se compilan en paralelo."""
    names = {path.stem for path in (BINDINGS / "kernels").glob("*.cpp")}
    slow = [name for name in ("dot_product", "shared", "word_by_word", "linear") if name in names]
    kernels = [
        (BINDINGS / "kernels" / f"{stem}.cpp", kernel, [f"-DATENCION_KERNEL={kernel}", *flags])
        for stem in [*slow, *sorted(names - set(slow))]
        for kernel, flags in reversed(INSTRUCTION_SETS.items())
    ]
    loops = [(path, "naive", ["-DATENCION_KERNEL=loops"]) for path in sorted((BINDINGS / "naive").glob("*.cpp"))]
    first, rest = kernels[: len(INSTRUCTION_SETS)], kernels[len(INSTRUCTION_SETS) :]
    return [*first, (BINDINGS / "module.cpp", "module", []), *rest, *loops, (BINDINGS / "dispatch.cpp", "dispatch", [])]


class BuildCore(build_ext):
    """Compila cada unidad con sus opciones, en paralelo, y enlaza un solo módulo."""

    def build_extension(self, ext: Pybind11Extension) -> None:
        openmp = ["-fopenmp"] if self.supports_openmp() else []
        options = [*COMMON, *openmp]

        def compile_unit(unit: tuple[Path, str, list[str]]) -> str:
            source, folder, flags = unit
            target = Path(self.build_temp, folder, source.with_suffix(".o"))
            record = target.with_suffix(".d")
            if not self.force and is_current(target, record, [*options, *flags]):
                return str(target)
            self.compiler.compile(
                [str(source)],
                output_dir=str(Path(self.build_temp, folder)),
                include_dirs=ext.include_dirs,
                extra_postargs=[*options, *flags, "-MMD", "-MF", str(record)],
            )
            target.with_suffix(".flags").write_text(" ".join([*options, *flags]))
            return str(target)

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            ext.extra_objects = list(pool.map(compile_unit, units()))
        strip = platform.system() == "Linux" and not DEBUG and not SANITIZE
        ext.extra_link_args = [*openmp, *SANITIZE, *(["-s"] if strip else [])]
        ext.sources = []
        super().build_extension(ext)

    def supports_openmp(self) -> bool:
        """¿Compila y enlaza este compilador con OpenMP? Sin él todo funciona, con un solo hilo."""
        if WINDOWS:
            return False
        with tempfile.TemporaryDirectory() as folder:
            probe = Path(folder) / "probe.cpp"
            probe.write_text("#include <omp.h>\nint main() { return omp_get_max_threads() < 1; }\n")
            try:
                objects = self.compiler.compile([str(probe)], output_dir=folder, extra_postargs=["-fopenmp"])
                self.compiler.link_executable(objects, "probe", output_dir=folder, extra_postargs=["-fopenmp"])
            except Exception:  # cada compilador falla con su propia excepción
                print("Aviso: el compilador no tiene OpenMP; el núcleo usará un solo hilo.")
                return False
        return True


def is_current(target: Path, record: Path, flags: list[str]) -> bool:
    """¿Está el objeto al día con su fuente, con las cabeceras que incluye (``record``) y con las opciones?"""
    saved = target.with_suffix(".flags")
    if not (target.exists() and record.exists() and saved.exists()) or saved.read_text() != " ".join(flags):
        return False
    made = target.stat().st_mtime
    sources = shlex.split(record.read_text().replace("\\\n", " ").partition(":")[2])
    return all(Path(source).exists() and Path(source).stat().st_mtime <= made for source in sources)


setup(
    ext_modules=[
        Pybind11Extension(
            "atencion._core",
            sorted(str(path) for path in BINDINGS.rglob("*.cpp")),
            depends=sorted(str(path) for path in Path("ext").rglob("*.[ch]pp")),
        )
    ],
    cmdclass={"build_ext": BuildCore},
)
