"""Preguntas con respuesta en el texto, en el formato JSON de SQuAD.

    {"version": …, "data": [{"title": …, "paragraphs": [{"context": …, "qas": [
        {"id": …, "question": …, "answers": [{"text": …, "answer_start": …}], "is_impossible": …}]}]}]}

Lee sin cambios los archivos de SQuAD 1.1 y 2.0 y de quien usa su formato (XQuAD, MLQA, SQuAD-es…). Los textos se
guardan tal como vienen: ``answer_start`` cuenta caracteres del texto original, y normalizarlo movería la respuesta.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import value_error

__all__ = ["Answer", "Example", "parse", "read", "write"]


class Answer(NamedTuple):
    """Una respuesta: un tramo del texto.

    Campos:
        text: el tramo, como lo copió quien anotó.
        start: posición, en el texto original, de su primer carácter.
    """

    text: str
    start: int


class Example(NamedTuple):
    """Un texto y una pregunta.

    Campos:
        id: identificador.
        title: de qué trata el texto.
        context: el texto.
        question: la pregunta.
        answers: las respuestas admitidas; ninguna si el texto no contesta.
        is_impossible: si el texto no contesta la pregunta, como en SQuAD 2.0.
    """

    id: str
    title: str
    context: str
    question: str
    answers: tuple[Answer, ...]
    is_impossible: bool = False


def parse(document: Mapping[str, Any]) -> tuple[Example, ...]:
    """Saca los ejemplos de un documento ya leído.

    Argumentos:
        document: el objeto del JSON.

    Devuelve:
        Un ejemplo por pregunta, en el orden del documento.

    Errores:
        ``ValueError`` si falta un campo, y dice cuál y dónde.

    Ejemplo:
        >>> ask = {"id": "1", "question": "¿Y la capital?", "answers": [{"text": "Lima", "answer_start": 3}]}
        >>> parse({"data": [{"title": "Perú", "paragraphs": [{"context": "Es Lima.", "qas": [ask]}]}]})[0].answers
        (Answer(text='Lima', start=3),)
    """
    examples = []
    for a, article in enumerate(_field(document, "data", "el documento")):
        title = article.get("title", "")
        for p, paragraph in enumerate(_field(article, "paragraphs", f"data[{a}]")):
            where = f"data[{a}].paragraphs[{p}]"
            context = _field(paragraph, "context", where)
            for q, ask in enumerate(_field(paragraph, "qas", where)):
                examples.append(_example(ask, title, context, f"{where}.qas[{q}]"))
    return tuple(examples)


def _example(ask: Mapping[str, Any], title: str, context: str, where: str) -> Example:
    answers = tuple(
        Answer(_field(answer, "text", where), _field(answer, "answer_start", where))
        for answer in ask.get("answers", ())
    )
    impossible = bool(ask.get("is_impossible", False))
    return Example(str(_field(ask, "id", where)), title, context, _field(ask, "question", where), answers, impossible)


def _field(item: Mapping[str, Any], name: str, where: str) -> Any:
    if not isinstance(item, Mapping) or name not in item:
        raise value_error(where, f"el campo «{name}»", "nada")
    return item[name]


def read(path: str | Path) -> tuple[Example, ...]:
    """Lee un archivo JSON con el formato de SQuAD.

    Argumentos:
        path: el archivo, en UTF-8.

    Devuelve:
        Un ejemplo por pregunta, en el orden del archivo.

    Errores:
        ``ValueError`` si no es JSON o le falta un campo.

    Ejemplo:
        >>> from tempfile import NamedTemporaryFile
        >>> file = NamedTemporaryFile(suffix=".json")
        >>> write(file.name, [Example("1", "Perú", "Es Lima.", "¿Y la capital?", (Answer("Lima", 3),))])
        >>> read(file.name)[0].question
        '¿Y la capital?'
    """
    return parse(json.loads(Path(path).read_text(encoding="utf-8-sig")))


def write(path: str | Path, examples: Iterable[Example]) -> None:
    """Escribe ejemplos con el formato de SQuAD 2.0; ``read`` los devuelve iguales y en el mismo orden.

    Los ejemplos seguidos con el mismo título, y dentro de ellos con el mismo texto, comparten artículo y párrafo.

    Argumentos:
        path: el archivo.
        examples: los ejemplos.
    """
    data = []
    for title, about in groupby(examples, key=lambda example: example.title):
        paragraphs = [
            {"context": context, "qas": [_ask(example) for example in same]}
            for context, same in groupby(about, key=lambda example: example.context)
        ]
        data.append({"title": title, "paragraphs": paragraphs})
    text = json.dumps({"version": "v2.0", "data": data}, ensure_ascii=False, indent=1)
    Path(path).write_text(text, encoding="utf-8")


def _ask(example: Example) -> dict[str, Any]:
    answers = [{"text": answer.text, "answer_start": answer.start} for answer in example.answers]
    return {
        "id": example.id,
        "question": example.question,
        "answers": answers,
        "is_impossible": example.is_impossible,
    }
