"""Los errores habituales del capítulo 2 que no están en el catálogo común."""

from __future__ import annotations

__all__ = ["CHAPTER02"]

CHAPTER02 = {
    "state-cancelled": "El estado no cambia nada: todas las filas salen iguales. O falta, o suma fuera de la tanh y la "
    "softmax lo ignora.",
    "no-annotations": "Falta U_a h_j: sin las anotaciones, todas las energías salen iguales.",
    "multiplicative": "Multiplicas el estado y la anotación. La puntuación aditiva los suma, dentro de la tanh.",
    "averaged-units": "Promedias las unidades. El producto por v_a es una suma.",
    "final-state": "Usas siempre el último estado, que solo existe cuando la frase ya está escrita.",
    "dropout-elsewhere": "El dropout va sobre los pesos: ni sobre las anotaciones ni sobre el contexto.",
    "double-dropout": "Aplicas drop dos veces.",
    "renormalized-dropout": "Repartes otra vez después de drop. El dropout ya compensa lo que anula.",
    "swapped-copies": "Las dos copias están cambiadas: una es para calcular y otra, para mirar.",
    "both-halves": "Devuelves las dos mitades. Se pide solo la que lee hacia atrás.",
    "added-halves": "Sumas las dos mitades. Se pide solo la que lee hacia atrás.",
    "one-based-word": "Es la segunda palabra: h_1 está en la posición 0.",
    "one-per-word": "Hay una energía por cada pareja de palabras, una escrita y una leída; no una por palabra.",
    "few-decimals": "Bien encaminado, pero faltan decimales: se piden dos.",
}
