"""Correctores del capítulo 10: respuestas correctas escritas de otras maneras y errores con nombre."""

import math
import re
import string
from collections import Counter

import numpy as np
import pytest
import torch
from atencion import ops
from atencion.workshop import check
from torch import nn


# 10.1
@pytest.mark.parametrize(
    "answer",
    [
        ([0.122, 0.547, 0.332], [0.453, 0.878]),
        [(0.12, 0.55, 0.33), (0.45, 0.88)],
        (torch.tensor([1, 2.5, 2], dtype=torch.float64).softmax(0), np.array([[0.45345, 0.87804]])),
    ],
    ids=["listas", "dos-decimales", "torch-y-numpy"],
)
def test_by_hand_accepts(answer):
    assert check("10.1", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (([0.182, 0.636, 0.182], [0.364, 0.818]), "mean-not-max"),
        (([0.071, 0.859, 0.071], [0.142, 0.93]), "sum-not-max"),
        (([1, 2.5, 2], [3, 4.5]), "no-softmax"),
        (([0.182, 0.455, 0.364], [0.545, 0.818]), "plain-normalization"),
        (([2.718, 12.182, 7.389], [10.107, 19.571]), "not-normalized"),
        (([2.718, 12.182, 7.389], [0.453, 0.878]), "not-normalized"),
        (([0, 1, 0], [0, 1]), "argmax"),
        (([0.122, 0.547, 0.332], [0.667, 0.667]), "mean-context"),
        (([0.731, 0.818, 0.953], [1.684, 1.770]), "max-of-weights"),
        (([0.292, 0.327, 0.381], [0.673, 0.708]), "max-of-weights"),
        (([0.924, 0.076], [0.5, 0.5]), "shape"),
        (([0.122, 0.547, 0.332], [0.878, 0.453]), "value"),
    ],
)
def test_by_hand_names(answer, reason):
    assert check("10.1", answer).reason == reason


# 10.2
def materialised(h, u, w):
    t, j = len(h), len(u)
    left, right = h[:, None].expand(t, j, -1), u[None].expand(t, j, -1)
    return torch.cat([left, right, left * right], -1) @ w


def pair_by_pair(h, u, w):
    return [[float(torch.cat([x, y, x * y]) @ w) for y in u] for x in h]


def by_einsum(h, u, w):
    w1, w2, w3 = w.view(3, -1)
    return torch.einsum("td,d->t", h, w1)[:, None] + (u @ w2)[None] + torch.einsum("td,d,jd->tj", h, w3, u)


def numpy_only(h, u, w):
    if not isinstance(h, np.ndarray):
        raise TypeError("solo arrays")
    w1, w2, w3 = np.split(w, 3)
    return np.add.outer(h @ w1, u @ w2) + (h * w3) @ u.T


@pytest.mark.parametrize("answer", [materialised, pair_by_pair, by_einsum, numpy_only])
def test_trilinear_accepts(answer):
    assert check("10.2", answer)


def trilinear(change):
    """S con los tres trozos de w pasados por ``change``."""

    def answer(h, u, w):
        w1, w2, w3 = change(*w.chunk(3))
        return (h @ w1)[:, None] + (u @ w2)[None] + (h * w3) @ u.T

    return answer


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (trilinear(lambda a, b, c: (a, b, 0 * c)), "no-product-term"),
        (trilinear(lambda a, b, c: (0 * a, b, c)), "no-context-term"),
        (trilinear(lambda a, b, c: (a, 0 * b, c)), "no-question-term"),
        (trilinear(lambda a, b, c: (b, a, c)), "swapped-blocks"),
        (trilinear(lambda a, b, c: (c, a, b)), "wrong-split"),
        (trilinear(lambda a, b, c: (a, a, c)), "repeated-block"),
        (trilinear(lambda a, b, c: (a, b, b)), "repeated-block"),
        (lambda h, u, w: by_einsum(h, u, w.view(-1, 3).T.reshape(-1)), "wrong-split"),
        (lambda h, u, w: by_einsum(h, u, w).T, "transposed-scores"),
        (lambda h, u, w: by_einsum(h, u, w).softmax(-1), "already-softmax"),
        (lambda h, u, w: h @ u.T, "dot-product"),
        (lambda h, u, w: by_einsum(h, u, w)[None], "shape"),
        (lambda h, u, w: h @ w, "raises"),
    ],
)
def test_trilinear_names(answer, reason):
    assert check("10.2", answer).reason == reason


# 10.3
def across_row_by_row(scores, question, keep):
    rows = torch.zeros_like(scores)
    for row, values in zip(rows, scores, strict=True):
        if keep.any():
            row[keep] = values[keep].softmax(0)
    return rows, rows @ question


def across_without_padding(scores, question, keep):
    exponentials = np.exp(np.asarray(scores)) * np.asarray(keep)
    total = exponentials.sum(1, keepdims=True)
    weights = np.divide(exponentials, total, out=np.zeros_like(exponentials), where=total > 0)
    return weights.tolist(), (weights @ np.asarray(question)).tolist()


def filled(scores, keep, value=-torch.inf):
    return scores.masked_fill(~keep, value)


