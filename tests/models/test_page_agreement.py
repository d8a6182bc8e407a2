"""El traductor que corre en la página escribe y mira lo mismo que el de Python con los parámetros redondeados."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import torch
from atencion.data import dates
from atencion.data.batches import stream_batches
from atencion.data.vocabulary import Vocabulary
from atencion.models.seq2seq import BahdanauSeq2Seq, teacher_forcing_loss
from atencion.training import seed_everything, train
from atencion.viz.weights import dequantised, pack_weights
from page_runner import run_page

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
MAX_LENGTH = 50


@pytest.fixture(params=["al azar", "entrenado un poco"])
def model(request: pytest.FixtureRequest) -> tuple[BahdanauSeq2Seq, Vocabulary]:
    """Al azar escribe hasta el límite; entrenado un poco, también se para."""
    examples = dates.generate_examples(dates.split_days().train, 2000)
    vocabulary = Vocabulary.from_sequences(example.source for example in examples)
    seed_everything(5)
    sizes = {"embed_dim": 13, "hidden_dim": 19, "attention_units": 11, "maxout_dim": 7}
    model = BahdanauSeq2Seq(len(vocabulary), len(dates.TARGET_VOCABULARY), **sizes)
    if request.param == "entrenado un poco":
        batches = stream_batches(examples, vocabulary, dates.TARGET_VOCABULARY, batch_size=16)
        train(model, batches, teacher_forcing_loss, steps=60, learning_rate=1e-2, progress=False)
    return model.eval(), vocabulary


def test_page_writes_and_attends_like_python(tmp_path: Path, model: tuple[BahdanauSeq2Seq, Vocabulary]):
    reader, vocabulary = model
    packed = pack_weights(reader.state_dict())
    reader.load_state_dict(dequantised(reader.state_dict()))
    texts = [e.text for e in dates.generate_examples(dates.split_days().test, 200)]
    payload = {
        "index": packed.index,
        "data": base64.b64encode(packed.data).decode(),
        "source": list(vocabulary),
        "target": list(dates.TARGET_VOCABULARY),
        "texts": texts,
        "maxLength": MAX_LENGTH,
    }
    for text, found in zip(texts, run_page(tmp_path, READ, payload), strict=True):
        typed = dates.encode(text, vocabulary)
        written = reader.generate(typed.source, typed.source_lengths, max_length=MAX_LENGTH, return_weights=True)
        assert found["tokens"] == written.tokens[0].tolist(), text
        assert found["written"] == "".join(dates.TARGET_VOCABULARY.decode(written.tokens[0].tolist()))
        assert written.weights is not None
        torch.testing.assert_close(torch.tensor(found["weights"]), written.weights.flatten(), rtol=0, atol=1e-4)
