"""Correctores del capítulo 2: respuestas correctas escritas de otras maneras y errores con nombre."""

import numpy as np
import pytest
import torch
from atencion import ops
from atencion.workshop import check


@pytest.mark.parametrize(
    "answer",
    [
        ([0.629, 0.140, 0.231], [0.860, 0.371]),
        [(0.63, 0.14, 0.23), (0.86, 0.37)],
        (torch.tensor([2, 0.5, 1], dtype=torch.float64).softmax(-1), np.array([[0.85976, 0.37147]])),
    ],
    ids=["listas", "dos-decimales", "torch-y-numpy"],
)
def test_by_hand_accepts(answer):
    assert check("02.1", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (([0.544, 0.188, 0.268], [0.812, 0.456]), "needless-scale"),
        (([0.533, 0.185, 0.263], [0.796, 0.447]), "value"),
        (([2, 0.5, 1], [3, 1.5]), "no-softmax"),
        (([0.571, 0.143, 0.286], [0.857, 0.429]), "plain-normalization"),
        (([7.389, 1.649, 2.718], [10.107, 4.367]), "not-normalized"),
        (([1, 0, 0], [1, 0]), "argmax"),
        (([0.629, 0.140, 0.231], [0.667, 0.667]), "mean-context"),
        (([0.629, 0.140, 0.231], [2, 2]), "sum-context"),
    ],
)
def test_by_hand_names(answer, reason):
    assert check("02.1", answer).reason == reason


def concatenated(s, h, w_a, u_a, v_a):
    together = torch.cat([s.expand(len(h), -1), h], -1)
    return torch.tanh(together @ torch.cat([w_a, u_a], -1).T) @ v_a


def one_by_one(s, h, w_a, u_a, v_a):
    return [float(np.tanh(np.asarray(w_a) @ s.numpy() + np.asarray(u_a) @ hj.numpy()) @ v_a.numpy()) for hj in h]


def numpy_only(s, h, w_a, u_a, v_a):
    if not isinstance(s, np.ndarray):
        raise TypeError("solo arrays")
    return np.tanh(w_a @ s + h @ u_a.T) @ v_a


@pytest.mark.parametrize("answer", [concatenated, one_by_one, numpy_only])
def test_score_accepts(answer):
    assert check("02.2", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda s, h, w, u, v: (s @ w.T + h @ u.T) @ v, "no-tanh"),
        (lambda s, h, w, u, v: ((s @ w.T + h @ u.T) @ v).tanh(), "tanh-outside"),
        (lambda s, h, w, u, v: ((s @ w.T).tanh() + (h @ u.T).tanh()) @ v, "separate-tanh"),
        (lambda s, h, w, u, v: (s @ w.T + h @ u.T).tanh().sum(1), "no-v"),
        (lambda s, h, w, u, v: (h @ u.T).tanh() @ v, "no-state"),
        (lambda s, h, w, u, v: ((s @ w.T + h @ u.T).tanh() @ v).softmax(0), "already-softmax"),
        (lambda s, h, w, u, v: (s @ w.T + h @ u.T).sigmoid() @ v, "value"),
        (lambda s, h, w, u, v: (s @ w.T + h @ u.T).tanh() * v, "shape"),
        (lambda s, h, w, u, v: (s @ w + h @ u).tanh() @ v, "raises"),
    ],
)
def test_score_names(answer, reason):
    assert check("02.2", answer).reason == reason


def core_weights(energies, lengths):
    """Con consulta cero, las energías entran en el producto escalar como sesgo."""
    batch, n_key = energies.shape
    zeros = torch.zeros(batch, 1, n_key, 3)
    found = ops.dot_product_attention(
        torch.zeros(batch, 1, 1, 3),
        zeros,
        zeros,
        bias=energies[:, None, None],
        key_lengths=lengths,
        return_weights=True,
    )
    return found.weights[:, 0, 0]


def row_by_row(energies, lengths):
    rows = torch.zeros_like(energies)
    for row, energy, length in zip(rows, energies, lengths, strict=True):
        row[:length] = energy[:length].softmax(-1)
    return rows.double()


