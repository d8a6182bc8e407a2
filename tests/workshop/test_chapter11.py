"""Correctores 11.1, 11.2 y 11.4: respuestas correctas escritas de otras maneras y errores con nombre."""

import numpy as np
import pytest
import torch
from atencion import ops
from atencion.workshop import check


@pytest.mark.parametrize(
    "answer",
    [
        ([0.042, 0.114, 0.844], [1.916, 1.114]),
        [np.array([0.0420, 0.1142, 0.8438]), torch.tensor([[1.9161, 1.1142]])],
        ((0.04, 0.11, 0.84), (1.92, 1.11)),
        ((0.04, 0.11, 0.84), (1.90, 1.10)),
    ],
    ids=["listas", "numpy-y-torch", "dos-decimales", "pesos-redondeados-antes-de-mezclar"],
)
def test_by_hand_accepts(answer):
    assert check("11.1", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (([0.002, 0.018, 0.98], [1.995, 1.018]), "no-scale"),
        (([0.14, 0.231, 0.629], [1.72, 1.231]), "scale-by-d"),
        (([0.013, 0.055, 0.932], [1.973, 1.055]), "scale-by-model"),
        (([0.212, 0.212, 0.576], [1.576, 1.212]), "column-for-row"),
        (([-2.0, -1.0, 1.0], [0.0, -3.0]), "no-softmax"),
        (([0.14, 0.629, 0.231], [1.72, 1.629]), "no-projection"),
        (([0.042, 0.114, 0.844], [1.114, 0.958]), "inputs-as-values"),
        (([0.844, 0.114, 0.042], [1.916, 1.114]), "reversed-order"),
        (([0.042, 0.114, 0.844], [1.114, 1.916]), "reversed-order"),
        (([0, 0, 1], [2, 1]), "all-to-one"),
        (([0, 0.0003, 0.9997], [2, 1]), "all-to-one"),
        (([0.042, 0.114, 0.844], [2, 1]), "argmax"),
        (([0.155, 0.212, 0.422], [1.268, 1.002]), "wrong-axis"),
        (([0.09, 0.245, 0.665], [1.82, 1.245]), "another-row"),
        (([0.035, 0.705, 0.259], [1.930, 0.295]), "old-word"),
        (([0.135, 0.368, 2.718], [6.172, 3.59]), "not-normalized"),
        (([-2, -1, 1], [0, -6]), "no-softmax"),
        (([4.2, 11.42, 84.38], [1.916, 1.114]), "percentages"),
        (([0.269, 0.731, 0], [1.462, 1.731]), "needless-mask"),
        (([0.047, 0, 0.953], [1.905, 1.0]), "not-itself"),
        (([0.042, 0.114, 0.844], [4 / 3, 4 / 3]), "mean-context"),
        (([0.042, 0.114, 0.844], [4, 4]), "sum-context"),
        (([0.042, 0.114, 0.844], [2, 2]), "own-value"),
        (([1.916, 1.114], [0.042, 0.114, 0.844]), "swapped-parts"),
        ((torch.ones(3, 3), [1.916, 1.114]), "shape"),
        (([0.042, 0.2, 0.758], [1.916, 1.114]), "value"),
        (([0.042, 0.844], [1.916, 1.114]), "shape"),
        ([0.042, 0.114, 0.844], "structure"),
    ],
)
def test_by_hand_names(answer, reason):
    result = check("11.1", answer)
    assert not result.ok
    assert result.reason == reason


def by_core(x, w_q, w_k, w_v):
    tensors = ((x @ w)[None, None] for w in (w_q, w_k, w_v))
    return ops.dot_product_attention(*tensors).output[0, 0]


def by_torch(x, w_q, w_k, w_v):
    return torch.nn.functional.scaled_dot_product_attention(x @ w_q, x @ w_k, x @ w_v)


def by_einsum(x, w_q, w_k, w_v):
    scores = torch.einsum("id,dk,jl,lk->ij", x, w_q, x, w_k) * w_q.shape[1] ** -0.5
    return torch.einsum("ij,jd,dv->iv", scores.softmax(1), x, w_v)


def by_loops(x, w_q, w_k, w_v):
    rows = []
    for q in (x @ w_q).tolist():
        scores = [sum(a * b for a, b in zip(q, k, strict=True)) / len(q) ** 0.5 for k in (x @ w_k).tolist()]
        total = sum(np.exp(s) for s in scores)
        rows.append(sum(np.exp(s) / total * v for s, v in zip(scores, (x @ w_v).numpy(), strict=True)))
    return rows


def by_numpy(x, w_q, w_k, w_v):
    if not isinstance(x, np.ndarray):
        raise TypeError("solo arrays")
    scores = x @ w_q @ (x @ w_k).T / np.sqrt(w_q.shape[1])
    exponentials = np.exp(scores - scores.max(1, keepdims=True))
    return exponentials / exponentials.sum(1, keepdims=True) @ x @ w_v


def by_torch_causal(query, key, value):
    return torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)


