"""Las palabras de concordancia: cada una recupera su terminación."""

import pytest
from atencion.data.agreement_words import FEMININE, MASCULINE, complete, complete_all, noun_form


@pytest.mark.parametrize(
    ("token", "forms"),
    [
        ("l_", "el la los las"),
        ("un_", "un una unos unas"),
        ("aquell_", "aquel aquella aquellos aquellas"),
        ("nuestr_", "nuestro nuestra nuestros nuestras"),
        ("roj_", "rojo roja rojos rojas"),
        ("est_", "está está están están"),
        ("sigu_", "sigue sigue siguen siguen"),
    ],
)
def test_complete(token, forms):
    assert [complete(token, label) for label in range(4)] == forms.split()


def test_complete_refuses():
    with pytest.raises(ValueError, match=r"^token: se esperaba una palabra con hueco.*; se recibió 'libro'"):
        complete("libro", 0)
    with pytest.raises(ValueError, match=r"^label: se esperaba un entero de 0 a 3; se recibió 4"):
        complete("l_", 4)


def test_complete_all():
    tokens = ("l_", "viej_", "llave", "con", "un_", "mapas", "sigu_", "muy", "perdid_")
    labels = (1, 1, None, None, 2, None, None, None, 1)
    words = ["la", "vieja", "llave", "con", "unos", "mapas", "sigue", "muy", "perdida"]
    assert list(complete_all(tokens, labels)) == words
    assert [*complete_all(tokens, [0 if c is None else c for c in labels])] == words
    with pytest.raises(ValueError, match=r"^tokens: se esperaba un hueco con clase detrás de cada verbo"):
        complete_all(("llave", "est_", "aquí"), (None, 1, None))


def test_noun_form():
    assert [noun_form("imagen", label) for label in (1, 3)] == ["imagen", "imágenes"]
    assert [noun_form("lápiz", label) for label in (0, 2)] == ["lápiz", "lápices"]
    assert not set(MASCULINE) & set(FEMININE)