@pytest.mark.parametrize(
    "answer",
    [
        across_row_by_row,
        across_without_padding,
        lambda s, u, keep: (
            filled(s, keep).softmax(-1).nan_to_num(),
            torch.einsum("tj,jd->td", filled(s, keep).softmax(1).nan_to_num(), u),
        ),
    ],
    ids=["bucle", "numpy", "einsum"],
)
def test_across_accepts(answer):
    assert check("10.3", answer)


def across(weigh):
    return lambda s, u, keep: (weigh(s, keep), weigh(s, keep) @ u)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (across(lambda s, keep: s.softmax(1)), "unmasked-padding"),
        (across(lambda s, keep: filled(s, keep, -1e10).softmax(1)), "finite-fill"),
        (across(lambda s, keep: filled(s, keep).softmax(1)), "nan-row"),
        (across(lambda s, keep: s.softmax(1) * keep), "mask-after"),
        (across(lambda s, keep: (s * keep).softmax(1)), "zeroed-padding"),
        (across(lambda s, keep: filled(s, ~keep).softmax(1)), "inverted-mask"),
        (across(lambda s, keep: filled(s, keep).softmax(0).nan_to_num()), "wrong-axis"),
        (across(lambda s, keep: s.softmax(0)), "wrong-axis"),
        (lambda s, u, keep: (across_row_by_row(s, u, keep)[0], u.mean(0).expand(len(s), -1)), "mean-context"),
        (lambda s, u, keep: across_row_by_row(s, u, keep)[::-1], "order"),
        (lambda s, u, keep: across_row_by_row(s, u, keep)[1], "structure"),
    ],
)
def test_across_names(answer, reason):
    assert check("10.3", answer).reason == reason


# 10.4
def towards_by_hand(scores, context, context_keep, question_keep):
    b = torch.zeros(len(scores))
    if question_keep.any():
        highest = scores[:, question_keep].amax(1)
        b[context_keep] = highest[context_keep].softmax(0)
    return b, b @ context


def towards_with_core(scores, context, context_keep, question_keep):
    """El flujo del núcleo con u_j = e_j y h_t = S_t: el producto con w = (0, 0, 1) da S."""
    n = scores.shape[1]
    w = torch.cat([torch.zeros(2 * n), torch.ones(n)])
    flow = ops.attention_flow(
        scores[None], torch.eye(n)[None], w, context_mask=context_keep[None], question_mask=question_keep[None]
    )
    b = flow.question_to_context[0]
    return b, b @ context


def towards_in_numpy(scores, context, context_keep, question_keep):
    allowed = np.asarray(context_keep)[:, None] & np.asarray(question_keep)
    highest = np.where(allowed, np.asarray(scores), -np.inf).max(1)
    exponentials = np.exp(highest)
    b = exponentials / max(exponentials.sum(), 1e-30)
    return b, b @ np.asarray(context)


@pytest.mark.parametrize("answer", [towards_by_hand, towards_with_core, towards_in_numpy])
def test_towards_accepts(answer):
    assert check("10.4", answer)


def towards(weigh):
    return lambda s, h, ck, qk: (weigh(s, ck, qk), weigh(s, ck, qk) @ h)


def row_mean(s, qk):
    return (s * qk).sum(1) / qk.sum().clamp(min=1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (towards(lambda s, ck, qk: s.amax(1).softmax(0)), "unmasked"),
        (towards(lambda s, ck, qk: filled(s, qk).amax(1).softmax(0)), "unmasked-padding"),
        (towards(lambda s, ck, qk: filled(s.amax(1), ck).softmax(0)), "unmasked-question"),
        (towards(lambda s, ck, qk: filled((s * qk).amax(1), ck).softmax(0)), "zero-in-max"),
        (towards(lambda s, ck, qk: (s * qk * ck[:, None]).amax(1).softmax(0)), "zero-in-max"),
        (towards(lambda s, ck, qk: filled(row_mean(s, qk), ck).softmax(0)), "mean-not-max"),
        (towards(lambda s, ck, qk: filled(s.mean(1), ck).softmax(0)), "mean-not-max"),
        (towards(lambda s, ck, qk: filled(s, qk).softmax(1).nan_to_num().amax(1) * ck), "max-of-weights"),
        (towards(lambda s, ck, qk: s.amax(0).softmax(0)), "wrong-max-axis"),
        (towards(lambda s, ck, qk: filled(s, qk).amax(1).softmax(0).nan_to_num() * ck), "mask-after"),
        (towards(lambda s, ck, qk: filled(filled(s, qk).amax(1), ck).softmax(0)), "nan-row"),
        (towards(lambda s, ck, qk: filled(s, ck[:, None] & qk, -1e9).amax(1).softmax(0)), "finite-fill"),
        (lambda s, h, ck, qk: (towards_by_hand(s, h, ck, qk)[0], h[ck].mean(0)), "mean-context"),
        (lambda s, h, ck, qk: towards_by_hand(s, h, ck, qk)[0], "structure"),
        (lambda s, h, ck, qk: towards_by_hand(s, h, ck, qk)[::-1], "order"),
        (towards(lambda s, ck, qk: filled(filled(s, qk, torch.inf).amin(1), ck).softmax(0)), "value"),
    ],
)
def test_towards_names(answer, reason):
    assert check("10.4", answer).reason == reason


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