@pytest.mark.parametrize("answer", [by_core, by_torch, by_einsum, by_loops, by_numpy])
def test_self_attention_accepts(answer):
    assert check("11.2", answer)


def attends(query, key, value, divisor=None, axis=-1):
    scores = query @ key.mT / (query.shape[1] ** 0.5 if divisor is None else divisor)
    return scores.softmax(axis) @ value


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ v, divisor=1), "no-scale"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ v, divisor=q.shape[1]), "scale-by-d"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ v, divisor=x.shape[1] ** 0.5), "scale-by-model"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ v, axis=0), "wrong-axis"),
        (lambda x, q, k, v: attends(x @ k, x @ q, x @ v), "swapped"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ k), "keys-as-values"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x), "inputs-as-values"),
        (lambda x, q, k, v: attends(x @ k, x @ k, x @ v), "keys-with-keys"),
        (lambda x, q, k, v: attends(x @ q, x @ q, x @ v), "queries-with-queries"),
        (lambda x, q, k, v: attends(x, x, x @ v), "no-projection"),
        (lambda x, q, k, v: attends(x, x, x), "no-projection"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ v, divisor=v.shape[1] ** 0.5), "scale-by-values"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ v, divisor=len(x) ** 0.5), "scale-by-length"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ v, divisor=q.shape[1] ** -0.5), "times-root"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ v, divisor=2), "fixed-scale"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ v, divisor=1) / q.shape[1] ** 0.5, "scale-after"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ q), "queries-as-values"),
        (lambda x, q, k, v: ((x @ q) @ (x @ k).T) @ (x @ v), "no-softmax"),
        (lambda x, q, k, v: ((x @ q) @ (x @ k).T / q.shape[1] ** 0.5).exp() @ (x @ v), "not-normalized"),
        (lambda x, q, k, v: (x @ v)[((x @ q) @ (x @ k).T).argmax(-1)], "argmax"),
        (lambda x, q, k, v: (x @ v).mean(0).expand(len(x), -1), "mean-context"),
        (lambda x, q, k, v: (x @ v).sum(0).expand(len(x), -1), "sum-context"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ v).T, "transposed-output"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ v)[None], "extra-batch"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ v) + x @ v, "added-input"),
        (lambda x, q, k, v: attends(x @ q, x @ k, torch.eye(len(x))), "weights-only"),
        (lambda x, q, k, v: attends(x @ q, x @ k, torch.eye(len(x))).T @ (x @ v), "transposed-mix"),
        (lambda x, q, k, v: by_torch_causal(x @ q, x @ k, x @ v), "needless-mask"),
        (lambda x, q, k, v: attends(x @ q, x @ k, x @ v).abs(), "value"),
        (lambda x, q, k, v: (x @ q) @ (x @ k), "raises"),
    ],
)
def test_self_attention_names(answer, reason):
    result = check("11.2", answer)
    assert not result.ok
    assert result.reason == reason


def permutation_matrix(output, weights, order):
    p = torch.eye(len(order))[order]
    return p @ output, p @ weights @ p.T


def cell_by_cell(output, weights, order):
    return [output[i].tolist() for i in order], [[weights[i, j].item() for j in order] for i in order]


@pytest.mark.parametrize(
    "answer",
    [
        permutation_matrix,
        cell_by_cell,
        lambda output, weights, order: (output.numpy()[order], weights.numpy()[np.ix_(order, order)]),
        lambda output, weights, order: (
            output.index_select(0, order),
            weights.index_select(0, order).index_select(1, order),
        ),
    ],
    ids=["matriz", "listas", "numpy", "index_select"],
)
def test_equivariance_accepts(answer):
    assert check("11.4", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda o, w, order: (o, w), "invariant"),
        (lambda o, w, order: (o[order], w[order]), "rows-only"),
        (lambda o, w, order: (o[order], w[:, order]), "columns-only"),
        (lambda o, w, order: (o[order], w), "weights-unmoved"),
        (lambda o, w, order: (o[order.argsort()], w[order.argsort()][:, order.argsort()]), "inverse-permutation"),
        (lambda o, w, order: o[order], "structure"),
        (lambda o, w, order: (o, w[order][:, order]), "output-unmoved"),
        (lambda o, w, order: (o[order], w[order.argsort()][:, order.argsort()]), "inverse-permutation"),
        (lambda o, w, order: (o[order.argsort()], w[order][:, order]), "inverse-permutation"),
        (lambda o, w, order: (o[order], w[order][:, order.argsort()]), "inverse-permutation"),
        (lambda o, w, order: (o[order], w[order, order]), "paired-indices"),
        (lambda o, w, order: (o[order], w[order][:, order].T), "transposed-table"),
        (lambda o, w, order: (w[order] @ o, w[order][:, order]), "mixed-again"),
        (lambda o, w, order: (o[order], w[order][:, order].softmax(-1)), "softmax-again"),
        (lambda o, w, order: (w[order][:, order], o[order]), "swapped-parts"),
        (lambda o, w, order: (o[order][order], w[order][:, order]), "value"),
    ],
)
def test_equivariance_names(answer, reason):
    assert check("11.4", answer).reason == reason
