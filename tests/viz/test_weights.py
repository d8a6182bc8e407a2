"""Los parámetros en 8 bits: lo que viaja es lo que Python vuelve a cargar."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import torch
from atencion.viz.weights import dequantised, pack_weights
from page_runner import run_page
from torch import nn

READ = """
import { readRow, readWeights } from "./weights.js";
const bytes = Buffer.from(payload.data, "base64");
const shifted = new Uint8Array(bytes.length + 1);
shifted.set(bytes, 1);
const answer = {};
for (const data of [shifted.subarray(1), new DataView(shifted.buffer, 1), shifted.buffer.slice(1)]) {
  for (const [name, parameter] of readWeights(payload.index, data)) {
    const rows = Array.from({ length: parameter.rows ?? 0 }, (_, i) => [...readRow(parameter, i)]);
    const found = parameter.values ? [...parameter.values] : rows.flat();
    (answer[name] ??= []).push({ shape: parameter.shape, found });
  }
}
"""


class Odd(nn.Module):
    """Parámetros de todas las formas, con tamaños que no son múltiplos de 4."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(7, 5, padding_idx=0)
        self.gru = nn.GRU(5, 3, bidirectional=True)
        self.convolution = nn.Conv1d(3, 2, 5)
        self.tables = nn.Parameter(torch.randn(3, 4, 6) * torch.tensor([1.0, 50.0, 0.02])[:, None, None])
        self.norm = nn.LayerNorm(3)
        self.score_vector = nn.Parameter(torch.randn(11))
        self.temperature = nn.Parameter(torch.tensor(0.7))


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return Odd().state_dict()


def test_hand_computed_case():
    packed = pack_weights({"w": torch.tensor([[2.54, -1.0, 0.0], [0.0, 0.0, 0.0]]), "b": torch.tensor([0.5])})
    assert packed.entries == [
        {"name": "w", "shape": [2, 3], "kind": "rows", "offset": 0},
        {"name": "b", "shape": [1], "kind": "float32", "offset": 16},
    ]
    codes = torch.frombuffer(bytearray(packed.data[8:14]), dtype=torch.int8)
    assert codes.tolist() == [127, -50, 0, 0, 0, 0]
    assert torch.frombuffer(bytearray(packed.data[16:]), dtype=torch.float32).tolist() == [0.5]
    assert torch.frombuffer(bytearray(packed.data[:8]), dtype=torch.float32).tolist() == pytest.approx([0.02, 0])


def test_matrices_take_a_byte_per_number(state: dict[str, torch.Tensor]):
    packed = pack_weights(state)
    matrices = [tensor for tensor in state.values() if tensor.ndim >= 2]
    numbers = sum(tensor.numel() for tensor in matrices)
    floats = sum(t.numel() // t.shape[-1] for t in matrices) + sum(t.numel() for t in state.values() if t.ndim < 2)
    assert numbers + 4 * floats <= len(packed.data) <= numbers + 4 * floats + 3 * len(state)
    assert all(int(entry["offset"]) % 4 == 0 for entry in packed.entries)


def test_error_is_at_most_half_a_step(state: dict[str, torch.Tensor]):
    rounded = dequantised(state)
    assert rounded.keys() == state.keys()
    for name, tensor in state.items():
        assert rounded[name].shape == tensor.shape
        if tensor.ndim < 2:
            assert torch.equal(rounded[name], tensor)
        else:
            rows, found = tensor.reshape(-1, tensor.shape[-1]), rounded[name].reshape(-1, tensor.shape[-1])
            half = rows.abs().amax(dim=1, keepdim=True) / 254
            assert ((found - rows).abs() <= half * (1 + 1e-5)).all()


def test_rounded_weights_load_and_round_to_themselves(state: dict[str, torch.Tensor]):
    model = Odd()
    model.load_state_dict(dequantised(state))
    again = dequantised(model.state_dict())
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(again[name], tensor, rtol=1e-6, atol=0)


def test_state_is_not_touched_and_other_precisions_are_read(state: dict[str, torch.Tensor]):
    before = {name: tensor.clone() for name, tensor in state.items()}
    dequantised(state)["score_vector"][0] = 99
    assert all(torch.equal(before[name], state[name]) for name in state)
    half = {"w": torch.tensor([[1.0, 0.5]], dtype=torch.bfloat16), "d": torch.ones(2, 2, dtype=torch.float64).T}
    for name, tensor in dequantised(half).items():
        assert tensor.dtype == half[name].dtype
        torch.testing.assert_close(tensor, half[name], rtol=1e-2, atol=0)


def test_the_page_reads_the_same_numbers(tmp_path: Path, state: dict[str, torch.Tensor]):
    packed = pack_weights(state)
    payload = {"index": packed.entries, "data": base64.b64encode(packed.data).decode()}
    answer = run_page(tmp_path, READ, payload)
    for name, tensor in dequantised(state).items():
        for read in answer[name]:
            assert read["shape"] == list(tensor.shape)
            assert torch.equal(torch.tensor(read["found"], dtype=torch.float32), tensor.flatten()), name


@pytest.mark.parametrize(
    ("state", "kind", "message"),
    [
        ([], TypeError, "state: se esperaba un diccionario de nombres a tensores"),
        ({"w": torch.ones(2).long()}, TypeError, r'state\["w"\]: se esperaba dtype de coma flotante; se recibió int64'),
        ({"w": torch.tensor([1.0, torch.nan])}, ValueError, "todos finitos; se recibió NaN o infinitos"),
        ({"w": torch.zeros(0, 3)}, ValueError, "al menos un número"),
    ],
)
def test_errors_name_the_parameter(state: object, kind: type[Exception], message: str):
    with pytest.raises(kind, match=message):
        pack_weights(state)  # type: ignore[arg-type]
