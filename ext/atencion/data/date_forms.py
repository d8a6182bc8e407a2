"""Las formas en que una persona escribe una fecha en español.

Una forma es un patrón de CLDR (el de ``babel``: ``EEEE, d 'de' MMMM 'de' y``), con una ampliación: el día y
el año pueden ir en letras. Todas son inequívocas: el día va siempre antes que el mes numérico y el año lleva
siempre sus cuatro cifras. Por eso no están el formato corto (``13/11/29``: ¿qué siglo?) ni el de Panamá
(``09/25/1987``).
"""

from __future__ import annotations

import random
import re
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

from babel.dates import get_day_names, get_month_names
from num2words import num2words

__all__ = ["FORMS", "DateForm", "Piece", "write_date"]

_PATTERN = re.compile(r"'[^']*'|E+|d+|M+|y|[^'EdMy]+")
_PARTS = {"E": "weekday", "d": "day", "M": "month", "y": "year"}
_GREGORIAN = 1583  # antes, el día de la semana del calendario de entonces era otro


class DateForm(NamedTuple):
    """Una manera de escribir una fecha.

    Campos:
        pattern: patrón de CLDR; los literales van entre apóstrofos.
        words: cuáles de ``d`` e ``y`` se escriben en letras.
        locale: país cuyos nombres y abreviaturas se usan (Perú: *setiembre*; México: *sep*).
        since: primer año en que la forma es natural.
    """

    pattern: str
    words: str = ""
    locale: str = "es"
    since: int = 1


class Piece(NamedTuple):
    """Un trozo de fecha escrita.

    Campos:
        text: el trozo.
        part: lo que dice: ``"weekday"``, ``"day"``, ``"month"``, ``"year"``, o ``"link"`` si solo une.
    """

    text: str
    part: str


FORMS = (
    # con el nombre del mes
    DateForm("d 'de' MMMM 'de' y"),
    DateForm("d 'de' MMMM 'de' y", locale="es_PE"),
    DateForm("d 'de' MMMM 'del' y", since=2000),
    DateForm("d 'de' MMMM 'del año' y"),
    DateForm("'el' d 'de' MMMM 'de' y"),
    DateForm("'a' d 'de' MMMM 'de' y"),
    DateForm("d MMMM y"),
    DateForm("MMMM d 'de' y"),
    # con el día de la semana
    DateForm("EEEE, d 'de' MMMM 'de' y", since=_GREGORIAN),
    DateForm("EEEE d 'de' MMMM 'de' y", since=_GREGORIAN),
    DateForm("EEEE d 'de' MMMM 'del' y", since=2000),
    DateForm("'el' EEEE d 'de' MMMM 'de' y", since=_GREGORIAN),
    DateForm("EEEE d MMMM y", since=_GREGORIAN),
    # con el mes abreviado
    DateForm("d MMM y"),
    DateForm("d MMM y", locale="es_MX"),
    DateForm("d MMM y", locale="es_VE"),
    DateForm("d 'de' MMM 'de' y"),
    DateForm("d 'de' MMM 'de' y", locale="es_PE"),
    DateForm("d-MMM-y"),
    DateForm("EEE d MMM y", since=_GREGORIAN),
    # con cifras
    DateForm("dd/MM/y"),
    DateForm("d/M/y"),
    DateForm("dd-MM-y"),
    DateForm("dd.MM.y"),
    # con letras
    DateForm("d 'de' MMMM 'de' y", words="dy"),
    DateForm("d 'de' MMMM 'del' y", words="dy", since=2000),
    DateForm("d 'de' MMMM 'del año' y", words="dy"),
    DateForm("'el' d 'de' MMMM 'de' y", words="dy"),
    DateForm("'a' d 'de' MMMM 'de' y", words="dy"),
    DateForm("EEEE d 'de' MMMM 'de' y", words="dy", since=_GREGORIAN),
    DateForm("EEEE, d 'de' MMMM 'de' y", words="d", since=_GREGORIAN),
    DateForm("d 'de' MMMM 'de' y", words="d"),
    DateForm("d 'de' MMMM 'de' y", words="y"),
)


def write_date(day: date, form: DateForm, rng: random.Random) -> tuple[Piece, ...]:
    """Escribe una fecha con una forma, en trozos que recuerdan qué parte dicen.

    El azar solo decide lo que no cambia la fecha: «uno» o «primero», y dónde hay mayúsculas.

    Argumentos:
        day: la fecha.
        form: una de ``FORMS``.
        rng: fuente de azar.

    Devuelve:
        Los trozos; unidos dan el texto.

    Ejemplo:
        >>> "".join(p.text for p in write_date(date(1987, 9, 25), FORMS[0], random.Random(1)))
        '25 de Septiembre de 1987'
    """
    pieces = [_write_symbol(symbol, day, form, rng) for symbol in _PATTERN.findall(form.pattern)]
    style = rng.random()
    if style < 0.1:
        return tuple(Piece(piece.text.upper(), piece.part) for piece in pieces)
    if style < 0.2:
        pieces = [p._replace(text=p.text.capitalize()) if p.part == "month" else p for p in pieces]
    if style < 0.4:
        pieces[0] = pieces[0]._replace(text=pieces[0].text.capitalize())
    return tuple(pieces)


def _write_symbol(symbol: str, day: date, form: DateForm, rng: random.Random) -> Piece:
    letter = symbol[0]
    part = _PARTS.get(letter, "link")
    if letter == "E":
        return Piece(_names("day", len(symbol), form.locale)[day.weekday()], part)
    if letter == "M" and len(symbol) > 2:
        return Piece(_names("month", len(symbol), form.locale)[day.month], part)
    if letter == "d" and letter in form.words:
        return Piece("primero" if day.day == 1 and rng.random() < 0.5 else _in_words(day.day), part)
    if letter == "y":
        return Piece(_in_words(day.year) if letter in form.words else str(day.year), part)
    if part == "link":
        return Piece(symbol.strip("'"), part)
    number = day.day if letter == "d" else day.month
    return Piece(f"{number:0{len(symbol)}d}", part)


@lru_cache
def _names(what: str, letters: int, locale: str) -> dict[int, str]:
    width: Literal["wide", "abbreviated"] = "wide" if letters == 4 else "abbreviated"
    return dict((get_day_names if what == "day" else get_month_names)(width, "format", locale))


@lru_cache(maxsize=4096)
def _in_words(number: int) -> str:
    return str(num2words(number, lang="es"))
