"""Lo que devuelve una corrección, y cómo se imprime un texto del taller."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import dataclass

__all__ = ["CheckResult", "say"]

_WIDTH = 72  # lo que cabe sin desplazarse en una celda del libro


@dataclass(frozen=True)
class CheckResult:
    """Resultado de corregir un ejercicio; vale como verdadero solo si la respuesta es correcta.

    Campos:
        exercise: identificador del ejercicio, «01.2».
        ok: ``True`` si la respuesta es correcta.
        reason: ``"right"``, ``"empty"`` (todavía no hay respuesta), una causa general (``"raises"``,
            ``"shape"``, ``"nan"``, ``"value"``…) o un error del catálogo (``"no-scale"``, ``"wrong-axis"``…).
        message: la explicación que se imprimió.
    """

    exercise: str
    ok: bool
    reason: str
    message: str

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return self.message

    def _ipython_display_(self) -> None:
        """El cuaderno no repite lo que ``check`` ya imprimió."""


def say(text: str) -> None:
    """Imprime con líneas cortas; lo que la consola no sepa escribir se sustituye en vez de fallar."""
    lines = [textwrap.fill(line, _WIDTH, subsequent_indent="  ") for line in text.splitlines()]
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print("\n".join(lines).encode(encoding, "replace").decode(encoding))
