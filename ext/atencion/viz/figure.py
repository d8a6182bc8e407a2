"""La imagen fija del mapa de calor, para GitHub, PDF, EPUB y navegadores sin JavaScript."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from atencion.viz.reading import NOUNS, are_sentences, format_number, visible

__all__ = [
    "INK",
    "MUTED",
    "Panel",
    "draw_labels",
    "draw_legend",
    "draw_matrix",
    "draw_png",
    "place_image",
    "ramp",
    "sheet",
    "write_title",
]

_STYLE = Path(__file__).parent / "page" / "heatmap.css"
INK, MUTED, _HATCH = "#1b2230", "#566074", "#a9b3c3"
_MASKED: dict[str, Any] = {"facecolor": "white", "edgecolor": _HATCH, "linewidth": 0, "hatch": "/////"}
_BAR = 1.2  # pulgadas de la barra de color


def ramp(kind: str) -> list[str]:
    """Los colores de la escala clara de ``kind``, leídos de la hoja de estilo: su única dueña."""
    light, *_ = re.findall(rf"--am-{kind}:\s*([^;]+);", _STYLE.read_text(encoding="utf-8"))
    return [colour.strip() for colour in light.split(",")]


class Panel(NamedTuple):
    """Una matriz ``(n_query, n_key)`` con NaN en las celdas enmascaradas, y cómo se dibuja."""

    matrix: npt.NDArray[np.floating]
    kind: str
    domain: list[float]
    name: str

    @property
    def masked(self) -> bool:
        return bool(np.isnan(self.matrix).any())


@contextmanager
def sheet(width: float, height: float) -> Iterator[tuple[Any, io.BytesIO]]:
    """Una hoja clara de ``width`` × ``height`` pulgadas, sea cual sea el estilo del cuaderno; al salir, su PNG."""
    import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.style.context("default"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # emoji: la fuente no lo tiene
        figure = Figure(figsize=(width, height), dpi=120, facecolor="white")
        FigureCanvasAgg(figure)
        buffer = io.BytesIO()
        yield figure, buffer
        figure.savefig(buffer, format="png", bbox_inches="tight", pad_inches=0.12)


def draw_png(panel: Panel, queries: list[str], keys: list[str], *, title: str) -> bytes:
    """Dibuja una matriz y devuelve el PNG. Las claves que son frases van numeradas, con su lista debajo."""
    rows, columns = panel.matrix.shape
    listed = are_sentences(keys)
    labels = [str(j + 1) for j in range(columns)] if listed else keys
    side = min(0.5, 9 / max(rows, columns))  # pulgadas por celda
    width, height = max(columns * side, _BAR + 0.6), max(rows * side, 0.5)
    with sheet(width, height) as (figure, buffer):
        axes = figure.add_axes((0, 0, columns * side / width, rows * side / height))
        draw_matrix(axes, panel)
        draw_labels(axes, queries, labels, size=9 if side > 0.2 else 6)
        write_title(axes, title, panel.name)
        draw_legend(figure, (0.55 / width, -0.26 / height, _BAR / width, 0.11 / height), panel, masked=panel.masked)
        if listed:
            lines = "\n".join(f"{j + 1}. {visible(key, 80)}" for j, key in enumerate(keys))
            style = {"color": INK, "fontsize": 9, "va": "top", "linespacing": 1.5, "parse_math": False}
            figure.text(0, -0.45 / height, lines, **style)
    return buffer.getvalue()


def place_image(axes: Any, panel: Panel, extent: tuple[float, float, float, float]) -> Any:
    """Las celdas de una matriz en un rectángulo ``(izquierda, derecha, abajo, arriba)``, con su trama debajo."""
    from matplotlib.patches import Rectangle

    left, right, bottom, top = extent
    if panel.masked:
        axes.add_patch(Rectangle((left, bottom), right - left, top - bottom, zorder=0, **_MASKED))
    cells = np.ma.masked_invalid(panel.matrix)
    return axes.imshow(cells, zorder=1, interpolation="nearest", extent=extent, **_scale(panel))


def draw_matrix(axes: Any, panel: Panel) -> None:
    """Las celdas de una matriz, con líneas entre ellas y números si caben."""
    matrix = panel.matrix
    rows, columns = matrix.shape
    image = place_image(axes, panel, (-0.5, columns - 0.5, rows - 0.5, -0.5))
    for spine in axes.spines.values():
        spine.set_visible(False)
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


def _scale(panel: Panel) -> dict[str, Any]:
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    colours = LinearSegmentedColormap.from_list(panel.kind, ramp(panel.kind)).with_extremes(bad=(0, 0, 0, 0))
    return {"cmap": colours, "norm": Normalize(panel.domain[0], panel.domain[1])}


def draw_labels(axes: Any, queries: list[str], keys: list[str], *, size: int) -> None:
    """Los *tokens* de las filas y de las columnas, y el nombre de cada eje; sin ``queries``, solo las columnas."""
    axes.xaxis.set(ticks_position="top", label_position="top")
    axes.tick_params(which="both", length=0)
    for tokens, ticks in ((keys, axes.set_xticks), (queries, axes.set_yticks)):
        step = max(1, -(-len(tokens) // 64))
        labels = [visible(token, 16) for token in tokens[::step]]
        ticks(range(0, len(tokens), step), labels, color=INK, fontsize=size, parse_math=False)
    longest = max(len(visible(token, 16)) for token in keys)
    if longest > 2:
        tilt = 50 if size == 9 else 90
        for label in axes.get_xticklabels():
            label.set(rotation=tilt, ha="left" if tilt == 50 else "center", rotation_mode="anchor")
            label.set_va("baseline" if tilt == 50 else "center_baseline")
    axes.set_xlabel("claves (key) →", color=MUTED, fontsize=9, loc="left")
    if queries:
        where = {"xycoords": "axes fraction", "textcoords": "offset points", "ha": "right"}
        axes.annotate("consultas (query) ↓", (0, 1), (-6, 6), color=MUTED, fontsize=9, **where)


def write_title(axes: Any, *lines: str) -> None:
    """El título, encima de todo lo demás; las líneas vacías no cuentan."""
    heading = "\n".join(visible(line, 80) for line in lines if line)
    if heading:
        axes.set_title(heading, loc="left", color=INK, fontsize=11, pad=10, parse_math=False)


def draw_legend(figure: Any, place: tuple[float, ...], panel: Panel, *, masked: bool, noun: str = "") -> None:
    """La barra de color de una clase de valores y, con ``masked``, la trama de las celdas enmascaradas."""
    from matplotlib.patches import Patch

    bar = figure.add_axes(place)
    low, high = panel.domain
    bar.imshow(np.linspace(low, high, 128)[None], aspect="auto", **_scale(panel))
    bar.set_axis_off()
    style = {"color": MUTED, "fontsize": 8, "va": "center_baseline", "transform": bar.transAxes}
    bar.text(-0.05, 0.5, f"{noun or NOUNS[panel.kind]}  {format_number(low)}", ha="right", **style)
    bar.text(1.05, 0.5, format_number(high), ha="left", **style)
    if masked:
        where = {"loc": "center left", "bbox_to_anchor": (1.4, 0.5), "borderaxespad": 0, "frameon": False}
        patch = Patch(label="enmascarada", **_MASKED)
        bar.legend(handles=[patch], labelcolor=MUTED, fontsize=8, **where)
