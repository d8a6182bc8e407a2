"""El núcleo de la página, llamado desde Python: el módulo de WebAssembly y la misma fuente compilada para esta máquina.

Los dos se llaman igual: ``core.call(función, argumentos, salidas)``, con los argumentos en el orden de
``ext/bindings/wasm`` y las formas de las salidas, que van detrás de los arrays y delante de los números sueltos.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import wasmtime

Shape = tuple[int, ...]
Value = np.ndarray | int | float | None
GUARD = 64  # octetos que nadie ha de tocar detrás de cada salida
UNTOUCHED = 0xAB


def split(arguments: Sequence[Value]) -> tuple[list[np.ndarray | None], list[int | float]]:
    """Los punteros (arrays, o None los que faltan) y los números sueltos."""
    arrays = [value for value in arguments if value is None or isinstance(value, np.ndarray)]
    return arrays, [value for value in arguments if isinstance(value, (int, float))]


class WasmCore:
    """El módulo, en wasmtime."""

    def __init__(self, module: Path) -> None:
        engine = wasmtime.Engine()
        self.store = wasmtime.Store(engine)
        self.module = wasmtime.Module.from_file(engine, str(module))
        self.exports = wasmtime.Instance(self.store, self.module, []).exports(self.store)
        self.memory: Any = self.exports["memory"]

    def run(self, name: str, *values: int | float) -> Any:
        function: Any = self.exports[name]
        return function(self.store, *values)

    def place(self, content: bytes) -> int:
        pointer = self.run("reserve", len(content))
        assert pointer != 0
        assert pointer % 64 == 0
        self.memory.write(self.store, content, pointer)
        return pointer

    def call(self, name: str, arguments: Sequence[Value], outputs: Sequence[Shape]) -> list[np.ndarray]:
        start = self.run("mark")
        arrays, numbers = split(arguments)
        inputs = [0 if array is None else self.place(array.tobytes()) for array in arrays]
        sizes = [4 * math.prod(shape) for shape in outputs]
        results = [self.place(bytes([UNTOUCHED]) * (size + GUARD)) for size in sizes]
        assert self.run(name, *inputs, *results, *numbers) in (1, None)
        found = []
        for pointer, size, shape in zip(results, sizes, outputs, strict=True):
            content = bytes(self.memory.read(self.store, pointer, pointer + size + GUARD))
            assert content[size:] == bytes([UNTOUCHED]) * GUARD, f"{name} escribe fuera de su salida"
            found.append(np.frombuffer(content[:size], dtype=np.float32).reshape(shape))
        for pointer, array in zip(inputs, arrays, strict=True):
            if array is not None:
                assert bytes(self.memory.read(self.store, pointer, pointer + array.nbytes)) == array.tobytes()
        self.run("release", start)
        return found


class NativeCore:
    """La misma fuente, compilada para esta máquina."""

    def __init__(self, library: Path) -> None:
        self.library = ctypes.CDLL(str(library))

    def call(self, name: str, arguments: Sequence[Value], outputs: Sequence[Shape]) -> list[np.ndarray]:
        arrays, numbers = split(arguments)
        filler = np.frombuffer(bytes([UNTOUCHED]) * 4, dtype=np.float32)
        found = [np.tile(filler, math.prod(shape)).reshape(shape) for shape in outputs]
        pointers = [ctypes.c_void_p(None if array is None else array.ctypes.data) for array in [*arrays, *found]]
        plain = [ctypes.c_float(value) if isinstance(value, float) else ctypes.c_int(value) for value in numbers]
        self.library[name](*pointers, *plain)
        return found
