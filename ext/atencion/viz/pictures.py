"""Qué imagen fija toca a cada vista de la figura."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from atencion.viz.drawings import draw_bars, draw_graph, draw_lines
from atencion.viz.figure import draw_png
from atencion.viz.panels import draw_comparison, draw_grid

if TYPE_CHECKING:
    from atencion.viz.heatmap import HeatMap

__all__ = ["draw_map", "draw_view"]


def draw_map(figure: HeatMap, index: list[int]) -> bytes:
    """Una matriz como mapa de calor, líneas, barras o grafo, según la vista; en las demás vistas, como mapa."""
    panel = figure.panel(index)
    if figure.view == "graph":
        places = np.array(figure.positions)
        return draw_graph(panel, figure.query_tokens, figure.key_tokens, title=figure.title, positions=places)
    draw: Callable[..., bytes] = {"lines": draw_lines, "bars": draw_bars}.get(figure.view, draw_png)
    return draw(panel, figure.query_tokens, figure.key_tokens, title=figure.title)


def draw_view(figure: HeatMap) -> bytes:
    """Lo que muestra la figura: la rejilla, la comparación o una matriz."""
    if figure.view == "grid":
        panels = [figure.panel(list(index)) for index in np.ndindex(*figure.shape[:-2])]
        return draw_grid(panels, figure.shape[:-2], figure.axes, figure.labels, title=figure.title)
    if figure.view == "compare":
        first, second = (figure.panel(index) for index in figure.pair)
        return draw_comparison(first, second, figure.query_tokens, figure.key_tokens, title=figure.title)
    return draw_map(figure, list(figure.index))
