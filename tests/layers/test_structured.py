"""La autoatención estructurada de Lin: la fórmula, el relleno y los números de su penalización."""

import pytest
import torch
from atencion.layers import StructuredSelfAttention, redundancy_penalty


@pytest.fixture
def layer():
    torch.manual_seed(0)
    return StructuredSelfAttention(5, units=7, hops=3).double()


@pytest.fixture
def states():
    return torch.randn(2, 11, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_is_the_formula(layer, states):
    found = layer(states, torch.tensor([11, 11]))
    scores = layer.queries @ torch.tanh(layer.key_projection.weight @ states.mT)
    torch.testing.assert_close(found.weights, scores.softmax(-1))
    torch.testing.assert_close(found.output, scores.softmax(-1) @ states)


def test_padding_gets_nothing(layer, states):
    found = layer(states, torch.tensor([11, 4]))
    assert not found.weights[1, :, 4:].any()
    alone = layer(states[1:, :4], torch.tensor([4]))
    torch.testing.assert_close(alone.output[0], found.output[1])


def test_penalty_by_hand():
    """Tres filas iguales y concentradas, tres disjuntas y tres uniformes sobre diez palabras."""
    same = torch.zeros(3, 10)
    same[:, 2] = 1
    rows = torch.stack([same, torch.eye(3, 10), torch.full((3, 10), 0.1)])
    torch.testing.assert_close(redundancy_penalty(rows), torch.tensor([6.0, 0.0, 2.49]))


def test_bad_shape(layer):
    with pytest.raises(ValueError, match=r"^states: se esperaba .* = \(batch, n, 5\); se recibió \(2, 11, 3\)"):
        layer(torch.zeros(2, 11, 3), torch.tensor([11, 11]))
