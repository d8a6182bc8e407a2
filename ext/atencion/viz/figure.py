"""La imagen fija del mapa de calor, para GitHub, PDF, EPUB y navegadores sin JavaScript."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from atencion.viz.reading import NOUNS, format_number, visible

__all__ = ["draw_png", "ramp"]

_STYLE = Path(__file__).parent / "page" / "heatmap.css"
_INK, _MUTED, _HATCH = "#1b2230", "#566074", "#a9b3c3"
_MASKED: dict[str, Any] = {"facecolor": "white", "edgecolor": _HATCH, "linewidth": 0, "hatch": "/////"}
_BAR = 1.2  # pulgadas de la barra de color


def ramp(kind: str) -> list[str]:
    """Los colores de la escala clara de ``kind``, leídos de la hoja de estilo: su única dueña."""
    light, *_ = re.findall(rf"--am-{kind}:\s*([^;]+);", _STYLE.read_text(encoding="utf-8"))
    return [colour.strip() for colour in light.split(",")]


def draw_png(
    matrix: npt.NDArray[np.floating],
    queries: list[str],
    keys: list[str],
    *,
    kind: str,
    domain: list[float],
    title: str,
    subtitle: str,
) -> bytes:
    """Dibuja una matriz ``(n_query, n_key)`` con NaN en las celdas enmascaradas y devuelve el PNG."""
    import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows, columns = matrix.shape
    side = min(0.5, 9 / max(rows, columns))  # pulgadas por celda
    width, height = max(columns * side, _BAR + 0.6), max(rows * side, 0.5)
    with matplotlib.style.context("default"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # emoji: la fuente no lo tiene
        figure = Figure(figsize=(width, height), dpi=120, facecolor="white")
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, columns * side / width, rows * side / height))
        _draw_cells(axes, matrix, kind, domain)
        _draw_labels(axes, queries, keys, title, subtitle, size=9 if side > 0.2 else 6)
        bar = figure.add_axes((0.55 / width, -0.26 / height, _BAR / width, 0.11 / height))
        _draw_legend(bar, axes, kind, domain, masked=bool(np.isnan(matrix).any()))
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", bbox_inches="tight", pad_inches=0.12)
    return buffer.getvalue()


def _draw_cells(axes: Any, matrix: npt.NDArray[np.floating], kind: str, domain: list[float]) -> None:
    from matplotlib.colors import LinearSegmentedColormap, Normalize
    from matplotlib.patches import Rectangle

    rows, columns = matrix.shape
    axes.add_patch(Rectangle((-0.5, -0.5), columns, rows, zorder=0, **_MASKED))
    colours = LinearSegmentedColormap.from_list(kind, ramp(kind)).with_extremes(bad=(0, 0, 0, 0))
    style = {
        "cmap": colours,
        "norm": Normalize(domain[0], domain[1]),
        "interpolation": "nearest",
        "zorder": 1,
    }
    image = axes.imshow(np.ma.masked_invalid(matrix), **style)
    if max(rows, columns) <= 64:
        axes.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
        axes.grid(which="minor", color="white", linewidth=1)
    if columns <= 8 and rows <= 32:
        for (i, j), value in np.ndenumerate(matrix):
            if not np.isnan(value):
                luminance = np.dot(np.power(image.to_rgba(value)[:3], 2.2), (0.2126, 0.7152, 0.0722))
                ink = "black" if luminance > 0.18 else "white"
                axes.text(j, i, format_number(value), ha="center", va="center", color=ink, fontsize=8)


def _draw_labels(axes: Any, queries: list[str], keys: list[str], title: str, subtitle: str, *, size: int) -> None:
    axes.xaxis.set(ticks_position="top", label_position="top")
    axes.tick_params(which="both", length=0)
    for tokens, ticks in ((keys, axes.set_xticks), (queries, axes.set_yticks)):
        step = -(-len(tokens) // 64)
        labels = [visible(token, 16) for token in tokens[::step]]
        ticks(range(0, len(tokens), step), labels, color=_INK, fontsize=size, parse_math=False)
    longest = max(len(visible(token, 16)) for token in keys)
    if longest > 2:
        tilt = 50 if size == 9 else 90
        for label in axes.get_xticklabels():
            label.set(rotation=tilt, ha="left" if tilt == 50 else "center", rotation_mode="anchor")
            label.set_va("baseline" if tilt == 50 else "center_baseline")
    axes.set_xlabel("claves (key) →", color=_MUTED, fontsize=9, loc="left")
    where = {"xycoords": "axes fraction", "textcoords": "offset points", "ha": "right"}
    axes.annotate("consultas (query) ↓", (0, 1), (-6, 6), color=_MUTED, fontsize=9, **where)
    heading = "\n".join(part for part in (visible(title, 80) if title else "", subtitle) if part)
    if heading:
        axes.set_title(heading, loc="left", color=_INK, fontsize=11, pad=10, parse_math=False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_legend(bar: Any, axes: Any, kind: str, domain: list[float], *, masked: bool) -> None:
    from matplotlib.patches import Patch

    image = axes.images[0]
    bar.imshow(np.linspace(domain[0], domain[1], 128)[None], cmap=image.cmap, norm=image.norm, aspect="auto")
    bar.set_axis_off()
    style = {"color": _MUTED, "fontsize": 8, "va": "center_baseline", "transform": bar.transAxes}
    bar.text(-0.05, 0.5, f"{NOUNS[kind]}  {format_number(domain[0])}", ha="right", **style)
    bar.text(1.05, 0.5, format_number(domain[1]), ha="left", **style)
    if masked:
        place = {"loc": "center left", "bbox_to_anchor": (1.4, 0.5), "borderaxespad": 0, "frameon": False}
        patch = Patch(label="enmascarada", **_MASKED)
        bar.legend(handles=[patch], labelcolor=_MUTED, fontsize=8, **place)
