"""Del tensor a los bytes: comprobaciones y cuantización de las matrices que viajan al navegador.

Cada matriz se guarda con códigos enteros y su propio intervalo ``(low, high)``:

    valor ≈ low + código / (2**bits - 2) * (high - low)          código 2**bits - 1 = enmascarada

El error es como mucho medio paso. Con pocas celdas se usan 16 bits, y la lectura con dos decimales es la del
tensor; con muchas, 8 bits: el segundo decimal puede diferir en una unidad.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from atencion.errors import dtype_error, shape_error, type_error, value_error

__all__ = [
    "KINDS",
    "Packed",
    "as_kinds",
    "as_labels",
    "as_matrices",
    "as_tokens",
    "colour_domain",
    "hide_masked",
    "quantise",
    "to_numpy",
]

KINDS = ("weights", "scores")
FINE_CELLS = 16_384  # hasta aquí, 16 bits: unos 40 kB en la página

Array = npt.NDArray[np.floating]


class Packed(NamedTuple):
    """Las matrices cuantizadas: códigos en orden C, *little endian*, y un intervalo por matriz."""

    bits: int
    ranges: list[list[float]]
    data: bytes


def to_numpy(name: str, value: object) -> npt.NDArray[np.generic]:
    """Convierte un tensor (de cualquier dispositivo y precisión) o cualquier secuencia en un array."""
    if hasattr(value, "detach"):
        tensor = value.detach().cpu()
        value = tensor.numpy() if "bfloat16" not in str(tensor.dtype) else tensor.float().numpy()
    try:
        return np.asarray(value)
    except ValueError as error:  # listas de longitudes distintas
        raise value_error(name, "una matriz con filas de la misma longitud", "filas desiguales") from error


def as_matrices(weights: object) -> Array:
    """Comprueba tipo y dimensiones: ``(n_query, n_key)``, con hasta dos ejes delante, en coma flotante."""
    array = to_numpy("weights", weights)
    if array.dtype.kind not in "fiub":
        raise dtype_error("weights", "numérico", array.dtype)
    if not 2 <= array.ndim <= 4:
        raise shape_error("weights", ("…", "n_query", "n_key"), None, array.shape)
    if 0 in array.shape:
        raise value_error("weights", "al menos una fila, una columna y una matriz", f"la forma {array.shape}")
    return array.astype(np.float64 if array.dtype == np.float64 else np.float32)


def as_tokens(name: str, axis: str, tokens: Sequence[str], size: int) -> list[str]:
    """Comprueba una lista de *tokens*: cadenas, y tantas como mide su eje."""
    if isinstance(tokens, str) or not isinstance(tokens, Iterable):
        raise type_error(name, "una lista de cadenas (para letras sueltas, list(texto))", tokens)
    tokens = list(tokens)
    for position, token in enumerate(tokens):
        if not isinstance(token, str):
            raise type_error(f"{name}[{position}]", "una cadena", token)
    if len(tokens) != size:
        raise value_error(name, f"{axis} = {size} elementos", len(tokens))
    return [str(token) for token in tokens]


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


def hide_masked(values: Array, mask: object, kinds: Sequence[str]) -> Array:
    """Devuelve una copia con NaN en las celdas enmascaradas; cualquier otro valor debe ser finito.

    Enmascarada es la celda con ``mask`` falsa y, en las puntuaciones (``"scores"``), también la de valor −∞.
    ``kinds`` da la clase de cada matriz del primer eje (una sola si no hay ejes delante).
    """
    scores = np.array([kind == "scores" for kind in kinds])
    scores = scores.reshape(-1, *[1] * (values.ndim - 1)) if values.ndim > 2 else scores.reshape(1, 1)
    hidden = scores & np.isneginf(values)
    wrong = ~np.isfinite(values) & ~hidden
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise value_error("weights", "números finitos", f"{values[where]} en {where}")
    negative = ~scores & (values < 0)
    if negative.any():
        where = tuple(int(i) for i in np.argwhere(negative)[0])
        expected = 'pesos ≥ 0 (para valores con signo, kind="scores")'
        raise value_error("weights", expected, f"{values[where]:.4g} en {where}")
    if mask is not None:
        allowed = to_numpy("mask", mask)
        if allowed.dtype != np.bool_:
            raise dtype_error("mask", "bool (True = puede atender)", allowed.dtype)
        try:
            hidden = hidden | ~np.broadcast_to(allowed.astype(np.bool_), values.shape)
        except ValueError as error:
            raise shape_error("mask", ("…", "n_query", "n_key"), values.shape, allowed.shape) from error
    return np.where(hidden, np.nan, values)


def colour_domain(values: Array, kind: str, vmax: float | None) -> list[float]:
    """Extremos de la escala de color: 0…1 o 0…máximo para pesos; simétrica en torno a 0 para puntuaciones.

    Los pesos usan 0…1 si alguno pasa de 0,5; si todos son pequeños, 0…máximo, para que se distingan.
    """
    largest = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 0.0
    if vmax is not None:
        largest = vmax
    elif kind == "weights" and 0.5 < largest <= 1 + 1e-6:
        largest = 1.0
    largest = largest or 1.0
    return [0.0, largest] if kind == "weights" else [-largest, largest]


def quantise(values: Array) -> Packed:
    """Cuantiza matrices con forma ``(maps, n_query, n_key)``; NaN marca las celdas enmascaradas."""
    bits = 16 if values.size <= FINE_CELLS else 8
    top = 2**bits - 2
    codes = np.full(values.shape, top + 1, dtype="<u2" if bits == 16 else "<u1")
    ranges = []
    for number, matrix in enumerate(values.astype(np.float64)):
        seen = np.isfinite(matrix)
        low, high = (float(matrix[seen].min()), float(matrix[seen].max())) if seen.any() else (0.0, 0.0)
        if high > low:  # mitades: high - low puede desbordar; entre subnormales, la mitad puede ser 0
            span = high / 2 - low / 2
            fraction = (matrix[seen] / 2 - low / 2) / span if span > 0 else matrix[seen] > low
            codes[number][seen] = np.rint(fraction * top).astype(codes.dtype)
        else:
            codes[number][seen] = 0
        ranges.append([low, high])
    return Packed(bits, ranges, codes.tobytes())
