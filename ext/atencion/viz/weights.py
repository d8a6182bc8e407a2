"""Los parámetros de un modelo en 8 bits: lo que viaja a la página y lo que la página calcula con ello.

Cada fila de una matriz se guarda con códigos de −127 a 127 y su propia escala:

    valor ≈ código · escala,    escala = max |fila| / 127

Con más dimensiones, las filas son los vectores de la última. El error es como mucho media escala. Los vectores
(sesgos, normas, vectores de puntuación) van en float32: ocupan poco y un error en ellos pesa en todas las
posiciones. Una matriz ocupa la cuarta parte que en float32.

Los bytes van seguidos, *little endian*, y cada parámetro empieza en un múltiplo de 4:

    rows      escalas float32 (una por fila) y detrás códigos int8, por filas
    float32   los valores
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from atencion.errors import dtype_error, type_error, value_error
from atencion.viz.transport import to_numpy

__all__ = ["PackedWeights", "dequantised", "pack_weights"]

_TOP = 127
_ALIGNMENT = 4

Array = npt.NDArray[np.float32]


class PackedWeights(NamedTuple):
    """Los parámetros de un modelo, listos para la página.

    Campos:
        entries: por parámetro, ``name``, ``shape``, ``kind`` (``"rows"`` o ``"float32"``) y ``offset``, su primer byte.
        data: los bytes de todos.
    """

    entries: list[dict[str, object]]
    data: bytes


def _parameters(state: Mapping[str, Any]) -> Iterator[tuple[str, Array]]:
    """Los parámetros en float32, comprobados."""
    if not isinstance(state, Mapping):
        raise type_error("state", "un diccionario de nombres a tensores, como model.state_dict()", state)
    for name, tensor in state.items():
        values = to_numpy(f'state["{name}"]', tensor)
        if values.dtype.kind != "f":
            raise dtype_error(f'state["{name}"]', "de coma flotante", values.dtype)
        if values.size == 0 or not np.isfinite(values).all():
            received = "ninguno" if values.size == 0 else "NaN o infinitos"
            raise value_error(f'state["{name}"]', "al menos un número, y todos finitos", received)
        yield name, np.ascontiguousarray(values, dtype="<f4").reshape(values.shape)


def _quantise(values: Array) -> tuple[npt.NDArray[np.int8], Array]:
    """Códigos ``(rows, columns)`` y escalas ``(rows,)``, por la última dimensión; una fila de ceros tiene escala 0."""
    rows = values.reshape(-1, values.shape[-1])
    scales = (np.abs(rows).max(axis=1) / np.float32(_TOP)).astype("<f4")
    steps = np.where(scales > 0, scales, np.float32(1))
    return np.rint(rows / steps[:, None]).astype(np.int8), scales


def pack_weights(state: Mapping[str, Any]) -> PackedWeights:
    """Guarda los parámetros de un modelo: las matrices en 8 bits, una escala por fila; los vectores en float32.

    Argumentos:
        state: nombre → tensor de coma flotante, como ``model.state_dict()``.

    Devuelve:
        ``PackedWeights``.

    Errores:
        ``TypeError`` si algo no es de coma flotante; ``ValueError`` si está vacío o no es finito.

    Ejemplo:
        >>> packed = pack_weights({"output.weight": torch.tensor([[1.0, -0.5], [0.0, 0.0]])})
        >>> packed.entries
        [{'name': 'output.weight', 'shape': [2, 2], 'kind': 'rows', 'offset': 0}]
        >>> len(packed.data)  # dos escalas y cuatro códigos
        12
    """
    entries: list[dict[str, object]] = []
    data = bytearray()
    for name, values in _parameters(state):
        kind = "rows" if values.ndim >= 2 else "float32"
        entries.append({"name": name, "shape": list(values.shape), "kind": kind, "offset": len(data)})
        if kind == "rows":
            codes, scales = _quantise(values)
            data += scales.tobytes() + codes.tobytes()
        else:
            data += values.tobytes()
        data += bytes(-len(data) % _ALIGNMENT)
    return PackedWeights(entries, bytes(data))


def dequantised(state: Mapping[str, Any]) -> dict[str, Any]:
    """Los parámetros con los que calcula la página: los de ``pack_weights``, otra vez como tensores.

    Cargados en el modelo de Python, este y la página dan lo mismo.

    Argumentos:
        state: nombre → tensor de coma flotante, como ``model.state_dict()``.

    Devuelve:
        Un diccionario con los mismos nombres, formas y tipos, para ``model.load_state_dict``.

    Errores:
        Los de ``pack_weights``.

    Ejemplo:
        >>> dequantised({"bias": torch.tensor([0.1])})["bias"]
        tensor([0.1000])
    """
    rounded = {}
    for name, values in _parameters(state):
        if values.ndim >= 2:
            codes, scales = _quantise(values)
            values = (codes * scales[:, None]).reshape(values.shape)
        rounded[name] = state[name].new_tensor(values)
    return rounded
