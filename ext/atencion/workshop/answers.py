"""De lo que el lector entrega a tensores que se puedan comparar."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

__all__ = ["Finding", "has_decimal_commas", "is_empty", "listing", "matches", "read_parts"]


@dataclass(frozen=True)
class Finding:
    """Un motivo de rechazo: identificador y explicación."""

    reason: str
    message: str


class _NotNumbersError(Exception):
    """Lo entregado no son números; el texto dice qué es."""


def is_empty(answer: object) -> bool:
    """¿No hay respuesta todavía? Cuentan ``None``, ``...`` y una tupla o lista donde quede alguno."""
    if answer is None or answer is Ellipsis:
        return True
    if isinstance(answer, list | tuple) and not hasattr(answer, "_fields"):
        return any(is_empty(item) for item in answer)
    return False


def read_parts(answer: Any, parts: Sequence[str]) -> tuple[Tensor, ...] | Finding:
    """Convierte una respuesta en un tensor por cada parte pedida, o dice por qué no se puede."""
    if len(parts) == 1 and hasattr(answer, "_fields"):
        return Finding("structure", f"Entregas varios resultados juntos {answer._fields}; se pide solo {parts[0]}.")
    pieces = [_unwrap(answer)] if len(parts) == 1 else _split(answer)
    if len(pieces) != len(parts):
        received = f"{len(pieces)}" if pieces and not isinstance(answer, Tensor) else _describe(answer).rstrip(".")
        return Finding(
            "structure", f"Se esperaban {len(parts)} partes, en este orden: {listing(parts)}. Se recibió {received}."
        )
    tensors = [_read_part(*pair) for pair in zip(parts, pieces, strict=True)]
    wrong = [found for found in tensors if isinstance(found, Finding)]
    return wrong[0] if wrong else tuple(found for found in tensors if isinstance(found, Tensor))


def matches(received: Sequence[Tensor], expected: Sequence[Tensor], tolerance: float) -> bool:
    """¿Son la misma respuesta, parte por parte? NaN es igual a NaN: así se reconoce el error que da NaN."""
    return all(
        one.shape == other.shape and torch.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True)
        for one, other in zip(received, expected, strict=True)
    )


def has_decimal_commas(answer: Any, expected: Sequence[Tensor]) -> bool:
    """¿Escribió «0,5», que en Python son dos números? Salen más de los pedidos, y todos enteros."""
    numbers = list(_leaves(answer))
    whole = all((value == value.round()).all() for value in expected)
    return not whole and len(numbers) > sum(map(torch.numel, expected)) and all(type(n) is int for n in numbers)


def listing(names: Sequence[str]) -> str:
    """«a», «a y b», «a, b y c»."""
    return " y ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _read_part(name: str, piece: Any) -> Tensor | Finding:
    try:
        return _to_tensor(piece)
    except _NotNumbersError as error:
        if isinstance(piece, tuple) and any(isinstance(item, Tensor | np.ndarray) for item in piece):
            return Finding("structure", f"Entregas {len(piece)} resultados juntos; en {name} se espera uno.")
        text = f"En {name} se esperaban números (tensor, array, lista o número); se recibió {error}"
        return Finding("type", text)


def _to_tensor(answer: Any) -> Tensor:
    """Número, tensor, array o cualquier sucesión de ellos → float64."""
    try:
        if isinstance(answer, Tensor):
            return _from_torch(answer)
        if hasattr(answer, "__array__") and not isinstance(answer, type):
            return _from_numpy(np.asarray(answer))
        if isinstance(answer, Iterable) and not isinstance(answer, str | bytes | dict | set | frozenset | type):
            return _from_items(list(answer))
        if not isinstance(answer, str | bytes):  # float("3") vale, pero un texto no es un número
            return torch.tensor(float(answer), dtype=torch.float64)
    except _NotNumbersError:
        raise
    except Exception:  # lo que entrega el lector puede fallar de cualquier manera al leerlo
        raise _NotNumbersError(_describe(answer)) from None
    raise _NotNumbersError(_describe(answer))


def _from_torch(tensor: Tensor) -> Tensor:
    if tensor.is_nested:
        raise _NotNumbersError("un tensor anidado, con filas de tamaños distintos.")
    if tensor.is_complex():
        raise _NotNumbersError("un tensor de números complejos.")
    dense = tensor if tensor.layout is torch.strided else tensor.to_dense()
    return dense.detach().cpu().to(torch.float64)


def _from_numpy(array: np.ndarray[Any, Any]) -> Tensor:
    if array.dtype.kind == "c":
        raise _NotNumbersError("un array de números complejos.")
    if array.dtype.kind in "OUS":
        return _to_tensor(array.tolist())
    return torch.from_numpy(np.array(array, dtype=np.float64))


def _from_items(items: list[Any]) -> Tensor:
    tensors = [_to_tensor(item) for item in items]
    if len({tensor.shape for tensor in tensors}) > 1:
        shapes = listing([str(tuple(tensor.shape)) if tensor.dim() else "un número" for tensor in tensors[:4]])
        more = "…" if len(tensors) > 4 else ""
        raise _NotNumbersError(f"una sucesión con elementos de tamaños distintos: {shapes}{more}.")
    return torch.stack(tensors) if tensors else torch.zeros(0, dtype=torch.float64)


def _unwrap(answer: Any) -> Any:
    """Una tupla de uno, como la que devuelve ``torch.autograd.grad``, es lo que lleva dentro."""
    while isinstance(answer, tuple) and len(answer) == 1 and not isinstance(answer[0], int | float):
        (answer,) = answer
    return answer


def _split(answer: Any) -> list[Any]:
    if isinstance(answer, str | bytes | dict | set):
        return []
    try:
        return list(answer)
    except Exception:  # no es una sucesión, o falla al recorrerla
        return []


def _leaves(answer: Any) -> Iterable[Any]:
    if isinstance(answer, list | tuple):
        for item in answer:
            yield from _leaves(item)
    else:
        yield answer


def _describe(value: object) -> str:
    if isinstance(value, Tensor) and not value.is_nested:
        return f"un tensor de forma {tuple(value.shape)}."
    if callable(value):
        return "una función. ¿Falta llamarla, con paréntesis?"
    if isinstance(value, str | bytes):
        return "un texto. Los números van sin comillas."
    names = {
        "dict": "un diccionario",
        "set": "un conjunto",
        "complex": "un número complejo",
        "NoneType": "un hueco, None",
    }
    return f"{names.get(type(value).__name__, f'un objeto de tipo {type(value).__name__}')}."
