"""Del tensor a los bytes: comprobaciones y cuantización de las matrices que viajan al navegador.

Cada matriz se guarda con códigos enteros y su propio intervalo ``(low, high)``:

    valor ≈ low + código / (2**bits - 2) * (high - low)          código 2**bits - 1 = enmascarada

El error es como mucho medio paso. Con pocas celdas se usan 16 bits, y la lectura con dos decimales es la del
tensor; con muchas, 8 bits: el segundo decimal puede diferir en una unidad. Si ni así caben en la página, viaja
una celda por bloque: la más fuerte.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from atencion.errors import dtype_error, shape_error, type_error, value_error

__all__ = [
    "KINDS",
    "Array",
    "Packed",
    "aggregate",
    "as_matrices",
    "as_tokens",
    "block_spans",
    "colour_domain",
    "hide_masked",
    "quantise",
    "to_numpy",
]

KINDS = ("weights", "scores")
FINE_CELLS = 16_384  # hasta aquí, 16 bits: unos 40 kB en la página
SENT_CELLS = 3 << 19  # hasta aquí viaja cada celda: a 8 bits, 2 MB en la página

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
    return array.astype(np.float64 if array.dtype == np.float64 else np.float32, copy=False)


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


def block_spans(shape: Sequence[int]) -> tuple[int, int]:
    """Cuántas consultas y claves resume cada código para que todos quepan en ``SENT_CELLS``: (1, 1) si no hace falta.

    Ningún eje se divide en más bloques que el otro puede, así que los bloques de una matriz cuadrada son cuadrados.
    """
    *leading, n_query, n_key = shape

    def cells(side: int) -> int:
        return math.prod(leading) * min(n_query, side) * min(n_key, side)

    longest = max(n_query, n_key)
    side = max(1, bisect_right(range(1, longest + 1), SENT_CELLS, key=cells))
    return -(-n_query // side), -(-n_key // side)


def aggregate(values: Array, spans: tuple[int, int]) -> Array:
    """Resume cada bloque de ``spans`` celdas en la más fuerte: la de mayor valor absoluto.

    ``values`` tiene forma ``(…, n_query, n_key)``; NaN marca las celdas enmascaradas, y un bloque solo lo está si lo
    están todas las suyas. Los bloques del final pueden ser menores.
    """
    high = low = values
    for axis, span in zip((-2, -1), spans, strict=True):
        if span > 1:
            starts = range(0, values.shape[axis], span)
            high, low = np.fmax.reduceat(high, starts, axis), np.fmin.reduceat(low, starts, axis)
    return high if high is low else np.where(-low > high, low, high)


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
