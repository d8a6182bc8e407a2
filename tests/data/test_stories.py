"""Historias en lotes: azar reproducible, partes sin fugas, vocabulario y memoria de tamaño fijo."""

import itertools

import pytest
import torch
from atencion.data import stories
from atencion.data.batches import stream_rows
from atencion.data.story_tasks import Story
from atencion.data.text import tokenize
from atencion.data.vocabulary import PAD_ID, UNK_ID, Vocabulary

STORY = Story(
    ("Ana fue al salón.", "Leo corrió a la cocina.", "Ana entró en el baño."), "¿Dónde está Ana?", "baño", (2,)
)


@pytest.fixture
def vocabulary():
    return stories.build_vocabulary([STORY])


def test_same_seed_same_stories_other_seed_other_stories():
    assert stories.generate_stories(2, 31, seed=5) == stories.generate_stories(2, 31, seed=5)
    assert stories.generate_stories(2, 31, seed=5) != stories.generate_stories(2, 31, seed=6)
    assert stories.generate_stories(2, 31, seed=5)[:7] == stories.generate_stories(2, 7, seed=5)


@pytest.mark.parametrize("task", list(stories.TASKS))
def test_stories_are_distinct_and_splits_share_none(task):
    parts = [
        set(stories.generate_stories(task, 150, split=split, seed=seed))
        for split, seed in itertools.product(stories.SPLITS, (0, 1))
    ]
    assert [len(part) for part in parts] == [150] * 4
    assert not (parts[0] | parts[1]) & (parts[2] | parts[3])


def test_none_is_a_valid_number_of_stories():
    assert stories.generate_stories(1, 0) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": 5}, r"^task: se esperaba una de \(1, 2, 3, 4, 6, 7, 11, 12, 15\); se recibió 5$"),
        ({"split": "valid"}, r"^split: se esperaba uno de \('train', 'test'\); se recibió 'valid'$"),
        ({"count": 5000}, r"^count: se esperaba como mucho \d+ historias de la familia 4; se recibió 5000$"),
    ],
)
def test_errors_of_generation(options, message):
    arguments = {"task": 4, "count": 1, **options}
    with pytest.raises(ValueError, match=message):
        stories.generate_stories(arguments.pop("task"), arguments.pop("count"), **arguments)


def test_the_vocabulary_knows_every_word():
    rows = [story for task in stories.TASKS for story in stories.generate_stories(task, 20)]
    vocabulary = stories.build_vocabulary(rows)
    for story in rows:
        for text in (*story.sentences, story.question, story.answer):
            assert UNK_ID not in vocabulary.encode(tokenize(text))


def test_longest_text_counts_pieces():
    assert stories.longest_text([STORY]) == 5  # «leo corrió a la cocina», «¿ dónde está ana ?»


def test_encode_pads_sentences_words_and_stories(vocabulary):
    short = Story(("Leo fue al baño.",), "¿Dónde está Leo?", "baño", (0,))
    batch = stories.encode([STORY, short], vocabulary, memory_size=12)
    assert batch.sentences.shape == (2, 3, 5)
    assert batch.lengths.tolist() == [3, 1]
    assert vocabulary.decode(batch.sentences[0, 1].tolist()) == ["leo", "corrió", "a", "la", "cocina"]
    assert batch.sentences[0, 0, 4] == PAD_ID
    assert (batch.sentences[1, 1:] == PAD_ID).all()
    assert vocabulary.decode(batch.answer.tolist()) == ["baño", "baño"]
    assert batch.supporting.int().tolist() == [[0, 0, 1], [1, 0, 0]]
    assert all(field.dtype == torch.int64 for field in batch[:4])


def test_memory_keeps_the_most_recent_sentences(vocabulary):
    batch = stories.encode([STORY], vocabulary, memory_size=2)
    assert batch.lengths.tolist() == [2]
    assert vocabulary.decode(batch.sentences[0, 0].tolist())[0] == "leo"
    assert batch.supporting.int().tolist() == [[0, 1]]
    forgotten = stories.encode([Story(STORY.sentences, "¿Dónde está Leo?", "cocina", (1,))], vocabulary, memory_size=1)
    assert forgotten.supporting.int().tolist() == [[0]]


def test_an_answer_is_one_piece_as_in_the_original_files():
    """Listas («leche,pelota»), rumbos («s,o») y nombres con mayúscula, como en las familias 5, 8 y 19 de bAbI."""
    rows = [
        Story(("Ana tomó la leche.", "Ana tomó la pelota."), "¿Qué lleva Ana?", "leche,pelota", (0, 1)),
        Story(("El baño está al sur.",), "¿Cómo se va al baño?", "s,o", (0,)),
        Story(("Leo dio la leche a Ana.",), "¿Quién dio la leche?", "Leo", (0,)),
    ]
    known = stories.build_vocabulary(rows)
    batch = stories.encode(rows, known, memory_size=5)
    assert known.decode(batch.answer.tolist()) == ["leche,pelota", "s,o", "leo"]
    assert batch.answer[2] == batch.sentences[2, 0, 0]  # la misma palabra que en la frase


def test_stories_without_sentences(vocabulary):
    empty = Story((), "¿Dónde está Ana?", "baño", ())
    batch = stories.encode([empty, STORY], vocabulary, memory_size=5)
    assert batch.lengths.tolist() == [0, 3]
    assert (batch.sentences[0] == PAD_ID).all()
    alone = stories.encode([empty, empty], vocabulary, memory_size=5)
    assert alone.sentences.shape[:2] == (2, 1)
    assert alone.lengths.tolist() == [0, 0]


def test_unknown_words_are_marked(vocabulary):
    batch = stories.encode([Story(("Zoe fue al baño.",), "¿Dónde está Zoe?", "baño", (0,))], vocabulary, memory_size=2)
    assert batch.sentences[0, 0, 0] == UNK_ID


@pytest.mark.parametrize(
    ("rows", "words", "memory_size", "message"),
    [
        ([], ["baño"], 3, "^stories: se esperaba al menos una historia; se recibió ninguna$"),
        ([STORY], ["baño"], 0, "^memory_size: se esperaba un entero ≥ 1; se recibió 0$"),
        ([STORY], ["salón"], 3, "^stories: se esperaba respuestas del vocabulario; se recibió 'baño'$"),
    ],
)
def test_errors_of_encode(rows, words, memory_size, message):
    with pytest.raises(ValueError, match=message):
        stories.encode(rows, Vocabulary(words), memory_size=memory_size)


def test_batches_keep_their_rows_together():
    rows = stories.generate_stories(1, 23)
    vocabulary = stories.build_vocabulary(rows)
    whole = stories.encode(rows, vocabulary, memory_size=12)
    found = {
        (question, answer)
        for question, answer in zip(map(tuple, whole.question.tolist()), whole.answer.tolist(), strict=True)
    }
    batch = next(stream_rows(whole, batch_size=11, seed=1))
    assert isinstance(batch, stories.StoryBatch)
    assert {(q, a) for q, a in zip(map(tuple, batch.question.tolist()), batch.answer.tolist(), strict=True)} <= found