@pytest.mark.parametrize(
    "answer",
    [
        row_by_row,
        core_weights,
        lambda energies, lengths: (
            energies.masked_fill(torch.arange(energies.shape[1]) >= lengths[:, None], -torch.inf)
            .softmax(-1)
            .nan_to_num()
        ),
    ],
    ids=["bucle", "núcleo", "nan_to_num"],
)
def test_masked_weights_accept(answer):
    assert check("02.3", answer)


def masked_with(change):
    return lambda energies, lengths: change(energies, torch.arange(energies.shape[1]) < lengths[:, None])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (masked_with(lambda e, keep: e.softmax(-1)), "unmasked-padding"),
        (masked_with(lambda e, keep: e.masked_fill(~keep, -1e10).softmax(-1)), "finite-fill"),
        (masked_with(lambda e, keep: e.masked_fill(~keep, -torch.inf).softmax(-1)), "nan-row"),
        (masked_with(lambda e, keep: e.softmax(-1).masked_fill(~keep, 0)), "mask-after"),
        (masked_with(lambda e, keep: (e * keep).softmax(-1)), "zeroed-padding"),
        (lambda e, n: row_by_row(e, (n + 1).clamp(max=5)), "off-by-one"),
        (masked_with(lambda e, keep: e.masked_fill(keep, -1e9).softmax(-1)), "inverted-mask"),
        (masked_with(lambda e, keep: e.masked_fill(~keep, -torch.inf).softmax(0)), "wrong-axis"),
    ],
)
def test_masked_weights_name(answer, reason):
    assert check("02.3", answer).reason == reason


@pytest.mark.parametrize("answer", [(750, 30), [750.0, 30.0], np.array([750, 30]), torch.tensor([750, 30])])
def test_cost_accepts(answer):
    assert check("02.4", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((750, 750), "no-precompute"),
        ((30, 750), "swapped-counts"),
        ((750, 25), "per-output"),
        ((55, 30), "added-lengths"),
        ((750, 31), "value"),
    ],
)
def test_cost_names(answer, reason):
    assert check("02.4", answer).reason == reason


def gradient_by_autograd(hidden, annotations, upstream):
    v_a = torch.zeros(hidden.shape[1], requires_grad=True)
    context = (hidden @ v_a).softmax(-1) @ annotations
    (context @ upstream).backward()
    return v_a.grad


def gradient_by_core(hidden, annotations, upstream):
    """tanh(0 + atanh(m)) = m: la operación aditiva del núcleo recibe las claves antes de la tanh."""
    v_a = torch.zeros(hidden.shape[1], dtype=torch.float64, requires_grad=True)
    found = ops.additive_attention(
        torch.zeros(1, 1, hidden.shape[1], dtype=torch.float64),
        hidden.double().atanh()[None],
        annotations.double()[None],
        v_a,
    )
    (found.output[0, 0] @ upstream.double()).backward()
    return v_a.grad


@pytest.mark.parametrize(
    "answer",
    [
        gradient_by_autograd,
        gradient_by_core,
        lambda m, h, g: np.asarray(m).T @ (np.asarray(h - h.mean(0)) @ np.asarray(g)) / len(m),
    ],
    ids=["autograd", "núcleo", "numpy"],
)
def test_gradient_accepts(answer):
    assert check("02.5", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda m, h, g: torch.zeros(m.shape[1]), "zero-gradient"),
        (lambda m, h, g: (m * (h @ g)[:, None]).mean(0), "not-centred"),
        (lambda m, h, g: (m * ((h - h.mean(0)) @ g)[:, None]).sum(0), "no-weight"),
        (lambda m, h, g: -gradient_by_autograd(m, h, g), "sign"),
        (lambda m, h, g: m.mean(0) * (h @ g).mean(), "product-of-means"),
        (lambda m, h, g: m.mean(0), "value"),
    ],
)
def test_gradient_names(answer, reason):
    assert check("02.5", answer).reason == reason


