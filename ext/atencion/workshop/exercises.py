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

from .answers import Finding, call, is_empty, matches, read_parts

__all__ = [
    "Case",
    "DesignExercise",
    "Exercise",
    "FunctionExercise",
    "Mistake",
    "Requirement",
    "ValueExercise",
]

_Parts = tuple[Tensor, ...]


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
        received = read_parts(answer, self.parts)
        if isinstance(received, Finding):
            return received
        received = tuple(part.squeeze() for part in received)
        expected = _as_parts(self.solution())
        if matches(received, expected, self.tolerance):
            return None
        for mistake in self.mistakes:
            if any(matches(received, _as_parts(wrong), self.tolerance) for wrong in mistake.wrong):
                return Finding(mistake.reason, mistake.message)
        return _difference(received, expected, self.parts, self.tolerance)


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
    tolerance: float = 1e-4

    def grade(self, answer: Any) -> Finding | None:
        if is_empty(answer):
            return Finding("empty", "Todavía no hay respuesta.")
        if not callable(answer):
            return Finding("type", "Se espera tu función, sin llamarla: su nombre, sin paréntesis.")
        cases = self.cases()
        received = [call(answer, case.args, self.parts) for case in cases]
        expected = self._outcomes(self.solution, cases)
        if self._same(received, expected):
            return None
        for mistake in self.mistakes:
            if any(self._same(received, self._outcomes(wrong, cases)) for wrong in mistake.wrong):
                return Finding(mistake.reason, mistake.message)
        return self._first_failure(cases, received, expected)

    def _outcomes(self, function: Callable[..., Any], cases: Sequence[Case]) -> list[_Parts | Finding]:
        return [call(function, case.args, self.parts) for case in cases]

    def _same(self, ones: Sequence[_Parts | Finding], others: Sequence[_Parts | Finding]) -> bool:
        """Mismos resultados en todos los casos; aquellos en que ambas fallan no bastan."""
        compared = False
        for one, other in zip(ones, others, strict=True):
            if isinstance(one, Finding) and isinstance(other, Finding):
                continue
            if isinstance(one, Finding) or isinstance(other, Finding):
                return False
            if not matches(one, other, self.tolerance):
                return False
            compared = True
        return compared

    def _first_failure(
        self,
        cases: Sequence[Case],
        received: Sequence[_Parts | Finding],
        expected: Sequence[_Parts | Finding],
    ) -> Finding:
        for case, one, other in zip(cases, received, expected, strict=True):
            finding = one if isinstance(one, Finding) else None
            if finding is None and not isinstance(one, Finding) and not isinstance(other, Finding):
                finding = _difference(one, other, self.parts, self.tolerance)
            if finding is not None and finding.reason == "empty":
                return finding
            if finding is not None:
                return Finding(finding.reason, f"{finding.message} El caso: {case.label}.")
        raise RuntimeError(f"el ejercicio {self.id} no acepta su propia solución")


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
        received = read_parts(answer, (self.part,))
        if isinstance(received, Finding):
            return received
        value = received[0].squeeze()
        if tuple(value.shape) != self.shape:
            return _shape_finding(self.part, self.shape, tuple(value.shape))
        if not torch.isfinite(value).all():
            return Finding("nan", f"En {self.part} hay NaN o infinitos.")
        for requirement in self.requirements:
            if not requirement.holds(value):
                return Finding(requirement.reason, requirement.message)
        return None


def _as_parts(values: Sequence[Any]) -> _Parts:
    return tuple(torch.as_tensor(value, dtype=torch.float64).squeeze() for value in values)


def _shape_finding(part: str, expected: Sequence[int], received: Sequence[int]) -> Finding:
    return Finding("shape", f"En {part} se esperaba la forma {tuple(expected)}; se recibió {tuple(received)}.")


def _difference(received: _Parts, expected: _Parts, parts: Sequence[str], tolerance: float) -> Finding | None:
    """La primera parte que no coincide, sin revelar el valor correcto; ``None`` si coinciden todas."""
    right: list[str] = []
    for part, one, other in zip(parts, received, expected, strict=True):
        if one.shape != other.shape:
            return _shape_finding(part, other.shape, one.shape)
        if not torch.isfinite(one).all():
            return Finding("nan", f"En {part} hay NaN o infinitos.")
        if not matches((one,), (other,), tolerance):
            praise = f"Bien: {', '.join(right)}. " if right else ""
            return Finding("value", f"{praise}No coincide: {part}.")
        right.append(part)
    return None
