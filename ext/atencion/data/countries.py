"""Datos reales de los países del mundo: capital, continente, población, superficie y moneda.

Están en ``countries.tsv``, al lado de este módulo, con su fuente y su licencia en la cabecera: GeoNames
(CC BY 4.0), y CLDR para los nombres en español. Lo escribe ``tools/build_countries.py``.
"""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

__all__ = ["COUNTRIES", "Country"]


class Country(NamedTuple):
    """Un país.

    Campos:
        iso: código de dos letras.
        name: nombre en español, sin artículo.
        article: artículo que lleva siempre delante («el», «la», «los», «las»), o vacío.
        capital: su capital.
        continent: África, América, Asia, Europa u Oceanía.
        population: habitantes.
        area: superficie en km².
        currency: nombre de su moneda.
        currency_article: artículo de la moneda, «el» o «la».

    Ejemplo:
        >>> next(country for country in COUNTRIES if country.name == "Perú").capital
        'Lima'
    """

    iso: str
    name: str
    article: str
    capital: str
    continent: str
    population: int
    area: int
    currency: str
    currency_article: str


def _read() -> tuple[Country, ...]:
    text = files(__package__).joinpath("countries.tsv").read_text(encoding="utf-8")
    fields, *rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    if tuple(fields) != Country._fields:
        raise ValueError(f"countries.tsv: se esperaban los campos {Country._fields}; se recibió {tuple(fields)}")
    return tuple(
        Country(iso, name, article, capital, continent, int(population), int(area), currency, currency_article)
        for iso, name, article, capital, continent, population, area, currency, currency_article in rows
    )


COUNTRIES = _read()
