"""Catálogo de errores habituales: un nombre, una explicación. Ninguna da la solución."""

from __future__ import annotations

from typing import Any

from .chapter01_mistakes import CHAPTER01
from .chapter04_mistakes import CHAPTER04
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
    **CHAPTER04,
    # Señalar un tramo (capítulo 10)
    "mean-not-max": "Tomas la media de cada fila. El artículo toma el máximo: basta que una palabra de la pregunta la "
    "reclame.",
    "sum-not-max": "Sumas cada fila. El artículo toma su máximo: basta que una palabra de la pregunta la reclame.",
    "max-of-weights": "Tomas el máximo de los pesos a. Va sobre las puntuaciones S, antes de repartir: al repartir, "
    "cada fila olvida lo alta que era.",
    "wrong-max-axis": "El máximo recorre el contexto. Debe recorrer la pregunta: queda uno por palabra del texto.",
    "zero-in-max": "Pones a cero el relleno antes del máximo, y 0 gana si lo demás es negativo. Ponlo a −∞.",
    "unmasked-question": "El máximo recorre también el relleno de la pregunta: tápalo antes de tomarlo.",
    "no-product-term": "Falta el tercer sumando, el de h∘u. Sin él, la pregunta puntúa igual a todas las palabras.",
    "no-context-term": "Falta el sumando de h. La softmax por filas no lo nota, pero el máximo de cada fila, sí.",
    "no-question-term": "Falta el sumando de u.",
    "swapped-blocks": "Los dos primeros trozos de w están cambiados: el primero es el de h y el segundo, el de u.",
    "repeated-block": "Repites un trozo de w: el primero es el de h; el segundo, el de u; el tercero, el de h∘u.",
    "wrong-split": "Cortas w por donde no es. Son tres trozos seguidos, en el orden h, u, h∘u.",
    "transposed-scores": "S está tumbada: una fila por palabra del contexto y una columna por palabra de la pregunta.",
    "independent-argmaxes": "Eliges cada extremo por su lado, y el final puede quedar antes que el principio.",
    "strict-order": "Exiges que el final vaya después del principio. También pueden ser la misma palabra.",
    "no-length-limit": "No respetas la longitud máxima.",
    "length-off-by-one": "La longitud está mal contada: de k a l, incluidas las dos, hay l − k + 1 palabras.",
    "greedy-span": "Fijas un extremo y luego buscas el otro. La mejor pareja puede no contener ese extremo.",
    "sum-of-probabilities": "Sumas las probabilidades. Se multiplican; o se suman sus logaritmos.",
    "exclusive-end": "Das la palabra siguiente a la última. Se pide la última, incluida.",
    "articles-kept": "Quedan los artículos: «la ciudad» y «ciudad» deben valer lo mismo.",
    "articles-inside": "Quitas «el» o «la» también dentro de otras palabras: «Guatemala» queda en «Guatema». Un "
    "artículo es una palabra entera.",
    "ascii-punctuation": "Quedan signos: string.punctuation no tiene ni «¿» ni «¡», porque solo conoce los del inglés.",
    "punctuation-kept": "Quedan los signos de puntuación.",
    "case-kept": "Distingues mayúsculas y minúsculas.",
    "accents-stripped": "Quitas las tildes, y aquí cuentan: «Panama» no es «Panamá».",
    "no-multiplicity": "Las palabras repetidas están mal contadas: cada una cuenta lo que aparece en los dos lados.",
    "only-first-gold": "Comparas solo con la primera respuesta admitida. Cuenta la mejor.",
    "mean-over-golds": "Promedias sobre las respuestas admitidas. Cuenta la mejor.",
    "raw-exact-match": "La coincidencia exacta también se mide después de normalizar.",
    "arithmetic-mean": "Haces la media aritmética. F1 es la armónica: si una de las dos es baja, arrastra.",
    "one-sided": "Das solo la precisión, o solo la exhaustividad. F1 combina las dos.",
    "swapped-gate": "La puerta está al revés: t deja pasar lo transformado y 1 − t, la entrada.",
    "no-gate": "Falta la puerta t. Sin ella no es una autopista.",
    "no-carry": "Falta el camino directo, (1 − t)∘x: lo que la puerta no deja pasar se pierde.",
    "whole-carry": "Sumas x entera. El camino directo lleva solo lo que la puerta no deja pasar, 1 − t.",
    "no-activation": "Falta la relu en lo transformado.",
    "no-sigmoid": "Falta la sigmoide: la puerta es un número de 0 a 1.",
    "transposed-weights": "Las matrices están traspuestas: con las palabras por filas, W x es x @ W.T.",
    "summary-alone": "El último bloque es h∘h̃, no h̃: un mismo vector en todas las filas no distingue las palabras.",
    "mixed-times-summary": "El último bloque multiplica h̃ por h, no por ũ.",
    "sum-for-product": "Sumas donde el artículo multiplica, componente a componente.",
    "wrong-order": "Los bloques no van en ese orden: h, ũ, h∘ũ, h∘h̃.",
    "no-products": "Faltan los productos: sin ellos nadie compara h con lo que dice la pregunta.",
    "stacked-words": "Pones los bloques uno debajo de otro. Van uno al lado de otro: cada palabra tiene su fila.",
    "decimal-units": "Divides por potencias de 10. Un GiB son 2³⁰ bytes y un MiB, 2²⁰.",
    "numbers-not-bytes": "Cuentas números, no bytes.",
    "double-precision": "Ocho bytes son los de float64; aquí los números son float32.",
    "all-three": "Cuentas los tres tensores. Se pide uno.",
    "one-example": "Falta el lote.",
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
