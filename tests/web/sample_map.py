"""El mapa de ejemplo de las pruebas de la figura viva, y los colores que le tocan."""

from __future__ import annotations

import numpy as np
from atencion.viz import HeatMap
from atencion.viz.figure import ramp

WEIGHTS = np.array([[0.71, 0.09, 0.2], [0.0, 0.9, 0.1], [0.3, 0.3, 0.4], [0.05, 0.0, 0.95], [0.2, 0.2, 0.6]])
QUERIES = ["casa", "blanca", "el", "río", "el"]
KEYS = ["white", "house", "river"]

# Lo que un texto puede traer para romper la página o colarse en ella.
HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "\"'`${window.hacked = 1}\\",
    "\u202eabc",
    "a\u2028b\u2029c",
    "x" * 10_000,
    "👩‍👩‍👧",
    "<!--<script>",
    "",
]


def heat_map(**options: object) -> HeatMap:
    return HeatMap(WEIGHTS, **({"queries": QUERIES, "keys": KEYS, "title": "Alineación"} | options))


def scale_colour(share: float, kind: str = "weights") -> tuple[int, ...]:
    """El color de la escala clara en un punto de 0 (extremo bajo) a 1 (extremo alto)."""
    stops = np.array([[int(colour[k : k + 2], 16) for k in (1, 3, 5)] for colour in ramp(kind)])
    places = np.linspace(0, 1, len(stops))
    return tuple(int(np.floor(np.interp(share, places, channel) + 0.5)) for channel in stops.T)


def close(colour: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """Iguales salvo el redondeo de cada canal."""
    return max(abs(a - b) for a, b in zip(colour, expected, strict=True)) <= 1
