"""Compila el núcleo de la página, ``core.wasm``, con el clang de PyPI (ziglang): lo llama «make wasm».

El módulo y su huella se guardan en el repositorio, así que quien lee, instala o construye el libro no necesita este
compilador. Con ``--check`` no escribe nada: recompila y compara octeto a octeto.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = Path("ext/bindings/wasm")
MODULE = Path("ext/atencion/viz/page/core.wasm")
DIGEST = MODULE.with_suffix(".wasm.sha256")

# Lo que decide los números: lo repite la compilación nativa de las pruebas. Sin contraer a·b + c en una sola
# operación, los resultados son los mismos, bit a bit, en cualquier máquina.
ARITHMETIC = ["-std=c++17", "-ffp-contract=off", "-DATENCION_KERNEL=page", "-DATENCION_COMPACT"]
FREESTANDING = [
    "-target", "wasm32-freestanding", "-msimd128", "-mbulk-memory", "-nostdlib", "-Os", "-s", "-fvisibility=hidden",
    "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra", "-Wl,--no-entry", "-Wl,--export-dynamic",
    "-Wl,-z,stack-size=65536", "-Wl,--max-memory=268435456",
]  # fmt: skip


def build(output: Path, root: Path = ROOT) -> None:
    """Compila las fuentes de ``root`` en ``output``; las rutas son relativas: el resultado no depende de la carpeta."""
    sources = [path.relative_to(root) for path in sorted((root / SOURCES).glob("*.cpp"))]
    command = [sys.executable, "-m", "ziglang", "c++", *FREESTANDING, *ARITHMETIC, *sources, "-o", output.resolve()]
    subprocess.run(command, cwd=root, check=True)


def digest(module: bytes) -> str:
    """La línea de ``sha256sum`` que acompaña al módulo."""
    return f"{hashlib.sha256(module).hexdigest()}  {MODULE.name}\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compila el núcleo de la página.")
    parser.add_argument("--check", action="store_true", help="compara con el módulo guardado sin tocarlo")
    check = parser.parse_args(arguments).check
    if importlib.util.find_spec("ziglang") is None:
        print("Falta ziglang. Instálalo con: pip install -r tools/requirements_wasm.txt")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, MODULE.name)
        build(output)
        module = output.read_bytes()
    if check:
        current = module == (ROOT / MODULE).read_bytes() and digest(module) == (ROOT / DIGEST).read_text()
        print(f"{MODULE} está al día." if current else f"{MODULE} no es el de estas fuentes: ejecuta «make wasm».")
        return 0 if current else 1
    (ROOT / MODULE).write_bytes(module)
    (ROOT / DIGEST).write_text(digest(module))
    print(f"{MODULE}: {len(module)} octetos.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