@pytest.mark.parametrize(
    "answer",
    [
        lambda outputs, lengths: outputs[:, 0, outputs.shape[2] // 2 :],
        lambda outputs, lengths: outputs[:, 0].chunk(2, dim=-1)[1].double(),
        lambda outputs, lengths: [row[0, len(row[0]) // 2 :].tolist() for row in outputs],
    ],
    ids=["rebanada", "chunk", "listas"],
)
def test_initial_state_accepts(answer):
    assert check("02.6", answer)


def last_valid(outputs, lengths):
    return torch.stack([row[n - 1] for row, n in zip(outputs, lengths, strict=True)])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda outputs, lengths: last_valid(outputs, lengths).chunk(2, -1)[1], "last-position"),
        (lambda outputs, lengths: outputs[:, -1].chunk(2, -1)[1], "padded-end"),
        (lambda outputs, lengths: outputs[:, -1].chunk(2, -1)[0], "padded-end"),
        (lambda outputs, lengths: last_valid(outputs, lengths).chunk(2, -1)[0], "forward-half"),
        (lambda outputs, lengths: outputs[:, 0].chunk(2, -1)[0], "forward-first"),
        (lambda outputs, lengths: outputs[:, 0], "both-halves"),
        (lambda outputs, lengths: outputs.mean(1).chunk(2, -1)[1], "value"),
    ],
)
def test_initial_state_names(answer, reason):
    assert check("02.6", answer).reason == reason


def step_by_step(states, keys, w_a, v_a):
    return torch.stack([torch.softmax(torch.tanh(s @ w_a.T + keys) @ v_a, 0) for s in states[:-1]])


def core_steps(states, keys, w_a, v_a):
    query = states[:-1] @ w_a.T
    return ops.additive_attention(query[None], keys[None], keys[None], v_a, return_weights=True).weights[0]


@pytest.mark.parametrize("answer", [step_by_step, core_steps, lambda *all_: step_by_step(*all_).numpy()])
def test_previous_state_accepts(answer):
    assert check("02.7", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            lambda s, k, w, v: torch.stack([((x @ w.T + k).tanh() @ v).softmax(0) for x in s[1:]]),
            "current-state",
        ),
        (lambda s, k, w, v: torch.stack([((s[0] @ w.T + k).tanh() @ v).softmax(0)] * (len(s) - 1)), "initial-state"),
        (lambda s, k, w, v: torch.stack([((x @ w.T + k).tanh() @ v).softmax(0) for x in s]), "extra-row"),
        (lambda s, k, w, v: torch.stack([(x @ w.T + k).tanh() @ v for x in s[:-1]]).softmax(0), "wrong-axis"),
        (lambda s, k, w, v: torch.stack([(x @ w.T + k).tanh() @ v for x in s[:-1]]), "no-softmax"),
    ],
)
def test_previous_state_names(answer, reason):
    assert check("02.7", answer).reason == reason


@pytest.mark.parametrize(
    "answer",
    [
        lambda e, h, drop: (torch.einsum("qk,kd->qd", drop(e.softmax(-1).clone()), h), torch.softmax(e, 1)),
        lambda e, h, drop: [drop(e.softmax(-1)).numpy() @ h.numpy(), e.double().softmax(-1)],
    ],
    ids=["einsum", "numpy"],
)
def test_dropout_accepts(answer):
    assert check("02.8", answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda e, h, drop: (drop(e.softmax(1)) @ h, drop(e.softmax(1))), "weights-after-dropout"),
        (lambda e, h, drop: (e.softmax(1) @ h, e.softmax(1)), "no-dropout"),
        (lambda e, h, drop: (drop(e).softmax(1) @ h, drop(e).softmax(1)), "dropout-on-scores"),
        (lambda e, h, drop: (e.softmax(1), drop(e.softmax(1)) @ h), "order"),
        (lambda e, h, drop: 3.0, "structure"),
    ],
)
def test_dropout_names(answer, reason):
    result = check("02.8", answer)
    assert not result.ok
    assert result.reason == reason
