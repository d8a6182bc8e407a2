"""El traductor que corre en la página escribe y mira lo mismo que el de Python con los parámetros redondeados."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import torch
from atencion.data import dates
from atencion.viz.weights import pack_weights
from page_runner import run_page
from sample_reader import MAX_LENGTH, SampleReader

READ = """
import { loadCore } from "./core.js";
import { createNetwork } from "./network.js";
import { translate } from "./seq2seq.js";
import { tokenize } from "./text.js";
import { makeVocabulary } from "./vocabulary.js";
import { readWeights } from "./weights.js";
const network = createNetwork(await loadCore(), readWeights(payload.index, Buffer.from(payload.data, "base64")));
const [source, target] = [payload.source, payload.target].map(makeVocabulary);
const answer = payload.texts.map((text) => {
  const { tokens, weights } = translate(network, source.encode(tokenize(text)), payload.maxLength);
  return { tokens, weights: [...weights], written: target.decode(tokens).join("") };
});
"""


@pytest.mark.parametrize("steps", [0, 150], ids=["al azar", "entrenado un poco"])
def test_page_writes_and_attends_like_python(tmp_path: Path, steps: int):
    """Al azar escribe hasta el límite; entrenado un poco, también se para."""
    reader = SampleReader(steps)
    packed = pack_weights(reader.model.state_dict())
    texts = [example.text for example in dates.generate_examples(dates.split_days().test, 200)]
    payload = {
        "index": packed.entries,
        "data": base64.b64encode(packed.data).decode(),
        "source": list(reader.vocabulary),
        "target": list(dates.TARGET_VOCABULARY),
        "texts": texts,
        "maxLength": MAX_LENGTH,
    }
    for text, found in zip(texts, run_page(tmp_path, READ, payload), strict=True):
        tokens, weights = reader.generate(text)
        assert found["tokens"] == tokens[0].tolist(), text
        assert found["written"] == "".join(dates.TARGET_VOCABULARY.decode(tokens[0].tolist()))
        torch.testing.assert_close(torch.tensor(found["weights"]), weights.flatten(), rtol=0, atol=1e-4)
