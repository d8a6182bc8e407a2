"""Correctores 04.1 a 04.4: otras maneras de acertar y errores con nombre."""

import math

import numpy as np
import pytest
import torch
from atencion.workshop import check


@pytest.mark.parametrize(
    "answer",
    [
        [[0.5, 0.333], [0.5, 0.667], [0.5, 1]],
        ((0.5, 0.33), (0.5, 0.67), (0.5, 1.0)),
        np.array([[1 / 2, 1 / 3], [1 / 2, 2 / 3], [1 / 2, 1]]),
        torch.tensor([[(1 - j / 3) - (k / 2) * (1 - 2 * j / 3) for k in (1, 2)] for j in (1, 2, 3)]),
    ],
    ids=["listas", "dos-decimales", "numpy", "torch"],
)
def test_position_accepts(answer):
    assert check("04.1", answer)


def position(j, k, words=3, d=2):
    return (1 - j / words) - (k / d) * (1 - 2 * j / words)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([[1 / 2, 1 / 2, 1 / 2], [1 / 3, 2 / 3, 1]], "swapped-position"),
        ([[position(j, k) for k in (0, 1)] for j in (0, 1, 2)], "zero-based-position"),
        ([[position(j, k) for k in (1, 2)] for j in (0, 1, 2)], "zero-based-position"),
        ([[position(j, k) for k in (0, 1)] for j in (1, 2, 3)], "zero-based-position"),
        ([[position(j, k, 2, 3) for k in (1, 2)] for j in (1, 2, 3)], "swapped-sizes"),
        ([[1.333, 0.667], [1, 1], [0.667, 1.333]], "code-position"),
        ([[2 * position(j, k) for k in (1, 2)] for j in (1, 2, 3)], "doubled-position"),
        ([[position(j, k) for k in (1, 2)] for j in (3, 2, 1)], "reversed-rows"),
        ([[1, 1], [1, 1], [1, 1]], "bag-of-words"),
        ([[(1 - j / 3) + (k / 2) * (1 - 2 * j / 3) for k in (1, 2)] for j in (1, 2, 3)], "plus-position"),
        ([[1 - j / 3] * 2 for j in (1, 2, 3)], "first-term-only"),
        ([[(1 - j / 3) - k * (1 - 2 * j / 3) for k in (1, 2)] for j in (1, 2, 3)], "undivided-position"),
        ([[0.5, 0.33], [0.5, 0.67], [0.5, 0.9]], "value"),
        ([0.5, 0.333, 0.5, 0.667, 0.5, 1], "shape"),
    ],
)
def test_position_names(answer, reason):
    assert check("04.1", answer).reason == reason


def word_by_word(table, position, sentences):
    rows = []
    for story in sentences.tolist():
        vectors = []
        for words in story:
            total = torch.zeros(table.shape[1], dtype=torch.float64)
            for j, word in enumerate(words):
                if word:
                    total += position[j] * table[word]
            vectors.append(total)
        rows.append(torch.stack(vectors))
    return torch.stack(rows)


def zeroed_table(table, position, sentences):
    table[0] = 0
    return torch.einsum("jd,bnjd->bnd", position, table[sentences])


def numpy_sentences(table, position, sentences):
    if not isinstance(table, np.ndarray):
        raise TypeError("solo arrays")
    return (position * table[sentences] * (sentences > 0)[..., None]).sum(axis=2)


@pytest.mark.parametrize("answer", [word_by_word, zeroed_table, numpy_sentences])
def test_sentence_accepts(answer):
    assert check("04.2", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda a, l_, x: (l_ * a[x] * (x > 0)[..., None]).mean(2), "mean-of-words"),
        (lambda a, l_, x: word_by_word(a, l_, x) / (x > 0).sum(2, keepdim=True).clamp(min=1), "mean-of-words"),
        (lambda a, l_, x: a[x].mean(2), "mean-of-words"),
        (lambda a, l_, x: (l_ * a[x]).mean(2), "mean-of-words"),
        (lambda a, l_, x: (l_ * a[x]).sum(2), "counted-padding"),
        (lambda a, l_, x: (a[x] * (x > 0)[..., None]).sum(2), "no-position"),
        (lambda a, l_, x: a[x].sum(2), "no-position"),
        (lambda a, l_, x: l_.sum(0) * (a[x] * (x > 0)[..., None]).sum(2), "position-outside"),
        (lambda a, l_, x: word_by_word(a, l_, x) / (x > 0).sum(2, keepdim=True), "mean-of-words"),
        (lambda a, l_, x: (l_ * torch.nn.functional.embedding(x, a, padding_idx=0)).sum(2), "counted-padding"),
        (lambda a, l_, x: ((a[x] + l_) * (x > 0)[..., None]).sum(2), "added-position"),
        (lambda a, l_, x: (a[x] + l_).sum(2), "added-position"),
        (lambda a, l_, x: word_by_word(a, l_.flip(0), x), "reversed-position"),
        (lambda a, l_, x: (l_ * a[x] * (x > 0)[..., None]).sum(1), "wrong-sum-axis"),
        (lambda a, l_, x: (l_ * a[x] * (x > 0)[..., None]).sum(3), "wrong-sum-axis"),
        (lambda a, l_, x: l_ * a[x], "not-summed"),
        (lambda a, l_, x: word_by_word(a, l_, x).mT, "shape"),
        (lambda a, l_, x: 2 * word_by_word(a, l_, x), "value"),
    ],
)
def test_sentence_names(answer, reason):
    assert check("04.2", answer).reason == reason


