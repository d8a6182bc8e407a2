"""Ejercicios 10.5 a 10.9: respuestas correctas escritas de otras maneras y errores con nombre."""

import math
import re
import string
from collections import Counter

import numpy as np
import pytest
import torch
from atencion.workshop import check
from torch import nn


# 10.5
def two_loops(p1, p2, max_length):
    pairs = [(k, last) for k in range(len(p1)) for last in range(k, min(k + max_length, len(p2)))]
    return max(pairs, key=lambda pair: p1[pair[0]] * p2[pair[1]])


def upper_triangle(p1, p2, max_length):
    scores = np.log(np.outer(np.asarray(p1), np.asarray(p2)))
    allowed = np.triu(np.ones_like(scores)) * np.tril(np.ones_like(scores), max_length - 1)
    return np.unravel_index(np.where(allowed > 0, scores, -np.inf).argmax(), scores.shape)


def running_best(p1, p2, max_length):
    """Programación dinámica: para cada final, el mejor principio de la ventana."""
    best = (-1.0, 0, 0)
    for last in range(len(p2)):
        window = range(max(0, last - max_length + 1), last + 1)
        first = max(window, key=lambda k: p1[k])
        best = max(best, (float(p1[first] * p2[last]), first, last))
    return torch.tensor(best[1:])


@pytest.mark.parametrize("answer", [two_loops, upper_triangle, running_best])
def test_best_span_accepts(answer):
    assert check("10.5", answer)


def greedy(p1, p2, max_length):
    first = p1.argmax()
    return first, first + p2[first : first + max_length].argmax()


def greedy_from_the_end(p1, p2, max_length):
    last = int(p2.argmax())
    lowest = max(0, last - max_length + 1)
    return lowest + p1[lowest : last + 1].argmax(), last


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda p1, p2, n: (p1.argmax(), p2.argmax()), "independent-argmaxes"),
        (lambda p1, p2, n: [int(p1.argmax()), int(p2.argmax())], "independent-argmaxes"),
        (lambda p1, p2, n: two_loops(p1, p2, len(p1)), "no-length-limit"),
        (lambda p1, p2, n: two_loops(p1, p2, n + 1), "length-off-by-one"),
        (lambda p1, p2, n: two_loops(p1, p2, n - 1), "length-off-by-one"),
        (greedy, "greedy-span"),
        (greedy_from_the_end, "greedy-span"),
        (lambda p1, p2, n: (two_loops(p1, p2, n)[0], two_loops(p1, p2, n)[1] + 1), "exclusive-end"),
        (
            lambda p1, p2, n: max(
                ((k, m) for k in range(len(p1)) for m in range(k + 1, min(k + n, len(p2)))),
                key=lambda pair: p1[pair[0]] * p2[pair[1]],
            ),
            "strict-order",
        ),
        (
            lambda p1, p2, n: max(
                ((k, m) for k in range(len(p1)) for m in range(k, min(k + n, len(p2)))),
                key=lambda pair: p1[pair[0]] + p2[pair[1]],
            ),
            "sum-of-probabilities",
        ),
        (lambda p1, p2, n: two_loops(p1, p2, n)[::-1], "order"),
        (lambda p1, p2, n: p1.argmax(), "structure"),
    ],
)
def test_best_span_names(answer, reason):
    assert check("10.5", answer).reason == reason


# 10.6
ARTICLES = re.compile(r"\b(?:el|la|los|las|un|una|unos|unas)\b")


def words(text, *, signs=r"[^\w\s]", articles=True, lower=True):
    text = re.sub(signs, " ", text.lower() if lower else text)
    return (ARTICLES.sub(" ", text) if articles else text).split()


def scores(prediction, golds, split=words):
    found = []
    for gold in golds:
        ours, theirs = Counter(split(prediction)), Counter(split(gold))
        common = sum((ours & theirs).values())
        total = sum(ours.values()) + sum(theirs.values())
        found.append((ours == theirs and split(prediction) == split(gold), 2 * common / total))
    return max(match for match, _ in found), max(f1 for _, f1 in found)


