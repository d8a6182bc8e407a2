"""Las operaciones de red del núcleo de la página y lo que han de dar, según ``torch.nn``."""

from __future__ import annotations

import torch
from attention_cases import Case, case, floats
from torch import Tensor, nn

EDGES = torch.tensor([0.0, -0.0, 1e-30, -1e-30, 20.8, -20.8, 88.0, -88.0, 1e4, -1e4, 3e38, -3e38])


def linear(rows: int, inputs: int, outputs: int, *, bias: bool = True) -> Case:
    torch.manual_seed(rows)
    layer, x = nn.Linear(inputs, outputs, bias=bias), floats(rows, inputs)
    shift = layer.bias.detach() if bias else None
    arguments = [x, layer.weight.detach(), shift, rows, inputs, outputs]
    return case("linear_layer", arguments, [(rows, outputs)], lambda: [layer(x).detach()])


def weights_of(cell: nn.RNNCellBase) -> list[Tensor | None]:
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return [None if getattr(cell, name) is None else getattr(cell, name).detach() for name in names]


def gru(rows: int, inputs: int, units: int, *, bias: bool = True) -> Case:
    torch.manual_seed(rows)
    cell, x, state = nn.GRUCell(inputs, units, bias=bias), floats(rows, inputs), floats(rows, units)
    arguments = [x, state, *weights_of(cell), rows, inputs, units]
    return case("gru_cell", arguments, [(rows, units)], lambda: [cell(x, state).detach()])


def lstm(rows: int, inputs: int, units: int, *, bias: bool = True) -> Case:
    torch.manual_seed(rows)
    module, x = nn.LSTMCell(inputs, units, bias=bias), floats(rows, inputs)
    state, cell = floats(rows, units), floats(rows, units, seed=1)

    def expected() -> list[Tensor | None]:
        return [tensor.detach() for tensor in module(x, (state, cell))]

    arguments = [x, state, cell, *weights_of(module), rows, inputs, units]
    return case("lstm_cell", arguments, [(rows, units), (rows, units)], expected)


def layer_norm(rows: int, width: int, *, affine: bool = True) -> Case:
    x, scale, shift = 3 * floats(rows, width) + 2, floats(width), floats(width, seed=1)
    parameters = (scale, shift) if affine else (None, None)

    def expected() -> list[Tensor | None]:
        return [nn.functional.layer_norm(x, (width,), *parameters, eps=1e-5)]

    return case("layer_norm", [x, *parameters, rows, width, 1e-5], [(rows, width)], expected)


def each(function: str, x: Tensor) -> Case:
    module = {"map_gelu": nn.GELU(), "map_tanh": nn.Tanh(), "map_sigmoid": nn.Sigmoid()}[function]
    return case(function, [x, len(x)], [(len(x),)], lambda: [module(x.double()).float()])


def dequantise(rows: int, columns: int) -> Case:
    codes = torch.randint(-128, 128, (rows, columns), generator=torch.Generator().manual_seed(0))
    scales = floats(rows).abs()
    made = case("dequantise", [scales, rows, columns], [(rows, columns)], lambda: [codes * scales[:, None]])
    made.arguments.insert(0, codes.numpy().astype("int8"))
    return made


CASES = {
    "linear": linear(3, 5, 7),
    "linear-one-number": linear(1, 1, 1, bias=False),
    "linear-wide": linear(9, 130, 67),
    "gru": gru(1, 33, 30),
    "gru-rows": gru(5, 7, 9, bias=False),
    "lstm": lstm(1, 33, 30),
    "lstm-rows": lstm(5, 7, 9, bias=False),
    "layer-norm": layer_norm(3, 17),
    "layer-norm-plain": layer_norm(1, 64, affine=False),
    **{
        f"{name}-{place}": each(f"map_{name}", x)
        for name in ("gelu", "tanh", "sigmoid")
        for place, x in (("middle", torch.linspace(-12, 12, 4001)), ("edges", EDGES))
    },
    "dequantise": dequantise(5, 7),
}
