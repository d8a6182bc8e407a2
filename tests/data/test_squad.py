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


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({}, "el documento: se esperaba el campo «data»"),
        ({"data": [{}]}, r"data\[0\]: se esperaba el campo «paragraphs»"),
        ({"data": [{"paragraphs": [{}]}]}, r"data\[0\].paragraphs\[0\]: se esperaba el campo «context»"),
        (
            {"data": [{"paragraphs": [{"context": "x", "qas": [{"id": "1"}]}]}]},
            r"qas\[0\]: se esperaba el campo «question»",
        ),
        (
            {"data": [{"paragraphs": [{"context": "x", "qas": [{"id": "1", "question": "?", "answers": [{}]}]}]}]},
            r"qas\[0\]: se esperaba el campo «text»",
        ),
        ([], "el documento: se esperaba el campo «data»"),
    ],
)
def test_errors_say_where(document, where) -> None:
    with pytest.raises(ValueError, match=where):
        parse(document)


def test_not_json(tmp_path: Path) -> None:
    path = tmp_path / "roto.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="Expecting"):
        read(path)