def scores_by_removal(prediction, golds):
    def f1(gold):
        left, common = words(gold), 0
        for word in words(prediction):
            if word in left:
                left.remove(word)
                common += 1
        precision, recall = common / len(words(prediction)), common / len(words(gold))
        return 2 * precision * recall / (precision + recall) if common else 0

    return [np.float64(max(words(prediction) == words(g) for g in golds)), torch.tensor(max(map(f1, golds)))]


@pytest.mark.parametrize("answer", [scores, scores_by_removal])
def test_scores_accept(answer):
    assert check("10.6", answer)


def with_words(**options):
    return lambda prediction, golds: scores(prediction, golds, lambda text: words(text, **options))


def plain_ascii(text):
    return words(text.translate(str.maketrans("áéíóúñ", "aeioun")))


def f1_of_sets(prediction, golds):
    ours = set(words(prediction))
    overlap = [2 * len(ours & set(words(g))) / (len(ours) + len(set(words(g)))) for g in golds]
    return scores(prediction, golds)[0], max(overlap)


def common_in_set(prediction, golds):
    ours = words(prediction)
    overlap = [2 * len(set(ours) & set(words(g))) / (len(ours) + len(words(g))) for g in golds]
    return scores(prediction, golds)[0], max(overlap)


def without_letters(text):
    """Quita los artículos con ``replace``, también de dentro de las palabras."""
    text = text.lower()
    for article in ("unas", "unos", "una", "un", "las", "los", "la", "el"):
        text = text.replace(article, " ")
    return words(text, articles=False)


def precision_only(prediction, golds):
    ours = Counter(words(prediction))
    return scores(prediction, golds)[0], max(
        (ours & Counter(words(g))).total() / ours.total() for g in golds
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (with_words(articles=False), "articles-kept"),
        (with_words(signs=f"[{re.escape(string.punctuation)}]"), "ascii-punctuation"),
        (with_words(signs="(?!)"), "punctuation-kept"),
        (with_words(lower=False), "case-kept"),
        (lambda prediction, golds: scores(prediction, golds, plain_ascii), "accents-stripped"),
        (f1_of_sets, "no-multiplicity"),
        (common_in_set, "no-multiplicity"),
        (lambda prediction, golds: scores(prediction, golds, without_letters), "articles-inside"),
        (lambda prediction, golds: scores(prediction, golds[:1]), "only-first-gold"),
        (
            lambda prediction, golds: np.mean([scores(prediction, [gold]) for gold in golds], axis=0),
            "mean-over-golds",
        ),
        (lambda prediction, golds: (prediction in golds, scores(prediction, golds)[1]), "raw-exact-match"),
        (precision_only, "one-sided"),
        (lambda prediction, golds: (scores(prediction, golds)[0], 0.5), "value"),
        (lambda prediction, golds: scores(prediction, golds)[1], "structure"),
        (lambda prediction, golds: scores(prediction, golds[5]), "raises"),
    ],
)
def test_scores_name(answer, reason):
    assert check("10.6", answer).reason == reason


# 10.7
def with_modules(x, w_g, b_g, w_t, b_t):
    transform, gate = nn.Linear(*w_g.shape), nn.Linear(*w_t.shape)
    with torch.no_grad():
        for layer, weight, bias in ((transform, w_g, b_g), (gate, w_t, b_t)):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
    return torch.lerp(x, transform(x).relu(), gate(x).sigmoid())


def word_by_word(x, w_g, b_g, w_t, b_t):
    rows = []
    for row in np.asarray(x):
        gate = 1 / (1 + np.exp(-(np.asarray(w_t) @ row + np.asarray(b_t))))
        rows.append(gate * np.maximum(np.asarray(w_g) @ row + np.asarray(b_g), 0) + (1 - gate) * row)
    return np.array(rows)


