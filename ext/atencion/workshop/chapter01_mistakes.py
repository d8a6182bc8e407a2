"""Errores habituales del capítulo 1 que no comparte con los demás."""

from __future__ import annotations

__all__ = ["CHAPTER01"]

CHAPTER01 = {
    # 01.1 · 01.2
    "wrong-dimension": "Escalas con la raíz de otra dimensión. La que cuenta es d_k, el ancho de consultas y claves.",
    "multiplied-scale": "Multiplicas por √d_k; hay que dividir.",
    "scale-outside": "Divides después de la softmax. La escala va antes: cambia el reparto, no el tamaño.",
    "softmax-last": "La softmax va sobre las puntuaciones, antes de mezclar los valores.",
    "swapped-key-value": "Clave y valor están cambiados: se compara con las claves y se mezclan los valores.",
    "weights-not-context": "Devuelves los pesos. Falta mezclar con ellos los valores.",
    # 01.3
    "small-fill": "Rellenas con un número que no es bastante negativo: si las puntuaciones permitidas son menores, lo "
    "prohibido se lleva peso. Usa −∞.",
    "uniform-weights": "Repartes por igual entre lo permitido, sin mirar las puntuaciones.",
    "extra-scale": "Divides las puntuaciones. Aquí ya llegan escaladas.",
    "log-softmax": "Devuelves logaritmos de los pesos. Se piden los pesos.",
    # 01.5
    "plus-outer": "El signo de fuera de la diagonal está cambiado: si una puntuación sube, los demás pesos bajan.",
    "log-derivative": "Es la derivada del logaritmo de los pesos. Se pide la de los pesos.",
    "diagonal-everywhere": "Usas la fórmula de la diagonal en toda la matriz. Fuera de ella es otra.",
    "not-derived": "Devuelves los pesos. Se piden sus derivadas.",
    "squared-weights": "Restas a_j² en toda la columna. Hace falta el producto de cada pareja, a_i a_j.",
    # 01.7
    "scaled-twice": "Escalas dos veces: el núcleo ya divide por √d_k.",
    "read-empty": "En el ejemplo vacío lees una clave que no existe. Sin claves, el contexto es cero.",
}
