"""Correctores 04.5 y 04.6: otras maneras de acertar y errores con nombre."""

import itertools

import numpy as np
import pytest
import torch
from atencion import ops
from atencion.workshop import check


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


def one_weight_per_row(u, m, n):
    keep = torch.arange(m.shape[1]) < n[:, None]
    return (m @ u[..., None])[..., 0].masked_fill(~keep, -torch.inf).softmax(1).nan_to_num()


def hardest(scores):
    return torch.nn.functional.one_hot(scores.argmax(1), scores.shape[1]).float()


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
        (lambda u, m, c, n: (core_hop(u, m, c, n), None), "structure"),
        (hop_with(lambda s, keep: s.masked_fill(~keep, -torch.inf).softmax(0).nan_to_num()), "wrong-axis"),
        (lambda u, m, c, n: core_hop(u, m[:, : n.max()], c[:, : n.max()], n * 0 + n.max()), "unmasked-padding"),
        (lambda u, m, c, n: u + (core_hop(u, m / u.shape[1] ** 0.5, c, n) - u) * (n > 0)[:, None], "scaled-memory"),
        (hop_with(lambda s, keep: hardest(s.masked_fill(~keep, -torch.inf))), "argmax"),
        (hop_with(lambda s, keep: hardest(s.masked_fill(~keep, -torch.inf)) * keep), "argmax"),
        (lambda u, m, c, n: core_hop(u, m, c, (n - 1).clamp(min=0)), "off-by-one"),
        (lambda u, m, c, n: core_hop(u, m, c, (n + 1).clamp(max=m.shape[1])), "off-by-one"),
        (hop_with(lambda s, keep: s.masked_fill(keep, -torch.inf).softmax(1)), "inverted-mask"),
        (hop_with(lambda s, keep: s.masked_fill(keep, -torch.inf).softmax(1).nan_to_num()), "inverted-mask"),
        (hop_with(lambda s, keep: s.sigmoid() * keep), "sigmoid-weights"),
        (hop_with(lambda s, keep: s.exp() * keep), "not-normalized"),
        (hop_with(lambda s, keep: s * keep / (s * keep).sum(1, keepdim=True)), "plain-normalization"),
        (hop_with(lambda s, keep: s.masked_fill(~keep, -1).softmax(1)), "small-fill"),
        (lambda u, m, c, n: u, "no-read"),
        (lambda u, m, c, n: core_hop(u, m, c, n) + u, "doubled-state"),
        (lambda u, m, c, n: core_hop(u, m, c, n) * (n > 0)[:, None], "lost-state"),
        (lambda u, m, c, n: one_weight_per_row(u, m, n), "weights-alone"),
        (lambda u, m, c, n: core_hop(u, m, c, n)[:, None], "shape"),
        (hop_with(lambda s, keep: torch.nn.functional.dropout(s.softmax(1) * keep, 0.5)), "random"),
        (lambda u, m, c, n: core_hop(2 * u, m, c, n), "value"),
    ],
)
def test_hop_names(answer, reason):
    assert check("04.5", answer).reason == reason


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


def wrong_hops(
    *, keys=0, values=1, step=1, answer=-1, stale=False, keep=1.0, share=None, hops=None, asking=0, words=None
):
    """Los saltos con la tabla ``keys + step·k`` para buscar y ``values + step·k`` para leer."""

    add = words or (lambda rows: rows.sum(-2))
    weigh = share or (lambda scores, d: scores.softmax(0))

    def function(tables, question, sentences):
        asked = u = add(tables[asking][question])
        for k in range(hops or len(tables) - 1):
            scores = add(tables[keys + step * k][sentences]) @ (asked if stale else u)
            u = keep * u + weigh(scores, u.shape[0]) @ add(tables[values + step * k][sentences])
        return tables[answer] @ u

    return function


def from_the_start(tables, question, sentences):
    asked = u = tables[0][question].sum(0)
    for before, after in itertools.pairwise(tables):
        u = asked + torch.softmax(before[sentences].sum(1) @ u, 0) @ after[sentences].sum(1)
    return tables[-1] @ u


def two_by_two(tables, question, sentences):
    u = tables[0][question].sum(0)
    for k in range(0, len(tables) - 1, 2):
        u = u + torch.softmax(tables[k][sentences].sum(1) @ u, 0) @ tables[k + 1][sentences].sum(1)
    return tables[-1] @ u


def last_state(tables, question, sentences):
    return torch.linalg.lstsq(tables[-1], loop_over_hops(tables, question, sentences)[:, None]).solution[:, 0]


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
        (wrong_hops(share=lambda scores, d: scores), "no-softmax"),
        (wrong_hops(share=lambda scores, d: (scores / d**0.5).softmax(0)), "scaled-memory"),
        (wrong_hops(share=lambda scores, d: hardest(scores[None])[0]), "argmax"),
        (wrong_hops(share=lambda scores, d: torch.ones_like(scores) / len(scores)), "mean-context"),
        (wrong_hops(words=lambda rows: rows.mean(-2)), "mean-of-words"),
        (wrong_hops(asking=1), "wrong-question-table"),
        (wrong_hops(hops=2), "missing-hop"),
        (lambda tables, question, sentences: tables[-1] @ tables[0][question].sum(0), "no-hops"),
        (lambda tables, *words: loop_over_hops(tables[:-1], *words), "missing-hop"),
        (from_the_start, "restarted-state"),
        (two_by_two, "disjoint-tables"),
        (last_state, "no-answer-table"),
        (lambda *tensors: loop_over_hops(*tensors).argmax(), "answer-argmax"),
        (lambda *tensors: loop_over_hops(*tensors).log_softmax(0), "answer-softmax"),
        (wrong_hops(hops=3), "raises"),
        (lambda *tensors: loop_over_hops(*tensors)[:, None], "shape"),
        (lambda *tensors: loop_over_hops(*tensors).softmax(0), "answer-softmax"),
        (wrong_hops(keep=0.5), "value"),
        (wrong_hops(keys=1), "value"),
        (lambda tables, question, sentences: tables[0][question].sum(0), "shape"),
    ],
)
def test_adjacent_names(answer, reason):
    assert check("04.6", answer).reason == reason
