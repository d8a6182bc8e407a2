"""La red de memoria que corre en la página contesta y mira lo mismo que Python con los parámetros redondeados."""

from __future__ import annotations

import base64
import random
from pathlib import Path

import torch
from atencion.data.text import tokenize
from atencion.viz.weights import pack_weights
from page_runner import run_page
from sample_memory import MEMORY_SIZE, VOCABULARY, SampleMemory, random_story

READ = """
import { loadCore } from "./core.js";
import { recall } from "./memory_network.js";
import { createNetwork } from "./network.js";
import { argmax } from "./rows.js";
import { tokenize } from "./text.js";
import { makeVocabulary } from "./vocabulary.js";
import { readWeights } from "./weights.js";
const network = createNetwork(await loadCore(), readWeights(payload.index, Buffer.from(payload.data, "base64")));
const { encode } = makeVocabulary(payload.tokens);
const answer = payload.stories.map(([sentences, question]) => {
  const ids = sentences.map((text) => encode(tokenize(text)));
  const { logits, weights } = recall(network, ids, encode(tokenize(question)));
  return { logits: [...logits], weights: [...weights], answer: argmax(logits) };
});
"""


def test_page_answers_and_reads_like_python(tmp_path: Path):
    model = SampleMemory()
    packed = pack_weights(model.state | {"position_encoding": model.position.flatten()})
    rng = random.Random(0)
    stories = [random_story(rng) for _ in range(500)]
    payload = {
        "index": packed.entries,
        "data": base64.b64encode(packed.data).decode(),
        "tokens": list(VOCABULARY),
        "stories": [(sentences[-MEMORY_SIZE:], question) for sentences, question in stories],
    }
    assert any(len(sentences) > MEMORY_SIZE for sentences, _ in stories)
    assert any("brumario" in tokenize(question) for _, question in stories)
    for (sentences, question), found in zip(stories, run_page(tmp_path, READ, payload), strict=True):
        reading = model.read(sentences, question)
        assert found["answer"] == int(reading.logits.argmax()), (sentences, question)
        weights = torch.tensor(found["weights"], dtype=torch.float32).reshape(reading.weights.shape)
        torch.testing.assert_close(weights, reading.weights, rtol=0, atol=1e-5)
        torch.testing.assert_close(
            torch.tensor(found["logits"], dtype=torch.float32), reading.logits, rtol=1e-5, atol=1e-4
        )
