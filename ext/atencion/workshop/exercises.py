"""Los tres tipos de ejercicio. Cada capítulo los declara; aquí está cómo se corrige cada uno.

Un error habitual se declara con la respuesta equivocada que produce: si la del lector coincide con ella
en todos los casos, ese es su error y se le nombra. Así la corrección no compara código, y una respuesta
equivalente a la correcta se acepta venga escrita como venga.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .answers import Finding, has_decimal_commas, is_empty, matches, read_parts
from .calls import call, changes_arguments, is_random
from .differences import Parts, difference, explains, out_of_order, shape_finding

__all__ = [
    "Case",
    "DesignExercise",
    "Exercise",
    "FunctionExercise",
    "Mistake",
    "Requirement",
    "ValueExercise",
]

_EMPTY = Finding("empty", "Todavía no hay respuesta.")


@dataclass(frozen=True)
class Mistake:
    """Un error habitual.

    Campos:
        reason: identificador en inglés, «no-scale».
        message: qué pasó y por qué importa, sin dar la solución.
        wrong: las respuestas equivocadas que lo delatan; funciones si el ejercicio pide una función.
    """

    reason: str
    message: str
    wrong: tuple[Any, ...]


@dataclass(frozen=True)
class Case:
    """Un caso de prueba: cómo se describe al lector y con qué argumentos se llama a su función."""

    label: str
    args: tuple[Any, ...]


@dataclass(frozen=True)
class Requirement:
    """Una condición de un ejercicio de diseño; ``holds`` recibe la respuesta como tensor float64."""

    reason: str
    message: str
    holds: Callable[[Tensor], bool]


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """Lo común a todos.

    Campos:
        id: «capítulo.número», «01.2».
        title: título corto.
        hints: pistas, de la más suave a la más concreta; ninguna es la solución.
        praise: qué acaba de demostrar quien acierta.
    """

    id: str
    title: str
    hints: tuple[str, ...]
    praise: str

    def grade(self, answer: Any) -> Finding | None:
        """Motivo de rechazo, o ``None`` si la respuesta es correcta."""
        raise NotImplementedError

    def remark(self, answer: Any) -> str:
        """Un aviso para una respuesta correcta que se puede mejorar; vacío si no hay ninguno."""
        return ""


@dataclass(frozen=True, kw_only=True)
class ValueExercise(Exercise):
    """Pide uno o varios números, calculados a mano o como se quiera.

    Campos:
        parts: cómo se llama cada parte de la respuesta.
        solution: calcula las partes correctas.
        mistakes: errores habituales; cada ``wrong`` es una tupla de partes.
        tolerance: diferencia admitida, absoluta y relativa.
    """

    parts: tuple[str, ...]
    solution: Callable[[], Sequence[Any]]
    mistakes: tuple[Mistake, ...]
    tolerance: float = 0.006

    def grade(self, answer: Any) -> Finding | None:
        if is_empty(answer):
            return _EMPTY
        expected = _as_parts(self.solution())
        finding = self._compare(answer, expected)
        if finding and finding.reason in {"structure", "type", "shape"} and has_decimal_commas(answer, expected):
            advice = " ¿Has escrito los decimales con coma? En Python llevan punto: 0.5."
            return Finding(finding.reason, finding.message + advice)
        return finding

    def _compare(self, answer: Any, expected: Parts) -> Finding | None:
        received = read_parts(answer, self.parts)
        if isinstance(received, Finding):
            return received
        received = tuple(part.squeeze() for part in received)
        if matches(received, expected, self.tolerance):
            return None
        for mistake in self.mistakes:
            if any(matches(received, _as_parts(wrong), self.tolerance) for wrong in mistake.wrong):
                return Finding(mistake.reason, mistake.message)
        return out_of_order([received], [expected], self.parts, self.tolerance) or difference(
            received, expected, self.parts, self.tolerance
        )


@dataclass(frozen=True, kw_only=True)
class FunctionExercise(Exercise):
    """Pide una función y la prueba con varios casos.

    Campos:
        parts: cómo se llama cada resultado que debe devolver.
        solution: función correcta, con los argumentos de los casos.
        cases: construye los casos, siempre los mismos.
        mistakes: errores habituales; cada ``wrong`` es una función como ``solution`` pero equivocada.
        tolerance: diferencia admitida, absoluta y relativa.
    """

    parts: tuple[str, ...]
    solution: Callable[..., Any]
    cases: Callable[[], Sequence[Case]]
    mistakes: tuple[Mistake, ...]
    tolerance: float = 1e-3

    def grade(self, answer: Any) -> Finding | None:
        if is_empty(answer):
            return _EMPTY
        if not callable(answer):
            return Finding("type", "Se espera tu función, sin llamarla: su nombre, sin paréntesis.")
        cases = self.cases()
        received = [call(answer, case.args, self.parts) for case in cases]
        expected = [self._right(case) for case in cases]
        if _same(received, expected, self.tolerance):
            return None
        return self._named(cases, received, expected) or self._first_failure(answer, cases, received, expected)

    def remark(self, answer: Any) -> str:
        if not any(changes_arguments(answer, case.args) for case in self.cases()):
            return ""
        return "Un aviso: tu función cambia los argumentos que recibe, y quien la llame los encontrará distintos."

    def _right(self, case: Case) -> Parts:
        found = call(self.solution, case.args, self.parts)
        if isinstance(found, Finding):
            raise RuntimeError(f"la solución del ejercicio {self.id} falla en un caso: {found.message}")
        return found

    def _named(
        self, cases: Sequence[Case], received: Sequence[Parts | Finding], expected: Sequence[Parts]
    ) -> Finding | None:
        """El error del catálogo que explica lo recibido: entero y, si ninguno lo hace, fila a fila."""
        outcomes = []
        for mistake in self.mistakes:
            for wrong in mistake.wrong:
                produced = [call(wrong, case.args, self.parts) for case in cases]
                if _same(received, produced, self.tolerance):
                    return Finding(mistake.reason, mistake.message)
                outcomes.append((mistake, produced))
        for mistake, produced in outcomes:
            if explains(received, expected, produced, self.tolerance):
                return Finding(mistake.reason, mistake.message)
        return None

    def _first_failure(
        self,
        function: Callable[..., Any],
        cases: Sequence[Case],
        received: Sequence[Parts | Finding],
        expected: Sequence[Parts],
    ) -> Finding:
        whole = [one for one in received if not isinstance(one, Finding)]
        finding = out_of_order(whole, expected, self.parts, self.tolerance) if len(whole) == len(cases) else None
        if finding:
            return finding
        for case, one, other in zip(cases, received, expected, strict=True):
            finding = one if isinstance(one, Finding) else difference(one, other, self.parts, self.tolerance)
            if finding is None or finding.reason == "empty":
                continue
            if finding.reason == "value" and is_random(function, case.args, self.parts):
                finding = Finding("random", "Tu función da un resultado distinto cada vez: algo en ella usa el azar.")
            return Finding(finding.reason, f"{finding.message} El caso: {case.label}.")
        return next(one for one in received if isinstance(one, Finding))


@dataclass(frozen=True, kw_only=True)
class DesignExercise(Exercise):
    """Pide un vector con ciertas propiedades: hay muchas respuestas correctas.

    Campos:
        part: cómo se llama lo pedido.
        shape: su forma.
        requirements: condiciones; la primera que no se cumple da el motivo.
    """

    part: str
    shape: tuple[int, ...]
    requirements: tuple[Requirement, ...]

    def grade(self, answer: Any) -> Finding | None:
        if is_empty(answer):
            return _EMPTY
        received = read_parts(answer, (self.part,))
        if isinstance(received, Finding):
            return received
        value = received[0].squeeze()
        if tuple(value.shape) != self.shape:
            return shape_finding(self.part, self.shape, tuple(value.shape))
        if not torch.isfinite(value).all():
            return Finding("nan", f"En {self.part} hay NaN o infinitos.")
        for requirement in self.requirements:
            if not requirement.holds(value):
                return Finding(requirement.reason, requirement.message)
        return None


def _as_parts(values: Sequence[Any]) -> Parts:
    return tuple(torch.as_tensor(value, dtype=torch.float64).squeeze() for value in values)


def _same(ones: Sequence[Parts | Finding], others: Sequence[Parts | Finding], tolerance: float) -> bool:
    """Mismos resultados en todos los casos; aquellos en que ambas fallan no bastan."""
    compared = False
    for one, other in zip(ones, others, strict=True):
        if isinstance(one, Finding) and isinstance(other, Finding):
            continue
        if isinstance(one, Finding) or isinstance(other, Finding) or not matches(one, other, tolerance):
            return False
        compared = True
    return compared
