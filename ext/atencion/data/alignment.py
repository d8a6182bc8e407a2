"""Qué piezas de un texto ocupa una respuesta que se da por sus caracteres."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from .squad import Answer
from .text import Token

__all__ = ["align", "explain"]

_SPACE = re.compile(r"\s")
_LONGEST_GROWTH = 4  # caracteres que puede ocupar de más cada letra de una respuesta con las tildes sueltas


def _plain(text: str) -> str:
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text))


def align(context: str, tokens: Sequence[Token], answer: Answer) -> tuple[int, int] | None:
    """Encuentra las piezas que ocupa una respuesta.

    Los espacios de los extremos no cuentan, y dentro vale cualquier espacio por otro. Si la respuesta empieza o acaba
    dentro de una pieza, la pieza entra entera. Las tildes pueden venir compuestas en un sitio y sueltas en el otro: se
    compara en NFC, pero se cuenta en el texto original.

    Argumentos:
        context: el texto original.
        tokens: sus piezas, las de ``token_spans``.
        answer: la respuesta.

    Devuelve:
        ``(first, last)``, ambas incluidas, o ``None`` si en ``answer.start`` no está ``answer.text``.

    Ejemplo:
        >>> from atencion.data.text import token_spans
        >>> text = "Su moneda es el sol peruano."
        >>> align(text, token_spans(text), Answer("sol peruano", 16))
        (4, 5)
    """
    wanted = _plain(answer.text).strip()
    if not wanted or answer.start < 0:
        return None
    start = answer.start + len(answer.text) - len(answer.text.lstrip())
    longest = min(_LONGEST_GROWTH * len(wanted), len(context) - start)
    for length in (len(wanted), *range(1, longest + 1)):  # casi siempre mide lo mismo
        end = start + length
        if _plain(context[start:end]) == wanted:
            while end < len(context) and unicodedata.combining(context[end]):
                end += 1
            covered = [i for i, token in enumerate(tokens) if token.start < end and token.end > start]
            return (covered[0], covered[-1]) if covered else None
    return None


def explain(context: str, answer: Answer) -> str:
    """Dice por qué no se alineó una respuesta: qué se esperaba y qué hay en su sitio.

    Ejemplo:
        >>> explain("Es Lima.", Answer("Lima", 2))
        'la respuesta no está donde dice: en 2 se esperaba «Lima» y pone « Lim»'
    """
    if not answer.text.strip():
        return "la respuesta está vacía"
    if not 0 <= answer.start < len(context):
        return f"la respuesta no está donde dice: empieza en {answer.start} y el texto mide {len(context)}"
    found = context[answer.start : answer.start + len(answer.text)]
    return f"la respuesta no está donde dice: en {answer.start} se esperaba «{answer.text}» y pone «{found}»"
