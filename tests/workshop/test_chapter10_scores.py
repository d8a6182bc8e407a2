"""Elegir el tramo y medir la respuesta: más maneras de acertar y de equivocarse."""

import re
import string
import unicodedata
from collections import Counter

import numpy as np
import pytest
import torch
from atencion.workshop import check


def wrong(exercise, answer):
    result = check(exercise, answer)
    assert not result.ok
    return result.reason


# 10.5
def best(pairs, p1, p2):
    return max(pairs, key=lambda pair: p1[pair[0]] * p2[pair[1]])


def allowed(n, most):
    return [(k, last) for k in range(n) for last in range(k, min(k + most, n))]


def right(p1, p2, most):
    return best(allowed(len(p1), most), p1, p2)


@pytest.mark.parametrize(
    "answer",
    [
        lambda p1, p2, most: divmod(int(torch.outer(p1, p2).triu().tril(most - 1).argmax()), len(p1)),
        lambda p1, p2, most: np.unravel_index(
            np.tril(np.triu(p1[:, None] * p2[None, :]), most - 1).argmax(), (len(p1), len(p1))
        ),
        lambda p1, p2, most: torch.tensor(right(p1, p2, most), dtype=torch.float32),
        lambda p1, p2, most: best(reversed(allowed(len(p1), most)), p1.tolist(), p2.tolist()),
    ],
    ids=["triángulos", "numpy", "tensor-float", "bucle-del-revés"],
)
def test_best_span_accepts(answer):
    assert check("10.5", answer)


def argmaxes(change):
    return lambda p1, p2, most: change(int(p1.argmax()), int(p2.argmax()), most)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (argmaxes(lambda k, last, most: sorted((k, last))), "adjusted-argmaxes"),
        (argmaxes(lambda k, last, most: (k, max(k, last))), "adjusted-argmaxes"),
        (argmaxes(lambda k, last, most: (k, min(max(k, last), k + most - 1))), "adjusted-argmaxes"),
        (lambda p1, p2, most: divmod(int(torch.outer(p1, p2).tril(most - 1).argmax()), len(p1)), "reversed-span"),
        (lambda p1, p2, most: (int(p1.argmax()), int(p1.argmax() + p2[p1.argmax() :].argmax())), "greedy-span"),
        (
            lambda p1, p2, most: divmod(int((p1.log()[:, None] + p2.log()).triu().tril(most - 1).argmax()), len(p1)),
            "forbidden-zero",
        ),
        (lambda p1, p2, most: right(p1[:-1], p2[:-1], most), "unreached-end"),
        (lambda p1, p2, most: right(p2, p1, most), "swapped-probabilities"),
        (lambda p1, p2, most: [i + 1 for i in right(p1, p2, most)], "one-based-words"),
        (lambda p1, p2, most: (right(p1, p2, most)[0], np.ptp(right(p1, p2, most)) + 1), "length-for-end"),
    ],
)
def test_best_span_names(answer, reason):
    assert wrong("10.5", answer) == reason


# 10.6
ARTICLES = {"el", "la", "los", "las", "un", "una", "unos", "unas"}
SPANISH_SIGNS = string.punctuation + "¿¡"


def words(text, signs=SPANISH_SIGNS, articles=ARTICLES, gap="", space=None):
    text = "".join(gap if letter in signs else letter for letter in text.lower())
    return [word for word in text.split(space) if word not in articles]


def f1(predicted, gold, mean=lambda p, r: 2 * p * r / (p + r)):
    common = sum((Counter(predicted) & Counter(gold)).values())
    return mean(common / len(predicted), common / len(gold)) if common else 0.0


def scores(prediction, golds, split=words, **options):
    ours = split(prediction)
    return int(any(ours == split(g) for g in golds)), max(f1(ours, split(g), **options) for g in golds)


def splitting(split):
    return lambda prediction, golds: scores(prediction, golds, split)


def by_category(text):
    kept = "".join(letter for letter in text.casefold() if unicodedata.category(letter)[0] != "P")
    return [word for word in kept.split() if word not in ARTICLES]


def word_by_word(text):
    stripped = (word.strip(SPANISH_SIGNS) for word in text.lower().split())
    return [word for word in stripped if word and word not in ARTICLES]


def in_place(prediction, golds):
    """Normaliza la lista que recibe, sin copiarla."""
    golds[:] = [" ".join(words(gold)) for gold in golds]
    return scores(prediction, golds)


