"""De textos a tensores: las respuestas se alinean sin mover ni un carácter y nada se pierde en silencio."""

from __future__ import annotations

import unicodedata
from itertools import islice

import pytest
import torch
from atencion.data.reading import build_vocabulary, encode, prepare, stream_batches
from atencion.data.spans import generate_examples
from atencion.data.squad import Answer, Example
from atencion.data.vocabulary import PAD_ID, UNK_ID

TEXT = "  Bogotá, con 7 181 469 habitantes, usa el peso; Lima usa el sol. El peso manda."


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
    assert reading.cut(-1, -1) == ""  # lo que da la búsqueda del tramo si no hay texto


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


def test_the_same_word_written_in_other_characters_is_the_same_word() -> None:
    forms = ("Perú", "Peru\u0301", "Pe\u00adrú")
    context = " ".join(forms)
    readings = prepare([Example("1", "", context, "¿Y?", (Answer("Perú", 0),))]).readings
    batch = encode(readings, build_vocabulary(readings))
    assert len(set(batch.context_words[0].tolist())) == 1
    assert len(set(map(tuple, batch.context_characters[0].tolist()))) == 1
    assert [token.text for token in readings[0].context] == list(forms)  # pero el texto no se toca


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
    with pytest.raises(ValueError, match=r"^readings: se esperaba al menos un ejemplo; se recibió ninguno$"):
        encode([], vocabulary)
    mute = readings[0]._replace(question=())
    with pytest.raises(ValueError, match=r"^readings: se esperaba algún texto y alguna pregunta con piezas"):
        encode([mute], vocabulary)
    assert encode([mute, readings[1]], vocabulary).question_lengths[0] == 0
