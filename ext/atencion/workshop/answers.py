"""De lo que el lector entrega a tensores comparables, y de una función a lo que hace con cada caso."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

__all__ = ["Finding", "call", "is_empty", "matches", "read_parts"]


@dataclass(frozen=True)
class Finding:
    """Un motivo de rechazo: identificador y explicación."""

    reason: str
    message: str


def is_empty(answer: object) -> bool:
    """¿No hay respuesta todavía? Cuentan ``None``, ``...`` y una tupla o lista donde quede alguno."""
    if answer is None or answer is Ellipsis:
        return True
    if isinstance(answer, list | tuple) and not hasattr(answer, "_fields"):
        return any(is_empty(item) for item in answer)
    return False


def _to_tensor(answer: Any) -> Tensor | None:
    """Número, tensor, array o listas de ellos → float64; ``None`` si no es numérico o es irregular."""
    if isinstance(answer, Tensor):
        return None if answer.is_complex() else answer.detach().cpu().to(torch.float64)
    if isinstance(answer, list | tuple):
        items = [_to_tensor(item) for item in answer]
        tensors = [item for item in items if item is not None]
        regular = len(tensors) == len(items) and len({item.shape for item in tensors}) <= 1
        return (torch.stack(tensors) if tensors else torch.zeros(0)) if regular else None
    if isinstance(answer, str | bytes | dict | set):
        return None
    try:
        if hasattr(answer, "__array__"):
            return torch.as_tensor(answer.__array__()).to(torch.float64)
        return torch.tensor(float(answer), dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        return None


def read_parts(answer: Any, parts: Sequence[str]) -> tuple[Tensor, ...] | Finding:
    """Convierte una respuesta en un tensor por cada parte pedida, o dice por qué no se puede."""
    if is_empty(answer):
        return Finding("empty", "Todavía no hay respuesta.")
    if len(parts) == 1 and hasattr(answer, "_fields"):
        return Finding("structure", f"Entregas varios resultados juntos {answer._fields}; se pide solo {parts[0]}.")
    pieces = [answer] if len(parts) == 1 else _split(answer)
    if len(pieces) != len(parts):
        return Finding("structure", f"Se esperaban {len(parts)} partes, en este orden: {_listing(parts)}.")
    tensors = [_to_tensor(piece) for piece in pieces]
    for name, piece, tensor in zip(parts, pieces, tensors, strict=True):
        if tensor is None:
            advice = " ¿Falta llamarla, con paréntesis?" if callable(piece) else ""
            return Finding(
                "type",
                f"En {name} se esperaban números (tensor, array, lista o número); se recibió "
                f"{_type_name(piece)}.{advice}",
            )
    return tuple(tensor for tensor in tensors if tensor is not None)


def call(function: Callable[..., Any], args: Sequence[Any], parts: Sequence[str]) -> tuple[Tensor, ...] | Finding:
    """Llama a la función con copias de los argumentos: tensores y, si con ellos falla, arrays de NumPy."""
    try:
        answer = function(*(arg.clone() if isinstance(arg, Tensor) else arg for arg in args))
    except NotImplementedError:
        return Finding("empty", "Todavía no hay respuesta: la función está sin escribir.")
    except Exception as error:
        try:
            answer = function(*(arg.numpy().copy() if isinstance(arg, Tensor) else arg for arg in args))
        except Exception:
            text = str(error).strip().splitlines()
            detail = f": {text[0]}" if text else ""
            return Finding("raises", f"Tu función se detuvo con {type(error).__name__}{detail}")
    if is_empty(answer):
        return Finding("empty", "Todavía no hay respuesta: la función no devuelve nada.")
    return read_parts(answer, parts)


def matches(received: tuple[Tensor, ...], expected: tuple[Tensor, ...], tolerance: float) -> bool:
    """¿Son la misma respuesta, parte por parte? NaN es igual a NaN: así se reconoce el error que da NaN."""
    return all(
        one.shape == other.shape and torch.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True)
        for one, other in zip(received, expected, strict=True)
    )


def _split(answer: Any) -> list[Any]:
    if isinstance(answer, str | bytes | dict | set):
        return []
    try:
        return list(answer)
    except TypeError:
        return []


def _listing(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} y {parts[-1]}"


def _type_name(value: object) -> str:
    if callable(value):
        return "una función"
    if isinstance(value, list | tuple):
        return f"una lista o tupla de {len(value)} elementos que no forman una tabla regular de números"
    return {"str": "un texto", "dict": "un diccionario", "set": "un conjunto"}.get(
        type(value).__name__, f"un objeto de tipo {type(value).__name__}"
    )
