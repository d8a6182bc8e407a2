"""La red de memoria que corre en la página contesta y mira lo mismo que Python con los parámetros redondeados."""

from __future__ import annotations

import base64
import random
from pathlib import Path

import torch
from atencion.data import stories
from atencion.data.text import tokenize
from atencion.models.memn2n import MemN2N
from atencion.viz import dequantised
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


def test_page_computes_memn2n(tmp_path: Path):
    """Con los parámetros al azar, agrandados para que los pesos no sean iguales."""
    examples = stories.generate_stories(2, 100)
    vocabulary = stories.build_vocabulary(examples)
    torch.manual_seed(0)
    model = MemN2N(len(vocabulary), memory_size=12, max_words=stories.longest_text(examples)).eval()
    model.load_state_dict(dequantised({name: 5 * tensor for name, tensor in model.state_dict().items()}))
    packed = pack_weights(model.state_dict() | {"position_encoding": model.position.flatten()})
    payload = {
        "index": packed.entries,
        "data": base64.b64encode(packed.data).decode(),
        "tokens": list(vocabulary),
        "stories": [(story.sentences, story.question) for story in examples],
    }
    batch = stories.encode(examples, vocabulary, memory_size=12)
    answers = model(batch.sentences, batch.lengths, batch.question)
    for row, found in enumerate(run_page(tmp_path, READ, payload)):
        assert found["answer"] == int(answers.logits[row].argmax())
        expected = answers.weights[row, :, : batch.lengths[row]].detach()
        weights = torch.tensor(found["weights"], dtype=torch.float32).reshape(expected.shape)
        torch.testing.assert_close(weights, expected, rtol=0, atol=1e-5)
        assert weights.max() > 0.3
