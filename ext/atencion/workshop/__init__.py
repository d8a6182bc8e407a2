"""El taller: ejercicios que se corrigen solos y pistas por pasos, sin conexión y en cualquier cuaderno.

from atencion.workshop import check, hint

check("01.2", mi_atencion)   # dice si está bien y, si no, reconoce los errores habituales
hint("01.2")                 # la siguiente pista; nunca la solución
"""

from .checks import check, exercise_ids, hint
from .result import CheckResult

__all__ = ["CheckResult", "check", "exercise_ids", "hint"]
