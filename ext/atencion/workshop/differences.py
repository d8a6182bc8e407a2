"""En qué se diferencia lo recibido de lo esperado, sin decir lo esperado."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor

from .answers import Finding, listing, matches

__all__ = ["Parts", "difference", "explains", "out_of_order", "shape_finding"]

Parts = tuple[Tensor, ...]


def difference(received: Parts, expected: Parts, parts: Sequence[str], tolerance: float) -> Finding | None:
    """La primera parte que no coincide, sin revelar el valor correcto; ``None`` si coinciden todas."""
    right: list[str] = []
    for part, one, other in zip(parts, received, expected, strict=True):
        if one.shape != other.shape:
            return shape_finding(part, other.shape, one.shape)
        if not torch.isfinite(one).all():
            return Finding("nan", f"En {part} hay NaN o infinitos.")
        if not matches((one,), (other,), tolerance):
            praise = f"Bien: {listing(right)}. " if right else ""
            equal = int(torch.isclose(one, other, rtol=tolerance, atol=tolerance).sum())
            count = f" Aciertas {equal} de sus {one.numel()} números." if 2 * equal >= one.numel() > 1 else ""
            return Finding("value", f"{praise}No coincide: {part}.{count}")
        right.append(part)
    return None


def shape_finding(part: str, expected: Sequence[int], received: Sequence[int]) -> Finding:
    """La forma no es la esperada; si se ve por qué, también eso."""
    wanted, found = tuple(expected), tuple(received)
    advice = ""
    if len(found) == len(wanted) > 1 and sorted(found) == sorted(wanted):
        advice = " Los ejes están en otro orden."
    elif len(found) > len(wanted) and [n for n in found if n != 1] == [n for n in wanted if n != 1]:
        advice = " Sobra un eje de tamaño 1."
    elif found[1:] == wanted and wanted:
        advice = " Sobra el primer eje: ¿entregas varios resultados juntos?"
    wished, given = (f"la forma {shape}" if shape else "un solo número" for shape in (wanted, found))
    return Finding("shape", f"En {part} se esperaba {wished}; se recibió {given}.{advice}")


def out_of_order(
    received: Sequence[Parts], expected: Sequence[Parts], parts: Sequence[str], tolerance: float
) -> Finding | None:
    """¿Están bien todas las partes, pero en otro orden?"""
    for order in itertools.permutations(range(len(parts))):
        moved = [tuple(one[index] for index in order) for one in received]
        if all(matches(one, other, tolerance) for one, other in zip(moved, expected, strict=True)):
            return Finding("order", f"Las partes están en otro orden. Se piden así: {listing(parts)}.")
    return None


def explains(
    received: Sequence[Parts | Finding], expected: Sequence[Parts], wrong: Sequence[Parts | Finding], tolerance: float
) -> bool:
    """¿Se ve ese error en lo recibido, aunque algunas filas estén bien?

    Cada fila debe ser la correcta o la del error, y en algún caso, la del error siempre que se distingan.
    Así se reconoce al que se equivoca en general pero trató aparte la fila vacía.
    """
    seen = False
    for one, right, bad in zip(received, expected, wrong, strict=True):
        if isinstance(one, Finding):
            return False
        if isinstance(bad, Finding):
            if not matches(one, right, tolerance):
                return False
            continue
        changed_here, all_wrong = False, True
        for found, good, fault in zip(one, right, bad, strict=True):
            if not (found.dim() and found.shape == good.shape == fault.shape):
                return False
            is_good, is_fault = _equal_rows(found, good, tolerance), _equal_rows(found, fault, tolerance)
            if not (is_good | is_fault).all():
                return False
            changed = ~_equal_rows(good, fault, tolerance)
            changed_here = changed_here or bool(changed.any())
            all_wrong = all_wrong and bool((is_fault | ~changed).all())
        seen = seen or (changed_here and all_wrong)
    return seen


def _equal_rows(one: Tensor, other: Tensor, tolerance: float) -> Tensor:
    equal = torch.isclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True)
    return equal.reshape(len(equal), -1).all(dim=1)
