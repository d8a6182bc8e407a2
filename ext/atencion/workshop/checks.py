"""La puerta del taller: ``check`` corrige y ``hint`` da la siguiente pista."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..errors import value_error
from . import chapter01, chapter02, chapter04, chapter10, chapter11
from .exercises import Exercise
from .result import CheckResult, say

__all__ = ["EXERCISES", "check", "exercise_ids", "hint"]

EXERCISES: dict[str, Exercise] = {
    exercise.id: exercise
    for chapter in (chapter01, chapter02, chapter04, chapter10, chapter11)
    for exercise in chapter.EXERCISES
}
_hints_given: Counter[str] = Counter()


def exercise_ids() -> tuple[str, ...]:
    """Identificadores de todos los ejercicios, en orden.

    Ejemplo:
        >>> exercise_ids()[0]
        '01.1'
    """
    return tuple(EXERCISES)


def _find(exercise: str) -> Exercise:
    if exercise not in EXERCISES:
        raise value_error("exercise", f"uno de {', '.join(EXERCISES)}", repr(exercise))
    return EXERCISES[exercise]


def check(exercise: str, answer: Any) -> CheckResult:
    """Corrige una respuesta, imprime la explicación y devuelve el resultado. Nunca imprime la solución.

    Argumentos:
        exercise: identificador, «01.2».
        answer: lo que pide el ejercicio: números (tensor, array de NumPy, lista…) o una función.
            ``None`` y ``...`` significan «todavía no hay respuesta».

    Devuelve:
        ``CheckResult``; verdadero solo si la respuesta es correcta.

    Errores:
        ``ValueError`` si el ejercicio no existe. Una función que falla no lanza nada: se explica.

    Ejemplo:
        >>> result = check("01.3", None)
        ○ 01.3 · Softmax con máscara · Todavía no hay respuesta. Escríbela y
          vuelve a ejecutar la celda.
        >>> result.reason
        'empty'
    """
    found = _find(exercise)
    finding = found.grade(answer)
    if finding is None:
        text = f"✓ {found.id} · {found.title} · ¡Correcto! {found.praise} {found.remark(answer)}".rstrip()
        result = CheckResult(found.id, True, "right", text)
    elif finding.reason == "empty":
        text = f"○ {found.id} · {found.title} · {finding.message} Escríbela y vuelve a ejecutar la celda."
        result = CheckResult(found.id, False, "empty", text)
    else:
        text = f"✗ {found.id} · {found.title} · Todavía no. {finding.message}\n"
        text += f'¿Te atascas? Pide una pista con hint("{found.id}").'
        result = CheckResult(found.id, False, finding.reason, text)
    say(result.message)
    return result


def hint(exercise: str) -> None:
    """Imprime la siguiente pista de un ejercicio; cuando se acaban, las repite todas.

    Argumentos:
        exercise: identificador, «01.2».

    Errores:
        ``ValueError`` si el ejercicio no existe.

    Ejemplo:
        >>> hint("02.4")
        Pista 1 de 3 (02.4): ¿Cuántas energías e_ij hay, si i recorre la salida
          y j la entrada?
    """
    found = _find(exercise)
    total = len(found.hints)
    given = _hints_given[found.id]
    _hints_given[found.id] += 1
    if given < total:
        say(f"Pista {given + 1} de {total} ({found.id}): {found.hints[given]}")
        return
    say(f"No quedan más pistas del {found.id}. Repasa las {total}, o despliega la solución:")
    for text in found.hints:
        say(f"- {text}")
