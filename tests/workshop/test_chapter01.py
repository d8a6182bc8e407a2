"""Correctores del capítulo 1: respuestas correctas escritas de otras maneras y errores con nombre."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from atencion import ops
from atencion.workshop import check


def numpy_attention(query, key, value):
    query, key, value = (np.asarray(tensor, dtype=np.float64) for tensor in (query, key, value))
    scores = query @ key.T / np.sqrt(query.shape[1])
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True) @ value


def numpy_only_attention(query, key, value):
    if not isinstance(query, np.ndarray):
        raise TypeError("solo arrays")
    return numpy_attention(query, key, value)


def loop_attention(query, key, value):
    rows = []
    for q in query:
        scores = torch.stack([torch.dot(q, k) for k in key]) / math.sqrt(len(q))
        rows.append(sum(w * v for w, v in zip(torch.softmax(scores, 0), value, strict=True)).tolist())
    return rows


def core_attention(query, key, value):
    return ops.dot_product_attention(query[None, None], key[None, None], value[None, None]).output[0, 0]


@pytest.mark.parametrize(
    "answer",
    [
        ([0.665, 0.245, 0.090], [0.755, 0.335]),
        [(0.67, 0.24, 0.09), (0.76, 0.33)],
        (np.exp([2, 1, 0]) / np.exp([2, 1, 0]).sum(), np.array([0.7553, 0.3348], dtype=np.float32)),
        (
            torch.tensor([[2.0, 1.0, 0.0]]).softmax(-1),
            torch.tensor([[0.7553], [0.3348]], dtype=torch.float64),
        ),
        (torch.tensor([2.0, 1.0, 0.0], requires_grad=True).softmax(-1), [0.7553, 0.3348]),
    ],
    ids=["listas", "dos-decimales", "numpy", "columnas", "con-gradiente"],
)
def test_by_hand_accepts(answer):
    assert check("01.1", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (([0.867, 0.117, 0.016], [0.883, 0.133]), "no-scale"),
        (([0.506, 0.307, 0.186], [0.693, 0.494]), "scale-by-d"),
        (([2, 1, 0], [2, 1]), "no-softmax"),
        (([2 / 3, 1 / 3, 0], [2 / 3, 1 / 3]), "plain-normalization"),
        (([7.389, 2.718, 1], [8.389, 3.718]), "not-normalized"),
        (([1, 0, 0], [1, 0]), "argmax"),
        (([0.665, 0.245, 0.090], [0.667, 0.667]), "mean-context"),
        (([0.665, 0.245, 0.090], [2, 2]), "sum-context"),
        (([0.665, 0.245, 0.090], [0.335, 0.755]), "value"),
        (([0.665, 0.245], [0.755, 0.335]), "shape"),
        ([0.665, 0.245, 0.090], "structure"),
        (([67, 24, 9], [0.76, 0.33]), "percentages"),
        (([67, 24, 9], [76, 33]), "percentages"),
        (([4, 2, 0], [0.76, 0.33]), "no-softmax"),
        (([0.76, 0.33], [0.67, 0.24, 0.09]), "order"),
    ],
)
def test_by_hand_names(answer, reason):
    assert check("01.1", answer).reason == reason


@pytest.mark.parametrize(
    "answer",
    [
        lambda query, key, value: F.scaled_dot_product_attention(query[None], key[None], value[None])[0],
        lambda query, key, value: torch.einsum(
            "qk,kv->qv",
            torch.softmax(torch.einsum("qd,kd->qk", query, key) / query.shape[1] ** 0.5, 1),
            value,
        ),
        lambda query, key, value: (
            (query.double() @ key.double().T / query.shape[1] ** 0.5).softmax(-1) @ value.double()
        ),
        lambda query, key, value: ((key @ query.T / query.shape[1] ** 0.5).softmax(0).T @ value).numpy(),
        numpy_attention,
        numpy_only_attention,
        loop_attention,
        core_attention,
    ],
    ids=["torch", "einsum", "float64", "traspuesta", "numpy", "solo-numpy", "bucles-y-listas", "núcleo"],
)
def test_attention_accepts(answer):
    assert check("01.2", answer)


def attention_with(weights):
    return lambda query, key, value: weights(query @ key.T / math.sqrt(query.shape[1])) @ value


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda q, k, v: torch.softmax(q @ k.T, dim=-1) @ v, "no-scale"),
        (lambda q, k, v: torch.softmax(q @ k.T / q.shape[-1], dim=-1) @ v, "scale-by-d"),
        (attention_with(lambda s: torch.softmax(s, dim=0)), "wrong-axis"),
        (lambda q, k, v: F.softmax(k @ q.T / q.shape[1] ** 0.5, dim=-1) @ v, "swapped"),
        (lambda q, k, v: F.scaled_dot_product_attention(q, v, k), "swapped-key-value"),
        (lambda q, k, v: torch.softmax(q @ k.T * q.shape[-1] ** 0.5, dim=-1) @ v, "multiplied-scale"),
        (lambda q, k, v: torch.softmax(q @ k.T / v.shape[-1] ** 0.5, dim=-1) @ v, "wrong-dimension"),
        (lambda q, k, v: torch.softmax(q @ k.T / len(k) ** 0.5, dim=-1) @ v, "wrong-dimension"),
        (lambda q, k, v: torch.softmax(q @ k.T, dim=-1) / q.shape[1] ** 0.5 @ v, "scale-outside"),
        (lambda q, k, v: torch.softmax(q @ k.T / q.shape[1] ** 0.5 @ v, dim=-1), "softmax-last"),
        (lambda q, k, v: torch.softmax(q @ k.T / q.shape[1] ** 0.5, dim=-1), "weights-not-context"),
        (lambda q, k, v: F.scaled_dot_product_attention(k, k, v), "keys-with-keys"),
        (attention_with(lambda s: s.flatten().softmax(0).view_as(s)), "wrong-axis"),
        (attention_with(lambda s: torch.ones_like(s)), "sum-context"),
        (attention_with(lambda s: (s.exp() / s.exp().sum(-1, keepdim=True)).nan_to_num()), "overflow"),
        (attention_with(lambda s: F.dropout(s.softmax(-1), 0.4)), "random"),
        (attention_with(lambda s: F.one_hot(s.argmax(-1), s.shape[-1]).float()), "argmax"),
        (attention_with(lambda s: torch.full_like(s, 1 / s.shape[-1])), "mean-context"),
        (attention_with(lambda s: s), "no-softmax"),
        (lambda q, k, v: F.scaled_dot_product_attention(q[None], k[None], k[None])[0], "keys-as-values"),
        (attention_with(lambda s: s.exp() / s.exp().sum(-1, keepdim=True)), "overflow"),
        (attention_with(lambda s: s / s.sum(1, keepdim=True)), "plain-normalization"),
        (attention_with(torch.exp), "not-normalized"),
        (attention_with(torch.sigmoid), "sigmoid-weights"),
        (lambda q, k, v: 0 * q @ k.T @ v, "value"),
        (lambda q, k, v: attention_with(lambda s: s.softmax(-1))(q, k, v)[None], "shape"),
        (lambda q, k, v: (attention_with(lambda s: s.softmax(-1))(q, k, v), 0), "structure"),
        (lambda q, k, v: ops.dot_product_attention(q[None, None], k[None, None], v[None, None]), "structure"),
        (lambda q, k: q, "raises"),
    ],
)
def test_attention_names(answer, reason):
    result = check("01.2", answer)
    assert not result.ok
    assert result.reason == reason


def one_by_one(query, key, value, lengths):
    rows = []
    for q, k, v, n in zip(query, key, value, lengths, strict=True):
        weights = (q @ k[:n].T / math.sqrt(q.shape[1])).softmax(-1)
        rows.append(weights @ v[:n])
    return torch.stack(rows)


@pytest.mark.parametrize(
    "answer",
    [
        lambda query, key, value, lengths: ops.dot_product_attention(
            query[:, None], key[:, None], value[:, None], key_lengths=lengths
        ).output[:, 0],
        lambda query, key, value, lengths: ops.dot_product_attention(
            query.unsqueeze(1),
            key.unsqueeze(1),
            value.unsqueeze(1),
            mask=(torch.arange(key.shape[1]) < lengths[:, None])[:, None, None],
        ).output.squeeze(1),
        one_by_one,
    ],
    ids=["key_lengths", "mask", "uno-a-uno"],
)
def test_padded_batch_accepts(answer):
    assert check("01.7", answer)


def best(scores):
    return F.one_hot(scores.argmax(-1), scores.shape[-1]).float()


def padded_with(change):
    def answer(query, key, value, lengths):
        keep = (torch.arange(key.shape[1]) < lengths[:, None])[:, None]
        return change(query @ key.mT / math.sqrt(query.shape[-1]), keep) @ value

    return answer


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (padded_with(lambda scores, keep: scores.softmax(-1)), "unmasked-padding"),
        (padded_with(lambda scores, keep: scores.softmax(-1) * keep), "zeroed-padding"),
        (padded_with(lambda scores, keep: scores.masked_fill(~keep, -1e9).softmax(-1)), "finite-fill"),
        (padded_with(lambda scores, keep: scores.masked_fill(~keep, -torch.inf).softmax(-1)), "nan-row"),
        (lambda q, k, v, n: one_by_one(q, k, v, (n + 1).clamp(max=k.shape[1])), "off-by-one"),
        (lambda q, k, v, n: one_by_one(q * math.sqrt(q.shape[2]), k, v, n), "no-scale"),
        (padded_with(lambda scores, keep: (scores * keep).softmax(-1)), "zeroed-padding"),
        (
            padded_with(lambda scores, keep: scores.masked_fill(keep, -torch.inf).softmax(-1).nan_to_num()),
            "inverted-mask",
        ),
        (padded_with(lambda scores, keep: scores.masked_fill(~keep, -torch.inf).softmax(1).nan_to_num()), "wrong-axis"),
        (padded_with(lambda scores, keep: keep / keep.sum(-1, keepdim=True).clamp(min=1) + 0 * scores), "mean-context"),
        (padded_with(lambda scores, keep: best(scores.masked_fill(~keep, -torch.inf)) * keep), "argmax"),
        (lambda q, k, v, n: one_by_one(q, k, v, n.clamp(min=1)), "read-empty"),
        (lambda q, k, v, n: one_by_one(q / math.sqrt(q.shape[2]), k, v, n), "scaled-twice"),
        (lambda q, k, v, n: one_by_one(q, k, v, n * 0 + n.max()), "unmasked-padding"),
        (lambda q, k, v, n: one_by_one(q, k, k, n), "keys-as-values"),
        (lambda q, k, v, n: one_by_one(q, k, torch.eye(k.shape[1]).expand(len(k), -1, -1), n), "weights-not-context"),
        (lambda q, k, v, n: ops.dot_product_attention(q, k, v, key_lengths=n), "raises"),
        (lambda q, k, v, n: one_by_one(q, k, v, n)[:, None], "shape"),
    ],
)
def test_padded_batch_names(answer, reason):
    assert check("01.7", answer).reason == reason
