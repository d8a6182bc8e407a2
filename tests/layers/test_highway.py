"""La red de autopista hace lo que dice su fórmula y empieza dejando pasar."""

from __future__ import annotations

import pytest
import torch
from atencion.layers import Highway


def test_is_the_formula() -> None:
    torch.manual_seed(0)
    layer = Highway(5, n_layers=3).double()
    x = torch.randn(2, 7, 5, dtype=torch.float64)
    expected = x
    for transform, gate in zip(layer.transform, layer.gate, strict=True):
        t = 1 / (1 + (-(expected @ gate.weight.T + gate.bias)).exp())
        expected = t * (expected @ transform.weight.T + transform.bias).clamp(min=0) + (1 - t) * expected
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize(("bias", "passes"), [(-100.0, True), (100.0, False)])
def test_closed_gate_carries_and_open_gate_transforms(bias: float, passes: bool) -> None:
    layer = Highway(4, n_layers=1)
    with torch.no_grad():
        layer.gate[0].bias.fill_(bias)
    x = torch.randn(3, 4)
    expected = x if passes else layer.transform[0](x).relu()
    torch.testing.assert_close(layer(x), expected)


def test_starts_carrying() -> None:
    layer = Highway(6)
    assert all((gate.bias == -2).all() for gate in layer.gate)
    assert len(layer.gate) == 2


def test_error() -> None:
    with pytest.raises(ValueError, match="n_layers: se esperaba un entero ≥ 1; se recibió 0"):
        Highway(3, n_layers=0)
