"""La imagen fija de varias matrices: la rejilla de miniaturas y la comparación de dos."""

from __future__ import annotations

from typing import Any

import numpy as np

from atencion.viz.figure import (
    INK,
    MUTED,
    Panel,
    draw_labels,
    draw_legend,
    draw_matrix,
    place_image,
    sheet,
    write_title,
)
from atencion.viz.reading import visible
from atencion.viz.transport import aggregate

__all__ = ["draw_comparison", "draw_grid"]

_WIDTH, _THUMB = 8.0, 1.6  # pulgadas de una fila de miniaturas, y de una miniatura como mucho
_GAP = 0.06  # de una miniatura, lo que la separa de la siguiente


def draw_grid(
    panels: list[Panel], leading: list[int], axes: list[str], labels: list[list[str]], *, title: str
) -> bytes:
    """Dibuja todas las matrices en miniatura: con dos ejes delanteros, uno en filas y otro en columnas."""
    crossed = len(leading) == 2
    columns = leading[-1] if crossed else min(leading[0], 6)
    lines = -(-len(panels) // columns)
    pitch = min(_THUMB, _WIDTH / columns)
    n_query, n_key = panels[0].matrix.shape
    tall = pitch * min(max(n_query / n_key, 0.4), 1.8)
    step = tall if crossed else tall + 0.25  # con un solo eje, cada miniatura lleva debajo su nombre
    width, height = columns * pitch, lines * step
    with sheet(width, height) as (figure, buffer):
        canvas = figure.add_axes((0, 0, 1, 1))
        canvas.set_axis_off()
        for number, panel in enumerate(panels):
            line, column = divmod(number, columns)
            left, top = column * pitch, line * step
            extent = (left, left + pitch - pitch * _GAP, top + tall - pitch * _GAP, top)
            place_image(canvas, _reduced(panel, pitch), extent)
            if not crossed:
                _write(canvas, visible(panel.name, 20), left + pitch * (1 - _GAP) / 2, top + tall + 0.06)
        canvas.set(xlim=(0, width), ylim=(height, 0), aspect="auto")  # en pulgadas, y hacia abajo
        if crossed:
            _name_axes(canvas, pitch, tall, leading, axes, labels)
        heading = canvas.annotate(
            visible(title, 80), (0, 1), (0, 34 if crossed else 10), xycoords="axes fraction", textcoords="offset points"
        )
        heading.set(color=INK, fontsize=11, parse_math=False)
        kinds = {panel.kind: panel for panel in panels}
        masked = any(panel.masked for panel in panels)
        for number, panel in enumerate(kinds.values()):
            place = ((0.75 + 2.5 * number) / width, -0.3 / height, 1.2 / width, 0.11 / height)
            draw_legend(figure, place, panel, masked=masked and number == len(kinds) - 1)
    return buffer.getvalue()


def _reduced(panel: Panel, inches: float) -> Panel:
    """La matriz con una celda por punto de la miniatura, como mucho: la más fuerte de cada bloque."""
    side = int(inches * 120)
    rows, columns = panel.matrix.shape
    return panel._replace(matrix=aggregate(panel.matrix, (-(-rows // side), -(-columns // side))))


def _write(canvas: Any, text: str, x: float, y: float, **style: Any) -> None:
    canvas.text(x, y, text, **{"color": INK, "fontsize": 8, "ha": "center", "va": "top", "parse_math": False} | style)


def _name_axes(
    canvas: Any, pitch: float, tall: float, leading: list[int], axes: list[str], labels: list[list[str]]
) -> None:
    """Los nombres de las posiciones de los dos ejes, en los márgenes, y los de los ejes."""

    def name(axis: int, i: int) -> str:
        return visible(labels[axis][i], 12) if labels[axis] else str(i + 1)

    for i in range(leading[0]):
        _write(canvas, name(0, i), -0.08, (i + 0.5) * tall, ha="right", va="center")
    for j in range(leading[1]):
        _write(canvas, name(1, j), (j + 0.5) * pitch, -0.06, va="bottom")
    style = {"color": MUTED, "fontsize": 9, "va": "bottom"}
    _write(canvas, f"{visible(axes[0], 24)} ↓", -0.08, -0.06, ha="right", **style)
    _write(canvas, f"{visible(axes[1], 24)} →", 0, -0.26, ha="left", **style)


def draw_comparison(first: Panel, second: Panel, queries: list[str], keys: list[str], *, title: str) -> bytes:
    """Dibuja dos matrices y su diferencia, una al lado de otra."""
    delta = second.matrix - first.matrix
    largest = float(np.nanmax(np.abs(delta))) if np.isfinite(delta).any() else 0.0
    domain = [-(largest or 1.0), largest or 1.0]
    panels = [
        first._replace(name=f"A: {first.name}"),
        second._replace(name=f"B: {second.name}"),
        Panel(delta, "scores", domain, "Diferencia, B − A"),
    ]
    rows, columns = delta.shape
    side = min(0.34, 3.4 / max(rows, columns))
    space = 0.5
    width, height = 3 * columns * side + 2 * space, rows * side
    with sheet(width, height) as (figure, buffer):
        for number, panel in enumerate(panels):
            place = (number * (columns * side + space) / width, 0, columns * side / width, 1)
            axes = figure.add_axes(place)
            draw_matrix(axes, panel)
            draw_labels(axes, queries if number == 0 else [], keys, size=9 if side > 0.2 else 6)
            write_title(axes, title if number == 0 else "", panel.name)
        bars = [(first, "", 0.55), (panels[2], "diferencia", 3.9 if panels[2].masked else 2.9)]
        for panel, noun, left in bars:
            place = (left / width, -0.26 / height, 1.2 / width, 0.11 / height)
            draw_legend(figure, place, panel, masked=noun == "" and panels[2].masked, noun=noun)
    return buffer.getvalue()
