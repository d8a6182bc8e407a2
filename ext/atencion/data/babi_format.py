"""El formato de texto de bAbI: leer los datos originales, si se tienen, y escribir los nuestros.

Cada línea lleva su número, que vuelve a 1 donde empieza una historia. Una línea con tabuladores es una pregunta:
pregunta, respuesta y los números de las líneas que hacen falta para contestarla. Una historia puede tener varias::

    1 María fue al jardín.
    2 Juan corrió a la cocina.
    3 ¿Dónde está María?	jardín	1
    4 María entró en el salón.
    5 ¿Dónde está María?	salón	4

Referencia:
    Weston et al. (2015), *Towards AI-Complete Question Answering*, y los archivos que lo acompañan.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..errors import value_error
from .story_tasks import Story

__all__ = ["read_babi", "write_babi"]

_LINE = re.compile(r"(\d+) +(\S.*)")


def read_babi(text: str) -> list[Story]:
    """Lee un texto en formato bAbI, en cualquier idioma.

    Argumentos:
        text: el contenido de un archivo, con marca de orden de bytes o sin ella. Las líneas en blanco no cuentan.

    Devuelve:
        Una ``Story`` por pregunta, con todas las frases que la preceden en su historia. La respuesta va como está en
        el archivo; una lista, «milk,football», es una sola.

    Errores:
        ``ValueError`` con el número de línea si falta o no sigue la numeración, si una pregunta no tiene sus tres
        campos o si sus apoyos no son frases anteriores.

    Ejemplo:
        >>> read_babi("1 Ana fue al salón.\\n2 ¿Dónde está Ana?\\tsalón\\t1")[0].supporting
        (0,)
    """
    stories: list[Story] = []
    sentences: list[str] = []
    index_of: dict[int, int] = {}  # número de línea → índice de la frase
    previous = 0
    for row, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip(" "))
        if match is None:
            raise value_error(f"text, línea {row}", "un número, un espacio y una frase", repr(line))
        number, content = int(match[1]), match[2]
        if number == 1:
            sentences, index_of = [], {}
        elif number != previous + 1:
            expected = f"el número 1 o {previous + 1}" if previous else "el número 1"
            raise value_error(f"text, línea {row}", expected, number)
        previous = number
        if "\t" in content:
            stories.append(_read_question(content, row, sentences, index_of))
        else:
            index_of[number] = len(sentences)
            sentences.append(content)
    return stories


def _read_question(content: str, row: int, sentences: list[str], index_of: dict[int, int]) -> Story:
    fields = [field.strip() for field in content.split("\t")]
    if len(fields) != 3 or not all(fields[:2]):
        raise value_error(
            f"text, línea {row}", "pregunta, respuesta y apoyos, separados por tabuladores", repr(content)
        )
    question, answer, facts = fields
    wrong = [fact for fact in facts.split() if not fact.isdecimal() or int(fact) not in index_of]
    if wrong:
        raise value_error(f"text, línea {row}", "apoyos que sean frases anteriores de la historia", repr(wrong[0]))
    return Story(tuple(sentences), question, answer, tuple(index_of[int(fact)] for fact in facts.split()))


def write_babi(stories: Iterable[Story]) -> str:
    """Escribe historias en formato bAbI; ``read_babi`` las devuelve iguales.

    Las que continúan a la anterior (sus frases empiezan por las de aquella) comparten numeración.

    Argumentos:
        stories: las historias, en orden.

    Devuelve:
        El texto, con un salto de línea al final de cada línea.

    Errores:
        ``ValueError`` si una frase, pregunta o respuesta está en blanco o contiene tabuladores o saltos de línea.

    Ejemplo:
        >>> write_babi([Story(("Ana fue al salón.",), "¿Dónde está Ana?", "salón", (0,))])
        '1 Ana fue al salón.\\n2 ¿Dónde está Ana?\\tsalón\\t1\\n'
    """
    lines: list[str] = []
    told: tuple[str, ...] = ()
    numbers: list[int] = []  # índice de la frase → número de línea
    number = 0
    for story in stories:
        for text in (*story.sentences, story.question, story.answer):
            if text != text.strip() or len(text.splitlines()) != 1 or "\t" in text:
                raise value_error("stories", "textos de una línea, sin tabuladores ni espacios a los lados", repr(text))
        if not told or story.sentences[: len(told)] != told:
            told, numbers, number = (), [], 0
        for text in story.sentences[len(told) :]:
            number += 1
            numbers.append(number)
            lines.append(f"{number} {text}\n")
        number += 1
        facts = " ".join(str(numbers[index]) for index in story.supporting)
        lines.append(f"{number} {story.question}\t{story.answer}\t{facts}\n")
        told = story.sentences
    return "".join(lines)
