"""Un modelo entrenado que corre en la página: el lector escribe un texto y ve su resultado y su alineamiento.

Contrato entre Python y JavaScript: los rasgos de page_model.py y estos.

    rasgo          tipo en JS          significado
    text           texto JSON: string  el primer texto
    written        texto JSON: string  lo que el modelo escribe con él
    examples       texto JSON: [s]     textos que se ofrecen
    source_tokens  texto JSON: [s]     las piezas del vocabulario de lo que se lee, en orden
    target_tokens  texto JSON: [s]     las del vocabulario de lo que se escribe
    max_pieces     n                   piezas que se leen como mucho
    max_length     n                   piezas que se escriben como mucho
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy.typing as npt
import traitlets

from atencion.errors import dtype_error, type_error, value_error
from atencion.viz.bundle import module_script
from atencion.viz.heatmap import json_text
from atencion.viz.page_model import PageModel, as_vocabulary, check_parameters
from atencion.viz.transport import to_numpy
from atencion.viz.weights import pack_weights

__all__ = ["LiveModel"]

_EOS_ID = 2
_END = "‹fin›"
_MODULES = (  # los de BahdanauSeq2Seq con atención
    *("encoder.embedding", "encoder.gru", "initial_state", "attention.query_projection", "attention.key_projection"),
    *("attention.score_vector", "embedding", "cell", "deep_output", "output"),
)


class LiveModel(PageModel):
    """Un traductor entrenado que lee en la página lo que el lector escribe, sin Python detrás.

    Argumentos:
        state: ``model.state_dict()``, de un ``BahdanauSeq2Seq`` con atención.
        source: vocabulario de lo que se lee: sus piezas en orden, con las cuatro especiales delante.
        target: vocabulario de lo que se escribe.
        text: el primer texto.
        keys: las piezas de ``text``.
        shown: ``(tokens, weights)`` que da el modelo para ``text``: los números escritos ``(n_query,)`` y los pesos
            ``(n_query, n_key)``; también con un lote de uno delante, como los da ``generate``.
        examples: otros textos que se ofrecen con un botón.
        title: título de la figura.
        max_pieces: piezas que se leen como mucho.
        max_length: piezas que se escriben como mucho.

    Errores: ``ValueError`` o ``TypeError`` si las formas o los tipos no encajan, o si a ``state`` le faltan
    parámetros.

    Ejemplo:
        >>> encoded = dates.encode("3/4/2001", source_vocabulary)
        >>> written = model.generate(encoded.source, encoded.source_lengths, max_length=12, return_weights=True)
        >>> shared = {"source": source_vocabulary, "target": dates.TARGET_VOCABULARY}
        >>> LiveModel(model.state_dict(), text="3/4/2001", keys=encoded.tokens, shown=written, **shared)
    """

    _esm = module_script("live_model.js")

    text = json_text(traitlets.Unicode())
    written = json_text(traitlets.Unicode())
    examples = json_text(traitlets.List(traitlets.Unicode()))
    source_tokens = json_text(traitlets.List(traitlets.Unicode()))
    target_tokens = json_text(traitlets.List(traitlets.Unicode()))
    max_pieces = traitlets.Int().tag(sync=True)
    max_length = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        state: Mapping[str, Any],
        *,
        source: Iterable[str],
        target: Iterable[str],
        text: str,
        keys: Sequence[str],
        shown: tuple[object, object],
        examples: Sequence[str] = (),
        title: str = "",
        max_pieces: int = 60,
        max_length: int = 60,
    ) -> None:
        packed = pack_weights(state)
        check_parameters(state, _MODULES, "BahdanauSeq2Seq con atención")
        if not isinstance(text, str):
            raise type_error("text", "una cadena", text)
        for name, limit in (("max_pieces", max_pieces), ("max_length", max_length)):
            if not isinstance(limit, int) or limit < 1:
                raise value_error(name, "un entero ≥ 1", limit)
        read, names = as_vocabulary("source", source), as_vocabulary("target", target)
        tokens, alignment = _as_shown(shown, len(names))
        queries = [_END if token == _EOS_ID else names[token] for token in tokens]
        super().__init__(alignment, queries=queries, keys=keys, title=title, view="map", vmax=1.0)
        with self.hold_sync():
            self.carry(packed)
            self.source_tokens, self.target_tokens = read, names
            self.text, self.written, self.examples = text, _decode(tokens, names), [text, *examples]
            self.max_pieces, self.max_length = max_pieces, max_length

    def __str__(self) -> str:
        return f"«{self.text}» → «{self.written}»\n{super().__str__()}"


def _decode(tokens: list[int], names: list[str]) -> str:
    """Lo escrito hasta el fin, sin relleno ni principio; con puntos suspensivos si no acaba."""
    end = tokens.index(_EOS_ID) if _EOS_ID in tokens else None
    text = "".join(names[token] for token in tokens[:end] if token > _EOS_ID)
    return text if end is not None else f"{text}…"


def _as_shown(shown: tuple[object, object], target_size: int) -> tuple[list[int], npt.NDArray[Any]]:
    """Los números escritos y sus pesos, sin el eje del lote."""
    if shown[1] is None:
        raise value_error("shown", "los pesos: pide return_weights=True", None)
    tokens, weights = to_numpy("shown", shown[0]), to_numpy("shown", shown[1])
    if tokens.ndim == 2 and weights.ndim == 3 and len(tokens) == len(weights) == 1:
        tokens, weights = tokens[0], weights[0]
    if tokens.ndim != 1 or weights.ndim != 2 or len(tokens) != len(weights):
        received = f"{tokens.shape} y {weights.shape}"
        raise value_error("shown", "números (n_query,) y pesos (n_query, n_key)", received)
    if tokens.dtype.kind not in "iu":
        raise dtype_error("shown", "entero en los números escritos", tokens.dtype)
    numbers: list[int] = tokens.tolist()
    if not all(0 <= number < target_size for number in numbers):
        raise value_error("shown", f"números de 0 a {target_size - 1}", numbers)
    return numbers, weights
