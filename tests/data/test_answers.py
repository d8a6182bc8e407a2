"""Coincidencia exacta y F1 en español, con cuentas hechas a mano."""

from __future__ import annotations

import random
import re
import string
import unicodedata

import pytest
from atencion.data.answers import evaluate, exact_match, f1_score, normalize_answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("El sol peruano", "sol peruano"),
        ("¿LIMA?", "lima"),
        ("¡¡Lima!!  ", "lima"),
        ("«31\u00a0989\u00a0256» habitantes", "31 989 256 habitantes"),
        ("del Reino Unido", "del reino unido"),  # la contracción lleva una preposición
        ("al norte de la India", "al norte de india"),
        ("la «n.º 5»", "nº 5"),
        ("–20 °C", "20 °c"),  # los símbolos que dicen algo se quedan
        ("50 €", "50 €"),
        ("ci\u200bu\u00addad\u2060", "ciudad"),
        ("L’Hospitalet, 'B&B' (1_000)", "lhospitalet bb 1000"),
        ("¿¡«La La Land»!?", "land"),
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
        ("", ["la", "sol"], 0, 0),  # una correcta que se queda en nada no cuenta si hay otras
        ("la", ["«»", ""], 1, 1),
        ("1985 , 1985", ["1985"], 0, 2 / 3),
    ],
)
def test_scores_by_hand(predicted: str, golds: list[str], match: float, f1: float) -> None:
    assert exact_match(predicted, golds) == match
    assert f1_score(predicted, golds) == pytest.approx(f1)


OFFICIAL_PUNCTUATION = {c for c in map(chr, range(0x11000)) if unicodedata.category(c).startswith("P")}
OFFICIAL_PUNCTUATION |= set(string.punctuation)


def official(predicted: str, golds: list[str]) -> tuple[float, float]:
    """EM y F1 como los define el programa de SQuAD 2.0, con los artículos y los signos de MLQA; escrito aparte."""

    def words(text: str) -> list[str]:
        plain = "".join(c for c in text.lower() if c not in OFFICIAL_PUNCTUATION)
        return re.sub(r"\b(un|una|unos|unas|el|la|los|las)\b", " ", plain).split()

    def f1(gold: list[str]) -> float:
        answer, pool = words(predicted), list(gold)
        if not answer or not gold:
            return float(answer == gold)
        common = sum(1 for word in answer if word in pool and (pool.remove(word) or True))
        if common == 0:
            return 0.0
        precision, recall = common / len(answer), common / len(gold)
        return 2 * precision * recall / (precision + recall)

    bags = [bag for bag in map(words, golds) if bag] or [[]]
    return float(any(words(predicted) == bag for bag in bags)), max(map(f1, bags))


def test_scores_are_those_of_the_published_definition() -> None:
    pieces = ["el", "La", "del", "al", "lo", "y", "sol", "Sol", "está", "esta", "1.285.220", "km²", "3,5", "1990-1995"]
    pieces += ["¿Lima?", "«Lima»", "S.", "S", "—", "…", "€", "n.º", "Guinea-Bisáu", "🌍", "O'Higgins", "1\u00a0000"]
    rng = random.Random(91)

    def phrase(longest: int) -> str:
        return rng.choice((" ", "  ", "\n")).join(rng.choices(pieces, k=rng.randrange(longest)))

    for _ in range(3000):
        predicted, golds = phrase(6), [phrase(6) for _ in range(rng.randrange(4))]
        match, f1 = official(predicted, golds)
        assert exact_match(predicted, golds) == match, (predicted, golds)
        assert f1_score(predicted, golds) == pytest.approx(f1), (predicted, golds)


def test_evaluate_is_the_mean() -> None:
    scores = evaluate(["Lima", "peso peruano", ""], [["Lima"], ["sol peruano"], ["euro"]])
    assert scores.exact_match == pytest.approx(1 / 3)
    assert scores.f1 == pytest.approx(0.5)


@pytest.mark.parametrize(("predictions", "golds"), [([], []), (["a"], []), (["a"], [["a"], ["b"]])])
def test_errors(predictions: list[str], golds: list[list[str]]) -> None:
    with pytest.raises(ValueError, match="predictions: se esperaba"):
        evaluate(predictions, golds)
