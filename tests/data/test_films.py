"""Fichas y reseñas: un lector con reglas contesta todo, los apoyos bastan y las ventanas son las del texto."""

import re

import pytest
import torch
from atencion.data import films
from atencion.data.vocabulary import PAD_ID, UNK_ID

RELATIONS = {"dirigida por": "dirigió", "escrita por": "escribió", "protagonizada por": "protagonizó"}
COUNT = 200


@pytest.fixture(scope="module", params=films.KINDS)
def lookups(request):
    return request.param, films.generate_lookups(request.param, COUNT, seed=3)


def answers(kind, pairs, question):
    """Las respuestas que salen de unos pares, leídos con reglas."""
    title, job = question[-1], question[1 if kind != "same_author" else 3]
    if kind == "reviews":
        return {pair.value for pair in pairs if pair.key[-3:] == ("que", job, title)}
    people = {pair.value for pair in pairs if pair.key[0] == title and RELATIONS.get(pair.key[1]) == job}
    if kind == "records":
        return people
    return {pair.value for pair in pairs if pair.key[0] in people and pair.key[1] == job} - {title}


def test_a_reader_with_rules_answers_everything(lookups):
    kind, rows = lookups
    for row in rows:
        assert answers(kind, row.pairs, row.question) == {row.answer}


def test_supporting_pairs_are_enough_and_needed(lookups):
    kind, rows = lookups
    for row in rows:
        facts = [row.pairs[index] for index in row.supporting]
        assert answers(kind, facts, row.question) == {row.answer}
        for removed in row.supporting:
            rest = [pair for index, pair in enumerate(row.pairs) if index != removed]
            assert answers(kind, rest, row.question) != {row.answer}


def test_each_example_deals_again():
    """La misma pregunta tiene respuestas distintas: no se puede recordar quién hizo qué."""
    seen = {}
    for row in films.generate_lookups("records", 2000):
        seen.setdefault(row.question, set()).add(row.answer)
    assert len(seen) == 3 * len(films.TITLES)
    assert all(len(found) >= 9 for found in seen.values())


def test_the_answer_to_records_is_in_no_key():
    for row in films.generate_lookups("records", COUNT):
        assert all(row.answer not in pair.key for pair in row.pairs)


def test_the_window_of_an_answer_holds_another_person():
    """Leer la ventana entera no basta: hay dos personas en ella."""
    for row in films.generate_lookups("reviews", COUNT):
        (index,) = row.supporting
        assert sum(token in films.PEOPLE for token in row.pairs[index].key) == 2
        assert row.pairs[index].value == row.answer


def test_same_seed_same_lookups(lookups):
    kind, rows = lookups
    assert films.generate_lookups(kind, COUNT, seed=3) == rows
    assert films.generate_lookups(kind, COUNT, seed=4) != rows


def test_entities_are_single_known_pieces(lookups):
    _, rows = lookups
    assert len(films.VOCABULARY) == len(set(films.VOCABULARY))
    for row in rows:
        for tokens in (row.question, (row.answer,), *(pair.key for pair in row.pairs)):
            assert UNK_ID not in films.VOCABULARY.encode(tokens)
    assert all(re.fullmatch(r"[A-ZÁÉÍÓÚ].*", name) for name in (*films.TITLES, *films.PEOPLE))


def test_windows_by_hand():
    text = ("Rita Salmorán", "conoce", "a", "Olmo Prieto", "que", "dirigió", "Tres relojes")
    assert films.windows(text, 7) == [
        films.Pair(("Rita Salmorán", "conoce", "a", "Olmo Prieto"), "Rita Salmorán"),
        films.Pair(text, "Olmo Prieto"),
    ]
    assert films.windows(text, 1) == [films.Pair((name,), name) for name in ("Rita Salmorán", "Olmo Prieto")]
    assert films.windows(("Tres relojes",), 3) == []


@pytest.mark.parametrize("width", [0, 4, -3])
def test_windows_have_a_centre(width):
    with pytest.raises(ValueError, match=f"^width: se esperaba un entero impar ≥ 1; se recibió {width}$"):
        films.windows(("a",), width)


def test_encode(lookups):
    kind, rows = lookups
    batch = films.encode(rows[:7])
    n_key, words = {"records": (12, 2), "same_author": (8, 2), "reviews": (8, 7)}[kind]
    assert batch.keys.shape == (7, n_key, words)
    assert batch.values.shape == (7, n_key, 1)
    assert batch.lengths.tolist() == [n_key] * 7
    for index, row in enumerate(rows[:7]):
        assert films.VOCABULARY.decode(batch.question[index].tolist()) == list(row.question)
        assert films.VOCABULARY.decode(batch.answer[[index]].tolist()) == [row.answer]
        assert batch.supporting[index].nonzero().flatten().tolist() == sorted(row.supporting)
        for slot, pair in enumerate(row.pairs):
            assert films.VOCABULARY.decode(batch.keys[index, slot].tolist()) == list(pair.key)
            assert films.VOCABULARY.decode(batch.values[index, slot].tolist()) == [pair.value]


def test_encode_pads_short_examples():
    long, short = films.generate_lookups("records", 1)[0], films.generate_lookups("same_author", 1)[0]
    batch = films.encode([long, short])
    assert batch.lengths.tolist() == [12, 8]
    assert (batch.keys[1, 8:] == PAD_ID).all()
    assert (batch.values[1, 8:] == PAD_ID).all()
    assert torch.equal(batch.values[1, :8], films.encode([short]).values[0])


def test_errors():
    with pytest.raises(ValueError, match=r"^kind: se esperaba uno de \('records', .*\); se recibió 'films'$"):
        films.generate_lookups("films", 1)
    with pytest.raises(ValueError, match=r"^lookups: se esperaba al menos una pregunta; se recibió ninguna$"):
        films.encode([])


def test_lookups_without_pairs():
    full = films.generate_lookups("records", 1)[0]
    empty = full._replace(pairs=(), supporting=())
    assert films.encode([empty, full]).lengths.tolist() == [0, 12]
    alone = films.encode([empty])
    assert alone.keys.shape[:2] == alone.values.shape[:2] == alone.supporting.shape == (1, 1)
    assert not alone.supporting.any()
