"""Ejercicios 11.3, 11.8 y 11.9: los que piden un número, no una función."""

from __future__ import annotations

import math
from itertools import product

from .exercises import ValueExercise
from .mistakes import mistake

__all__ = ["PARAMETERS", "PENALTY", "VARIANCE"]


# 11.3
_ROOT = 1 / 16


def _any_factor(*pairs: tuple[float, float]) -> tuple[tuple[float, float, float], ...]:
    """El error está en las dos desviaciones; el factor, el correcto, o el que saldría de una de ellas."""
    return tuple(
        (plain, scaled, factor) for plain, scaled in pairs for factor in sorted({_ROOT, 1 / plain, 1 / scaled, 1 / 8})
    )


VARIANCE = ValueExercise(
    id="11.3",
    title="Cuánto miden las puntuaciones",
    parts=("la desviación sin escala", "la desviación con escala", "el factor que la dejaría en 1"),
    solution=lambda: (16.0, 2.0, _ROOT),
    mistakes=(
        mistake("variance", *_any_factor((256.0, 4.0), (256.0, 32.0), (256.0, 2.0), (16.0, 4.0))),
        mistake("unit-components", *_any_factor((8.0, 1.0), (16.0, 1.0))),
        mistake("variance-as-deviation", *_any_factor((32.0, 4.0))),
        mistake("scale-by-d", *_any_factor((16.0, 0.25))),
        mistake("no-change", *_any_factor((16.0, 16.0))),
        mistake("added-deviations", *_any_factor((128.0, 16.0), (128.0, 2.0))),
        mistake("added-variances", *_any_factor((math.sqrt(320), math.sqrt(5)))),
        mistake("swapped-order", *_any_factor((2.0, 16.0))),
        mistake("after-scale", (16.0, 2.0, 0.5)),
        mistake("divisor-for-factor", (16.0, 2.0, 16.0), (16.0, 2.0, 2.0)),
        mistake("usual-factor", (16.0, 2.0, 1 / 8)),
        mistake("variance-factor", (16.0, 2.0, 1 / 256)),
    ),
    hints=(
        "La varianza de un producto de independientes con media 0 es el producto de sus varianzas.",
        "Al sumar componentes independientes, las varianzas se suman. La desviación es la raíz.",
        "El factor multiplica la puntuación sin escala, así que multiplica también su desviación.",
    ),
    praise="La raíz de d_k supone componentes de varianza 1; si no lo son, las proyecciones tienen que compensarlo.",
    tolerance=3e-3,
)

# 11.8
_SQUARE = 512**2  # lo que ocupan las matrices de todas las cabezas, puestas una al lado de otra
_ALL = 4 * _SQUARE
_PER_HEAD = ((24 * _SQUARE, 48 * _SQUARE), (25 * _SQUARE, 49 * _SQUARE), (32 * _SQUARE, 64 * _SQUARE))


def _any_width(*pairs: tuple[float, float]) -> tuple[tuple[float, float, int], ...]:
    """El error está en las dos cuentas, sea cual sea el ancho que las acompañe."""
    return tuple((eight, sixteen, width) for (eight, sixteen), width in product(pairs, (32, 64, 512)))


