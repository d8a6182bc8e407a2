"""Lo que el mapa de calor dice en español fuera del navegador: números, *tokens* y resumen en texto."""

from __future__ import annotations

import unicodedata

import numpy as np
import numpy.typing as npt

__all__ = ["are_sentences", "describe", "format_number", "position", "visible"]

_MARKS = {"\n": "↵", "\r": "↵", "\t": "⇥"}
_BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
NOUNS = {"weights": "peso", "scores": "puntuación"}
_MOST_SENTENCES, _WORDS = 32, 3


def format_number(value: float, decimals: int = 2) -> str:
    """Escribe un número con coma decimal y signo menos tipográfico: ``-1.2`` → ``−1,20``."""
    text = f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "\N{MINUS SIGN}").replace(".", ",")


def _name(char: str) -> str:
    """Nombra un carácter que no se ve: su marca o su código."""
    return _MARKS.get(char) or f"U+{ord(char):04X}"


def visible(token: str, limit: int | None = None) -> str:
    """Hace visible un *token*: marca espacios del borde y saltos, y nombra los caracteres de control.

    Es la misma regla que ``visible`` en ``reading.js``. Con ``limit``, recorta con puntos suspensivos.
    """
    core = token.strip(" ")
    if not core:
        text = "␣" * len(token) or "∅"
    elif all(unicodedata.category(c)[0] in "CZM" for c in core):
        text = "".join(_name(c) for c in token)
    else:
        start = token.index(core)
        padded = "␣" * start + core + "␣" * (len(token) - start - len(core))
        control = {c for c in set(core) if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")} | _BIDI
        text = "".join(_name(c) if c in control else c for c in padded)
    return text if limit is None or len(text) <= limit else f"{text[: limit - 1]}…"


def are_sentences(keys: list[str]) -> bool:
    """¿Hay entre las claves alguna de tres palabras o más? Entonces se numeran, y se escriben enteras debajo.

    Es la misma regla que ``areSentences`` en ``sentences.js``.
    """
    return len(keys) <= _MOST_SENTENCES and any(sum(map(bool, key.split(" "))) >= _WORDS for key in keys)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def position(axes: list[str], labels: list[list[str]], shape: list[int], index: list[int]) -> str:
    """Sitúa una matriz entre las demás: ``capa 2/6, cabeza «sujeto»``."""
    parts = []
    for name, names, size, i in zip(axes, labels, shape, index, strict=False):
        parts.append(f"{name} «{visible(names[i], 40)}»" if names else f"{name} {i + 1}/{size}")
    return ", ".join(parts)


def describe(
    matrix: npt.NDArray[np.floating],
    queries: list[str],
    keys: list[str],
    *,
    kind: str,
    title: str,
    where: str,
) -> str:
    """Resume una matriz: título, tamaño y las tres parejas con el valor más alto."""
    name = f"Mapa de calor «{visible(title, 80)}»" if title else "Mapa de calor"
    size = f"{_count(len(queries), 'consulta')} × {_count(len(keys), 'clave')}"
    lines = [f"{name}: {size}{', ' + where if where else ''}."]
    order = np.argsort(np.where(np.isnan(matrix), -np.inf, matrix), axis=None, kind="stable")[::-1][:3]
    pairs = []
    for flat in order:
        i, j = divmod(int(flat), len(keys))
        if not np.isnan(matrix[i, j]):
            query, key = visible(queries[i], 24), visible(keys[j], 24)
            pairs.append(f"«{query}» → «{key}» {format_number(matrix[i, j])}")
    if pairs:
        noun = {"weights": "Pesos más altos", "scores": "Puntuaciones más altas"}[kind]
        lines.append(f"{noun}: {'; '.join(pairs)}.")
    else:
        lines.append("Todas las celdas están enmascaradas.")
    return "\n".join(lines)
