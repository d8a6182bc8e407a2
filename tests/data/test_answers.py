"""Coincidencia exacta y F1 en español, con cuentas hechas a mano."""

from __future__ import annotations

import pytest
from atencion.data.answers import evaluate, exact_match, f1_score, normalize_answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("El sol peruano", "sol peruano"),
        ("¿LIMA?", "lima"),
        ("¡¡Lima!!  ", "lima"),
        ("«31\u00a0989\u00a0256» habitantes", "31 989 256 habitantes"),
        ("del Reino Unido", "reino unido"),
        ("al norte de la India", "norte de india"),
        ("lo mejor", "lo mejor"),
        ("está", "está"),
        ("esta\u0301", "está"),
        ("unos y unas", "y"),
        ("Guinea-Bisáu", "guineabisáu"),
        ("el", ""),
        ("", ""),
    ],
)
def test_normalize(text: str, expected: str) -> None:
    assert normalize_answer(text) == expected
    assert normalize_answer(expected) == expected


@pytest.mark.parametrize(
    ("predicted", "golds", "match", "f1"),
    [
        ("Lima", ["Lima"], 1, 1),
        ("la Lima.", ["lima"], 1, 1),
        ("Quito", ["Lima"], 0, 0),
        ("sol peruano", ["el sol"], 0, 2 / 3),
        ("peso peruano", ["sol peruano"], 0, 0.5),
        ("sol sol", ["sol"], 0, 2 / 3),  # la palabra repetida cuenta una vez
        ("sol sol", ["sol y sol"], 0, 4 / 5),
        ("el peso", ["sol", "peso"], 1, 1),  # la mejor de las correctas
        ("sol peruano", ["sol", "peruano y sol"], 0, 4 / 5),
        ("esta", ["está"], 0, 0),
        ("", [], 1, 1),  # el texto no contesta, y así se dice
        ("Lima", [], 0, 0),
        ("", ["Lima"], 0, 0),
        ("el", ["la"], 1, 1),  # las dos quedan vacías
    ],
)
def test_scores_by_hand(predicted: str, golds: list[str], match: float, f1: float) -> None:
    assert exact_match(predicted, golds) == match
    assert f1_score(predicted, golds) == pytest.approx(f1)


def test_evaluate_is_the_mean() -> None:
    scores = evaluate(["Lima", "peso peruano", ""], [["Lima"], ["sol peruano"], ["euro"]])
    assert scores.exact_match == pytest.approx(1 / 3)
    assert scores.f1 == pytest.approx(0.5)


@pytest.mark.parametrize(("predictions", "golds"), [([], []), (["a"], []), (["a"], [["a"], ["b"]])])
def test_errors(predictions: list[str], golds: list[list[str]]) -> None:
    with pytest.raises(ValueError, match="predictions: se esperaba"):
        evaluate(predictions, golds)
