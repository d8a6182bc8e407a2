"""Las palabras de las frases de concordancia, y cómo se les devuelve la terminación: «viej_» es «viejas»."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import value_error
from .vocabulary import Vocabulary

__all__ = [
    "ADVERBS",
    "AFTER",
    "BEFORE",
    "CLASSES",
    "DETERMINERS",
    "FEMININE",
    "LINKS",
    "MASCULINE",
    "OPENINGS",
    "PARTICIPLES",
    "VERBS",
    "VOCABULARY",
    "complete",
    "complete_all",
    "noun_form",
]

CLASSES = ("masculino singular", "femenino singular", "masculino plural", "femenino plural")

# Singular y plural. Por la terminación no se sabe el género: «mapa» es masculino; «foto», femenino.
MASCULINE = {
    "libro": "libros", "mapa": "mapas", "reloj": "relojes", "lápiz": "lápices", "coche": "coches", "disco": "discos",
    "papel": "papeles", "traje": "trajes", "violín": "violines", "cuadro": "cuadros", "diploma": "diplomas",
    "cojín": "cojines",
}  # fmt: skip
FEMININE = {
    "llave": "llaves", "foto": "fotos", "moto": "motos", "radio": "radios", "carta": "cartas", "caja": "cajas",
    "silla": "sillas", "red": "redes", "imagen": "imágenes", "flor": "flores", "nave": "naves", "cruz": "cruces",
}  # fmt: skip
DETERMINERS = ("l_", "un_", "aquell_", "nuestr_")
BEFORE = ("viej_", "antigu_", "nuev_", "hermos_", "famos_", "mism_")
AFTER = ("roj_", "blanc_", "negr_", "amarill_", "redond_", "bonit_")
PARTICIPLES = ("perdid_", "escondid_", "olvidad_", "manchad_", "estropead_", "gastad_")
ADVERBS = ("muy", "bastante", "algo")
OPENINGS = ("hoy", "ahora", "además", "todavía")
LINKS = ("con", "sin", "sobre", "para", "tras")
VERBS = {"est_": ("está", "están"), "parec_": ("parece", "parecen"), "sigu_": ("sigue", "siguen")}

VOCABULARY = Vocabulary(
    [
        *(form for table in (MASCULINE, FEMININE) for pair in table.items() for form in pair),
        *(*DETERMINERS, *BEFORE, *AFTER, *PARTICIPLES),
        *(*ADVERBS, *OPENINGS, *LINKS, *VERBS),
    ]
)

_ENDINGS = ("o", "a", "os", "as")
_IRREGULAR = {
    "l_": ("el", "la", "los", "las"),
    "un_": ("un", "una", "unos", "unas"),
    "aquell_": ("aquel", "aquella", "aquellos", "aquellas"),
}


def complete(token: str, label: int) -> str:
    """Devuelve a una palabra la terminación que le falta.

    Argumentos:
        token: una palabra con hueco: determinante, adjetivo, participio o verbo.
        label: índice en ``CLASSES``; de un verbo solo cuenta el número.

    Devuelve:
        La palabra entera.

    Errores:
        ``ValueError`` si a la palabra no le falta nada o la clase no existe.

    Ejemplo:
        >>> complete("l_", 0), complete("viej_", 3), complete("est_", 3)
        ('el', 'viejas', 'están')
    """
    if not token.endswith("_"):
        raise value_error("token", "una palabra con hueco, «viej_»", repr(token))
    if label not in range(len(CLASSES)):
        raise value_error("label", f"un entero de 0 a {len(CLASSES) - 1}", label)
    if token in VERBS:
        return VERBS[token][label // 2]
    return _IRREGULAR[token][label] if token in _IRREGULAR else token[:-1] + _ENDINGS[label]


def complete_all(tokens: Sequence[str], labels: Sequence[int | None]) -> tuple[str, ...]:
    """Completa una frase; el verbo toma el número del hueco que lo sigue, el de su participio.

    Argumentos:
        tokens: las palabras.
        labels: la clase de cada hueco; las de las demás palabras, también la del verbo, no se miran.

    Devuelve:
        Las palabras enteras.

    Errores:
        ``ValueError`` si detrás de un verbo no hay ningún hueco.

    Ejemplo:
        >>> complete_all(["l_", "llaves", "est_", "muy", "perdid_"], [3, None, None, None, 3])
        ('las', 'llaves', 'están', 'muy', 'perdidas')
    """
    words, following = [], None
    for token, label in zip(reversed(tokens), reversed(labels), strict=True):
        if token.endswith("_"):
            following = following if token in VERBS else label
            if following is None:
                raise value_error("tokens", "un hueco con clase detrás de cada verbo", repr(token))
            words.append(complete(token, following))
        else:
            words.append(token)
    return tuple(reversed(words))


def noun_form(lemma: str, label: int) -> str:
    """Un sustantivo en el número de su clase.

    Argumentos:
        lemma: el sustantivo en singular, de ``MASCULINE`` o de ``FEMININE``.
        label: índice en ``CLASSES``.

    Devuelve:
        La palabra, en singular o en plural.

    Errores:
        ``KeyError`` si se pide el plural de una palabra que no está en las tablas.

    Ejemplo:
        >>> noun_form("llave", 3)
        'llaves'
    """
    return lemma if label < 2 else (MASCULINE | FEMININE)[lemma]
