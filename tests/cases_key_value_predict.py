"""Los casos de prueba de ``key_value_predict_attention``."""

from __future__ import annotations

from typing import Any

from atencion import ops, reference
from cases import ADDITIVE_MASKS, Case, additive_case

KEY_VALUE_PREDICT_MASKS = ADDITIVE_MASKS


def key_value_predict_case(*, n: int = 37, window: int = 5, **options: Any) -> Case:
    """El caso de la atención aditiva con tantas consultas como claves, y una ventana."""
    case = additive_case(n_query=n, n_key=n, **options)
    case.operation, case.oracle = ops.key_value_predict_attention, reference.key_value_predict_attention
    case.options["window"] = window
    return case
