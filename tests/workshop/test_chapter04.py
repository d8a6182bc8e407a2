"""Correctores del capítulo 4: respuestas correctas escritas de otras maneras y errores con nombre."""

import itertools
import math

import numpy as np
import pytest
import torch
from atencion import ops
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
        (lambda a, l_, x: l_ * a[x], "shape"),
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


def marked(rows, lengths, n):
    return torch.where(torch.arange(n) < lengths[:, None], rows, -1)


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


def core_hop(u, m, c, lengths):
    return ops.memory_attention(u, m[:, None], c[:, None], key_lengths=lengths).output[:, 0]


def dot_product_hop(u, m, c, lengths):
    heads = u[:, None, None], m[:, None], c[:, None]
    return u + ops.dot_product_attention(*heads, key_lengths=lengths, scale=1.0).output[:, 0, 0]


def story_by_story(u, m, c, lengths):
    return [
        (state + (torch.softmax(keys[:n] @ state, 0) @ rows[:n] if n else 0)).tolist()
        for state, keys, rows, n in zip(u, m, c, lengths.tolist(), strict=True)
    ]


def einsum_hop(u, m, c, lengths):
    keep = torch.arange(m.shape[1]) < lengths[:, None]
    scores = torch.einsum("bd,bnd->bn", u.double(), m.double()).masked_fill(~keep, -torch.inf)
    return u + torch.einsum("bn,bnd->bd", scores.softmax(1).nan_to_num(), c.double())


@pytest.mark.parametrize("answer", [core_hop, dot_product_hop, story_by_story, einsum_hop])
def test_hop_accepts(answer):
    assert check("04.5", answer)


def hop_with(share):
    """Un salto con otro reparto: ``share`` recibe las puntuaciones y qué frases existen."""

    def answer(u, m, c, lengths):
        weights = share((m @ u[:, :, None])[:, :, 0], torch.arange(m.shape[1]) < lengths[:, None])
        return u + (weights[:, :, None] * c).sum(1)

    return answer


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda u, m, c, n: core_hop(u, m, c, n) - u, "no-state-added"),
        (hop_with(lambda s, keep: s * keep), "no-softmax"),
        (lambda u, m, c, n: core_hop(u, m / u.shape[1] ** 0.5, c, n), "scaled-memory"),
        (lambda u, m, c, n: core_hop(u, c, m, n), "swapped-memories"),
        (lambda u, m, c, n: core_hop(u, m, m, n), "keys-as-values"),
        (lambda u, m, c, n: core_hop(u, c, c, n), "values-as-keys"),
        (hop_with(lambda s, keep: keep / keep.sum(1, keepdim=True).clamp(min=1)), "mean-context"),
        (hop_with(lambda s, keep: keep.float()), "sum-context"),
        (hop_with(lambda s, keep: s.softmax(1)), "unmasked-padding"),
        (hop_with(lambda s, keep: s.masked_fill(~keep, -1e9).softmax(1)), "finite-fill"),
        (hop_with(lambda s, keep: s.masked_fill(~keep, -torch.inf).softmax(1)), "nan-row"),
        (hop_with(lambda s, keep: s.softmax(1) * keep), "mask-after"),
        (hop_with(lambda s, keep: (s * keep).softmax(1)), "zeroed-padding"),
        (hop_with(lambda s, keep: s.softmax(0)), "wrong-axis"),
        (hop_with(lambda s, keep: s.masked_fill(~keep, -1e9).softmax(0)), "wrong-axis"),
        (lambda u, m, c, n: u + m @ c, "raises"),
        (lambda u, m, c, n: (core_hop(u, m, c, n), m), "structure"),
        (lambda u, m, c, n: core_hop(2 * u, m, c, n), "value"),
    ],
)
def test_hop_names(answer, reason):
    result = check("04.5", answer)
    assert not result.ok
    if reason == "structure":
        assert result.reason in {"structure", "type", "shape"}
    else:
        assert result.reason == reason


def loop_over_hops(tables, question, sentences):
    u = tables[0][question].sum(0)
    for before, after in itertools.pairwise(tables):
        p = torch.softmax(before[sentences].sum(1) @ u, 0)
        u = u + p @ after[sentences].sum(1)
    return tables[-1] @ u


def all_hops_in_the_core(tables, question, sentences):
    memory = tables.double()[:, sentences].sum(2)[None]
    asked = tables.double()[:1, question].sum(1)
    state = ops.memory_attention(asked, memory[:, :-1], memory[:, 1:]).output[0, -1]
    return state @ tables[-1].double().T


def hops_in_numpy(tables, question, sentences):
    tables, question, sentences = (np.asarray(x) for x in (tables, question, sentences))
    u = tables[0, question].sum(0)
    for k in range(len(tables) - 1):
        scores = tables[k, sentences].sum(1) @ u
        p = np.exp(scores - scores.max())
        u = u + (p / p.sum()) @ tables[k + 1, sentences].sum(1)
    return (tables[-1] @ u).tolist()


