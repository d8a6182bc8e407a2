"""Las figuras que calculan: lo que viaja a la página para que el lector cambie los números y vuelva a calcular.

Los mapas con los que se abre la figura los calcula aquí ``atencion.ops``; los demás, en la página, el mismo núcleo
compilado a WebAssembly (``page/live.js``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from atencion.errors import dtype_error, shape_error, type_error, value_error
from atencion.viz.transport import as_tokens, to_numpy

__all__ = ["Drawing", "prepare"]

_AXES: dict[str, tuple[str, list[str] | None]] = {
    "memory": ("salto", None),
    "pointer_sum": ("reparto", ["peso de cada posición", "suma de su palabra"]),
    "attention_over_attention": (
        "reparto",
        [
            "α, sobre el documento: las filas suman 1",
            "β, sobre la pregunta: las columnas suman 1",
            "α · β̄, lo que aporta",
        ],
    ),
    "coattention": (
        "reparto",
        ["sobre el documento (filas)", "sobre la pregunta (columnas)"],
    ),
    "attention_flow": ("dirección", ["del contexto a la pregunta", "de la pregunta al contexto"]),
}
_WITH_STEPS = ("dot_product", "additive")
_WITH_SENTENCE = ("dot_product", "additive", "linear")
_OPTIONS = ("causal", "window", "scale", "softmax", "feature_map", "n_tokens")
_IDENTIFIERS = ("token_ids", "candidates")
_PROJECTIONS = ("query_projection", "key_projection", "value_projection")
_EDITABLE = (12, 32)  # filas y columnas que una persona puede repasar; las que no caben se desplazan
_WORDS = 24  # a partir de aquí, los pasos no se leen

Array = npt.NDArray[Any]


class Drawing(NamedTuple):
    """Lo que ``HeatMap`` dibuja al abrirse y lo que la página necesita para recalcular."""

    maps: Array
    allowed: Array
    queries: list[str]
    keys: list[str]
    axes: list[str]
    labels: list[list[str] | None]
    kind: str
    source: dict[str, Any]
    steps: bool


def prepare(
    operation: str,
    queries: Sequence[str],
    keys: Sequence[str] | None,
    arguments: Mapping[str, object],
    editable: bool | Sequence[str],
) -> Drawing:
    """Comprueba, calcula con ``atencion.ops`` y reúne lo que viaja. Los argumentos son los de ``HeatMap.live``."""
    from atencion.ops._single import single  # aquí, para que dibujar no cargue torch

    given = {name: value for name, value in arguments.items() if value is not None}
    options = {name: given.pop(name) for name in _OPTIONS if name in given}
    pattern = {"pattern": given.pop("pattern")} if "pattern" in given else {}
    vocabulary, given = _take_vocabulary(given)
    numbers = {name: _as_array(name, value) for name, value in given.items()}
    inputs = numbers
    if vocabulary is not None:
        inputs = _embedded(operation, queries, vocabulary, numbers)
        if keys is not None:
            raise value_error("keys", "None: con embeddings, la frase se atiende a sí misma", keys)
        keys = queries
    found = single(operation, {**inputs, **options, **pattern})
    n_query, n_key = found.maps.shape[-2:]
    query_tokens = as_tokens("queries", "n_query", queries, n_query)
    key_tokens = as_tokens("keys", "n_key", keys, n_key)  # type: ignore[arg-type]
    axis, names = _AXES.get(operation, ("", None))
    tensors = {name: array for name, array in numbers.items() if array.dtype == np.float32}
    source = {
        "operation": operation,
        "inputs": {name: _plain(array) for name, array in tensors.items()},
        "options": options | {name: numbers[name].tolist() for name in _IDENTIFIERS if name in numbers},
        "mask": None if found.mask is None else found.mask.astype(int).tolist(),
        "vocabulary": vocabulary,
        "editable": _editable(editable, tensors),
    }
    return Drawing(
        maps=found.maps if axis else found.maps[0],
        allowed=found.allowed,
        queries=query_tokens,
        keys=key_tokens,
        axes=[axis] if axis else [],
        labels=[names] if axis else [],
        kind="scores" if options.get("softmax") is False else "weights",
        source=source,
        steps=operation in _WITH_STEPS and max(n_query, n_key) <= _WORDS,
    )


def _as_array(name: str, value: object) -> Array:
    """Números finitos en float32, como los guarda la página; las máscaras y los identificadores, en su tipo."""
    array = to_numpy(name, value)
    if name in _IDENTIFIERS:
        if array.dtype.kind not in "iu":
            raise dtype_error(name, "entero", array.dtype)
        return array.astype(np.int64)
    if array.dtype == np.bool_:
        return array
    if array.dtype.kind not in "fiu":
        raise dtype_error(name, "numérico", array.dtype)
    with np.errstate(over="ignore"):
        single_precision = array.astype(np.float32)
    if not np.isfinite(single_precision).all():
        raise value_error(name, "números finitos en float32", array[~np.isfinite(single_precision)][0])
    return single_precision


def _plain(array: Array) -> Any:
    """Listas con los números más cortos que dan el mismo float32: 0.1, y no 0.10000000149."""
    return [_plain(part) for part in array] if array.ndim else float(str(array))


def _take_vocabulary(given: dict[str, object]) -> tuple[list[str] | None, dict[str, object]]:
    """Separa las palabras de ``embeddings`` de su matriz."""
    if "embeddings" not in given:
        return None, given
    table = given["embeddings"]
    if isinstance(table, Mapping):
        words, matrix = list(table), [to_numpy("embeddings", row) for row in table.values()]
    elif isinstance(table, tuple) and len(table) == 2:
        words, matrix = table
    else:
        raise type_error("embeddings", "un diccionario {palabra: vector} o una pareja (palabras, matriz)", table)
    array = to_numpy("embeddings", matrix)
    if array.ndim != 2:
        raise shape_error("embeddings", ("n_words", "d"), None, array.shape)
    vocabulary = as_tokens("embeddings", "n_words", words, len(array))
    if len(set(vocabulary)) < len(vocabulary):
        raise value_error("embeddings", "palabras distintas", "alguna repetida")
    return vocabulary, given | {"embeddings": array}


def _embedded(
    operation: str, sentence: Sequence[str], vocabulary: list[str], numbers: dict[str, Array]
) -> dict[str, Array]:
    """Las entradas de la operación para una frase: sus embeddings, proyectados si se dan las matrices."""
    if operation not in _WITH_SENTENCE:
        raise value_error("operation", f"con embeddings, {' o '.join(_WITH_SENTENCE)}", operation)
    words = as_tokens("queries", "n_query", sentence, len(sentence) if isinstance(sentence, Sequence) else 0)
    for word in words:
        if word not in vocabulary:
            raise value_error("queries", "palabras de embeddings", repr(word))
    table = numbers["embeddings"]
    rows = table[[vocabulary.index(word) for word in words]].astype(np.float64)
    inputs = {name: array for name, array in numbers.items() if name not in ("embeddings", *_PROJECTIONS)}
    for name in ("query", "key", "value"):
        if name in inputs:
            raise value_error(name, "None: con embeddings, sale de la frase", "un tensor")
        matrix = numbers.get(f"{name}_projection")
        if matrix is not None and (matrix.ndim != 2 or len(matrix) != rows.shape[1]):
            raise shape_error(f"{name}_projection", ("d", f"d_{name}"), (rows.shape[1], f"d_{name}"), matrix.shape)
        inputs[name] = rows if matrix is None else rows @ matrix
    return inputs


def _editable(asked: bool | Sequence[str], tensors: dict[str, Array]) -> list[str]:
    """Las entradas que el lector puede cambiar; por defecto, las que caben en una tabla que se repasa de un vistazo."""
    most_rows, most_columns = _EDITABLE

    def small(name: str, array: Array) -> bool:
        rows = 1 if array.ndim == 1 or name == "embeddings" else array.shape[-2]
        return bool(rows <= most_rows and array.shape[-1] <= most_columns)

    fitting = [name for name, array in tensors.items() if small(name, array)]
    if isinstance(asked, bool):
        return fitting if asked else []
    chosen = list(asked)
    for name in chosen:
        if name not in fitting:
            expected = f"entradas de hasta {most_rows} × {most_columns} números: {', '.join(fitting)}"
            raise value_error("editable", expected, name)
    return chosen
