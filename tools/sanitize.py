"""Compila el núcleo con AddressSanitizer y UBSan y corre con él las pruebas que lo tocan: lo llama «make sanear».

Los vigilantes ven cada lectura fuera de un tensor, cada uso de memoria ya devuelta y cada desbordamiento de enteros. La
compilación va a ``build/saneado`` y no toca la instalada. De cada prueba corren unas pocas variantes: lo que aquí se
busca no depende de la máscara ni del tipo, y entera tardaría media hora.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "saneado"
RUNTIMES = ("libasan.so", "libubsan.so", "libstdc++.so.6")  # la última, para que ASan vea pasar las excepciones
OPTIONS = {
    # Python no devuelve todo al acabar; quien espera de su hijo una señal la recibe; lo que no cabe da un error normal.
    "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}
# Hilos de OpenMP y pruebas de cada proceso; corren a la vez.
SUITES = {"1": "tests/core", "3": "tests/ops"}
PYTEST = [
    "-q", "-p", "no:cacheprovider", "--one-in", "5",
    # ASan retiene la memoria devuelta para reconocer a quien la siga usando.
    "--deselect", "tests/core/test_parallel.py::test_memory_of_a_huge_example_is_given_back",
]  # fmt: skip


def runtime(name: str) -> str:
    """La biblioteca que hay que cargar antes que Python."""
    return subprocess.run(
        ["g++", f"-print-file-name={name}"], capture_output=True, text=True, check=True
    ).stdout.strip()


def main() -> int:
    if sys.platform != "linux" or shutil.which("g++") is None:
        print("Los vigilantes de memoria necesitan Linux y g++. En Debian o Ubuntu: sudo apt install g++")
        return 1
    shutil.rmtree(BUILD / "lib", ignore_errors=True)  # si no, quedarían los módulos que ya no existen
    compile_core = [sys.executable, "setup.py", "-q", "build", "--build-base", BUILD, "--build-lib", BUILD / "lib"]
    compilers = {"CC": "gcc", "CXX": "g++", "SANITIZE": "1"}
    subprocess.run(compile_core, cwd=ROOT, env=os.environ | compilers, check=True)
    environment = os.environ | OPTIONS
    environment |= {"LD_PRELOAD": " ".join(map(runtime, RUNTIMES)), "PYTHONPATH": str(BUILD / "lib")}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "pytest", *PYTEST, tests],
            cwd=ROOT, env=environment | {"OMP_NUM_THREADS": threads}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for threads, tests in SUITES.items()
    ]  # fmt: skip
    for process in running:
        sys.stdout.buffer.write(process.communicate()[0])
    return max(process.returncode != 0 for process in running)


if __name__ == "__main__":
    sys.exit(main())
