"""El formato único de los errores: argumento, lo esperado y lo recibido."""

from __future__ import annotations

import pytest
import torch
from atencion import errors


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (
            errors.shape_error("key", ("batch", "heads", "n_key", "d_k"), (2, 8, 7, 16), (2, 8, 7, 15)),
            ValueError,
            "key: se esperaba (batch, heads, n_key, d_k) = (2, 8, 7, 16); se recibió (2, 8, 7, 15)",
        ),
        (
            errors.shape_error("lengths", ("batch",), None, (2, 3)),
            ValueError,
            "lengths: se esperaba (batch,); se recibió (2, 3)",
        ),
        (
            errors.shape_error("x", ("batch", "n"), (2, "≥ 1"), torch.Size([])),
            ValueError,
            "x: se esperaba (batch, n) = (2, ≥ 1); se recibió ()",
        ),
        (
            errors.shape_error("v", ("units",), (5,), (4,)),
            ValueError,
            "v: se esperaba (units,) = (5,); se recibió (4,)",
        ),
        (
            errors.dtype_error("mask", "bool", torch.int64),
            TypeError,
            "mask: se esperaba dtype bool; se recibió torch.int64",
        ),
        (errors.type_error("query", "un tensor", [1]), TypeError, "query: se esperaba un tensor; se recibió list"),
        (errors.type_error("query", "un tensor", None), TypeError, "query: se esperaba un tensor; se recibió NoneType"),
        (
            errors.device_error("mask", torch.device("cpu"), torch.device("meta")),
            ValueError,
            "mask: se esperaba el dispositivo cpu; se recibió meta",
        ),
        (
            errors.value_error("window", "un entero ≥ 0", -3),
            ValueError,
            "window: se esperaba un entero ≥ 0; se recibió -3",
        ),
        (errors.memory_error("key"), MemoryError, "key: no hay memoria para un tensor de ese tamaño"),
    ],
)
def test_message(error: Exception, kind: type[Exception], text: str) -> None:
    assert type(error) is kind
    assert str(error) == text


def test_errors_are_returned_and_not_raised() -> None:
    """Quien comprueba lanza: así la traza acaba en su línea."""
    assert isinstance(errors.value_error("a", "b", "c"), ValueError)
