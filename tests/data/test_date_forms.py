"""Cada forma escribe lo que escribe Babel; las de letras, lo que escribe num2words."""

from __future__ import annotations

import random
from datetime import date

import pytest
from atencion.data.date_forms import FORMS, DateForm, write_date
from babel.dates import format_date, get_date_format
from num2words import num2words

DAYS = [date(1987, 9, 25), date(2001, 5, 1), date(1583, 3, 31), date(2099, 12, 9), date(1900, 2, 28)]


def written(day: date, form: DateForm, seed: int) -> str:
    return "".join(piece.text for piece in write_date(day, form, random.Random(seed)))


@pytest.mark.parametrize("form", [form for form in FORMS if not form.words], ids=str)
@pytest.mark.parametrize("day", DAYS, ids=str)
def test_numeric_forms_agree_with_babel(form: DateForm, day: date) -> None:
    expected = format_date(day, form.pattern, locale=form.locale)
    for seed in range(11):
        assert written(day, form, seed).lower() == expected.lower()


@pytest.mark.parametrize(
    ("length", "locale"), [("full", "es"), ("full", "es_HN"), ("long", "es"), ("long", "es_PE"), ("medium", "es_MX")]
)
def test_the_forms_babel_calls_usual_are_here(length: str, locale: str) -> None:
    usual = format_date(DAYS[0], length, locale=locale)
    assert usual in {written(DAYS[0], form, seed).lower() for form in FORMS for seed in range(3)}


def test_words_come_from_num2words() -> None:
    form = DateForm("d 'de' MMMM 'de' y", words="dy")
    day, year = (num2words(n, lang="es") for n in (25, 1987))
    assert written(DAYS[0], form, 1).lower() == f"{day} de septiembre de {year}"


def test_the_first_day_is_written_both_ways() -> None:
    form = DateForm("d 'de' MMMM", words="d")
    assert {written(DAYS[1], form, seed).lower() for seed in range(23)} == {"uno de mayo", "primero de mayo"}
    assert {written(DAYS[2], form, seed).lower() for seed in range(23)} == {"treinta y uno de marzo"}


def test_capitals_vary_and_the_text_does_not() -> None:
    texts = {written(DAYS[0], FORMS[0], seed) for seed in range(200)}
    assert {text.lower() for text in texts} == {"25 de septiembre de 1987"}
    assert {"25 de septiembre de 1987", "25 de Septiembre de 1987", "25 DE SEPTIEMBRE DE 1987"} <= texts


def test_pieces_say_their_part() -> None:
    pieces = write_date(DAYS[0], DateForm("EEEE, d 'de' MMMM 'de' y"), random.Random(2))
    parts = [piece.part for piece in pieces if piece.text.strip()]
    assert parts == ["weekday", "link", "day", "link", "month", "link", "year"] or parts == [
        *("weekday", "link", "day", "link", "link", "month", "link", "link", "year"),
    ]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_no_form_is_ambiguous(form: DateForm) -> None:
    symbols = form.pattern
    assert "yy" not in symbols  # las cuatro cifras del año
    if "MMM" not in symbols:
        assert symbols.index("d") < symbols.index("M")  # con cifras, el día va delante
    assert get_date_format("short", locale="es_PA").pattern != symbols
