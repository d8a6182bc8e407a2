"""El mapa de calor interactivo: una sola figura para el libro, JupyterLab, VS Code y Colab.

Contrato entre Python y JavaScript (la misma tabla está en stack.js). Los textos viajan como JSON en
ASCII, con ``<`` escrito ``\\u003c``: ningún token puede cerrar el <script> que guarda el estado de una página.

    rasgo         tipo en JS          significado
    title         texto JSON: string  título; vacío si no hay
    query_tokens  texto JSON: [s]     etiquetas de las filas (consultas)
    key_tokens    texto JSON: [s]     etiquetas de las columnas (claves)
    axes          texto JSON: [s]     nombres de los ejes delanteros, de fuera adentro
    labels        texto JSON: [[s]]   nombres dentro de cada eje delantero; lista vacía: se numeran
    shape         [n]                 (…ejes delanteros, n_query, n_key)
    kinds         [s]                 "weights" o "scores", una por posición del primer eje delantero
    domains       [[n, n]]            extremos de la escala de color, en paralelo con kinds
    blocks        [n, n]              consultas y claves que resume cada código (el valor más fuerte); [1, 1]: una
    bits          n                   8 o 16, anchura de cada código
    ranges        [[n, n]]            (low, high) de cada matriz, en orden C
    data          bytes               códigos, little endian; el mayor (2**bits - 1) es «enmascarada»
    progressive   bool                las filas aparecen de una en una
    source        texto JSON: {}      lo que la página recalcula (véase live.js); null si nada
    views         [s]                 vistas que se ofrecen, en orden (véase views.js)
    view          s    ⇄              la que se muestra
    index         [n]  ⇄              posición en cada eje delantero
    row           n    ⇄              última fila dibujada, si progressive
    pair          [[n]] ⇄             las dos posiciones que se comparan, A y B; vacía si no hay dos de una clase
    positions     [[n, n]]            sitio (x, y) de cada nodo del grafo; vacío: se calcula
"""

from __future__ import annotations

import base64
import json
import math
import operator
from collections.abc import Sequence
from pathlib import Path
from typing import Any, SupportsIndex

import anywidget
import traitlets

from atencion.errors import type_error, value_error
from atencion.viz.bundle import STYLE, module_script
from atencion.viz.figure import Panel
from atencion.viz.live import prepare
from atencion.viz.offered import as_positions, default_view, offered_views
from atencion.viz.pictures import draw_map, draw_view
from atencion.viz.reading import describe, position
from atencion.viz.stack import as_kinds, as_labels, colour_domains, first_pair
from atencion.viz.transport import aggregate, as_matrices, as_tokens, block_spans, hide_masked, quantise

__all__ = ["HeatMap", "json_text"]


def json_text(trait: Any) -> Any:
    """Un rasgo de texto que viaja como JSON sin ``<`` (véase el contrato)."""
    return trait.tag(
        sync=True,
        to_json=lambda value, _: json.dumps(value).replace("<", "\\u003c"),
        from_json=lambda value, _: json.loads(value),
    )