@pytest.mark.parametrize(
    "answer",
    [
        scores,
        splitting(by_category),
        splitting(word_by_word),
        splitting(lambda text: words(text, gap=" ")),
        lambda prediction, golds: [bool(scores(prediction, golds)[0]), round(scores(prediction, golds)[1], 2)],
        lambda prediction, golds: torch.tensor(scores(prediction, golds)),
        in_place,
    ],
    ids=["quita", "categorías", "strip", "cambia-por-espacio", "dos-decimales", "tensor", "en-el-sitio"],
)
def test_scores_accept(answer):
    assert check("10.6", answer)


def match(condition):
    """Bien todo menos cuándo coinciden."""

    def answer(prediction, golds):
        return any(condition(words(prediction), words(g)) for g in golds), scores(prediction, golds)[1]

    return answer


def averaged(mean):
    return lambda prediction, golds: scores(prediction, golds, mean=mean)


def spaced(text):
    return re.sub(r"\b(el|la|los|las|un|una|unos|unas)\b", "", re.sub(r"[^\w\s]", "", text.lower()))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (splitting(lambda text: words(text, articles={"el", "la", "los", "las"})), "definite-only"),
        (
            splitting(lambda text: words(" ".join(w for w in text.lower().split() if w not in ARTICLES), articles=())),
            "articles-first",
        ),
        (splitting(lambda text: words(text, articles=ARTICLES | {"de"})), "more-than-articles"),
        (
            splitting(lambda text: words(re.sub(r"^\W*(el|la|un|una)\b", "", text.lower()), articles=())),
            "first-article",
        ),
        (splitting(lambda text: words(text.encode("ascii", "ignore").decode())), "letters-dropped"),
        (splitting(lambda text: words(re.sub(r"[^a-z0-9\s]", "", text.lower()))), "letters-dropped"),
        (splitting(lambda text: words(text, space=" ")), "extra-spaces"),
        (splitting(lambda text: words(text, signs=".,;:¿?¡!")), "extra-spaces"),
        (splitting(lambda text: words(text, gap=" ", space=" ")), "extra-spaces"),
        (lambda p, golds: (spaced(p) in map(spaced, golds), scores(p, golds)[1]), "extra-spaces"),
        (splitting(str.split), "raw-text"),
        (lambda p, golds: (scores(p, golds)[0], scores(p, golds, str.split)[1]), "raw-text"),
        (match(lambda one, other: sorted(one) == sorted(other)), "unordered-match"),
        (match(lambda one, other: set(one) == set(other)), "unordered-match"),
        (lambda p, golds: (scores(p, golds)[1] == 1, scores(p, golds)[1]), "unordered-match"),
        (match(lambda one, other: " ".join(other) in " ".join(one)), "contained-match"),
        (match(lambda one, other: " ".join(one) in " ".join(other)), "contained-match"),
        (
            lambda p, golds: (scores(p, golds)[0], max(f1(" ".join(words(p)), " ".join(words(g))) for g in golds)),
            "letters-not-words",
        ),
        (lambda p, golds: scores(p, golds[-1:]), "only-last-gold"),
        (lambda p, golds: scores(p, [max(golds, key=len)]), "longest-gold"),
        (lambda p, golds: (all(words(p) == words(g) for g in golds), scores(p, golds)[1]), "worst-gold"),
        (lambda p, golds: (scores(p, golds)[0], np.mean([f1(words(p), words(g)) for g in golds])), "mean-over-golds"),
        (averaged(lambda p, r: (p * r) ** 0.5), "not-harmonic"),
        (averaged(lambda p, r: p * r), "not-harmonic"),
        (averaged(lambda p, r: p * r / (p + r)), "not-harmonic"),
        (averaged(lambda p, r: (p + r) / 2), "arithmetic-mean"),
        (lambda p, golds: [100 * score for score in scores(p, golds)], "percentages"),
    ],
)
def test_scores_name(answer, reason):
    assert wrong("10.6", answer) == reason


def test_division_by_zero_is_explained():
    def unguarded(one, other):
        common = (Counter(one) & Counter(other)).total()
        precision, recall = common / len(one), common / len(other)
        return 2 * precision * recall / (precision + recall)

    def answer(prediction, golds):
        found = [unguarded(words(prediction), words(gold)) for gold in golds]
        return scores(prediction, golds)[0], max(found)

    assert wrong("10.6", answer) == "raises"
