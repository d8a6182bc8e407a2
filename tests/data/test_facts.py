"""Listas de hechos: gramática, azar reproducible, particiones sin fugas y lotes."""

import itertools
import re

import pytest
import torch
from atencion.data import facts
from atencion.data.text import tokenize
from atencion.data.vocabulary import PAD_ID, UNK_ID

MASCULINE = {*("gatos", "libros", "lápices", "relojes", "barcos", "discos", "mapas", "botones", "espejos", "trenes")}
FEMININE = {*("manzanas", "sillas", "flores", "cartas", "monedas", "tazas", "fotos", "llaves", "cajas", "piedras")}
FACT = re.compile(
    r"^(?:(?P<a>\w+) tiene (?P<b>\w+) (?P<c>\w+)\.|En casa de (?P<d>\w+) hay (?P<e>\w+) (?P<f>\w+)\."
    r"|(?P<article>Los|Las) (?P<g>\w+) (?P<h>\w+) son de (?P<i>\w+)\.)$"
)
QUESTION = re.compile(r"^¿(Cuántos|Cuántas) (\w+) (?:tiene|hay en casa de) (\w+)\?$")


def parse_fact(text):
    """(persona, número, cosa) de un hecho, leído sin ayuda del generador."""
    match = FACT.match(text)
    assert match, text
    if match["article"]:
        assert match["article"] == ("Los" if match["h"] in MASCULINE else "Las"), text
        return match["i"], match["g"], match["h"]
    return (match["a"] or match["d"]), (match["b"] or match["e"]), (match["c"] or match["f"])


def parse_question(text):
    match = QUESTION.match(text)
    assert match, text
    assert match[1] == ("Cuántos" if match[2] in MASCULINE else "Cuántas"), text
    return match[3], match[2]


@pytest.fixture(scope="module")
def examples():
    return {split: facts.generate_examples(500, split=split, n_facts=(1, 11), seed=3) for split in facts.SPLITS}


def test_a_reader_with_rules_answers_everything(examples):
    for example in itertools.chain.from_iterable(examples.values()):
        known = {(name, thing): number for name, number, thing in map(parse_fact, example.facts)}
        assert len(known) == len(example.facts), "una pareja (persona, cosa) se repite"
        assert len(set(known.values())) == len(known), "un número se repite"
        assert known[parse_question(example.question)] == example.answer
        name, number, thing = parse_fact(example.facts[example.position])
        assert (name, thing) == parse_question(example.question)
        assert number == example.answer
        assert thing in MASCULINE | FEMININE


def test_splits_share_no_pair(examples):
    pairs = {
        split: {(name, thing) for example in rows for name, _, thing in map(parse_fact, example.facts)}
        for split, rows in examples.items()
    }
    for one, other in itertools.combinations(facts.SPLITS, 2):
        assert pairs[one].isdisjoint(pairs[other])
    assert len(pairs["train"]) == 280
    assert len(pairs["valid"]) == len(pairs["test"]) == 60


def test_every_word_of_every_split_is_seen_in_training(examples):
    words = {
        split: {word for e in rows for text in (*e.facts, e.question) for word in tokenize(text)}
        for split, rows in examples.items()
    }
    assert words["valid"] | words["test"] <= words["train"]
    assert words["train"] <= set(facts.VOCABULARY)


def test_position_of_the_answer_is_uniform():
    rows = facts.generate_examples(3000, n_facts=5, seed=7)
    counts = torch.bincount(torch.tensor([row.position for row in rows]), minlength=5)
    assert counts.min() > 0.85 * 600
    assert counts.max() < 1.15 * 600


def test_most_lists_have_a_decoy():
    """Otra persona con la misma cosa, o la misma persona con otra cosa: media búsqueda no basta."""
    rows = facts.generate_examples(500, split="test", n_facts=7)
    shared = 0
    for row in rows:
        name, thing = parse_question(row.question)
        others = [parse_fact(fact) for index, fact in enumerate(row.facts) if index != row.position]
        shared += any((name == other[0]) or (thing == other[2]) for other in others)
    assert shared > 0.75 * len(rows)