class HeatMap(anywidget.AnyWidget):
    """Mapa de calor de pesos o puntuaciones de atención: filas = consultas, columnas = claves.

    El color de la celda ``(i, j)`` es ``weights[…, i, j]``: cuánto atiende la consulta i a la clave j.

    Argumentos:
        weights: tensor o array ``(n_query, n_key)``, con hasta dos ejes delante (capas, cabezas, pasos…).
        queries: ``n_query`` cadenas, una por fila.
        keys: ``n_key`` cadenas, una por columna.
        mask: bool que se difunde a la forma de ``weights``; True = puede atender.
        title: título de la figura.
        axes: nombre de cada eje delantero; por defecto ``["cabeza"]`` o ``["capa", "cabeza"]``.
        labels: por cada eje delantero, los nombres de sus posiciones o None.
        kind: ``"weights"`` (≥ 0) o ``"scores"`` (con signo; −∞ = enmascarada), o una clase por posición del
            primer eje delantero.
        progressive: si es True, un control dibuja las filas de una en una, como un decodificador.
        view: la vista con la que se abre: ``"map"`` (mapa), ``"grid"`` (todos los mapas en miniatura), ``"compare"``
            (dos mapas y su diferencia), ``"lines"`` (líneas, hasta 64 × 64 pesos), ``"bars"`` (barras), ``"graph"``
            (grafo, hasta 200 nodos) o ``"table"`` (tabla); por defecto, barras si hay una sola consulta, y mapa si hay
            más. El lector puede pasar a las demás; al grafo, solo si se pide. La rejilla pide varios mapas, y comparar,
            dos de la misma clase: los que diga ``pair``, al principio el primero y el último.
        positions: con ``view="graph"``, el sitio ``[x, y]`` de cada nodo, con «y» hacia arriba; por defecto se calcula.
        vmax: extremo de la escala de color; por defecto, 1 o el peso máximo, o la mayor puntuación en
            valor absoluto.

    Errores: ValueError si las formas o las cantidades no encajan, o si hay NaN o infinitos; TypeError si un
    tipo no es el esperado. Las filas no tienen que sumar 1 (en la atención local de Luong no lo hacen).

    Un conjunto de más de 1,5 millones de celdas viaja por bloques, y la figura lo dice; ``to_png`` y el texto
    salen de los valores completos.

    Ejemplo:
        >>> weights = [[0.9, 0.1], [0.2, 0.8]]
        >>> HeatMap(weights, queries=["casa", "blanca"], keys=["house", "white"], title="Alineación")
    """

    _esm = module_script()
    _css = STYLE
    _ipython_display_ = None  # en ipywidgets 7 taparía a _repr_mimebundle_

    title = json_text(traitlets.Unicode())
    query_tokens = json_text(traitlets.List(traitlets.Unicode()))
    key_tokens = json_text(traitlets.List(traitlets.Unicode()))
    axes = json_text(traitlets.List(traitlets.Unicode()))
    labels = json_text(traitlets.List(traitlets.List(traitlets.Unicode())))
    shape = traitlets.List(traitlets.Int()).tag(sync=True)
    kinds = traitlets.List(traitlets.Unicode()).tag(sync=True)
    domains = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    blocks = traitlets.List(traitlets.Int(), [1, 1]).tag(sync=True)
    bits = traitlets.Int(8).tag(sync=True)
    ranges = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    data = traitlets.Bytes().tag(sync=True)
    progressive = traitlets.Bool().tag(sync=True)
    source = json_text(traitlets.Dict(default_value=None, allow_none=True))
    views = traitlets.List(traitlets.Unicode()).tag(sync=True)
    view = traitlets.Unicode("map").tag(sync=True)
    index = traitlets.List(traitlets.Int()).tag(sync=True)
    row = traitlets.Int(0).tag(sync=True)
    pair = traitlets.List(traitlets.List(traitlets.Int())).tag(sync=True)
    positions = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)

    def __init__(
        self,
        weights: object,
        *,
        queries: Sequence[str],
        keys: Sequence[str],
        mask: object = None,
        title: str = "",
        axes: Sequence[str] | None = None,
        labels: Sequence[Sequence[str] | None] | None = None,
        kind: str | Sequence[str] = "weights",
        progressive: bool = False,
        view: str | None = None,
        positions: object = None,
        vmax: float | None = None,
    ) -> None:
        values = as_matrices(weights)
        *leading, n_query, n_key = values.shape
        kinds = as_kinds(kind, leading)
        if not isinstance(vmax, (int, float, type(None))):
            raise type_error("vmax", "un número o None", vmax)
        if vmax is not None and not (math.isfinite(vmax) and vmax > 0):
            raise value_error("vmax", "un número finito mayor que 0, o None", vmax)
        if not isinstance(title, str):
            raise type_error("title", "una cadena", title)
        query_tokens = as_tokens("queries", "n_query", queries, n_query)
        key_tokens = as_tokens("keys", "n_key", keys, n_key)
        names = ["capa", "cabeza"][2 - len(leading) :] if axes is None else axes
        axis_names = as_tokens("axes", "ejes delanteros", names, len(leading))
        opening = default_view(n_query) if view is None else view
        self._values = hide_masked(values, mask, kinds)
        spans = block_spans(values.shape)
        sent = aggregate(self._values, spans)
        packed = quantise(sent.reshape(-1, *sent.shape[-2:]))
        pair = first_pair(kinds, leading)
        super().__init__(
            title=title,
            query_tokens=query_tokens,
            key_tokens=key_tokens,
            axes=axis_names,
            labels=as_labels(labels, axis_names, leading),
            shape=list(values.shape),
            kinds=kinds,
            domains=colour_domains(sent, kinds, vmax),
            blocks=list(spans),
            bits=packed.bits,
            ranges=packed.ranges,
            data=packed.data,
            progressive=bool(progressive),
            views=offered_views(opening, values.shape, kinds, pair),
            view=opening,
            positions=as_positions(positions, opening, values.shape, kinds, query_tokens, key_tokens),
            index=[0] * len(leading),
            pair=pair,
        )

    @classmethod
    def live(
        cls,
        operation: str,
        *,
        queries: Sequence[str],
        keys: Sequence[str] | None = None,
        title: str = "",
        view: str = "map",
        editable: bool | Sequence[str] = True,
        **inputs: object,
    ) -> HeatMap:
        """Mapa de calor que se calcula en la página: el lector cambia los números y el núcleo repite la cuenta.

        Argumentos:
            operation: ``"dot_product"``, ``"additive"``, ``"linear"``, ``"sparse"``, ``"memory"``, ``"pointer_sum"``,
                ``"attention_over_attention"``, ``"coattention"`` o ``"attention_flow"``.
            queries: una cadena por fila. En atención sobre atención y en coatención, las palabras de la pregunta.
            keys: una cadena por columna. En esas dos, las palabras del documento.
            title: título de la figura.
            view: como en ``HeatMap``, o ``"steps"`` (pasos) en producto escalar y aditiva.
            editable: los nombres de las entradas que el lector puede cambiar; True, las que caben (12 × 32).
            inputs: los argumentos de ``atencion.ops``, sin eje de lote ni de cabezas. En producto escalar, aditiva y
                lineal valen, en vez de ``query``, ``key`` y ``value``, unos ``embeddings`` (``{palabra: vector}`` o
                ``(palabras, matriz)``) y, si se quiere, ``query_projection``, ``key_projection`` y
                ``value_projection``: el lector puede escribir entonces otra frase con las palabras de la tabla.

        Errores: los de ``atencion.ops``; ValueError o TypeError si una cadena, un nombre o un número no vale.

        Ejemplo:
            >>> table = {"el": [1.0, 0.0], "gato": [0.0, 2.0]}
            >>> HeatMap.live("dot_product", queries=["el", "gato"], embeddings=table, view="steps")
        """
        drawing = prepare(operation, queries, keys, inputs, editable)
        figure = cls(
            drawing.maps,
            queries=drawing.queries,
            keys=drawing.keys,
            mask=drawing.allowed,
            title=title,
            axes=drawing.axes,
            labels=drawing.labels,
            kind=drawing.kind,
        )
        figure.source = drawing.source
        if drawing.steps:
            figure.views = [figure.views[0], "steps", *figure.views[1:]]
        figure.view = view
        return figure

    @traitlets.validate("view")
    def _check_view(self, proposal: Any) -> str:
        if proposal["value"] not in self.views:
            raise value_error("view", " o ".join(f'"{name}"' for name in self.views), repr(proposal["value"]))
        return str(proposal["value"])

    @traitlets.validate("index")
    def _check_index(self, proposal: Any) -> list[int]:
        return self._as_index(proposal["value"])

    @traitlets.validate("row")
    def _check_row(self, proposal: Any) -> int:
        row, last = proposal["value"], -(-self._values.shape[-2] // self.blocks[0]) - 1
        if not 0 <= row <= last:
            raise value_error("row", f"un entero de 0 a {last}", row)
        return int(row)

    @traitlets.validate("pair")
    def _check_pair(self, proposal: Any) -> list[list[int]]:
        pair = [self._as_index(index) for index in proposal["value"]]
        offered = "compare" in self.views
        if len(pair) != 2 * offered or len({self._kind(index) for index in pair}) > 1:
            expected = "dos posiciones de la misma clase" if offered else "una lista vacía: no hay dos de una clase"
            raise value_error("pair", expected, pair)
        return pair

    def _kind(self, index: list[int]) -> str:
        return str(self.kinds[index[0] if index else 0])

    def _as_index(self, index: Sequence[int] | SupportsIndex | None) -> list[int]:
        if index is None:
            return list(self.index)
        given = [index] if isinstance(index, SupportsIndex) else index
        chosen = [operator.index(i) for i in given]
        leading = self._values.shape[:-2]
        inside = (0 <= i < size for i, size in zip(chosen, leading, strict=False))
        if len(chosen) != len(leading) or not all(inside):
            raise value_error("index", f"una posición dentro de {tuple(leading)}", chosen)
        return chosen

    def to_png(self, path: str | Path | None = None, index: Sequence[int] | SupportsIndex | None = None) -> bytes:
        """Dibuja una matriz en la vista que se muestra como imagen PNG sobre fondo claro, con todas sus filas.

        Argumentos:
            path: archivo que se escribe, o None.
            index: posición en los ejes delanteros; por defecto, lo que muestra la figura: una matriz o, según la
                vista, la rejilla o la comparación.

        Devuelve: los bytes del PNG.

        Errores: ValueError si ``index`` cae fuera de los ejes delanteros.
        """
        png = draw_view(self) if index is None else draw_map(self, self._as_index(index))
        if path is not None:
            Path(path).write_bytes(png)
        return png

    def panel(self, index: list[int]) -> Panel:
        """Una matriz con lo que hace falta para dibujarla."""
        domain = self.domains[index[0] if index else 0]
        name = position(self.axes, self.labels, self.shape, index)
        return Panel(self._values[tuple(index)], self._kind(index), domain, name)

    def __str__(self) -> str:
        chosen = list(self.index)
        return describe(
            self._values[tuple(chosen)],
            self.query_tokens,
            self.key_tokens,
            kind=self._kind(chosen),
            title=self.title,
            where=position(self.axes, self.labels, self.shape, chosen),
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:  # un widget sin vista
            return None
        data, metadata = bundle
        data["text/plain"] = str(self)
        data["image/png"] = base64.b64encode(self.to_png()).decode("ascii")
        return data, metadata
