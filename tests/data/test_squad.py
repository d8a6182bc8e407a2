"""El formato de SQuAD: lee 1.1 y 2.0 sin cambios, y lo que escribe lo vuelve a leer igual."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from atencion.data.spans import generate_examples
from atencion.data.squad import Answer, Example, parse, read, write

OLD = {
    "version": "1.1",
    "data": [
        {
            "title": "Perú",
            "paragraphs": [
                {
                    "context": "La capital es Lima, y Lima está en la costa.",
                    "qas": [
                        {
                            "id": "a",
                            "question": "¿Cuál es la capital?",
                            "answers": [
                                {"text": "Lima", "answer_start": 14},
                                {"text": "Lima", "answer_start": 22},
                            ],
                        }
                    ],
                }
            ],
        }
    ],
}


def test_reads_version_1() -> None:
    (example,) = parse(OLD)
    assert example == Example(
        "a", "Perú", OLD["data"][0]["paragraphs"][0]["context"], "¿Cuál es la capital?",
        (Answer("Lima", 14), Answer("Lima", 22)),
    )  # fmt: skip


def test_reads_version_2_with_questions_without_answer() -> None:
    ask = {
        "id": 7,
        "question": "¿Y la moneda?",
        "answers": [],
        "is_impossible": True,
        "plausible_answers": [{"text": "Lima", "answer_start": 14}],
    }
    document = {"version": "v2.0", "data": [{"title": "Perú", "paragraphs": [{"context": "Es Lima.", "qas": [ask]}]}]}
    (example,) = parse(document)
    assert (example.id, example.answers, example.is_impossible) == ("7", (), True)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    examples = (
        *generate_examples(20),
        Example("n1", "t", "un texto\ncon «signos» y ñ descompuesta: n\u0303", "¿?", (Answer("n\u0303", 40),)),
        Example("n2", "t", "un texto\ncon «signos» y ñ descompuesta: n\u0303", "¿y?", (), True),
        Example("n3", "t", "otro texto", "¿qué?", (Answer("otro", 0), Answer("otro texto", 0))),
    )
    path = tmp_path / "preguntas.json"
    write(path, iter(examples))
    assert read(path) == examples
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["version"] == "v2.0"
    assert [len(paragraph["qas"]) for paragraph in document["data"][-1]["paragraphs"]] == [2, 1]
    assert "ñ" in path.read_text(encoding="utf-8")


def test_reads_a_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "bom.json"
    path.write_text(json.dumps(OLD), encoding="utf-8-sig")
    assert len(read(path)) == 1


def document(**fields: object) -> dict:
    """Un documento con una sola pregunta, a la que se le cambian campos."""
    ask = {"id": "1", "question": "¿?", "answers": [{"text": "x", "answer_start": 0}]} | fields
    paragraph = {"context": "x", "qas": [{name: value for name, value in ask.items() if value is not ...}]}
    return {"data": [{"title": "t", "paragraphs": [paragraph]}]}


ASK = r"^data\[0\]\.paragraphs\[0\]\.qas\[0\]"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "^el documento: se esperaba el campo «data»; se recibió un objeto vacío$"),
        ([], r"^el documento: se esperaba el campo «data»; se recibió \[\]$"),
        ({"data": {"a": 1}}, r"^el documento\.data: se esperaba una lista; se recibió un objeto con los campos a$"),
        ({"data": None}, r"^el documento\.data: se esperaba una lista; se recibió null$"),
        ({"data": ["Perú"]}, r'^data\[0\]: se esperaba el campo «paragraphs»; se recibió "Perú"$'),
        ({"data": [{"title": "t"}]}, r"^data\[0\]: .* «paragraphs»; se recibió un objeto con los campos title$"),
        (
            {"data": [{"title": 3, "paragraphs": [{"context": "", "qas": [{}]}]}]},
            r"\.title: se esperaba un texto; .* 3$",
        ),
        ({"data": [{"paragraphs": [{}]}]}, r"^data\[0\]\.paragraphs\[0\]: se esperaba el campo «context»"),
        (
            {"data": [{"paragraphs": [{"context": 3}]}]},
            r"paragraphs\[0\]\.context: se esperaba un texto; se recibió 3$",
        ),
        ({"data": [{"paragraphs": [{"context": "x"}]}]}, r"paragraphs\[0\]: se esperaba el campo «qas»"),
        (document(id=...), ASK + ": se esperaba el campo «id»; se recibió un objeto con los campos question, answers$"),
        (document(id=None), ASK + r"\.id: se esperaba un texto o un entero; se recibió null$"),
        (document(question=...), ASK + ": se esperaba el campo «question»"),
        (document(answers="x"), ASK + r'\.answers: se esperaba una lista; se recibió "x"$'),
        (document(answers=[{}]), ASK + r"\.answers\[0\]: se esperaba el campo «text»"),
        (document(answers=["x"]), ASK + r'\.answers\[0\]: se esperaba el campo «text»; se recibió "x"$'),
        (document(answers=[{"text": "x"}]), ASK + r"\.answers\[0\]: se esperaba el campo «answer_start»"),
        (
            document(answers=[{"text": "x", "answer_start": "0"}]),
            ASK + r'\.answers\[0\]\.answer_start: se esperaba un entero; se recibió "0"$',
        ),
        (document(answers={"text": ["x"]}), ASK + r"\.answers: se esperaba el campo «answer_start»"),
        (
            document(answers={"text": ["x"], "answer_start": []}),
            ASK + r"\.answers: se esperaba tantos «answer_start» como «text»; se recibió 0 y 1$",
        ),
        (document(is_impossible="false"), ASK + r'\.is_impossible: se esperaba true o false; se recibió "false"$'),
        ({"data": [{"context": "x", "id": "1"}]}, r"^data\[0\]: se esperaba el campo «question»"),
    ],
)
def test_errors_say_where_and_what(document, message) -> None:
    with pytest.raises(ValueError, match=message):
        parse(document)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", r"^path: se esperaba un archivo con un documento JSON; .*roto\.json», .* línea 1, columna 2$"),
        (b'{"data": []}\n{"data": []}', r"línea 2, columna 1$"),
        ('{"data": "Perú"}'.encode("latin-1"), r"^path: se esperaba un archivo de texto en UTF-8; .* en el byte 13$"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "roto.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read(path)


def test_rows_of_hugging_face_are_the_same_examples() -> None:
    """Filas sueltas, con las respuestas en columnas, y en SQuAD 2.0 sin ``is_impossible``."""
    (nested,) = parse(OLD)
    context = nested.context
    rows = [
        {
            "id": "a", "title": "Perú", "context": context, "question": "¿Cuál es la capital?",
            "answers": {"text": ["Lima", "Lima"], "answer_start": [14, 22]},
        },
        {"id": "b", "context": context, "question": "¿Y la moneda?", "answers": {"text": [], "answer_start": []}},
    ]  # fmt: skip
    first, second = parse({"data": rows})
    assert first == nested
    assert second == Example("b", "", context, "¿Y la moneda?", (), is_impossible=True)


@pytest.mark.parametrize(
    ("fields", "answers", "impossible"),
    [
        ({"answers": []}, 0, True),
        ({"answers": ...}, 0, False),  # la prueba oculta: no se sabe
        ({"answers": None, "is_impossible": False}, 0, False),
        ({"answers": [], "is_impossible": False}, 0, False),
        ({"answers": [], "plausible_answers": [{"text": "x", "answer_start": 0}], "is_impossible": True}, 0, True),
        ({"source": "ancora", "answers": [{"text": "x", "answer_start": 0, "answer_end": 1}]}, 1, False),
    ],
)
def test_questions_without_answers(fields: dict, answers: int, impossible: bool) -> None:
    (example,) = parse(document(**fields))
    assert (len(example.answers), example.is_impossible) == (answers, impossible)


def test_empty_articles_paragraphs_and_repeated_ids() -> None:
    twice = document()["data"][0]
    rows = [{"title": "a", "paragraphs": []}, {"paragraphs": [{"context": "", "qas": []}]}, twice, twice]
    assert [example.id for example in parse({"version": "x", "data": rows})] == ["1", "1"]


def test_escaped_characters_outside_the_basic_plane_count_one(tmp_path: Path) -> None:
    path = tmp_path / "emoji.json"
    context = "🌍🇵🇪 Lima, «1.285.220\u00a0km²»\n𝒳"
    path.write_text(json.dumps({"data": [{"context": context, "id": 1, "question": "¿?"}]}), encoding="ascii")
    (example,) = read(path)
    assert example.context == context
    write(path, [example])
    assert read(path) == (example,)
