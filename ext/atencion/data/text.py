"""De un texto escrito por una persona a piezas: palabras, cifras sueltas y signos."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

__all__ = ["Token", "normalize", "token_spans", "tokenize"]

_HIDDEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"  # guion opcional, anchura cero, sentido…
_INVISIBLE = re.compile(f"[{_HIDDEN}]")
_ORDINAL_MARK = re.compile("[ºª]")  # a grado antes de normalizar: si no, «1.º» sería «1.o»
_ORDINAL = re.compile(r"(?<=\d) ?\.?°")
_DASH = re.compile("[\u2010-\u2015\u2212]")  # guiones y menos tipográficos
_ABBREVIATION = re.compile(r"(?<=[^\W\d_])\.+")  # el punto de «sept.», no el de «25.03.1973»
_TOKEN = re.compile(r"\d|[^\W\d_]+|[^\w\s]|_")
_MARK = "[\u0300-\u036f\u00ad]"  # tildes sueltas (una «ñ» puede venir en dos caracteres) y guion opcional
_RAW_TOKEN = re.compile(rf"\d+|(?:[^\W\d_]{_MARK}*)+|[^\w\s{_HIDDEN}]|_")


class Token(NamedTuple):
    """Una pieza y el sitio que ocupa en su texto: ``text[start:end]``.

    Campos:
        text: la pieza, tal como está escrita.
        start: posición de su primer carácter.
        end: posición siguiente a la de su último carácter.
    """

    text: str
    start: int
    end: int


def normalize(text: str) -> str:
    """Unifica las maneras de escribir lo mismo: mayúsculas, espacios, guiones, cifras anchas, abreviaturas.

    Argumentos:
        text: cualquier texto. Los espacios duros, las formas anchas de Unicode, las tildes descompuestas, el
            punto de las abreviaturas («sept.») y la marca de ordinal («1.º») desaparecen o se unifican.

    Devuelve:
        El texto normalizado. Normalizar dos veces da lo mismo que una.

    Ejemplo:
        >>> normalize("1.º  de SEPT. de １９８７")
        '1 de sept de 1987'
    """
    text = _ORDINAL_MARK.sub("°", _INVISIBLE.sub("", text))
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).lower())
    for pattern, plain in ((_DASH, "-"), (_ORDINAL, ""), (_ABBREVIATION, "")):
        text = pattern.sub(plain, text)
    return " ".join(text.split())


@lru_cache(maxsize=4096)  # las piezas de los generadores se repiten mucho
def tokenize(text: str) -> tuple[str, ...]:
    """Parte un texto en palabras, cifras sueltas y signos, ya normalizados.

    Cada pieza es legible por sí sola, así que la misma lista rotula los ejes del mapa de calor.

    Argumentos:
        text: cualquier texto.

    Devuelve:
        Las piezas en orden; una tupla vacía si el texto no tiene ninguna.

    Ejemplo:
        >>> tokenize("25 de Sept. de 1987")
        ('2', '5', 'de', 'sept', 'de', '1', '9', '8', '7')
    """
    return tuple(_TOKEN.findall(normalize(text)))


def token_spans(text: str) -> tuple[Token, ...]:
    """Parte un texto en palabras, números enteros y signos **sin cambiarlo**: cada pieza recuerda su sitio.

    Es lo que hace falta cuando la respuesta es un tramo del texto; ``tokenize``, en cambio, normaliza antes.

    Argumentos:
        text: cualquier texto. Solo los espacios y los caracteres invisibles se quedan fuera de toda pieza.

    Devuelve:
        Las piezas en orden.

    Ejemplo:
        >>> [token.text for token in token_spans("¿Tiene 1 285 220 km²?")]
        ['¿', 'Tiene', '1', '285', '220', 'km²', '?']
        >>> token_spans(" Perú.")[0]
        Token(text='Perú', start=1, end=5)
    """
    return tuple(Token(match[0], *match.span()) for match in _RAW_TOKEN.finditer(text))
