"""Errores de usuario: un solo formato para todo el paquete.

Cada mensaje nombra el argumento, dice qué se esperaba y qué se recibió:

    key: se esperaba (batch, heads, n_key, d_k) = (2, 8, 7, 16); se recibió (2, 8, 7, 15)

Las funciones devuelven la excepción ya escrita; quien comprueba la lanza con ``raise``.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["device_error", "dtype_error", "memory_error", "shape_error", "type_error", "value_error"]


def _tuple(items: Sequence[object]) -> str:
    inner = ", ".join(str(item) for item in items)
    return f"({inner},)" if len(items) == 1 else f"({inner})"


def shape_error(
    name: str, axes: Sequence[str], expected: Sequence[int | str] | None, received: Sequence[int]
) -> ValueError:
    """Forma equivocada: ``axes`` nombra los ejes y ``expected`` da sus tamaños (o ``None`` si son libres)."""
    wanted = _tuple(axes)
    if expected is not None:
        wanted += f" = {_tuple(expected)}"
    return ValueError(f"{name}: se esperaba {wanted}; se recibió {_tuple(received)}")


def dtype_error(name: str, expected: str, received: object) -> TypeError:
    """Tipo numérico (``dtype``) equivocado."""
    return TypeError(f"{name}: se esperaba dtype {expected}; se recibió {received}")


def type_error(name: str, expected: str, received: object) -> TypeError:
    """El argumento no es del tipo de Python que se esperaba."""
    return TypeError(f"{name}: se esperaba {expected}; se recibió {type(received).__name__}")


def device_error(name: str, expected: object, received: object) -> ValueError:
    """El tensor está en otro dispositivo que los demás."""
    return ValueError(f"{name}: se esperaba el dispositivo {expected}; se recibió {received}")


def memory_error(name: str) -> MemoryError:
    """No cabe en la memoria; torch lo dice en inglés y con un ``RuntimeError``."""
    return MemoryError(f"{name}: no hay memoria para un tensor de ese tamaño")


def value_error(name: str, expected: str, received: object) -> ValueError:
    """El valor no está entre los admitidos."""
    return ValueError(f"{name}: se esperaba {expected}; se recibió {received}")
