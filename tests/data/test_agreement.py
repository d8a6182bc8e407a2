"""Frases sin terminaciones: gramática leída sin ayuda del generador, particiones sin fugas y lotes."""

import itertools

import pytest
import torch
from atencion.data import agreement
from atencion.data.vocabulary import PAD_ID, UNK_ID

MASCULINE = {
    *("libro", "mapa", "reloj", "lápiz", "coche", "disco", "papel", "traje", "violín", "cuadro", "diploma", "cojín")
}
FEMININE = {*("llave", "foto", "moto", "radio", "carta", "caja", "silla", "red", "imagen", "flor", "nave", "cruz")}
PLURALS = {"lápices": "lápiz", "relojes": "reloj", "papeles": "papel", "violines": "violín", "cojines": "cojín"}
PLURALS |= {"redes": "red", "imágenes": "imagen", "flores": "flor", "cruces": "cruz"}
DETERMINERS = {"l_", "un_", "aquell_", "nuestr_"}
BEFORE = {"viej_", "antigu_", "nuev_", "hermos_", "famos_", "mism_"}
AFTER = {"roj_", "blanc_", "negr_", "amarill_", "redond_", "bonit_"}
PARTICIPLES = {"perdid_", "escondid_", "olvidad_", "manchad_", "estropead_", "gastad_"}


def parse_noun(word):
    """(lema, clase) de un sustantivo; ``None`` si no lo es."""
    plural = word in PLURALS or (word.endswith("s") and word[:-1] in MASCULINE | FEMININE)
    lemma = PLURALS.get(word, word[:-1]) if plural else word
    if lemma not in MASCULINE | FEMININE:
        return None
    return lemma, (lemma in FEMININE) + 2 * plural


def expected_noun(tokens, place):
    """La regla: un participio mira al primer sustantivo; lo que va detrás, al anterior; lo demás, al siguiente."""
    nouns = [j for j, word in enumerate(tokens) if parse_noun(word)]
    if tokens[place] in PARTICIPLES:
        return nouns[0]
    if tokens[place] in AFTER:
        return max(j for j in nouns if j < place)
    return min(j for j in nouns if j > place)


@pytest.fixture(scope="module")
def examples():
    return {split: agreement.generate_examples(500, split=split, seed=3) for split in agreement.SPLITS}


def test_a_reader_with_rules_fills_every_slot(examples):
    slots = DETERMINERS | BEFORE | AFTER | PARTICIPLES
    for example in itertools.chain.from_iterable(examples.values()):
        for place, word in enumerate(example.tokens):
            if word not in slots:
                assert example.classes[place] is example.nouns[place] is example.kinds[place] is None
                continue
            noun = expected_noun(example.tokens, place)
            assert example.nouns[place] == noun, example
            assert example.classes[place] == parse_noun(example.tokens[noun])[1], example
            groups = (DETERMINERS, BEFORE, AFTER, PARTICIPLES)
            assert example.kinds[place] == agreement.KINDS[[word in group for group in groups].index(True)]


def test_every_noun_has_its_own_class(examples):
    for example in itertools.chain.from_iterable(examples.values()):
        found = [noun[1] for noun in map(parse_noun, example.tokens) if noun]
        assert len(set(found)) == len(found)
        assert len(found) in (2, 3)


def pairs_of(rows):
    return {
        (parse_noun(example.tokens[noun])[0], word)
        for example in rows
        for word, noun in zip(example.tokens, example.nouns, strict=True)
        if noun is not None and word not in DETERMINERS
    }


def test_splits_share_no_pair(examples):
    train, test = (pairs_of(examples[split]) for split in agreement.SPLITS)
    assert train.isdisjoint(test)
    assert len(test) == 24 * 6


def test_no_adjective_tells_the_gender():
    """A cada adjetivo le quedan, en cada partición, tantos masculinos como femeninos."""
    for split in agreement.SPLITS:
        pairs = pairs_of(agreement.generate_examples(4000, split=split))
        for adjective in BEFORE | AFTER | PARTICIPLES:
            genders = [noun in FEMININE for noun, word in pairs if word == adjective]
            assert sum(genders) * 2 == len(genders) > 0


def test_same_seed_same_examples():
    assert agreement.generate_examples(5, seed=2) == agreement.generate_examples(5, seed=2)
    assert agreement.generate_examples(5, seed=2) != agreement.generate_examples(5, seed=3)
    assert agreement.generate_examples(5, split="test") != agreement.generate_examples(5)


def test_bad_split():
    with pytest.raises(ValueError, match=r"^split: se esperaba uno de .*'train'.*; se recibió 'prueba'"):
        agreement.generate_examples(1, split="prueba")


def test_ideal_weights_point_at_the_noun(examples):
    for example in examples["test"][:20]:
        weights = agreement.ideal_weights(example)
        for row, noun in zip(weights, example.nouns, strict=True):
            assert row.sum() == (noun is not None)
            assert noun is None or row[noun] == 1


def test_encode_pads_and_ignores(examples):
    rows = examples["train"][:7]
    batch = agreement.encode(rows)
    assert batch.lengths.tolist() == [len(example.tokens) for example in rows]
    assert all(field.dtype == torch.int64 for field in batch)
    assert batch.tokens.shape == batch.classes.shape == batch.nouns.shape
    assert not (batch.tokens == UNK_ID).any()
    for row, example in enumerate(rows):
        n = len(example.tokens)
        assert tuple(agreement.VOCABULARY.decode(batch.tokens[row].tolist())) == example.tokens
        assert (batch.tokens[row, n:] == PAD_ID).all()
        assert (batch.classes[row, n:] == agreement.IGNORED).all()
        assert (batch.nouns[row, n:] == agreement.IGNORED).all()
        assert [None if c == agreement.IGNORED else c for c in batch.classes[row, :n].tolist()] == [*example.classes]
        assert [None if c == agreement.IGNORED else c for c in batch.nouns[row, :n].tolist()] == [*example.nouns]


def test_encode_nothing():
    with pytest.raises(ValueError, match=r"^examples: se esperaba al menos una frase"):
        agreement.encode([])


def test_stream_visits_every_example_each_round(examples):
    rows = examples["train"][:10]
    stream = agreement.stream_batches(rows, batch_size=5, seed=1)
    first, second = (torch.cat([next(stream).tokens, next(stream).tokens]).tolist() for _ in range(2))
    assert sorted(first) == sorted(second) == sorted(agreement.encode(rows).tokens.tolist())
    assert first != second


@pytest.mark.parametrize("batch_size", [0, 11])
def test_stream_refuses_bad_batch_size(examples, batch_size):
    with pytest.raises(ValueError, match=rf"^batch_size: se esperaba un entero de 1 a 10; se recibió {batch_size}"):
        agreement.stream_batches(examples["train"][:10], batch_size=batch_size)
