"""Las capas de la página, frente a las de torch con los mismos parámetros redondeados."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import torch
from atencion.viz.weights import dequantised, pack_weights
from page_runner import run_page
from torch import nn

BEGIN = """
import { loadCore } from "./core.js";
import { createNetwork } from "./network.js";
import { readWeights } from "./weights.js";
const weights = readWeights(payload.index, Buffer.from(payload.data, "base64"));
const network = createNetwork(await loadCore(), weights);
const input = Float32Array.from(payload.input);
"""
STEPS, WIDTH, UNITS = 7, 6, 5


def run(folder: Path, model: nn.Module, x: torch.Tensor, body: str) -> Any:
    """Redondea los parámetros de ``model`` y corre ``body`` con ellos en la página."""
    packed = pack_weights(model.state_dict())
    model.load_state_dict(dequantised(model.state_dict()))
    data = base64.b64encode(packed.data).decode()
    payload = {"index": packed.entries, "data": data, "input": x.flatten().tolist()}
    return run_page(folder, f"{BEGIN}\n{body}", payload)


def check(found: object, expected: torch.Tensor) -> None:
    torch.testing.assert_close(torch.tensor(found), expected.detach().flatten(), rtol=1e-5, atol=2e-6)


@pytest.fixture
def x() -> torch.Tensor:
    torch.manual_seed(3)
    return torch.randn(STEPS, WIDTH)


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_recurrent_layers_in_both_directions(tmp_path: Path, x: torch.Tensor, kind: str):
    layer = {"gru": nn.GRU, "lstm": nn.LSTM}[kind](WIDTH, UNITS, num_layers=2, bidirectional=True)
    body = f"""
    import {{ joinColumns }} from "./rows.js";
    const run = (x, layer, reverse) => network.{kind}("read", x, {{ layer, reverse }});
    const read = (x, layer) => joinColumns({STEPS}, run(x, layer, false), run(x, layer, true));
    const answer = [...read(read(input, 0), 1)];
    """
    found = run(tmp_path, nn.ModuleDict({"read": layer}), x, body)
    check(found, layer(x)[0])


def test_cells_take_one_step(tmp_path: Path, x: torch.Tensor):
    cells = nn.ModuleDict({"gru": nn.GRUCell(WIDTH, UNITS), "lstm": nn.LSTMCell(WIDTH, UNITS)})
    body = """
    const state = input.slice(10, 15);
    const cell = input.slice(20, 25);
    const after = network.lstmCell("lstm", input.subarray(0, 6), { state, cell });
    const answer = [network.gruCell("gru", input.subarray(0, 6), state), after.state, after.cell].map((a) => [...a]);
    """
    gru, hidden, cell = run(tmp_path, cells, x, body)
    state, memory = x.flatten()[10:15], x.flatten()[20:25]
    check(gru, cells["gru"](x[0], state))
    for found, expected in zip((hidden, cell), cells["lstm"](x[0], (state, memory)), strict=True):
        check(found, expected)


def test_embeddings_linear_and_norm(tmp_path: Path, x: torch.Tensor):
    model = nn.ModuleDict(
        {
            "words": nn.Embedding(11, WIDTH),
            "bare": nn.Linear(WIDTH, 3, bias=False),
            "full": nn.Linear(WIDTH, 4),
            "norm": nn.LayerNorm(WIDTH),
        }
    )
    nn.init.normal_(model["norm"].weight)
    nn.init.normal_(model["norm"].bias)
    body = """
    const layers = [network.embed("words", [3, 0, 10, 3]), network.linear("bare", input)];
    const answer = [...layers, network.linear("full", input), network.layerNorm("norm", input)].map((a) => [...a]);
    """
    words, bare, full, norm = run(tmp_path, model, x, body)
    check(words, model["words"](torch.tensor([3, 0, 10, 3])))
    check(bare, model["bare"](x))
    check(full, model["full"](x))
    check(norm, model["norm"](x))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("norm_first", [False, True])
def test_transformer_block(tmp_path: Path, x: torch.Tensor, norm_first: bool, causal: bool):
    options: dict[str, Any] = {"dropout": 0.0, "activation": "gelu", "batch_first": True, "norm_first": norm_first}
    block = nn.TransformerEncoderLayer(WIDTH, 2, 17, **options).eval()
    for parameter in block.parameters():
        nn.init.normal_(parameter, std=0.5)
    flags = f"{{ heads: 2, normFirst: {str(norm_first).lower()}, causal: {str(causal).lower()} }}"
    body = f"""
    const {{ output, weights: found }} = network.encoderLayer("block", input, {flags});
    const answer = [[...output], [...found]];
    """
    output, weights = run(tmp_path, nn.ModuleDict({"block": block}), x, body)
    hidden = torch.ones(STEPS, STEPS, dtype=torch.bool).triu(1) if causal else None
    seen = block.norm1(x) if norm_first else x
    expected = block.self_attn(seen, seen, seen, attn_mask=hidden, average_attn_weights=False)[1]
    check(weights, expected)
    torch.testing.assert_close(
        torch.tensor(output), block(x[None], src_mask=hidden).detach().flatten(), rtol=2e-5, atol=1e-5
    )


def test_attention_between_two_sequences(tmp_path: Path, x: torch.Tensor):
    body = """
    const [query, key] = [input.subarray(0, 12), input.subarray(12)];
    const found = network.multiHead({ query, key, value: key, rows: 2, keyRows: 5, heads: 3 });
    const answer = [[...found.output], [...found.weights]];
    """
    output, weights = run(tmp_path, nn.Linear(1, 1), x, body)
    query, key = (part.unflatten(1, (3, 2)).transpose(0, 1) for part in (x[:2], x[2:]))
    expected = (query @ key.mT / 2**0.5).softmax(dim=-1)
    check(weights, expected)
    check(output, (expected @ key).transpose(0, 1))


def test_missing_parameters_are_named(tmp_path: Path, x: torch.Tensor):
    body = 'let answer = ""; try { network.linear("otra", input); } catch (error) { answer = error.message; }'
    assert run(tmp_path, nn.Linear(2, 2), x, body) == "Al modelo le falta el parámetro «otra.weight»."