@pytest.mark.parametrize("answer", [loop_over_hops, all_hops_in_the_core, hops_in_numpy])
def test_adjacent_accepts(answer):
    assert check("04.6", answer)


def wrong_hops(*, keys=0, values=1, step=1, answer=-1, stale=False, keep=1.0, softmax=True, hops=None, asking=0):
    """Los saltos con la tabla ``keys + step·k`` para buscar y ``values + step·k`` para leer."""

    def function(tables, question, sentences):
        asked = u = tables[asking][question].sum(0)
        for k in range(hops or len(tables) - 1):
            scores = tables[keys + step * k][sentences].sum(1) @ (asked if stale else u)
            p = scores.softmax(0) if softmax else scores
            u = keep * u + p @ tables[values + step * k][sentences].sum(1)
        return tables[answer] @ u

    return function


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (wrong_hops(step=0), "layer-wise"),
        (wrong_hops(values=0), "same-table"),
        (wrong_hops(keys=1, values=0), "swapped-memories"),
        (wrong_hops(stale=True), "stale-query"),
        (wrong_hops(hops=1), "one-hop"),
        (wrong_hops(answer=0), "wrong-answer-table"),
        (wrong_hops(answer=-2), "wrong-answer-table"),
        (wrong_hops(asking=-1), "wrong-question-table"),
        (wrong_hops(keep=0.0), "no-state-added"),
        (wrong_hops(softmax=False), "no-softmax"),
        (lambda *tensors: loop_over_hops(*tensors).softmax(0), "answer-softmax"),
        (wrong_hops(keep=0.5), "value"),
        (wrong_hops(keys=1), "value"),
        (lambda tables, question, sentences: tables[0][question].sum(0), "shape"),
    ],
)
def test_adjacent_names(answer, reason):
    assert check("04.6", answer).reason == reason


@pytest.mark.parametrize("answer", [(2400, 1040), [2400.0, 1040.0], np.array([2400, 1040]), torch.tensor([2400, 1040])])
def test_parameters_accept(answer):
    assert check("04.7", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((3600, 1560), "untied-tables"),
        ((4800, 1560), "untied-tables"),
        ((1800, 780), "table-per-hop"),
        ((2400, 780), "missing-time-table"),
        ((3600, 1040), "untied-tables"),
        ((3000, 1040), "extra-tables"),
        ((2400, 1300), "extra-time-table"),
        ((1200, 520), "two-tables"),
        ((1040, 2400), "swapped-counts"),
        ((2400, 960), "value"),
        (3440, "structure"),
    ],
)
def test_parameters_name(answer, reason):
    assert check("04.7", answer).reason == reason


@pytest.mark.parametrize(
    "answer",
    [
        ([0.7, 0.2, 0.1], [0.8, 0.3], [0.3, 1.8]),
        [torch.tensor([0.7, 0.2, 0.1]), np.array([0.8, 0.3]), (0.3, 1.8)],
    ],
    ids=["listas", "mezcla"],
)
def test_key_value_accepts(answer):
    assert check("04.8", answer)


P, READ = [0.7, 0.2, 0.1], [0.8, 0.3]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((P, [1.501, 0.7], [0.7, 2.501]), "keys-as-values"),
        (([0.422, 0.155, 0.422], [0.845, 0.578], [0.578, 1.845]), "values-as-keys"),
        (([1.946, 0.693, 0], [1.946, 0.693], [0.693, 2.946]), "no-softmax"),
        (([7, 2, 1], [8, 3], [3, 9]), "not-normalized"),
        (([1, 0, 0], [1, 0], [0, 2]), "argmax"),
        ((P, [0.667, 0.667], [0.667, 1.667]), "mean-context"),
        ((P, READ, [0.8, 1.3]), "partial-turn"),
        ((P, READ, [1.3, 0.8]), "partial-turn"),
        ((P, READ, [1.8, 0.3]), "no-turn"),
        ((P, READ, [0.3, 0.8]), "no-state-added"),
        ((P, READ, [0.3, 1.7]), "value"),
        ((P, READ), "structure"),
    ],
)
def test_key_value_names(answer, reason):
    assert check("04.8", answer).reason == reason


@pytest.mark.parametrize("answer", [(0, 5), [0.0, 5.0], torch.tensor([0, 5])])
def test_inverse_accepts(answer):
    assert check("04.9", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((0, 4), "same-film"),
        ((0, 2), "value-not-key"),
        ((4, 5), "inverse-first"),
        ((5, 0), "inverse-first"),
        ((1, 6), "one-based-slots"),
        ((0, 7), "value"),
        (5, "structure"),
    ],
)
def test_inverse_names(answer, reason):
    assert check("04.9", answer).reason == reason
