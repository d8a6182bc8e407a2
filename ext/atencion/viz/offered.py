"""Qué vistas ofrece una figura, y lo que pide la del grafo."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from atencion.errors import shape_error, type_error, value_error

__all__ = ["as_positions", "default_view", "offered_views"]

MOST_LINES = 64  # por lado: con más, las líneas no se distinguen
MOST_NODES = 200


def default_view(n_query: int) -> str:
    """Un mapa; de una sola consulta, barras."""
    return "bars" if n_query == 1 else "map"


def offered_views(view: str, shape: Sequence[int], kinds: Sequence[str], pair: list[list[int]]) -> list[str]:
    """Las vistas para las que dan los datos.

    La rejilla pide varias matrices; comparar, una pareja; las líneas, que no sean demasiadas ni tengan signo; el grafo,
    que se pida.
    """
    offered = {
        "map": True,
        "grid": math.prod(shape[:-2]) > 1,
        "compare": bool(pair),
        "lines": max(shape[-2:]) <= MOST_LINES and "scores" not in kinds,
        "bars": True,
        "graph": view == "graph",
        "table": True,
    }
    return [name for name, possible in offered.items() if possible]


def as_positions(
    positions: object, view: str, shape: Sequence[int], kinds: Sequence[str], queries: list[str], keys: list[str]
) -> list[list[float]]:
    """Comprueba lo que pide la vista de grafo y devuelve el sitio de cada nodo; vacío si se calcula."""
    if view != "graph":
        if positions is not None:
            raise value_error("positions", 'None, salvo con view="graph"', type(positions).__name__)
        return []
    n_query, n_key = shape[-2:]
    if n_query != n_key:
        raise shape_error("weights", ("…", "n_nodes", "n_nodes"), None, shape)
    if n_query > MOST_NODES:
        raise value_error("weights", f'{MOST_NODES} nodos como mucho con view="graph"', n_query)
    if "scores" in kinds:
        raise value_error("kind", '"weights" con view="graph"', '"scores"')
    if queries != keys:
        raise value_error("keys", 'los mismos nodos que en queries con view="graph"', "otros")
    if positions is None:
        return []
    try:
        places = np.asarray(positions, dtype=np.float64)
    except (TypeError, ValueError):
        raise type_error("positions", "una lista de [x, y] o None", positions) from None
    if places.shape != (n_query, 2):
        raise shape_error("positions", ("n_nodes", "xy"), (n_query, 2), places.shape)
    if not np.isfinite(places).all():
        raise value_error("positions", "números finitos", places[~np.isfinite(places)][0])
    return [[float(x), float(y)] for x, y in places]
