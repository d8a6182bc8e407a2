"""El texto que escribe una persona llega igual a las piezas, lo escriba como lo escriba."""

from __future__ import annotations

from itertools import pairwise

import pytest
from atencion.data.text import normalize, token_spans, tokenize
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("25 de Septiembre de 1987", "25 de septiembre de 1987"),
        ("25\u00a0de\u202fmayo\tde\n1987", "25 de mayo de 1987"),  # espacios duros, tabulador, salto
        ("２５/０９/１９８７", "25/09/1987"),  # cifras y barra anchas
        ("25–09—1987", "25-09-1987"),
        ("25 sept. 1987", "25 sept 1987"),
        ("mié., 3 ene. 2001", "mié, 3 ene 2001"),
        ("25.03.1973", "25.03.1973"),  # este punto sí dice algo
        ("1.º de mayo", "1 de mayo"),
        ("1º de mayo", "1 de mayo"),
        ("sa\u0301bado", "sábado"),  # tilde descompuesta
        ("no\u00adviembre\u200b", "noviembre"),
        ("4 de mayo\u037e 5 de mayo", "4 de mayo; 5 de mayo"),  # signo griego que parece «;»
    ],
)
def test_normalize_unifies_the_ways_of_writing(written: str, expected: str) -> None:
    assert normalize(written) == expected


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
def test_normalize_twice_is_normalize_once(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once


def test_tokens_are_words_single_digits_and_marks() -> None:
    assert tokenize("Viernes, 25/09/1987; 3 de_mayo") == (
        *("viernes", ",", "2", "5", "/", "0", "9", "/", "1", "9", "8", "7", ";", "3", "de", "_", "mayo"),
    )


def test_tokens_lose_nothing_but_spaces() -> None:
    text = "¿el 25 de sept. de 1987, o veintidós-V-2001?"
    assert "".join(tokenize(text)) == normalize(text).replace(" ", "")


def test_blank_text_has_no_tokens() -> None:
    assert tokenize(" \u00a0\n") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("¿Qué?", ["¿", "Qué", "?"]),
        ("31\u00a0989 km²", ["31", "989", "km²"]),
        ("Bogota\u0301 sen\u0303al", ["Bogota\u0301", "sen\u0303al"]),
        ("10km a_b", ["10", "km", "a", "_", "b"]),
        ("cero\u200bancho", ["cero", "ancho"]),
        ("\u202b19\u00ad90\u202c\u200d«\u2066a\u2069»\ufeff", ["19", "90", "«", "a", "»"]),
        ("Guinea-Bisáu", ["Guinea", "-", "Bisáu"]),
    ],
)
def test_token_spans(text, expected):
    tokens = token_spans(text)
    assert [token.text for token in tokens] == expected
    for token in tokens:
        assert text[token.start : token.end] == token.text
    assert all(one.end <= other.start for one, other in pairwise(tokens))
