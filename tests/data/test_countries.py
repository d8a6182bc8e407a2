"""Los países: el archivo es el que escribió la utilidad, dice de dónde sale y está bien escrito."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path

from atencion.data import countries
from atencion.data.countries import COUNTRIES

FILE = Path(countries.__file__).with_name("countries.tsv")
SHA256 = "932aa649add049cbff1604bae06dfa0d10bba7653551bdbdb1ad16a82fbce128"


def test_file_is_the_one_that_was_built() -> None:
    assert hashlib.sha256(FILE.read_bytes()).hexdigest() == SHA256


def test_file_states_its_source_and_licence() -> None:
    header = " ".join(line for line in FILE.read_text(encoding="utf-8").splitlines() if line.startswith("#"))
    for words in ("GeoNames", "CC BY 4.0", "CLDR", "build_countries.py"):
        assert words in header


def test_countries() -> None:
    assert 120 <= len(COUNTRIES) <= 200
    assert Counter(country.article for country in COUNTRIES).keys() == {"", "el", "la", "los", "las"}
    assert {country.continent for country in COUNTRIES} == {"África", "América", "Asia", "Europa", "Oceanía"}
    for field in ("iso", "name", "capital"):
        values = [getattr(country, field) for country in COUNTRIES]
        assert len(set(values)) == len(values), field
    for country in COUNTRIES:
        assert country.name != country.capital
        assert country.population >= 300_000
        assert country.area > 0
        for text in (country.name, country.capital, country.currency):
            assert re.fullmatch(r"[^\W\d_][\w -]*", text), text


def test_known_facts() -> None:
    found = {country.iso: country for country in COUNTRIES}
    assert found["PE"][1:] == ("Perú", "", "Lima", "América", 31_989_256, 1_285_220, "sol peruano", "el")
    assert found["GB"][1:5] == ("Reino Unido", "el", "Londres", "Europa")
    assert found["SE"][7:] == ("corona sueca", "la")
    assert found["NL"].capital == "Ámsterdam"
