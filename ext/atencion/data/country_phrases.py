"""Las frases con que se cuentan los datos de un país y las preguntas que se hacen sobre ellos.

Cada molde tiene huecos. ``{el}`` y ``{de}`` son el país con su artículo («el Reino Unido», «del Reino Unido»);
``{n}``, la marca de plural del verbo («los Países Bajos tienen»); ``{un}``, el artículo de la moneda, y ``{link}``,
el «de» que pide un número de millones («32 millones de habitantes»). Los demás huecos son datos: cualquiera de
ellos puede ser la respuesta de una pregunta.
"""

from __future__ import annotations

import random
import re
from typing import NamedTuple

from num2words import num2words

from .countries import Country

__all__ = ["ATTRIBUTES", "QUESTIONS", "SENTENCES", "Slot", "fill", "thousands", "write_facts"]

ATTRIBUTES = ("capital", "continent", "population", "area", "currency")

SENTENCES = {
    "capital": (
        "La capital {de} es {capital}.",
        "{capital} es la capital {de}.",
        "{el} tiene{n} por capital {capital}.",
    ),
    "continent": ("{el} está{n} en {continent}.", "{el} forma{n} parte de {continent}."),
    "population": ("{el} tiene{n} {population} {link}habitantes.", "En {el} viven {population} {link}personas."),
    "area": ("{el} ocupa{n} {area}.", "La superficie {de} es de {area}."),
    "currency": ("La moneda {de} es {un} {currency}.", "En {el} se paga con {un} {currency}."),
}
QUESTIONS = {
    "capital": ("¿Cuál es la capital {de}?", "¿Qué ciudad es la capital {de}?", "¿Qué capital tiene{n} {el}?"),
    "continent": ("¿En qué continente está{n} {el}?", "¿De qué continente forma{n} parte {el}?"),
    "population": ("¿Cuántos habitantes tiene{n} {el}?", "¿Cuántas personas viven en {el}?"),
    "area": ("¿Qué superficie tiene{n} {el}?", "¿Cuál es la superficie {de}?", "¿Cuánto ocupa{n} {el}?"),
    "currency": ("¿Cuál es la moneda {de}?", "¿Con qué moneda se paga en {el}?"),
}

_HOLE = re.compile(r"\{(\w+)\}")


class Slot(NamedTuple):
    """Un dato escrito dentro de un texto.

    Campos:
        name: qué dato es: ``"country"`` o uno de ``ATTRIBUTES``.
        start: posición de su primer carácter.
        text: el dato, tal como quedó escrito.
    """

    name: str
    start: int
    text: str


def thousands(number: int) -> str:
    """Escribe un número con sus cifras en grupos de tres desde cinco cifras, separados por un espacio duro.

    Argumentos:
        number: entero ≥ 0.

    Devuelve:
        El texto, como pide la *Ortografía* de 2010.

    Ejemplo:
        >>> thousands(31989256).split(), thousands(2040)
        (['31', '989', '256'], '2040')
    """
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}") if number >= 10_000 else str(number)


def _before_noun(number: str) -> str:
    """«Treinta y uno» pierde la última letra delante de un nombre: «treinta y un millones»."""
    return number.replace("veintiuno", "veintiún") if number.endswith("veintiuno") else re.sub("uno$", "un", number)


def write_facts(country: Country, rng: random.Random) -> dict[str, str]:
    """Escribe lo que va en cada hueco; la población, con cifras, redondeada a millones o en letras.

    Argumentos:
        country: el país.
        rng: elige cómo se escriben los números.

    Devuelve:
        Un texto por hueco. Los de ``{el}`` y ``{de}`` llevan dentro el hueco ``{country}``.

    Ejemplo:
        >>> from .countries import COUNTRIES
        >>> write_facts(COUNTRIES[0], random.Random(0))["de"]
        'de los {country}'
    """
    article = country.article
    millions = round(country.population / 1_000_000)
    populations = [thousands(country.population)] * 2
    if millions >= 2:
        populations += [f"{millions} millones", f"{_before_noun(num2words(millions, lang='es'))} millones"]
    population = rng.choice(populations)
    return {
        "el": f"{article} {{country}}".strip(),
        "de": "del {country}" if article == "el" else f"de {article} {{country}}" if article else "de {country}",
        "n": "n" if article in ("los", "las") else "",
        "un": country.currency_article,
        "link": "de " if population.endswith("millones") else "",
        "country": country.name,
        "capital": country.capital,
        "continent": country.continent,
        "population": population,
        "area": f"{thousands(country.area)} {rng.choice(('km²', 'kilómetros cuadrados'))}",
        "currency": country.currency,
    }


def fill(template: str, parts: dict[str, str]) -> tuple[str, list[Slot]]:
    """Rellena un molde y dice dónde quedó cada dato.

    Argumentos:
        template: el molde.
        parts: lo que da ``write_facts``.

    Devuelve:
        ``(text, slots)``: la frase, con mayúscula inicial, y los datos que contiene, en orden.

    Ejemplo:
        >>> parts = {"el": "{country}", "country": "Perú", "n": "", "area": "3 km²"}
        >>> text, slots = fill("{el} ocupa{n} {area}.", parts)
        >>> text, slots[1]
        ('Perú ocupa 3 km².', Slot(name='area', start=11, text='3 km²'))
    """
    for name in ("el", "de"):
        template = template.replace(f"{{{name}}}", parts[name]) if name in parts else template
    text = ""
    slots = []
    for index, piece in enumerate(_HOLE.split(template)):
        if index % 2 == 0:
            text += piece
            continue
        if piece == "country" or piece in ATTRIBUTES:
            slots.append(Slot(piece, len(text), parts[piece]))
        text += parts[piece]
    return text[0].upper() + text[1:], slots