def test_same_seed_same_examples():
    assert facts.generate_examples(5, seed=2) == facts.generate_examples(5, seed=2)
    assert facts.generate_examples(5, seed=2) != facts.generate_examples(5, seed=3)
    assert facts.generate_examples(5, split="valid") != facts.generate_examples(5, split="test")


def test_number_of_facts_is_honoured():
    assert {len(example.facts) for example in facts.generate_examples(200, n_facts=(2, 4))} == {2, 3, 4}
    assert {len(example.facts) for example in facts.generate_examples(3, n_facts=19)} == {19}


@pytest.mark.parametrize("n_facts", [0, 20, (3, 2), (0, 4), (1, 20)])
def test_bad_number_of_facts(n_facts):
    with pytest.raises(ValueError, match=r"^n_facts: se esperaba entre 1 y 19; se recibió"):
        facts.generate_examples(1, n_facts=n_facts)


def test_bad_split():
    with pytest.raises(ValueError, match=r"^split: se esperaba uno de .*'train'.*; se recibió 'prueba'"):
        facts.generate_examples(1, split="prueba")


def test_ask_each_asks_once_about_every_fact():
    example = facts.generate_examples(1, n_facts=13, seed=8)[0]
    asked = facts.ask_each(example)
    assert [row.position for row in asked] == list(range(13))
    for row, fact in zip(asked, example.facts, strict=True):
        name, number, thing = parse_fact(fact)
        assert parse_question(row.question) == (name, thing)
        assert row.answer == number
        assert row.facts == example.facts
    assert asked == facts.ask_each(example)


def test_encode_by_hand():
    example = facts.Example(
        ("Ana tiene dos gatos.", "Las tres fotos son de Luis."), "¿Cuántas fotos tiene Luis?", "tres", 1
    )
    other = facts.Example(("Luis tiene once mapas.",), "¿Cuántos mapas hay en casa de Luis?", "once", 0)
    batch = facts.encode([example, other])
    assert batch.facts.shape == (2, 2, 6)
    assert facts.VOCABULARY.decode(batch.facts[0, 1].tolist()) == [
        "las",
        "tres",
        "fotos",
        "son",
        "de",
        "luis",
    ]
    assert facts.VOCABULARY.decode(batch.facts[0, 0].tolist()) == ["ana", "tiene", "dos", "gatos"]
    assert (batch.facts[0, 0, 4:] == PAD_ID).all()
    assert (batch.facts[1, 1] == PAD_ID).all()
    assert batch.lengths.tolist() == [2, 1]
    assert batch.answer.tolist() == [1, 9]
    assert batch.position.tolist() == [1, 0]
    assert facts.VOCABULARY.decode(batch.question[1].tolist())[1:3] == ["cuántos", "mapas"]
    assert not (batch.facts == UNK_ID).any()
    assert not (batch.question == UNK_ID).any()
    assert all(field.dtype == torch.int64 for field in batch)


def test_encode_nothing():
    with pytest.raises(ValueError, match=r"^examples: se esperaba al menos un ejemplo"):
        facts.encode([])


def test_stream_visits_every_example_each_round():
    rows = facts.generate_examples(10, n_facts=3, seed=5)
    stream = facts.stream_batches(rows, batch_size=5, seed=1)
    first = torch.cat([next(stream).question, next(stream).question])
    second = torch.cat([next(stream).question, next(stream).question])
    everything = sorted(facts.encode(rows).question.tolist())
    assert sorted(first.tolist()) == sorted(second.tolist()) == everything
    assert first.tolist() != second.tolist()


def test_stream_keeps_batches_full_and_repeats_with_the_seed():
    rows = facts.generate_examples(11, n_facts=(1, 5))
    one, other = (facts.stream_batches(rows, batch_size=3, seed=4) for _ in range(2))
    for _ in range(7):
        batch, twin = next(one), next(other)
        assert batch.answer.shape == (3,)
        assert all(torch.equal(a, b) for a, b in zip(batch, twin, strict=True))


@pytest.mark.parametrize("batch_size", [0, 12])
def test_stream_refuses_bad_batch_size(batch_size):
    rows = facts.generate_examples(11)
    with pytest.raises(ValueError, match=rf"^batch_size: se esperaba un entero de 1 a 11; se recibió {batch_size}"):
        facts.stream_batches(rows, batch_size=batch_size)
