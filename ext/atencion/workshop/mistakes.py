"""Catálogo de errores habituales: un nombre, una explicación. Ninguna da la solución."""

from __future__ import annotations

from typing import Any

from .chapter01_mistakes import CHAPTER01
from .chapter02_mistakes import CHAPTER02
from .chapter04_mistakes import CHAPTER04
from .chapter10_mistakes import CHAPTER10
from .exercises import Mistake

__all__ = ["mistake"]

_MESSAGES = {
    # Puntuar
    "no-scale": "Falta dividir las puntuaciones por √d_k.",
    "scale-by-d": "Divides por d_k; hay que dividir por su raíz cuadrada.",
    "needless-scale": "Divides por una raíz. La puntuación de Bahdanau no lleva escala: la acota la tanh.",
    "swapped": "Consulta y clave están cambiadas. Las filas son consultas y las columnas, claves.",
    "no-tanh": "Falta la tanh. Sin ella, W_a s suma lo mismo a todas las energías y la softmax la ignora.",
    "tanh-outside": "La tanh va dentro, antes del producto por v_a.",
    "separate-tanh": "Una sola tanh, de la suma. Con dos, el estado suma lo mismo a todas las energías.",
    "no-v": "Falta v_a: cada unidad cuenta según su peso en ese vector.",
    "no-state": "Falta W_a s: sin el estado, todas las salidas mirarían al mismo sitio.",
    "already-softmax": "Devuelves los pesos. Se pide lo que entra en la softmax.",
    # Repartir
    "no-softmax": "Usas las puntuaciones como pesos. Los pesos son positivos y suman 1: falta la softmax.",
    "plain-normalization": "Repartes en proporción a las puntuaciones; la softmax, a sus exponenciales.",
    "not-normalized": "Tienes las exponenciales; falta dividirlas por su suma.",
    "sigmoid-weights": "Conviertes cada puntuación por su cuenta, con una sigmoide. La softmax las reparte: suman 1.",
    "overflow": "Con puntuaciones grandes tus exponenciales desbordan y sale NaN. Resta antes el máximo de "
    "cada fila, o usa la softmax de torch, que ya lo hace.",
    "wrong-axis": "La softmax va sobre las claves. La tuya recorre otro eje, y las filas no suman 1.",
    "argmax": "Te quedas solo con la mejor clave: eso no es una mezcla, y no deja pasar el gradiente.",
    "extra-row": "Sobra una fila: hay un estado más que pasos, porque se empieza en s_0.",
    "current-state": "Usas s_i. Para s_i hace falta c_i, y para c_i los pesos: solo existe el anterior.",
    "initial-state": "Usas siempre s_0: el decodificador miraría al mismo sitio en todos los pasos.",
    # Enmascarar
    "unmasked": "No usas la máscara.",
    "unmasked-padding": "El relleno recibe peso: el resultado cambia si añades posiciones vacías.",
    "inverted-mask": "La máscara está al revés: en este libro True significa «puede atender».",
    "finite-fill": "Una fila sin nada permitido reparte pesos entre claves prohibidas. Un número muy "
    "negativo no es −∞: si todas las puntuaciones valen lo mismo, la softmax sale uniforme.",
    "nan-row": "Una fila sin nada permitido da NaN: con todo a −∞, la softmax divide cero entre cero. Debe dar ceros.",
    "mask-after": "Enmascaras después de la softmax y las filas ya no suman 1. Lo prohibido no debe contar en la suma.",
    "multiply-scores": "Pones a 0 las puntuaciones prohibidas. Un 0 no es «prohibido»: exp(0) = 1.",
    "zeroed-padding": "Pones a cero el relleno, pero sigue en el reparto: puntuar 0 también recibe peso.",
    "off-by-one": "Entra una posición de más o de menos: la j es válida si j < length, contando desde 0.",
    # Mezclar
    "mean-context": "Das la media simple de los valores. Cada valor debe contar según su peso.",
    "sum-context": "Sumas los valores tal cual. Multiplica antes cada valor por su peso.",
    "keys-as-values": "Mezclas las claves. Sirven para encontrar; lo que se mezcla son los valores.",
    "weights-after-dropout": "Los pesos que devuelves pasaron por el dropout: sus filas ya no suman 1.",
    "no-dropout": "El contexto no pasó por el dropout.",
    "dropout-on-scores": "El dropout va sobre los pesos. Anular una puntuación no anula su peso: exp(0) = 1.",
    # Derivar
    "sign": "El signo está cambiado.",
    "diagonal-only": "Falta lo de fuera de la diagonal: si una puntuación sube, los demás pesos bajan.",
    "no-diagonal-term": "Falta un término de la diagonal: un peso sube cuando sube su propia puntuación.",
    "scores-as-weights": "La fórmula lleva los pesos, no las puntuaciones: aplica antes la softmax.",
    "zero-jacobian": "Todo cero: esa es la derivada del argmax. La de la softmax no es cero.",
    "zero-gradient": "Los pesos son uniformes, pero moverlos cambia el contexto: el gradiente no es cero.",
    "not-centred": "Falta un término de la softmax: un peso solo sube a costa de los demás.",
    "no-weight": "Falta el factor α_j = 1/T.",
    "product-of-means": "Multiplicas medias. La media de un producto no es el producto de las medias.",
    # Contar y elegir
    "variance": "Das la varianza. Se pide la desviación típica, su raíz cuadrada.",
    "no-change": "Dividir por √d_k también divide la desviación.",
    "no-precompute": "U_a h_j no depende de i: se calcula una vez por anotación y se guarda.",
    "swapped-counts": "Las dos cantidades están cambiadas.",
    "per-output": "U_a multiplica anotaciones, que son de la frase de entrada; las cuentas con la de salida.",
    "added-lengths": "Cada salida puntúa todas las anotaciones: las longitudes se multiplican, no se suman.",
    "last-position": "En la última palabra, la mitad que va hacia atrás acaba de empezar: solo ha leído esa.",
    "padded-end": "La última posición del tensor es relleno en las frases cortas.",
    "forward-half": "Es el último estado hacia delante. También leyó la frase, pero el artículo usa el otro.",
    "forward-first": "Es la mitad hacia delante en la primera palabra: solo ha leído esa palabra.",
    **CHAPTER01,
    **CHAPTER02,
    **CHAPTER04,
    **CHAPTER10,
    # Atenderse (capítulo 11)
    "scale-by-model": "Escalas con el ancho del embedding. El que cuenta es d_k, el de consultas y claves.",
    "column-for-row": "Has tomado la columna de «perro»: lo que los demás le puntúan a él. Se pide su fila.",
    "no-projection": "Comparas los embeddings tal cual. Consultas y claves salen de multiplicar X por W_Q y por W_K.",
    "inputs-as-values": "Mezclas los embeddings. Lo que se mezcla son los valores, X por W_V.",
    "keys-with-keys": "Comparas claves con claves: sin consulta, la puntuación sale simétrica.",
    "queries-with-queries": "Comparas consultas con consultas: sin claves, la puntuación sale simétrica.",
    "unit-components": "Supones que todas las componentes tienen varianza 1. Las de la consulta no.",
    "variance-as-deviation": "Multiplicas por la varianza de la consulta; al producto le llega su raíz, la desviación.",
    "after-scale": "Es el factor que faltaría después de escalar. Se pide el que va con la puntuación sin escala.",
    "invariant": "Devuelves lo mismo que antes. Si las palabras cambian de sitio, sus salidas también.",
    "rows-only": "En los pesos has movido las filas, quién pregunta; falta mover también a quién.",
    "columns-only": "En los pesos has movido las columnas, a quién se mira; falta mover también quién pregunta.",
    "weights-unmoved": "La salida está bien; los pesos también se mueven con las palabras.",
    "inverse-permutation": "Has aplicado la permutación inversa: en el sitio i va lo que estaba en order[i].",
    "no-transpose": "reshape no mueve números: así cada cabeza recibe trozos de varias palabras mezclados.",
    "interleaved-heads": "Cada cabeza se queda con columnas salteadas. Le tocan d_k seguidas.",
    "heads-after-words": "Falta cambiar dos ejes de sitio: las cabezas van delante de las palabras.",
    "heads-before-batch": "El primer eje es el lote; las cabezas van en el segundo.",
    "swapped-axes": "Los dos últimos ejes están cambiados: primero las palabras y luego d_k.",
    "strict-triangle": "Has tapado también la diagonal: cada palabra puede verse a sí misma.",
    "future": "Es el triángulo de arriba: cada palabra ve el futuro y no el pasado.",
    "only-future": "Es el triángulo de arriba sin la diagonal: cada palabra ve solo el futuro.",
    "not-causal": "Tapas el relleno, pero cada palabra ve también las que vienen después.",
    "masked-queries": "Has vaciado las filas del relleno. Son sus columnas las que no deben recibir peso.",
    "constant-shift": "Sumas lo mismo a todas las componentes, y una capa que normaliza lo borra.",
    "first-row-only": "Solo miras si se mueve la primera salida. La fuga puede estar en cualquiera de las anteriores.",
    "last-word-only": "Solo cambias la última palabra. La fuga puede venir de cualquiera: prueba con todas.",
    "shifted-last-word": "Dos cosas: la fuga puede venir de cualquier palabra, no solo de la última, y sumar lo mismo "
    "a todas las componentes lo borra una capa que normaliza.",
    "must-change": "Exiges que la última salida cambie. Una capa causal puede no mirar esa palabra.",
    "past-test": "Compruebas si el pasado llega al futuro, y eso está permitido. Se pregunta lo contrario.",
    "inverted-answer": "La respuesta está al revés: True significa que es causal.",
    "always-causal": "Das por causales todas las capas, también las que miran toda la frase.",
    "heads-multiply": "Multiplicas por el número de cabezas. Cada cabeza es más estrecha: todas juntas ocupan d_model.",
    "no-output-projection": "Falta W_O, la que mezcla la salida de las cabezas.",
    "with-biases": "Cuentas sesgos, y se piden sin ellos.",
    "doubled-heads": "Duplicas con las cabezas. Cada una se estrecha a la mitad: el total no cambia.",
    "fixed-width": "Con el doble de cabezas, cada una es más estrecha: d_model se reparte entre todas.",
    "one-head-only": "Cuentas una sola cabeza. Se piden todas.",
    "norm-not-squared": "Das la norma. La penalización es su cuadrado.",
    "off-diagonal-only": "Dejas fuera la diagonal. También se le resta 1, y por eso castiga las filas repartidas.",
    "no-identity": "Falta restar la identidad.",
    "wrong-gram": "Has calculado Aᵀ A, palabra con palabra. Se compara fila con fila: A Aᵀ.",
    "one-side": "La matriz es simétrica y cada pareja de filas aparece dos veces: has contado solo medio.",
}


def mistake(reason: str, *wrong: Any) -> Mistake:
    """Declara un error del catálogo con las respuestas equivocadas que lo delatan.

    Argumentos:
        reason: identificador del catálogo, en inglés.
        wrong: al menos una; funciones si el ejercicio pide una función.

    Devuelve:
        ``Mistake`` con su explicación.

    Errores:
        ``KeyError`` si el identificador no está en el catálogo.
    """
    return Mistake(reason, _MESSAGES[reason], wrong)
