"""Compila ``atencion._core``: la misma fuente del núcleo, una vez por juego de instrucciones.

Interruptores (variables de entorno): ``DEBUG=1`` compila sin optimizar y con símbolos.
"""

import os
import platform
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pybind11.setup_helpers import Pybind11Extension
from setuptools import setup
from setuptools.command.build_ext import build_ext

BINDINGS = Path("ext/bindings")
X86 = platform.machine().lower() in ("x86_64", "amd64")
OPTIMISE = ["-O0", "-g"] if os.environ.get("DEBUG") == "1" else ["-O2"]
COMMON = ["-std=c++17", *OPTIMISE, "-Wall", "-Wextra", "-fvisibility=hidden"]

# Nombre de la compilación → opciones. Nunca -march=native ni -ffast-math.
INSTRUCTION_SETS: dict[str, list[str]] = {"baseline": []}
if X86:
    INSTRUCTION_SETS["avx2"] = ["-mavx2", "-mfma"]
    INSTRUCTION_SETS["avx512"] = ["-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mfma"]

# (fuente, nombre del objeto, opciones propias); las lentas primero, que se compilan en paralelo.
UNITS: list[tuple[str, str, list[str]]] = [
    *(("kernels.cpp", name, [f"-DATENCION_KERNEL={name}", *flags]) for name, flags in INSTRUCTION_SETS.items()),
    ("module.cpp", "module", []),
    ("naive_kernels.cpp", "naive", []),
    ("dispatch.cpp", "dispatch", ["-DATENCION_X86"] if X86 else []),
]


class BuildCore(build_ext):
    """Compila cada unidad con sus opciones, en paralelo, y enlaza un solo módulo."""

    def build_extension(self, ext: Pybind11Extension) -> None:
        openmp = ["-fopenmp"] if self.supports_openmp() else []

        def compile_unit(unit: tuple[str, str, list[str]]) -> list[str]:
            source, name, flags = unit
            return self.compiler.compile(
                [str(BINDINGS / source)],
                output_dir=os.path.join(self.build_temp, name),
                include_dirs=ext.include_dirs,
                extra_postargs=[*COMMON, *openmp, *flags],
                depends=ext.depends,
            )

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            objects = [path for paths in pool.map(compile_unit, UNITS) for path in paths]
        ext.extra_objects = objects
        ext.extra_link_args = [
            *openmp,
            *(["-s"] if platform.system() == "Linux" and not os.environ.get("DEBUG") else []),
        ]
        ext.sources = []
        super().build_extension(ext)

    def supports_openmp(self) -> bool:
        """¿Compila y enlaza este compilador con OpenMP? Sin él todo funciona, con un solo hilo."""
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


setup(
    ext_modules=[
        Pybind11Extension(
            "atencion._core",
            sorted(str(BINDINGS / source) for source in {unit[0] for unit in UNITS}),
            depends=sorted(str(path) for path in Path("ext").rglob("*.[ch]pp")),
        )
    ],
    cmdclass={"build_ext": BuildCore},
)