PARAMETERS = ValueExercise(
    id="11.8",
    title="Cuántos parámetros",
    parts=("los parámetros con 8 cabezas", "los parámetros con 16 cabezas", "d_k con 16 cabezas"),
    solution=lambda: (_ALL, _ALL, 32),
    mistakes=(
        mistake("heads-multiply", *_any_width(*_PER_HEAD)),
        mistake("no-output-projection", *_any_width((3 * _SQUARE, 3 * _SQUARE))),
        mistake("with-biases", *_any_width(*((_ALL + extra * 512, _ALL + extra * 512) for extra in (1, 3, 4)))),
        mistake("doubled-heads", *((c * _SQUARE, 2 * c * _SQUARE, width) for c in (3, 4) for width in (32, 16, 512))),
        mistake("halved-heads", *_any_width(*((c * _SQUARE, c * _SQUARE / 2) for c in (3, 4)))),
        mistake("fixed-width", (_ALL, 2 * _ALL, 64), *((_ALL, _ALL, width) for width in (64, 512))),
        mistake("heads-for-width", (_ALL, _ALL, 16), (_ALL, _ALL, 8)),
        mistake(
            "one-head-only",
            *_any_width(*((c * 512 * 64 + w_o, c * 512 * 32 + w_o) for c, w_o in ((4, 0), (3, 0), (3, _SQUARE)))),
        ),
        mistake("output-per-head", *_any_width((3 * _SQUARE + 8 * _SQUARE, 3 * _SQUARE + 16 * _SQUARE))),
        mistake("narrow-output", *_any_width((3 * _SQUARE + 64 * 512, 3 * _SQUARE + 32 * 512))),
        mistake("missing-matrices", *_any_width((_SQUARE, _SQUARE), (2 * _SQUARE, 2 * _SQUARE))),
        mistake("rounded-count", *((n, n, 32) for n in (1e6, 1.04e6, 1.048e6, 1.05e6, 1.0, 1.05, 1.048))),
        mistake("swapped-order", (32, _ALL, _ALL)),
    ),
    hints=(
        "¿Qué forma tiene la matriz W_Q de una cabeza? ¿Y las de todas, puestas una al lado de otra?",
        "Hay cuatro matrices grandes: consultas, claves, valores y la que mezcla la salida de las cabezas.",
        "Si hay el doble de cabezas, cada una es la mitad de ancha.",
    ),
    praise="Más cabezas no cuestan más: reparten el mismo ancho.",
    tolerance=1e-7,  # son cuentas exactas: ni una de más
)

# 11.9
PENALTY = ValueExercise(
    id="11.9",
    title="La penalización de Lin",
    parts=("P de tres filas iguales", "P de tres filas disjuntas", "P de tres filas uniformes"),
    solution=lambda: (6.0, 0.0, 2.49),
    mistakes=(
        mistake("norm-not-squared", (math.sqrt(6), 0.0, math.sqrt(2.49))),
        mistake("off-diagonal-only", (6.0, 0.0, 0.06)),
        mistake("diagonal-alone", (0.0, 0.0, 2.43), (6.0, 0.0, 2.43)),
        mistake("no-identity", (9.0, 3.0, 0.09), (3.0, math.sqrt(3), 0.3)),
        mistake("wrong-gram", (13.0, 7.0, 9.49)),
        mistake("one-side", (3.0, 0.0, 0.03), (3.0, 0.0, 2.46)),
        mistake("mean-not-sum", *((6 / count, 0.0, 2.49 / count) for count in (9, 3, 6))),
        mistake("no-square", (6.0, 0.0, -2.1), (6.0, 0.0, 3.3)),
        mistake("unnormalized-rows", (6.0, 0.0, 843.0), (6.0, 0.0, 3 * (10 / 9 - 1) ** 2 + 6 * (10 / 9) ** 2)),
        mistake("uniform-over-rows", (6.0, 0.0, 2.0)),
        mistake("uniform-zero", (6.0, 0.0, 0.0)),
        mistake("uniform-equal", (6.0, 0.0, 6.0)),
        mistake("largest-direction", (4.0, 0.0, 1.0)),
        mistake("swapped-order", (0.0, 6.0, 2.49), (6.0, 2.49, 0.0), (2.49, 0.0, 6.0), (0.0, 2.49, 6.0)),
    ),
    hints=(
        "A Aᵀ es de 3 × 3: en (i, j) va el producto escalar de las filas i y j.",
        "Réstale la identidad, eleva al cuadrado cada número y súmalos todos, también los de la diagonal.",
        "Dos filas uniformes sobre 10 palabras tienen producto escalar 10 · 0,1 · 0,1.",
    ),
    praise="La diagonal también cuenta: P no solo separa las filas, las quiere concentradas.",
    tolerance=1e-3,
)
