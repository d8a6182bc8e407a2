"""Respuestas y piezas: se cuentan caracteres del texto original, y la pieza entra entera."""

from __future__ import annotations

import random
import unicodedata

import pytest
from atencion.data.alignment import align, explain
from atencion.data.squad import Answer
from atencion.data.text import token_spans

TEXT = "  Bogotá, con 7 181 469 habitantes, usa el peso; Lima usa el sol. El peso manda."


def found(text: str, answer: Answer) -> str | None:
    tokens = token_spans(text)
    span = align(text, tokens, answer)
    return None if span is None else text[tokens[span[0]].start : tokens[span[1]].end]


@pytest.mark.parametrize("piece", ["Bogotá", "7 181 469", "peso", "el sol", "el peso; Lima", "sol.", TEXT.strip()])
def test_answer_is_found_at_its_place(piece: str) -> None:
    assert found(TEXT, Answer(piece, TEXT.index(piece))) == piece


def test_repeated_answer_is_the_one_it_says() -> None:
    tokens = token_spans(TEXT)
    spans = {align(TEXT, tokens, Answer("peso", start)) for start in (TEXT.index("peso"), TEXT.rindex("peso"))}
    assert len(spans) == 2


@pytest.mark.parametrize("text_form", ["NFC", "NFD"])
@pytest.mark.parametrize("answer_form", ["NFC", "NFD"])
def test_loose_accents_do_not_shift_anything(text_form: str, answer_form: str) -> None:
    text = unicodedata.normalize(text_form, "El Perú y Bogotá, año común: Córdoba.")
    for word in ("Perú", "Bogotá", "año común", "Córdoba"):
        start = text.index(unicodedata.normalize(text_form, word))
        cut = found(text, Answer(unicodedata.normalize(answer_form, word), start))
        assert unicodedata.normalize("NFC", cut) == word


def test_answer_inside_a_token_takes_the_whole_token() -> None:
    text = "el sol peruano"
    assert found(text, Answer("peru", 7)) == "peruano"
    assert found(text, Answer("l peru", 5)) == "sol peruano"


def test_spaces_around_the_answer_do_not_count() -> None:
    text = "usa el sol hoy"
    assert found(text, Answer("  sol ", 6)) is None  # solo hay un espacio delante
    assert found(text, Answer(" sol ", 6)) == "sol"


@pytest.mark.parametrize(
    "answer",
    [Answer("sol", 0), Answer("sol", -3), Answer("sol", 500), Answer("", 3), Answer("  ", 3), Answer("solo", 61)],
)
def test_answer_that_is_not_there(answer: Answer) -> None:
    assert align(TEXT, token_spans(TEXT), answer) is None


def test_long_texts() -> None:
    words = [f"palabra{i:03}" for i in range(600)]
    text = " ".join(words)
    tokens = token_spans(text)
    assert len(tokens) == 1200
    assert align(text, tokens, Answer("palabra599", text.index("palabra599"))) == (1198, 1199)


def test_align_agrees_with_cutting_at_random() -> None:
    rng = random.Random(0)
    tokens = token_spans(TEXT)
    for _ in range(200):
        first = rng.randrange(len(tokens))
        last = rng.randrange(first, len(tokens))
        piece = TEXT[tokens[first].start : tokens[last].end]
        assert align(TEXT, tokens, Answer(piece, tokens[first].start)) == (first, last)


HARD = (
    "🌍🇵🇪 El O’Higgins («¡ñandú!») midió 1.285.220\u00a0km² en 1990-1995, según J. S. Vélez;\n"
    "costó 3,5 €, un 20\u202f% más.\u200b Fin👩‍🚀"
)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("piece", "covering"),
    [
        ("🌍", "🌍"),
        ("ñandú", "ñandú"),
        ("«¡ñandú!»", "«¡ñandú!»"),
        ("1.285.220\u00a0km²", "1.285.220\u00a0km²"),
        ("285", "285"),
        ("1990", "1990"),
        ("1995", "1995"),
        ("990-19", "1990-1995"),  # empieza y acaba a mitad de pieza
        ("S.", "S."),
        ("Vélez;\ncostó", "Vélez;\ncostó"),
        ("3,5 €", "3,5 €"),
        ("20\u202f%", "20\u202f%"),
        ("más.\u200b", "más."),  # lo invisible se queda fuera
        ("O’Higgins", "O’Higgins"),
        ("Fin👩‍🚀", "Fin👩‍🚀"),
    ],
)
def test_hard_answers(form: str, piece: str, covering: str) -> None:
    text, piece, covering = (unicodedata.normalize(form, each) for each in (HARD, piece, covering))
    start = text.index(piece)
    assert found(text, Answer(piece, start)) == covering
    assert found(text, Answer(unicodedata.normalize("NFC", piece), start)) == covering
    assert found(text, Answer(f"{piece}\t ", start)) == covering  # los espacios que le sobran no están en el texto


@pytest.mark.parametrize("answer", ["1.285.220 km²", "Vélez; costó", "20 % más"])
def test_one_space_is_as_good_as_another(answer: str) -> None:
    start = HARD.rindex(answer.split()[0])
    assert " ".join(found(HARD, Answer(answer, start)).split()) == answer


def test_offsets_counted_in_bytes_or_in_utf16_are_not_taken_for_good() -> None:
    start = HARD.index("1990")
    for wrong in (len(HARD[:start].encode()), len(HARD[:start].encode("utf-16-le")) // 2, start - 1, start + 1):
        assert align(HARD, token_spans(HARD), Answer("1990", wrong)) is None


def test_letters_that_unicode_takes_apart_are_found() -> None:
    text = "La letra \ufb2a es una"  # NFC la escribe en dos caracteres
    assert found(text, Answer("\ufb2a", 9)) == "\ufb2a"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(" ", 3), "la respuesta está vacía"),
        (Answer("Lima", 4), "la respuesta no está donde dice: en 4 se esperaba «Lima» y pone «ima.»"),
        (Answer("Lima", -1), "la respuesta no está donde dice: empieza en -1 y el texto mide 8"),
        (Answer("Lima", 8), "la respuesta no está donde dice: empieza en 8 y el texto mide 8"),
    ],
)
def test_reasons(answer: Answer, reason: str) -> None:
    assert align("Es Lima.", token_spans("Es Lima."), answer) is None
    assert explain("Es Lima.", answer) == reason


def test_any_cut_of_any_text_gives_the_smallest_pieces_around_it() -> None:
    letters = "aBñé1٣_ .,-«¿🌍\n\u00a0\u200b\u0301²½ºkm\u1e9b\u0323"
    rng = random.Random(4)
    for _ in range(2000):
        text = "".join(rng.choices(letters, k=rng.randrange(1, 25)))
        tokens = token_spans(text)
        assert "".join(token.text for token in tokens) == "".join(c for c in text if not (c.isspace() or c == "\u200b"))
        start = rng.randrange(len(text))
        end = rng.randrange(start + 1, len(text) + 1)
        piece = text[start:end].strip()
        first = start + len(text[start:end]) - len(text[start:end].lstrip())
        last = first + len(piece)
        while last < len(text) and unicodedata.combining(text[last]):
            last += 1
        inside = [i for i, token in enumerate(tokens) if any(first <= k < last for k in range(token.start, token.end))]
        expected = (inside[0], inside[-1]) if inside and piece else None
        assert align(text, tokens, Answer(text[start:end], start)) == expected, (text, start, end)
