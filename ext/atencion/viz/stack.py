"""El conjunto de matrices de una figura: las clases, los nombres y las escalas de sus ejes delanteros."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from atencion.errors import value_error
from atencion.viz.transport import KINDS, Array, as_tokens, colour_domain

__all__ = ["as_kinds", "as_labels", "colour_domains", "first_pair"]


def as_kinds(kind: str | Sequence[str], leading: Sequence[int]) -> list[str]:
    """Una clase por posición del primer eje delantero (una sola si no hay ejes delante)."""
    count = leading[0] if leading else 1
    kinds = [kind] * count if isinstance(kind, str) else list(kind)
    if len(kinds) != count:
        raise value_error("kind", f"una clase, o {count}: una por posición del primer eje", len(kinds))
    for name in kinds:
        if name not in KINDS:
            raise value_error("kind", " o ".join(f'"{k}"' for k in KINDS), repr(name))
    return kinds


def first_pair(kinds: list[str], leading: Sequence[int]) -> list[list[int]]:
    """La primera y la última posición de la primera clase que tiene al menos dos; lista vacía si no hay dos."""
    positions = list(np.ndindex(*leading)) if leading else []
    for kind in dict.fromkeys(kinds):
        same = [list(index) for index in positions if kinds[index[0]] == kind]
        if len(same) > 1:
            return [same[0], same[-1]]
    return []


def colour_domains(values: Array, kinds: list[str], vmax: float | None) -> list[list[float]]:
    """Una escala por clase, común a todas sus matrices: así se comparan al mover un control."""
    parts = values if values.ndim > 2 else values[None]
    shared = {kind: [k == kind for k in kinds] for kind in set(kinds)}
    domain = {kind: colour_domain(parts[chosen], kind, vmax) for kind, chosen in shared.items()}
    return [domain[kind] for kind in kinds]


def as_labels(
    labels: Sequence[Sequence[str] | None] | None, axes: Sequence[str], leading: Sequence[int]
) -> list[list[str]]:
    """Los nombres de cada eje delantero, con lista vacía donde se numeran."""
    given = [None] * len(leading) if labels is None else list(labels)
    if len(given) != len(leading):
        raise value_error("labels", f"{len(leading)} listas de nombres (o None), una por eje", len(given))
    checked = []
    for number, (names, axis, size) in enumerate(zip(given, axes, leading, strict=True)):
        checked.append([] if names is None else as_tokens(f"labels[{number}]", axis, names, size))
    return checked
