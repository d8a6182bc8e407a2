"""La imagen fija de las vistas de líneas, barras y grafo."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from atencion.viz.figure import INK, MUTED, Panel, ramp, sheet, write_title
from atencion.viz.reading import NOUNS, format_number, visible

__all__ = ["draw_bars", "draw_graph", "draw_lines"]

Array = npt.NDArray[np.floating]

MOST_BARS = 32  # de más de 64 claves, las de mayor valor
_FAINTEST = 0.05  # parte del peso máximo por debajo de la cual no se dibuja una línea
_NODE = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": MUTED}


def _colour(kind: str, share: float) -> Any:
    """El color de una línea o una barra: la parte de la escala que se ve sobre el papel."""
    from matplotlib.colors import LinearSegmentedColormap

    start = 0.625 if kind == "weights" else 0.5 + np.copysign(0.35, share)
    end = 1.0 if kind == "weights" else 0.5 + np.copysign(0.5, share)
    return LinearSegmentedColormap.from_list(kind, ramp(kind))(start + min(abs(share), 1.0) * (end - start))


def _blank(figure: Any, title: str, panel: Panel, caption: str) -> Any:
    """Unos ejes sin marco, con el título encima y la explicación debajo."""
    axes = figure.add_axes((0, 0, 1, 1))
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set(xticks=[], yticks=[])
    write_title(axes, title, panel.name)
    axes.set_xlabel(caption, loc="left", color=MUTED, fontsize=8, parse_math=False)
    return axes


def draw_bars(panel: Panel, queries: list[str], keys: list[str], *, title: str) -> bytes:
    """Una barra por clave: lo que recibe de media o, si hay una sola consulta, de ella."""
    matrix, kind = panel.matrix, panel.kind
    means = np.nansum(matrix, axis=0) / len(queries)
    means = np.where(np.isnan(matrix).all(axis=0), np.nan, means)
    order = np.arange(len(keys))
    if len(keys) > 2 * MOST_BARS:
        order = np.argsort(np.where(np.isnan(means), np.inf, -means), kind="stable")[:MOST_BARS]
    peak = float(np.nanmax(np.abs(means), initial=0.0)) or 1.0
    noun = NOUNS[kind]
    caption = (
        f"{noun} de cada clave" if len(queries) == 1 else f"{noun} de cada clave, media de {len(queries)} consultas"
    )
    if len(order) < len(keys):
        caption += f"; las {len(order)} mayores de {len(keys)}"

    with sheet(5, max(len(order), 2) * 0.24) as (figure, buffer):
        axes = _blank(figure, title, panel, caption)
        axes.set(ylim=(len(order) - 0.5, -0.5), xlim=(-1.2 if kind == "scores" else 0, 1.2))
        axes.axvline(0, color=MUTED, linewidth=1)
        for place, j in enumerate(order):
            share = 0.0 if np.isnan(means[j]) else float(means[j]) / peak
            axes.barh(place, share, height=0.7, color=_colour(kind, share))
            text = "enmascarada" if np.isnan(means[j]) else format_number(float(means[j]))
            align = "right" if share < 0 else "left"
            offset = -4 if share < 0 else 4
            where = {"xytext": (offset, 0), "textcoords": "offset points", "ha": align, "va": "center"}
            axes.annotate(text, (share, place), color=INK, fontsize=8, **where)
        names = [visible(keys[j], 24) for j in order]
        axes.set_yticks(range(len(order)), names, color=INK, fontsize=9, parse_math=False)
        axes.tick_params(length=0)
    return buffer.getvalue()


def draw_lines(panel: Panel, queries: list[str], keys: list[str], *, title: str) -> bytes:
    """Consultas a la izquierda, claves a la derecha y una línea por peso."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    matrix, kind, domain = panel.matrix, panel.kind, panel.domain
    most = max(matrix.shape)
    left, right = ((most - n) / 2 + np.arange(n) for n in matrix.shape)
    peak = float(np.nanmax(matrix, initial=0.0)) or 1.0
    curve = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]

    with sheet(3.4, max(most, 3) * (0.3 if most <= 24 else 0.2)) as (figure, buffer):
        axes = _blank(figure, title, panel, f"se omiten los pesos menores que {format_number(_FAINTEST * peak, 3)}")
        axes.set(xlim=(0, 1), ylim=(most - 0.5, -0.5))
        for i, j in zip(*np.nonzero(np.nan_to_num(matrix) >= _FAINTEST * peak), strict=True):
            weight = float(matrix[i, j]) / domain[1]
            path = Path([(0, left[i]), (0.5, left[i]), (0.5, right[j]), (1, right[j])], curve)
            style = {"edgecolor": _colour(kind, weight), "linewidth": 0.7 + 4 * weight, "zorder": weight}
            axes.add_patch(PathPatch(path, facecolor="none", **style))
        for tokens, places, x, align in ((queries, left, -0.02, "right"), (keys, right, 1.02, "left")):
            for token, y in zip(tokens, places, strict=True):
                where = {"ha": align, "va": "center", "color": INK, "fontsize": 9, "parse_math": False}
                axes.text(x, y, visible(token, 24), **where)
    return buffer.getvalue()


def draw_graph(panel: Panel, queries: list[str], keys: list[str], *, title: str, positions: Array) -> bytes:
    """Un nodo por consulta y una flecha de cada clave a la consulta que la atiende; sin sitios, en círculo."""
    from matplotlib.patches import FancyArrowPatch

    turn = np.pi / 2 - 2 * np.pi * np.arange(len(queries)) / len(queries)
    places = positions if len(positions) else np.stack([np.cos(turn), np.sin(turn)], axis=1)
    places = places - (places.min(axis=0) + places.max(axis=0)) / 2
    places = places / (np.abs(places).max() or 1.0)
    kind, weights = panel.kind, np.nan_to_num(panel.matrix) / panel.domain[1]
    side = 4.6 if len(queries) <= 24 else 7.5
    with sheet(side, side * 0.85) as (figure, buffer):
        axes = _blank(figure, title, panel, "la flecha va de la clave a la consulta que la atiende")
        axes.set(xlim=(-1.15, 1.15), ylim=(-1.15, 1.25))
        for i, j in zip(*np.nonzero(weights > 0), strict=True):
            weight = float(weights[i, j])
            start, end, bend = places[j], places[i], 0.12 if weights[j, i] > 0 else 0.0
            if i == j:
                start, end, bend = places[i] + (-0.05, 0.05), places[i] + (0.05, 0.05), -1.6
            shrink = 0 if i == j else 13
            style: dict[str, Any] = {"color": _colour(kind, weight), "linewidth": 0.7 + 3 * weight}
            style |= {"arrowstyle": "-|>", "connectionstyle": f"arc3,rad={bend}", "mutation_scale": 9 + 5 * weight}
            axes.add_patch(FancyArrowPatch(start, end, shrinkA=shrink, shrinkB=shrink, zorder=1 + weight, **style))
        for token, (x, y) in zip(queries, places, strict=True):
            where = {"ha": "center", "va": "center", "color": INK, "fontsize": 8, "zorder": 3, "parse_math": False}
            axes.text(x, y, visible(token, 16), bbox=_NODE, **where)

    return buffer.getvalue()
