"""Llamar a la función del lector sin que nada se rompa, y contarle en español qué le pasó."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from .answers import Finding, is_empty, matches, read_parts

__all__ = ["call", "changes_arguments", "is_random"]

_MISFIT = re.compile(r"shapes? .*(multiplied|aligned|broadcast)|must match|size mismatch|[Ee]xpected size|subscript")
_CAUSES: tuple[tuple[type[BaseException], str], ...] = (
    (RecursionError, "se llama a sí misma sin parar"),
    (ZeroDivisionError, "divide por cero"),
    (IndexError, "pide una posición que no existe"),
    (AssertionError, "no se cumple uno de sus assert"),
    (SystemExit, "cierra el programa"),
)


def call(function: Callable[..., Any], args: Sequence[Any], parts: Sequence[str]) -> tuple[Tensor, ...] | Finding:
    """Llama a la función con copias de los argumentos: tensores y, si con ellos falla, arrays de NumPy."""
    try:
        answer = _invoke(function, _copies(args))
    except NotImplementedError:
        return Finding("empty", "Todavía no hay respuesta: la función está sin escribir.")
    except (Exception, SystemExit) as error:
        try:
            answer = _invoke(function, _copies(args, numpy=True))
        except (Exception, SystemExit):
            return Finding("raises", _explain(error, function, args))
    if is_empty(answer) and not _some(answer):
        return Finding("empty", "Todavía no hay respuesta: la función no devuelve nada.")
    return read_parts(answer, parts)


def changes_arguments(function: Callable[..., Any], args: Sequence[Any]) -> bool:
    """¿Cambia la función los tensores o las listas que recibe?"""
    copies = _copies(args)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            _invoke(function, copies)
    except (Exception, SystemExit):
        return False
    return not all(_equal(arg, copy) for arg, copy in zip(args, copies, strict=True))


def _invoke(function: Callable[..., Any], args: Sequence[Any]) -> Any:
    positional, named = _arrange(_signature(function), args)
    return function(*positional, **named)


def _arrange(signature: inspect.Signature | None, args: Sequence[Any]) -> tuple[Sequence[Any], dict[str, Any]]:
    """Por posición; los argumentos que la función solo admite por su nombre, por su nombre."""
    parameters = signature.parameters.values() if signature else ()
    named = [item.name for item in parameters if item.kind is item.KEYWORD_ONLY and item.default is item.empty]
    first = max(0, len(args) - len(named))
    return args[:first], dict(zip(named, args[first:], strict=False))


def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):  # algunas funciones compiladas no la publican
        return None


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        return torch.equal(one, other)
    return not isinstance(one, list) or one == other


def is_random(function: Callable[..., Any], args: Sequence[Any], parts: Sequence[str]) -> bool:
    """¿Da la función resultados distintos con los mismos argumentos?"""
    with contextlib.redirect_stdout(io.StringIO()):
        one, other = (call(function, args, parts) for _ in range(2))
    if isinstance(one, Finding) or isinstance(other, Finding):
        return False
    return not matches(one, other, tolerance=1e-6)


def _copies(args: Sequence[Any], numpy: bool = False) -> list[Any]:
    return [_copy(arg, numpy) for arg in args]


def _copy(arg: Any, numpy: bool) -> Any:
    if isinstance(arg, Tensor):
        return arg.numpy().copy() if numpy else arg.clone()
    return list(arg) if isinstance(arg, list) else arg


def _some(answer: Any) -> bool:
    """¿Hay algo en la tupla, además de los huecos?"""
    return isinstance(answer, list | tuple) and not all(is_empty(item) for item in answer)


def _explain(error: BaseException, function: Callable[..., Any], args: Sequence[Any]) -> str:
    if isinstance(function, type):
        return f"{function.__name__} es una clase, no una función: entrega un objeto suyo, {function.__name__}()."
    declared = _refused_signature(function, args)
    if declared:
        return f"El ejercicio llama a tu función con {len(args)} argumentos y la tuya está declarada con {declared}."
    text = (str(error).strip().splitlines() or [""])[0].rstrip(".")
    causes = [cause for kind, cause in _CAUSES if isinstance(error, kind)]
    if isinstance(error, NameError) and error.name:
        causes = [f"usa un nombre que no existe, «{error.name}»"]
    elif not causes and _MISFIT.search(text):
        causes = ["las formas de dos tensores no encajan"]
    cause = f": {causes[0]}" if causes else ""
    said = f" Python dice: «{text}»." if text else ""
    return f"Tu función se detuvo con {type(error).__name__}{cause}.{said}"


def _refused_signature(function: Callable[..., Any], args: Sequence[Any]) -> str:
    """La declaración de la función, si no admite esos argumentos."""
    signature = _signature(function)
    if signature is None:
        return ""
    positional, named = _arrange(signature, args)
    try:
        signature.bind(*positional, **named)
    except TypeError:
        names = ", ".join(signature.parameters)
        return f"({names})"
    return ""
