"""Lo común de las figuras con un modelo entrenado dentro: sus parámetros y lo que Python comprueba de ellos.

Contrato entre Python y JavaScript (los textos viajan como los de HeatMap; los rasgos de este guardan el mapa del
primer texto):

    rasgo            tipo en JS          significado
    parameter_index  texto JSON: [{…}]   los parámetros: nombre, forma, clase y primer byte (véase weights.py)
    parameters       bytes               los parámetros, en 8 bits
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import traitlets

from atencion.errors import type_error, value_error
from atencion.viz.heatmap import HeatMap, json_text
from atencion.viz.weights import PackedWeights

__all__ = ["PageModel", "as_vocabulary", "check_parameters"]

_SPECIALS = ["<pad>", "<bos>", "<eos>", "<unk>"]


class PageModel(HeatMap):
    """Un mapa de calor con un modelo entrenado que lo vuelve a calcular en la página, sin Python detrás.

    Los parámetros viajan en 8 bits (``pack_weights``) y los usa el núcleo compilado a WebAssembly. Mientras el
    navegador no puede correrlo, y en la imagen fija, se ve el primer resultado. Python da lo mismo que la página si el
    modelo carga antes ``dequantised(state)``.
    """

    parameter_index = json_text(traitlets.List())
    parameters = traitlets.Bytes().tag(sync=True)

    def carry(self, packed: PackedWeights) -> None:
        """Guarda los parámetros que viajan."""
        self.parameter_index, self.parameters = packed.entries, packed.data


def check_parameters(state: Mapping[str, Any], names: Sequence[str], model: str) -> None:
    """Comprueba que hay algún parámetro de cada módulo de ``names``, los del modelo llamado ``model``."""
    missing = [part for part in names if not any(name.startswith(part) for name in state)]
    if missing:
        raise value_error("state", f"los parámetros de {model}", f"ninguno de {', '.join(missing)}")


def as_vocabulary(name: str, pieces: Iterable[str]) -> list[str]:
    """Comprueba las piezas de un vocabulario, en orden."""
    listed = list(pieces)
    if not all(isinstance(piece, str) for piece in listed):
        raise type_error(name, "piezas de texto", next(piece for piece in listed if not isinstance(piece, str)))
    if listed[:4] != _SPECIALS:
        raise value_error(name, f"las piezas especiales {_SPECIALS} delante", listed[:4])
    return listed
