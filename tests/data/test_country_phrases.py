"""Las frases sobre países: concordancia, contracciones y números como manda la ortografía."""

from __future__ import annotations

import random
import re

import pytest
from atencion.data.countries import COUNTRIES, Country
from atencion.data.country_phrases import ATTRIBUTES, QUESTIONS, SENTENCES, fill, thousands, write_facts

BY_NAME = {country.name: country for country in COUNTRIES}
EVERY = [template for forms in (SENTENCES, QUESTIONS) for group in forms.values() for template in group]


@pytest.mark.parametrize(
    ("number", "written"), [(0, "0"), (999, "999"), (9999, "9999"), (10000, "10 000"), (1285220, "1 285 220")]
)
def test_thousands(number: int, written: str) -> None:
    assert thousands(number).replace("\u00a0", " ") == written
    assert " " not in thousands(number)


@pytest.mark.parametrize(
    ("name", "template", "expected"),
    [
        ("Reino Unido", "La capital {de} es {capital}.", "La capital del Reino Unido es Londres."),
        ("Reino Unido", "{el} está{n} en {continent}.", "El Reino Unido está en Europa."),
        ("Países Bajos", "{el} tiene{n} por capital {capital}.", "Los Países Bajos tienen por capital Ámsterdam."),
        ("El Salvador", "La capital {de} es {capital}.", "La capital de El Salvador es San Salvador."),
        ("Maldivas", "¿Cuál es la moneda {de}?", "¿Cuál es la moneda de las Maldivas?"),
        ("Suecia", "En {el} se paga con {un} {currency}.", "En Suecia se paga con la corona sueca."),
        ("India", "¿Cuánto ocupa{n} {el}?", "¿Cuánto ocupa la India?"),
    ],
)
def test_agreement_and_contractions(name: str, template: str, expected: str) -> None:
    assert fill(template, write_facts(BY_NAME[name], random.Random(0)))[0] == expected


def test_slots_are_where_they_say() -> None:
    rng = random.Random(1)
    for country in COUNTRIES:
        for template in EVERY:
            parts = write_facts(country, rng)
            text, slots = fill(template, parts)
            assert "{" not in text
            assert not re.search(r"\b(de el (?!Salvador)|a el |  )", text), text
            assert text[0] in "¿" or text[0].isupper()
            for slot in slots:
                assert text[slot.start : slot.start + len(slot.text)] == slot.text
            names = {slot.name for slot in slots}
            assert names <= {"country", *ATTRIBUTES}
            assert len(names) == len(slots)


def test_population_is_written_in_several_ways() -> None:
    country = BY_NAME["Perú"]
    rng = random.Random(0)
    seen = {fill("{population} {link}habitantes", write_facts(country, rng))[0] for _ in range(50)}
    plain = {text.replace("\u00a0", " ").lower() for text in seen}
    assert plain == {
        "31 989 256 habitantes",
        "32 millones de habitantes",
        "treinta y dos millones de habitantes",
    }


@pytest.mark.parametrize(("millions", "words"), [(21, "veintiún millones"), (31, "treinta y un millones")])
def test_numbers_in_words_lose_their_ending_before_millions(millions: int, words: str) -> None:
    country = Country("XX", "Ejemplo", "", "Muestra", "Asia", millions * 1_000_000, 1, "euro", "el")
    rng = random.Random(0)
    assert words in {write_facts(country, rng)["population"] for _ in range(50)}
