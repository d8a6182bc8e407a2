"""¿Mira la atención donde debe? Cada pieza de una serie de fechas dice de qué fecha y de qué parte habla."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from ..errors import shape_error
from .dates import DateExample, Field

__all__ = ["AlignmentAgreement", "alignment_agreement", "target_fields"]

_ISO_PARTS = ("year",) * 4 + ("link",) + ("month",) * 2 + ("link",) + ("day",) * 2


class AlignmentAgreement(NamedTuple):
    """Fracción de cifras escritas cuyo mayor peso cae donde debe.

    Campos:
        date: en alguna pieza de su misma fecha.
        part: en una pieza de su misma fecha y que además dice lo mismo: año, mes o día.
    """

    date: float
    part: float


def target_fields(num_dates: int) -> tuple[Field, ...]:
    """Dice de qué habla cada carácter del destino de una serie.

    Argumentos:
        num_dates: fechas de la serie.

    Devuelve:
        Un ``Field`` por carácter, ``11·num_dates − 1`` en total.

    Ejemplo:
        >>> [field.part for field in target_fields(1)][:5]
        ['year', 'year', 'year', 'year', 'link']
    """
    fields: list[Field] = []
    for position in range(num_dates):
        if position:
            fields.append(Field(position - 1, "separator"))
        fields += [Field(position, part) for part in _ISO_PARTS]
    return tuple(fields)


def alignment_agreement(weights: Tensor, example: DateExample) -> AlignmentAgreement:
    """Mide si cada cifra escrita mira donde debe, según el mayor de sus pesos.

    Solo cuentan las cifras: un guion o un «;» no salen de ninguna pieza concreta.

    Argumentos:
        weights: ``(n_target, n_source)`` o más ancho; las filas de más (``<eos>``) y el relleno no cuentan.
        example: la serie que se tradujo.

    Devuelve:
        ``AlignmentAgreement`` con las dos fracciones, de 0 a 1.

    Errores:
        ``ValueError`` si ``weights`` no cubre la serie.

    Ejemplo:
        >>> from atencion.data.dates import generate_examples, split_days
        >>> example = generate_examples(split_days().test, 1, num_dates=(2,))[0]
        >>> first_word = Tensor([[1.0] + [0.0] * (len(example.source) - 1)] * len(example.target))
        >>> alignment_agreement(first_word, example).date
        0.5
    """
    wanted = target_fields(len(example.dates))
    n_source = len(example.source)
    if weights.dim() != 2 or weights.shape[0] < len(wanted) or weights.shape[1] < n_source:
        expected = (f"≥ {len(wanted)}", f"≥ {n_source}")
        raise shape_error("weights", ("n_target", "n_source"), expected, tuple(weights.shape))
    looked = [example.fields[j] for j in weights[: len(wanted), :n_source].argmax(dim=-1).tolist()]
    digits = [(a, b) for a, b in zip(looked, wanted, strict=True) if b.part in ("year", "month", "day")]
    return AlignmentAgreement(
        sum(a.date == b.date for a, b in digits) / len(digits), sum(a == b for a, b in digits) / len(digits)
    )
