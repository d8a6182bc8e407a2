"""La red bidireccional es la de torch sobre secuencias empaquetadas, y el relleno no existe para ella."""

from __future__ import annotations

import pytest
import torch
from atencion.layers import BidirectionalRNN
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

LENGTHS = torch.tensor([7, 3, 1, 5])
X = torch.randn(4, 7, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.fixture(params=[nn.LSTM, nn.GRU], ids=["LSTM", "GRU"])
def layer(request: pytest.FixtureRequest) -> BidirectionalRNN:
    torch.manual_seed(1)
    return BidirectionalRNN(3, 5, cell=request.param).double()


def twin(layer: BidirectionalRNN) -> nn.RNNBase:
    """La bidireccional de torch con los mismos parámetros."""
    network = type(layer.forward_cell)(3, 5, batch_first=True, bidirectional=True).double()
    parameters = dict(layer.named_parameters())
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            side = "backward_cell" if name.endswith("_reverse") else "forward_cell"
            parameter.copy_(parameters[f"{side}.{name.removesuffix('_reverse')}"])
    return network


def test_is_torch_on_packed_sequences_values_and_gradients(layer: BidirectionalRNN) -> None:
    packed = pack_padded_sequence(X, LENGTHS, batch_first=True, enforce_sorted=False)
    network = twin(layer)
    expected, _ = pad_packed_sequence(network(packed)[0], batch_first=True)
    found = layer(X, LENGTHS)
    torch.testing.assert_close(found, expected)
    weights = torch.randn(found.shape, dtype=torch.float64)
    (found * weights).sum().backward()
    (expected * weights).sum().backward()
    torch.testing.assert_close(layer.forward_cell.weight_hh_l0.grad, network.weight_hh_l0.grad)
    torch.testing.assert_close(layer.backward_cell.weight_ih_l0.grad, network.weight_ih_l0_reverse.grad)


def test_padding_changes_nothing(layer: BidirectionalRNN) -> None:
    noisy = torch.cat([X, torch.full((4, 2, 3), 1e3, dtype=torch.float64)], dim=1)
    for row, length in enumerate(LENGTHS.tolist()):
        noisy[row, length:] = 1e3
    expected = layer(X, LENGTHS)
    found = layer(noisy, LENGTHS)
    torch.testing.assert_close(found[:, :7], expected)
    assert not found[1, 3:].any()
    torch.testing.assert_close(layer(X[1:2, :3], LENGTHS[1:2])[0], expected[1, :3])


def test_empty_sequence_is_zero_and_takes_no_gradient(layer: BidirectionalRNN) -> None:
    x = X.clone().requires_grad_()
    found = layer(x, torch.tensor([7, 0, 2, 0]))
    assert not found[1].any()
    assert not found[3].any()
    found.sum().backward()
    assert not x.grad[1].any()
    assert x.grad.isfinite().all()


def test_reads_both_ways(layer: BidirectionalRNN) -> None:
    changed = X.clone()
    changed[0, 4] += 1
    moved = (layer(changed, LENGTHS)[0] - layer(X, LENGTHS)[0]).abs() > 1e-9
    assert moved[:, :5].any(1).tolist() == [False] * 4 + [True] * 3
    assert moved[:, 5:].any(1).tolist() == [True] * 5 + [False] * 2


def test_start() -> None:
    torch.manual_seed(3)
    plain = BidirectionalRNN(3, 5)
    torch.manual_seed(3)
    wide = BidirectionalRNN(3, 5, input_gain=4.0)
    torch.testing.assert_close(wide.forward_cell.weight_ih_l0, 4 * plain.forward_cell.weight_ih_l0)
    assert (plain.backward_cell.bias_ih_l0[5:10] == 1).all()  # la puerta de olvido, la segunda de las cuatro
    assert (plain.backward_cell.bias_ih_l0[:5].abs() < 0.5).all()


@pytest.mark.parametrize(
    ("x", "lengths", "message"),
    [
        (X[0], LENGTHS, "x: se esperaba"),
        (X[:, :0], LENGTHS, "x: se esperaba"),
        (X, LENGTHS[:2], r"lengths: se esperaba \(batch,\) = \(4,\)"),
        (X, LENGTHS + 1, "lengths: se esperaba longitudes de 0 a 7"),
        (X, LENGTHS - 2, "lengths: se esperaba longitudes de 0 a 7"),
    ],
)
def test_errors(layer: BidirectionalRNN, x, lengths, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        layer(x, lengths)
