"""Ver y forzar la compilación del núcleo que corre."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from atencion import _core

from .errors import value_error

__all__ = ["active_kernel", "available_kernels", "use_kernel"]

VARIABLE = "ATENCION_KERNEL"


def available_kernels() -> list[str]:
    """Núcleos que admite esta máquina, del más simple (``naive``, los bucles de la pizarra) al más rápido."""
    names: list[str] = _core.available_kernels()
    return names


def active_kernel() -> str:
    """Nombre del núcleo que corre ahora."""
    name: str = _core.active_kernel()
    return name


def _select(source: str, name: str) -> None:
    if not _core.use_kernel(name):
        raise value_error(source, f"uno de {', '.join(available_kernels())}", f"«{name}»")


@contextmanager
def use_kernel(name: str) -> Iterator[None]:
    """Corre un bloque con otro núcleo y vuelve al anterior. Vale para todo el proceso, no solo para este hilo.

    Argumentos:
        name: uno de ``available_kernels()``.

    Errores:
        ``ValueError`` si el nombre no está entre los disponibles: nunca se cambia por otro en silencio.

    Ejemplo:
        >>> with use_kernel("naive"):
        ...     active_kernel()
        'naive'
    """
    previous = active_kernel()
    _select("name", name)
    try:
        yield
    finally:
        _core.use_kernel(previous)


if os.environ.get(VARIABLE):
    _select(VARIABLE, os.environ[VARIABLE])
