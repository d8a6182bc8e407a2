"""Series de fechas escritas en español y en ISO: «3 de mayo de 1990; 4/5/2001» → «1990-05-03;2001-05-04».

Las piezas de la fuente son palabras, cifras sueltas y signos; las del destino, caracteres. Una sola fecha
cabe en un vector fijo; una serie, no: por eso las series enseñan para qué sirve la atención. Cada pieza
recuerda a qué fecha y a qué parte pertenece, así que se puede medir si el alineamiento aprendido mira donde
debe.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from torch import Tensor

from ..errors import value_error
from .batches import pad_sequences
from .date_forms import FORMS, write_date
from .text import tokenize
from .vocabulary import Vocabulary

__all__ = [
    "SEPARATOR",
    "TARGET_VOCABULARY",
    "DateExample",
    "DateSplits",
    "DaySplits",
    "EncodedText",
    "Field",
    "encode",
    "generate_examples",
    "generate_splits",
    "split_days",
]

SEPARATOR = ";"
TARGET_VOCABULARY = Vocabulary("0123456789-" + SEPARATOR)

_OLDER = range(date(1492, 1, 1).toordinal(), date(1900, 1, 1).toordinal())
_RECENT = range(date(1900, 1, 1).toordinal(), date(2100, 1, 1).toordinal())


class Field(NamedTuple):
    """De qué habla una pieza.

    Campos:
        date: posición de la fecha en la serie, desde 0.
        part: ``"weekday"``, ``"day"``, ``"month"``, ``"year"``, ``"link"`` (de, comas, guiones) o
            ``"separator"``.
    """

    date: int
    part: str


class DateExample(NamedTuple):
    """Una serie de fechas escrita y su traducción.

    Campos:
        text: lo que escribiría una persona.
        source: piezas de ``text``.
        target: caracteres de la serie en ISO.
        fields: de qué habla cada pieza de ``source``.
        dates: las fechas.
    """

    text: str
    source: tuple[str, ...]
    target: tuple[str, ...]
    fields: tuple[Field, ...]
    dates: tuple[date, ...]


class DaySplits(NamedTuple):
    """Días de entrenamiento, validación y prueba, sin ninguno en común."""

    train: tuple[date, ...]
    validation: tuple[date, ...]
    test: tuple[date, ...]


class DateSplits(NamedTuple):
    """Series de entrenamiento, validación y prueba, sin ningún día en común."""

    train: tuple[DateExample, ...]
    validation: tuple[DateExample, ...]
    test: tuple[DateExample, ...]


class EncodedText(NamedTuple):
    """Un texto listo para un modelo.

    Campos:
        tokens: piezas tal como se leen, también las desconocidas.
        source: ``(1, n_source)`` int64.
        source_lengths: ``(1,)`` int64.
    """

    tokens: tuple[str, ...]
    source: Tensor
    source_lengths: Tensor


def split_days(seed: int = 0) -> DaySplits:
    """Reparte días entre entrenamiento (80 %), validación (10 %) y prueba (10 %).

    La mitad son todos los días de 1900 a 2099; la otra, otros tantos al azar de 1492 a 1899.

    Argumentos:
        seed: semilla del reparto.

    Devuelve:
        ``DaySplits``: cada día está en un solo grupo.

    Ejemplo:
        >>> [len(days) for days in split_days()]
        [116880, 14609, 14609]
    """
    rng = random.Random(f"days-{seed}")
    ordinals = [*_RECENT, *rng.sample(_OLDER, len(_RECENT))]
    rng.shuffle(ordinals)
    days = tuple(date.fromordinal(ordinal) for ordinal in ordinals)
    tenth = len(days) // 10
    return DaySplits(days[2 * tenth :], days[:tenth], days[tenth : 2 * tenth])


def _write_series(dates: Sequence[date], rng: random.Random) -> DateExample:
    text, source, fields = "", [], []
    for position, day in enumerate(dates):
        if position:
            text += SEPARATOR + " "
            source.append(SEPARATOR)
            fields.append(Field(position - 1, "separator"))
        form = rng.choice([form for form in FORMS if form.since <= day.year])
        for piece in write_date(day, form, rng):
            tokens = tokenize(piece.text)
            text += piece.text
            source += tokens
            fields += [Field(position, piece.part)] * len(tokens)
    target = SEPARATOR.join(day.isoformat() for day in dates)
    return DateExample(text, tuple(source), tuple(target), tuple(fields), tuple(dates))


def generate_examples(
    days: Sequence[date], count: int, *, num_dates: Sequence[int] = (1, 2, 3, 4), seed: int = 0
) -> tuple[DateExample, ...]:
    """Escribe series de fechas al azar, siempre las mismas para la misma semilla.

    Argumentos:
        days: días de donde se sacan las fechas.
        count: número de series.
        num_dates: longitudes posibles; se reparten por igual.
        seed: semilla.

    Devuelve:
        ``count`` ejemplos.

    Errores:
        ``ValueError`` si no hay días, o si ``num_dates`` está vacío o tiene un número menor que 1.

    Ejemplo:
        >>> generate_examples(split_days().train, 1, num_dates=(2,))[0].text
        'El veintisiete de Junio de mil seiscientos sesenta y dos; 8/10/2067'
    """
    if not days:
        raise value_error("days", "al menos un día", "ninguno")
    if not num_dates or min(num_dates) < 1:
        raise value_error("num_dates", "longitudes ≥ 1", tuple(num_dates))
    rng = random.Random(f"series-{seed}")
    examples = [
        _write_series([rng.choice(days) for _ in range(num_dates[index % len(num_dates)])], rng)
        for index in range(count)
    ]
    rng.shuffle(examples)
    return tuple(examples)


def generate_splits(
    train: int = 20_000,
    validation: int = 1_000,
    test: int = 4_000,
    *,
    num_dates: Sequence[int] = (1, 2, 3, 4),
    seed: int = 0,
) -> DateSplits:
    """Genera series de entrenamiento, validación y prueba sin fugas.

    Ningún día está en dos conjuntos; como cada texto dice sus días sin ambigüedad, ningún texto tampoco.

    Argumentos:
        train: series de entrenamiento.
        validation: series de validación.
        test: series de prueba.
        num_dates: longitudes posibles; se reparten por igual.
        seed: semilla.

    Devuelve:
        ``DateSplits``.

    Ejemplo:
        >>> splits = generate_splits(train=100, validation=10, test=10)
        >>> len(splits.train)
        100
    """
    days = split_days(seed)
    return DateSplits(
        generate_examples(days.train, train, num_dates=num_dates, seed=seed),
        generate_examples(days.validation, validation, num_dates=num_dates, seed=seed),
        generate_examples(days.test, test, num_dates=num_dates, seed=seed),
    )


def encode(text: str, vocabulary: Vocabulary) -> EncodedText:
    """Prepara un texto cualquiera para un modelo, aunque lo haya escrito una persona con prisa.

    Las piezas que no están se buscan sin tildes («miercoles»); si tampoco, valen ``UNK_ID``.

    Argumentos:
        text: una fecha o una serie separada por «;».
        vocabulary: el de la fuente.

    Devuelve:
        ``EncodedText``: las piezas rotulan las columnas del mapa de calor.

    Errores:
        ``ValueError`` si el texto no tiene ninguna pieza.

    Ejemplo:
        >>> typed = encode("12 de brumario", Vocabulary(["1", "2", "de"]))
        >>> typed.tokens, typed.source.tolist()
        (('1', '2', 'de', 'brumario'), [[4, 5, 6, 3]])
    """
    tokens = tokenize(text)
    if not tokens:
        raise value_error("text", "al menos una palabra, cifra o signo", repr(text))
    known = {_without_accents(token): token for token in vocabulary}
    found = [token if token in vocabulary else known.get(_without_accents(token), token) for token in tokens]
    source, source_lengths = pad_sequences([vocabulary.encode(found)])
    return EncodedText(tokens, source, source_lengths)


def _without_accents(token: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", token) if not unicodedata.combining(c))