def rows_by_list(lengths, n):
    return [[length - 1 - i if i < length else -1 for i in range(n)] for length in lengths.tolist()]


@pytest.mark.parametrize(
    "answer",
    [
        rows_by_list,
        lambda lengths, n: (lengths[:, None] - 1 - torch.arange(n)).clamp(min=-1),
        lambda lengths, n: np.maximum(np.asarray(lengths)[:, None] - 1 - np.arange(n), -1),
        lambda lengths, n: torch.stack(
            [torch.cat([torch.arange(k).flip(0), torch.full((n - k,), -1)]) for k in lengths.tolist()]
        ),
    ],
    ids=["listas", "clamp", "numpy", "flip"],
)
def test_time_accepts(answer):
    assert check("04.3", answer)


def marked(rows, lengths, n, gap=-1):
    return torch.where(torch.arange(n) < lengths[:, None], rows, gap)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda lengths, n: marked(torch.arange(n), lengths, n), "forward-time"),
        (lambda lengths, n: marked(torch.arange(n) + 1, lengths, n), "forward-time"),
        (lambda lengths, n: torch.arange(n).repeat(len(lengths), 1), "forward-time"),
        (lambda lengths, n: marked(n - 1 - torch.arange(n), lengths, n), "padded-time"),
        (lambda lengths, n: torch.arange(n).flip(0).repeat(len(lengths), 1), "padded-time"),
        (lambda lengths, n: marked(lengths[:, None] - torch.arange(n), lengths, n), "one-based-time"),
        (lambda lengths, n: lengths[:, None] - 1 - torch.arange(n), "unmarked-padding"),
        (lambda lengths, n: (lengths[:, None] - 1 - torch.arange(n)).clamp(min=0), "unmarked-padding"),
        (lambda lengths, n: (lengths[:, None] - torch.arange(n)).clamp(min=0), "one-based-time"),
        (lambda lengths, n: marked(lengths[:, None] - 1 - torch.arange(n), lengths, n, gap=n), "unmarked-padding"),
        (
            lambda lengths, n: marked(lengths[:, None] - 1.0 - torch.arange(n), lengths, n, gap=-torch.inf),
            "unmarked-padding",
        ),
        (
            lambda lengths, n: marked(lengths[:, None] - 1.0 - torch.arange(n), lengths, n, gap=torch.nan),
            "unmarked-padding",
        ),
        (lambda lengths, n: [[-1] * (n - k) + list(range(k))[::-1] for k in lengths.tolist()], "left-padded"),
        (lambda lengths, n: marked(torch.arange(n) - lengths[:, None], lengths, n, gap=0), "negative-rows"),
        (lambda lengths, n: marked(torch.arange(n) - lengths[:, None] + 1, lengths, n), "negative-rows"),
        (lambda lengths, n: [list(range(k))[::-1] for k in lengths.tolist()], "type"),
        (lambda lengths, n: torch.arange(n), "shape"),
        (lambda lengths, n: torch.zeros(len(lengths), n), "value"),
    ],
)
def test_time_names(answer, reason):
    assert check("04.3", answer).reason == reason


@pytest.mark.parametrize(
    "answer",
    [[0, -3, -6, -9], torch.tensor([12.0, 8.0, 4.0, 0.0]), np.array([[15, 10, 6, 2]]), (0.0, -2.5, -5.5, -9.5)],
    ids=["lista", "torch", "numpy-con-eje", "irregular"],
)
def test_time_design_accepts(answer):
    assert check("04.4", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([0, 0, 0, 0], "flat-time"),
        ([7, 7, 7, 7], "flat-time"),
        ([0, 3, 6, 9], "forward-time"),
        ([0, -3, -3.5, -3], "forward-time"),
        ([0, -10, -20, -30], "strong-time"),
        ([30, 20, 10, 0], "strong-time"),
        ([20, 8, 4, 0], "strong-time"),
        ([10, 0, 0, 0], "tied-time"),
        ([6, 3, 3, 0], "tied-time"),
        ([0, -1, -2, -3], "weak-time"),
        ([1, 2, 3], "shape"),
        ([0, -3, -6, math.inf], "nan"),
    ],
)
def test_time_design_names(answer, reason):
    assert check("04.4", answer).reason == reason
