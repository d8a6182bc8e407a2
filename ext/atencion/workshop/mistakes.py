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
    "percentages": "Das porcentajes. Se piden números de 0 a 1.",
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
    "scale-by-values": "Escalas con el ancho de los valores. El que cuenta es d_k, el de consultas y claves.",
    "scale-by-length": "Escalas con el número de palabras. El que cuenta es d_k, el ancho de consultas y claves.",
    "fixed-scale": "Divides siempre por el mismo número. Depende de d_k, que cambia con las matrices que te den.",
    "times-root": "Multiplicas por √d_k. Hay que dividir: se trata de encoger las puntuaciones.",
    "scale-after": "Escalas después de la softmax. Va antes: se divide la puntuación, no el peso.",
    "column-for-row": "Has tomado la columna de «perro», lo que los demás le puntúan a él, o la fila de «el», que da "
    "lo mismo. Se pide su fila: su consulta con las tres claves.",
    "another-row": "Esa es la fila de «duerme». Se pide la de «perro».",
    "old-word": "Son los números de la frase con el gato. Cambia su embedding por el de «perro».",
    "whole-table": "Das los pesos de las tres palabras. Se pide solo la fila de «perro».",
    "all-to-one": "Todo el peso va a una palabra: o te quedas con el máximo, o multiplicas por √d_k en vez de dividir.",
    "own-value": "Das el valor de «perro» tal cual. La salida mezcla los tres valores.",
    "swapped-parts": "Están cambiados de orden: primero se entrega lo que el enunciado pide primero.",
    "reversed-order": "Los números están del revés: van en el orden del enunciado.",
    "queries-as-values": "Mezclas las consultas. Sirven para buscar; lo que se mezcla son los valores.",
    "transposed-mix": "Multiplicas los pesos traspuestos por los valores: cada palabra mezclaría con los pesos ajenos.",
    "needless-mask": "Tapas el futuro, y aquí cada palabra puede mirar a todas.",
    "not-itself": "Impides que una palabra se mire a sí misma. En la autoatención puede.",
    "added-input": "Sumas algo a la mezcla de valores. Esa suma es de un bloque; aquí se pide solo la atención.",
    "transposed-output": "La salida está traspuesta: las palabras van por filas.",
    "weights-only": "Devuelves los pesos. Se pide la salida, que los usa para mezclar los valores.",
    "extra-batch": "Sobra un eje: llega una sola frase, sin lote, y sin lote se devuelve.",
    "no-projection": "Comparas los embeddings tal cual. Consultas y claves salen de multiplicar X por W_Q y por W_K.",
    "inputs-as-values": "Mezclas los embeddings. Lo que se mezcla son los valores, X por W_V.",
    "keys-with-keys": "Comparas claves con claves: sin consulta, la puntuación sale simétrica.",
    "queries-with-queries": "Comparas consultas con consultas: sin claves, la puntuación sale simétrica.",
    "unit-components": "Supones que todas las componentes tienen varianza 1. Las de la consulta no.",
    "variance-as-deviation": "Multiplicas por la varianza de la consulta; al producto le llega su raíz, la desviación.",
    "after-scale": "Es el factor que faltaría después de escalar. Se pide el que va con la puntuación sin escala.",
    "added-deviations": "Sumas desviaciones. En una suma de independientes se suman las varianzas.",
    "added-variances": "Sumas las varianzas de los dos factores. La de un producto, con medias 0, es su producto.",
    "divisor-for-factor": "Es por lo que habría que dividir. Se pide el factor que multiplica.",
    "usual-factor": "Es el factor de siempre, 1/√d_k, y con él la desviación no queda en 1.",
    "variance-factor": "Es el inverso de la varianza. Un factor multiplica la desviación, no la varianza.",
    "swapped-order": "Los números valen, pero no están en el orden del enunciado.",
    "invariant": "Devuelves lo mismo que antes. Si las palabras cambian de sitio, sus salidas también.",
    "rows-only": "En los pesos has movido las filas, quién pregunta; falta mover también a quién.",
    "columns-only": "En los pesos has movido las columnas, a quién se mira; falta mover también quién pregunta.",
    "weights-unmoved": "La salida está bien; los pesos también se mueven con las palabras.",
    "inverse-permutation": "Has aplicado la permutación inversa: en el sitio i va lo que estaba en order[i].",
    "output-unmoved": "Los pesos están bien; la salida también se mueve con las palabras.",
    "paired-indices": "weights[order, order] empareja los dos índices y toma una celda por palabra. Se pide la tabla.",
    "transposed-table": "Los pesos están traspuestos: las filas son quién pregunta y las columnas, a quién.",
    "mixed-again": "Vuelves a mezclar la salida con los pesos, y ya estaba mezclada. Solo cambia de sitio.",
    "softmax-again": "Los pesos ya son un reparto. Otra softmax los cambia.",
    "overwritten": "Escribes sobre la tabla que estás leyendo: cuando llegas a algunas filas, ya las has pisado.",
    "no-transpose": "reshape no mueve números: así cada cabeza recibe trozos de varias palabras mezclados.",
    "interleaved-heads": "Cada cabeza se queda con columnas salteadas. Le tocan d_k seguidas.",
    "heads-after-words": "Falta cambiar dos ejes de sitio: las cabezas van delante de las palabras.",
    "heads-before-batch": "El primer eje es el lote; las cabezas van en el segundo.",
    "swapped-axes": "Los dos últimos ejes están cambiados: primero las palabras y luego d_k.",
    "heads-last": "Las cabezas están en el último eje. Van en el segundo, detrás del lote.",
    "heads-for-width": "Has cambiado el número de cabezas por lo que mide cada una, d_k.",
    "unsplit": "Devuelves x sin partir.",
    "lost-batch": "Falta el eje del lote: va el primero, y cada frase conserva sus palabras.",
    "whole-width": "Cada cabeza recibe el ancho entero. Le tocan solo sus d_k columnas.",
    "reversed-heads": "Las cabezas están del revés: a la primera le tocan las primeras columnas.",
    "first-head-only": "Das solo las columnas de la primera cabeza.",
    "joined-batch": "Has juntado el lote y las cabezas en un eje. Son dos.",
    "strict-triangle": "Has tapado también la diagonal: cada palabra puede verse a sí misma.",
    "future": "Es el triángulo de arriba: cada palabra ve el futuro y no el pasado.",
    "only-future": "Es el triángulo de arriba sin la diagonal: cada palabra ve solo el futuro.",
    "not-causal": "Tapas el relleno, pero cada palabra ve también las que vienen después.",
    "one-ahead": "El triángulo llega una columna de más: cada palabra ve también la siguiente.",
    "masked-queries": "Has vaciado las filas del relleno, y no hace falta. Son sus columnas las que no reciben peso.",
    "padding-at-end": "Cuentas cuántas palabras hay y tapas el final. El relleno está donde dice valid.",
    "padding-at-start": "Tapas solo el relleno del principio. También puede haberlo al final.",
    "either-condition": "Permites lo que cumple una de las dos condiciones. Hacen falta las dos a la vez.",
    "filled-empty-row": "Una fila que no puede ver nada debe dar ceros: no hay a quién dar peso.",
    "zero-times-infinity": "Multiplicas la máscara por −∞, y 0 · (−∞) es NaN: también se estropea lo permitido.",
    "mask-alone": "Devuelves la máscara. Falta repartir los pesos entre lo que permite.",
    "even-past": "Repartes por igual entre lo permitido. Las puntuaciones deciden cuánto a cada una.",
    "scaled-again": "Divides las puntuaciones. Aquí ya te llegan hechas: solo falta repartir.",
    "constant-shift": "Sumas lo mismo a todas las componentes, y una capa que normaliza lo borra.",
    "first-row-only": "Solo miras si se mueve la primera salida. La fuga puede estar en cualquiera de las anteriores.",
    "last-word-only": "Solo cambias la última palabra. La fuga puede venir de cualquiera: prueba con todas.",
    "shifted-last-word": "Dos cosas: la fuga puede venir de cualquier palabra, no solo de la última, y sumar lo mismo "
    "a todas las componentes lo borra una capa que normaliza.",
    "scaled-word": "Multiplicas la palabra por un número, y una capa que normaliza lo borra.",
    "last-to-first": "Solo pruebas si la última palabra llega a la primera salida. La fuga puede ir entre otras dos.",
    "no-last-word": "Te dejas sin cambiar la última palabra, y la fuga puede venir de ella.",
    "next-word-only": "Solo miras la salida justo anterior a la palabra que cambias. La fuga puede llegar más atrás.",
    "loose-margin": "Perdonas demasiado: con ese margen, una fuga pequeña pasa por redondeo.",
    "skips-neighbour": "No miras la salida justo anterior a la palabra que cambias, y ahí también puede haber fuga.",
    "reordered-words": "Cambias de orden las palabras posteriores. Una capa puede mirarlas todas por igual, y "
    "entonces el orden no se nota.",
    "poisoned-word": "Con NaN o infinitos das por mala una capa buena: un peso 0 por NaN o por infinito da NaN.",
    "any-word": "Te basta con que una palabra no llegue a las anteriores. Tienen que cumplirlo todas.",
    "own-row": "Cuentas también la salida de la palabra que cambias. Esa sí puede moverse.",
    "must-change": "Exiges que la última salida cambie. Una capa causal puede no mirar esa palabra.",
    "past-test": "Compruebas si el pasado llega al futuro, y eso está permitido. Se pregunta lo contrario.",
    "inverted-answer": "La respuesta está al revés: True significa que es causal.",
    "always-causal": "Das por causales todas las capas, también las que miran toda la frase. ¿Cambias una copia de x, "
    "y lo bastante como para que se note?",
    "never-causal": "No das por causal ninguna capa, ni la que trata cada palabra por separado.",
    "heads-multiply": "Multiplicas por el número de cabezas. Cada cabeza es más estrecha: todas juntas ocupan d_model.",
    "no-output-projection": "Falta W_O, la que mezcla la salida de las cabezas.",
    "with-biases": "Cuentas sesgos, y se piden sin ellos.",
    "doubled-heads": "Duplicas con las cabezas. Cada una se estrecha a la mitad: el total no cambia.",
    "halved-heads": "Cada cabeza se estrecha a la mitad, pero hay el doble: el total no cambia.",
    "output-per-head": "Cuentas una W_O por cabeza. Hay una sola, que recibe todas las cabezas juntas.",
    "narrow-output": "W_O recibe todas las cabezas, una detrás de otra, y no solo el ancho de una.",
    "missing-matrices": "Faltan matrices: consultas, claves, valores y salida.",
    "rounded-count": "Das un número redondeado. Se piden los parámetros exactos, de uno en uno.",
    "fixed-width": "Con el doble de cabezas, cada una es más estrecha: d_model se reparte entre todas.",
    "one-head-only": "Cuentas una sola cabeza. Se piden todas.",
    "norm-not-squared": "Das la norma. La penalización es su cuadrado.",
    "off-diagonal-only": "Dejas fuera la diagonal. También se le resta 1, y por eso castiga las filas repartidas.",
    "no-identity": "Falta restar la identidad.",
    "wrong-gram": "Has calculado Aᵀ A, palabra con palabra. Se compara fila con fila: A Aᵀ.",
    "one-side": "La matriz es simétrica y cada pareja de filas aparece dos veces: has contado solo medio.",
    "diagonal-alone": "Cuentas solo la diagonal. Lo de fuera también suma: es lo que se parecen dos filas.",
    "mean-not-sum": "Divides la suma. La penalización no es una media.",
    "no-square": "Sumas los números de la matriz sin elevarlos al cuadrado.",
    "unnormalized-rows": "Tus filas uniformes no suman 1. Cada una reparte 1 entre las 10 palabras.",
    "uniform-over-rows": "Repartes entre tantas como lecturas. Una fila reparte entre todas las palabras de la frase.",
    "uniform-zero": "Que sean uniformes no las hace perfectas: entre sí son iguales, y cada una está muy repartida.",
    "uniform-equal": "Son iguales entre sí, pero su producto escalar no es 1: cada peso es pequeño.",
    "largest-direction": "Das la norma espectral, el mayor valor propio. La de Frobenius suma todos los cuadrados.",
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
