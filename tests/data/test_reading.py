"""De textos a tensores: las respuestas se alinean sin mover ni un carácter y nada se pierde en silencio."""

from __future__ import annotations

import random
import unicodedata
from itertools import islice

import pytest
import torch
from atencion.data.reading import align, build_vocabulary, encode, prepare, stream_batches
from atencion.data.spans import generate_examples
from atencion.data.squad import Answer, Example
from atencion.data.text import token_spans
from atencion.data.vocabulary import PAD_ID, UNK_ID

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


def test_nothing_is_lost_in_silence() -> None:
    good = Answer("Lima", TEXT.index("Lima"))
    bad = Answer("Lima", 0)
    examples = [
        Example("dos", "", TEXT, "¿Y?", (good, bad, good)),
        Example("mala", "", TEXT, "¿Y?", (bad,)),
        Example("imposible", "", TEXT, "¿Y?", (), True),
        Example("sin respuestas", "", TEXT, "¿Y?", ()),
        Example("vacío", "", "  ", "¿Y?", ()),
        Example("muda", "", TEXT, "", (good,)),
    ]
    readings, problems = prepare(examples)
    assert [reading.example.id for reading in readings] == ["dos", "imposible"]
    assert len(readings[0].spans) == 1
    assert readings[1].spans == ()
    whole = {problem.id for problem in problems if problem.answer is None}
    assert whole == {"mala", "sin respuestas", "vacío", "muda"}
    assert [(p.id, p.answer) for p in problems if p.answer is not None] == [("dos", bad), ("mala", bad)]
    assert len(readings) + len(whole) == len(examples)


def test_generated_examples_have_no_problem() -> None:
    readings, problems = prepare(generate_examples(300))
    assert problems == ()
    for reading in readings:
        ((first, last),) = reading.spans
        assert reading.cut(first, last) == reading.example.answers[0].text


def test_cut() -> None:
    (reading,) = prepare([Example("1", "", TEXT, "¿?", (), True)]).readings
    assert reading.cut(0, 0) == "Bogotá"
    assert reading.cut(3, 5) == "7 181 469"
    assert reading.cut(-1, -2) == ""


def test_vocabulary_keeps_frequent_words_and_all_characters() -> None:
    readings = prepare(generate_examples(400)).readings
    vocabulary = build_vocabulary(readings)
    for word in ("capital", "habitantes", "euro", "¿", "."):
        assert word in vocabulary.words, word
    for country in ("perú", "lima", "ghana"):
        assert country not in vocabulary.words, country
    seen = {c for reading in readings for c in unicodedata.normalize("NFC", reading.example.context) if not c.isspace()}
    assert seen <= set(vocabulary.characters)
    everything = build_vocabulary(readings, min_share=0)
    assert "perú" in everything.words


def test_encode() -> None:
    examples = [
        Example("1", "", "Es Lima, en Perú.", "¿Cuál es?", (Answer("Lima", 3),)),
        Example("2", "", "Desproporcionadamente.", "¿Y?", (), True),
    ]
    readings = prepare(examples).readings
    vocabulary = build_vocabulary(readings[:1], min_share=0)
    batch = encode(readings, vocabulary)
    assert batch.context_words.shape == (2, 6)
    assert batch.context_characters.shape == (2, 6, 16)  # de la palabra larga, 16 letras
    assert batch.context_lengths.tolist() == [6, 2]
    assert batch.question_lengths.tolist() == [4, 3]
    assert batch.context_words[1].tolist() == [UNK_ID, vocabulary.words.encode(["."])[0], *[PAD_ID] * 4]
    assert batch.context_characters[1, 2:].sum() == 0
    assert batch.context_characters[0, 1].tolist() == vocabulary.characters.encode("Lima") + [PAD_ID] * 12
    assert (batch.start.tolist(), batch.end.tolist()) == ([1, -1], [1, -1])


def test_upper_case_is_the_same_word_but_other_letters() -> None:
    readings = prepare([Example("1", "", "Es es", "ES", (Answer("es", 3),))]).readings
    batch = encode(readings, build_vocabulary(readings))
    assert batch.context_words[0, 0] == batch.context_words[0, 1] == batch.question_words[0, 0]
    assert batch.context_characters[0, 0].tolist() != batch.context_characters[0, 1].tolist()


def test_stream_visits_every_reading_each_round_in_an_order_of_the_seed() -> None:
    readings = prepare(generate_examples(12)).readings
    vocabulary = build_vocabulary(readings)
    first = list(islice(stream_batches(readings, vocabulary, batch_size=4, seed=1), 3))
    again = list(islice(stream_batches(readings, vocabulary, batch_size=4, seed=1), 3))
    other = next(stream_batches(readings, vocabulary, batch_size=4, seed=2))
    for one, two in zip(first, again, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    assert not torch.equal(first[0].start, other.start) or not torch.equal(first[0].end, other.end)
    alone = {tuple(encode([reading], vocabulary).context_words[0].tolist()) for reading in readings}
    seen = {
        tuple(row[:n].tolist())
        for batch in first
        for row, n in zip(batch.context_words, batch.context_lengths, strict=True)
    }
    assert seen == alone


def test_errors() -> None:
    readings = prepare(generate_examples(3)).readings
    vocabulary = build_vocabulary(readings)
    with pytest.raises(ValueError, match="batch_size: se esperaba un entero de 1 a 3"):
        stream_batches(readings, vocabulary, batch_size=4)
    unanswered = prepare([Example("x", "", "a", "b", (), True)]).readings
    with pytest.raises(ValueError, match="readings: se esperaba ejemplos con respuesta"):
        stream_batches(unanswered, vocabulary, batch_size=1)
    with pytest.raises(ValueError, match="readings: se esperaba al menos un ejemplo"):
        build_vocabulary([])
    with pytest.raises(ValueError, match="min_share: se esperaba"):
        build_vocabulary(readings, min_share=2)
    with pytest.raises(ValueError, match="rows: se esperaba"):
        encode([], vocabulary)


def test_align_agrees_with_cutting_at_random() -> None:
    rng = random.Random(0)
    tokens = token_spans(TEXT)
    for _ in range(200):
        first = rng.randrange(len(tokens))
        last = rng.randrange(first, len(tokens))
        piece = TEXT[tokens[first].start : tokens[last].end]
        assert align(TEXT, tokens, Answer(piece, tokens[first].start)) == (first, last)