@pytest.mark.parametrize("answer", [with_modules, word_by_word])
def test_highway_accepts(answer):
    assert check("10.7", answer)


def highway(combine):
    """Combina x, lo transformado y la puerta, ya calculados."""
    return lambda x, wg, bg, wt, bt: combine(x, x @ wg.T + bg, x @ wt.T + bt)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (highway(lambda x, g, t: (1 - t.sigmoid()) * g.relu() + t.sigmoid() * x), "swapped-gate"),
        (highway(lambda x, g, t: x + g.relu()), "no-gate"),
        (highway(lambda x, g, t: t.sigmoid() * g.relu()), "no-carry"),
        (highway(lambda x, g, t: t.sigmoid() * g.relu() + x), "whole-carry"),
        (highway(lambda x, g, t: t.sigmoid() * g + (1 - t.sigmoid()) * x), "no-activation"),
        (highway(lambda x, g, t: t * g.relu() + (1 - t) * x), "no-sigmoid"),
        (lambda x, wg, bg, wt, bt: with_modules(x, wg.T, bg, wt.T, bt), "transposed-weights"),
        (highway(lambda x, g, t: t.softmax(-1) * g.relu() + (1 - t.softmax(-1)) * x), "wrong-gate"),
        (highway(lambda x, g, t: torch.cat([g, x], 1)), "shape"),
    ],
)
def test_highway_names(answer, reason):
    assert check("10.7", answer).reason == reason


# 10.8
def rows_joined(h, mixed, summary):
    return [[*a, *b, *(a * b), *(a * summary)] for a, b in zip(h, mixed, strict=True)]


@pytest.mark.parametrize(
    "answer",
    [
        rows_joined,
        lambda h, mixed, summary: torch.hstack([h, mixed, h * mixed, h * summary.expand(len(h), -1)]),
        lambda h, mixed, summary: np.concatenate([x.numpy() for x in (h, mixed, h * mixed, h * summary)], axis=-1),
    ],
    ids=["listas", "hstack", "numpy"],
)
def test_joined_accepts(answer):
    assert check("10.8", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda h, u, s: torch.cat([h, u, h * u, s.expand_as(h)], 1), "summary-alone"),
        (lambda h, u, s: torch.cat([h, u, h * u, u * s], 1), "mixed-times-summary"),
        (lambda h, u, s: torch.cat([h, u, h + u, h + s], 1), "sum-for-product"),
        (lambda h, u, s: torch.cat([u, h, h * u, h * s], 1), "wrong-order"),
        (lambda h, u, s: torch.cat([h, u, s.expand_as(h)], 1), "no-products"),
        (lambda h, u, s: torch.cat([h, u, h * u, h * s]), "stacked-words"),
        (lambda h, u, s: torch.cat([h, u, h * u], 1), "missing-block"),
        (lambda h, u, s: torch.cat([h, u, h - u, h - s], 1), "sum-for-product"),
    ],
)
def test_joined_names(answer, reason):
    assert check("10.8", answer).reason == reason


# 10.9
@pytest.mark.parametrize(
    "answer", [(0.54, 2.75), [0.536, 2.747], np.array([0.5364, 2.7466]), (math.prod((60, 400, 30, 200)) / 2**28, 2.75)]
)
def test_memory_accepts(answer):
    assert check("10.9", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((0.576, 2.88), "decimal-units"),
        ((0.134, 0.687), "numbers-not-bytes"),
        ((1.073, 5.493), "double-precision"),
        ((1.609, 2.747), "all-three"),
        ((0.00894, 0.0458), "one-example"),
        ((2.75, 0.54), "order"),
        ((0.54, 3.5), "value"),
        (0.54, "structure"),
    ],
)
def test_memory_names(answer, reason):
    assert check("10.9", answer).reason == reason
