"""Preguntas con respuesta en el texto, en el formato JSON de SQuAD.

    {"version": …, "data": [{"title": …, "paragraphs": [{"context": …, "qas": [
        {"id": …, "question": …, "answers": [{"text": …, "answer_start": …}], "is_impossible": …}]}]}]}

Lee sin cambios los archivos de SQuAD 1.1 y 2.0 y de quien usa su formato (XQuAD, MLQA, SQAC, SQuAD-es…), y también
las filas sueltas de Hugging Face, una por pregunta. Los textos se guardan tal como vienen: ``answer_start`` cuenta
caracteres del texto original, y normalizarlo movería la respuesta.
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
        document: el objeto del JSON. En ``data`` puede haber artículos, con sus párrafos, o filas como las de Hugging
            Face: ``{"id": …, "context": …, "question": …, "answers": {"text": […], "answer_start": […]}}``.

    Devuelve:
        Un ejemplo por pregunta, en el orden del documento. Los campos de más no cuentan. Si falta ``is_impossible``,
        una lista de respuestas vacía dice que el texto no contesta.

    Errores:
        ``ValueError`` si falta un campo o no es de su tipo, y dice cuál y dónde.

    Ejemplo:
        >>> ask = {"id": "1", "question": "¿Y la capital?", "answers": [{"text": "Lima", "answer_start": 3}]}
        >>> parse({"data": [{"title": "Perú", "paragraphs": [{"context": "Es Lima.", "qas": [ask]}]}]})[0].answers
        (Answer(text='Lima', start=3),)
    """
    examples = []
    for a, article in enumerate(_field(document, "data", list, "el documento")):
        where = f"data[{a}]"
        if isinstance(article, Mapping) and "context" in article and "paragraphs" not in article:
            examples.append(_example(article, _title(article, where), _field(article, "context", str, where), where))
            continue
        for p, paragraph in enumerate(_field(article, "paragraphs", list, where)):
            inside = f"{where}.paragraphs[{p}]"
            context = _field(paragraph, "context", str, inside)
            for q, ask in enumerate(_field(paragraph, "qas", list, inside)):
                examples.append(_example(ask, _title(article, where), context, f"{inside}.qas[{q}]"))
    return tuple(examples)


def _title(article: Mapping[str, Any], where: str) -> str:
    return "" if article.get("title") is None else str(_field(article, "title", str, where))


def _example(ask: Mapping[str, Any], title: str, context: str, where: str) -> Example:
    name, question = _field(ask, "id", (str, int), where), _field(ask, "question", str, where)
    given = ask.get("answers")
    answers = () if given is None else _answers(given, f"{where}.answers")
    impossible = given is not None and not answers
    if ask.get("is_impossible") is not None:
        impossible = _field(ask, "is_impossible", bool, where)
    return Example(str(name), title, context, question, answers, impossible)


def _answers(given: Any, where: str) -> tuple[Answer, ...]:
    if isinstance(given, Mapping):  # en columnas, como en Hugging Face
        texts, starts = _field(given, "text", list, where), _field(given, "answer_start", list, where)
        if len(texts) != len(starts):
            raise value_error(where, "tantos «answer_start» como «text»", f"{len(starts)} y {len(texts)}")
        given = [{"text": text, "answer_start": start} for text, start in zip(texts, starts, strict=True)]
    if not isinstance(given, list):
        raise value_error(where, "una lista", _show(given))
    rows = [(answer, f"{where}[{i}]") for i, answer in enumerate(given)]
    return tuple(
        Answer(_field(answer, "text", str, at), _field(answer, "answer_start", int, at)) for answer, at in rows
    )


_KINDS = {
    str: "un texto",
    int: "un entero",
    bool: "true o false",
    list: "una lista",
    (str, int): "un texto o un entero",
}


def _field(item: Any, name: str, kind: type | tuple[type, ...], where: str) -> Any:
    """El campo de un objeto del JSON, si está y es de su tipo."""
    if not isinstance(item, Mapping) or name not in item:
        raise value_error(where, f"el campo «{name}»", _show(item))
    value = item[name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise value_error(f"{where}.{name}", _KINDS[kind], _show(value))
    return value


def _show(item: Any) -> str:
    """Lo que se recibió, en pocas palabras."""
    if isinstance(item, Mapping):
        return f"un objeto con los campos {', '.join(map(str, item))}" if item else "un objeto vacío"
    text = json.dumps(item, ensure_ascii=False, default=repr)
    return text if len(text) <= 40 else f"{text[:40]}…"


def read(path: str | Path) -> tuple[Example, ...]:
    """Lee un archivo JSON con el formato de SQuAD.

    Argumentos:
        path: el archivo, en UTF-8.

    Devuelve:
        Un ejemplo por pregunta, en el orden del archivo.

    Errores:
        ``ValueError`` si no es JSON en UTF-8, y dice dónde deja de serlo, o si le falta un campo.

    Ejemplo:
        >>> from tempfile import NamedTemporaryFile
        >>> file = NamedTemporaryFile(suffix=".json")
        >>> write(file.name, [Example("1", "Perú", "Es Lima.", "¿Y la capital?", (Answer("Lima", 3),))])
        >>> read(file.name)[0].question
        '¿Y la capital?'
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        place = f"«{path}», que deja de serlo en la línea {error.lineno}, columna {error.colno}"
        raise value_error("path", "un archivo con un documento JSON", place) from error
    except UnicodeDecodeError as error:
        place = f"«{path}», que deja de serlo en el byte {error.start}"
        raise value_error("path", "un archivo de texto en UTF-8", place) from error
    return parse(document)


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
