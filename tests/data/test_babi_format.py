"""El formato de bAbI: ida y vuelta, una muestra en inglés y errores con su línea."""

import pytest
from atencion.data.babi_format import read_babi, write_babi
from atencion.data.stories import TASKS, build_vocabulary, encode, generate_stories
from atencion.data.story_tasks import Story

# Escrita a mano con la forma del original: espacio antes del tabulador, dos historias, varias preguntas.
ENGLISH = (
    "1 Mary moved to the bathroom.\n2 John went to the hallway.\n3 Where is Mary? \tbathroom\t1\n"
    "4 John picked up the milk.\n5 John moved to the garden.\n6 Where is the milk? \tgarden\t4 5\n"
    "1 Sandra travelled to the office.\n2 Where is Sandra? \toffice\t1\n"
)


def test_reads_a_sample_in_english():
    first, second, third = read_babi(ENGLISH)
    assert first == Story(ENGLISH_SENTENCES[:2], "Where is Mary?", "bathroom", (0,))
    assert second == Story(ENGLISH_SENTENCES, "Where is the milk?", "garden", (2, 3))
    assert third.sentences == ("Sandra travelled to the office.",)


ENGLISH_SENTENCES = (
    "Mary moved to the bathroom.", "John went to the hallway.", "John picked up the milk.", "John moved to the garden.",
)  # fmt: skip


def test_writes_what_it_read():
    canonical = ENGLISH.replace(" \t", "\t")
    assert write_babi(read_babi(ENGLISH)) == canonical
    assert write_babi(read_babi(canonical.replace("\n", "\r\n"))) == canonical


@pytest.mark.parametrize("task", list(TASKS))
def test_our_stories_survive_the_trip(task):
    stories = generate_stories(task, 40)
    assert read_babi(write_babi(stories)) == stories


def test_questions_without_supporting_facts():
    stories = [Story(("Ana fue al salón.",), "¿Cuántas cosas lleva Ana?", "ninguna", ())]
    assert write_babi(stories).endswith("\tninguna\t\n")
    assert read_babi(write_babi(stories)) == stories


# Con la forma de los archivos de las familias 3, 5, 7, 8, 11, 12, 16 y 19: apoyos sin ordenar, listas, dos preguntas
# seguidas, una pregunta sin apoyos con su tabulador y su espacio, y una historia que solo pregunta.
SHAPES = (
    "1 Mary got the football there.\n2 Mary went to the bathroom.\n3 Mary journeyed to the office.\n"
    "4 Where was the football before the office? \tbathroom\t1 2 3\n5 Where was it? \toffice\t3 1 2\n"
    "6 Fred gave the milk to Jeff.\n7 Who gave the milk to Jeff?\tFred\t6\n"
    "8 What is Mary carrying? \tfootball,milk\t1 6\n9 What is John carrying? \tnothing\t \n"
    "1 Mary and Daniel went to the bathroom.\n2 After that she went to the garden.\n3 Where is Mary? \tgarden\t2 1\n"
    "1 How do you go from the bathroom to the hallway?\ts,w\t\n"
    "1 The garden is west of the bathroom.\n2 How do you go from the bathroom to the garden?\tw\t1\n"
)


@pytest.mark.parametrize(
    "given",
    [
        SHAPES,
        SHAPES.replace("\n", "\r\n"),
        "\ufeff" + SHAPES,
        SHAPES.replace(".\n", ". \n").replace("\n", "\n\n"),
        SHAPES.rstrip("\n"),
    ],
)
def test_the_shapes_of_the_original_families(given):
    stories = read_babi(given)
    assert [len(story.sentences) for story in stories] == [3, 3, 4, 4, 4, 2, 0, 1]
    assert [story.answer for story in stories[2:6]] == ["Fred", "football,milk", "nothing", "garden"]
    assert [story.supporting for story in stories] == [(0, 1, 2), (2, 0, 1), (3,), (0, 3), (), (1, 0), (), (0,)]
    assert write_babi(stories) == SHAPES.replace(" \t", "\t").replace("\t \n", "\t\n")
    assert read_babi(write_babi(stories)) == stories


def test_what_is_read_can_be_learned():
    stories = read_babi(SHAPES)
    batch = encode(stories, build_vocabulary(stories), memory_size=3)
    assert batch.lengths.tolist() == [3, 3, 3, 3, 3, 2, 0, 1]
    assert len(set(batch.answer.tolist())) == 8


def test_blank_text_has_no_stories():
    assert read_babi("\n  \n") == []
    assert write_babi([]) == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "1 Ana fue.\nLeo fue.",
            "^text, línea 2: se esperaba un número, un espacio y una frase; se recibió 'Leo fue.'",
        ),
        ("1 Ana fue.\n\n3 Leo fue.", "^text, línea 3: se esperaba el número 1 o 2; se recibió 3$"),
        ("2 Ana fue.", "^text, línea 1: se esperaba el número 1; se recibió 2$"),
        ("1 Ana fue.\n2 ¿Quién?\tAna", "^text, línea 2: se esperaba pregunta, respuesta y apoyos"),
        ("1 Ana fue.\n2 ¿Quién?\t\t1", "^text, línea 2: se esperaba pregunta, respuesta y apoyos"),
        ("1 Ana fue.\n2 ¿Quién?\tAna\t3", "^text, línea 2: se esperaba apoyos que sean frases .*; se recibió '3'$"),
        ("1 Ana fue.\n2 ¿Quién?\tAna\tuno", "^text, línea 2: .*; se recibió 'uno'$"),
        ("1 Ana fue.\n2 ¿Quién?\tAna\t²", "^text, línea 2: .*; se recibió '²'$"),
        ("1 Ana fue.\n2 ¿Quién?\tAna\t1\n3 ¿Quién?\tAna\t2", "^text, línea 3: .*; se recibió '2'$"),
        ("1 A.\n1 B.\n2 ¿Quién?\tB\t2", "^text, línea 3: .*; se recibió '2'$"),
    ],
)
def test_errors_say_the_line(text, message):
    with pytest.raises(ValueError, match=message):
        read_babi(text)


@pytest.mark.parametrize("text", ["dos\nlíneas", "con\ttabulador", " espacio", ""])
def test_unwritable_texts_are_refused(text):
    with pytest.raises(ValueError, match=r"^stories: se esperaba textos de una línea"):
        write_babi([Story((text,), "¿Quién?", "Ana", ())])
