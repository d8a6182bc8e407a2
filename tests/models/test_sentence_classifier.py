"""Clasificador de Lin: aprende, y su penalización separa las lecturas a costa de las palabras que importan."""

from functools import partial

import pytest
import torch
from atencion.data import commands
from atencion.layers import redundancy_penalty
from atencion.models.sentence_classifier import SentenceClassifier, penalized_loss
from atencion.training import seed_everything, train


def make(seed=0):
    seed_everything(seed)
    return SentenceClassifier(len(commands.VOCABULARY), commands.N_CLASSES, hops=4)


def test_each_sentence_reads_the_same_alone():
    batch = commands.encode(commands.generate_examples(5))
    model = make().eval()
    found = model(batch.tokens, batch.lengths)
    for row, n in enumerate(batch.lengths.tolist()):
        alone = model(batch.tokens[row : row + 1, :n], batch.lengths[row : row + 1])
        torch.testing.assert_close(alone.logits[0], found.logits[row], rtol=1e-5, atol=1e-5)
        assert not found.weights[row, :, n:].any()


def test_loss_adds_the_penalty():
    batch, model = commands.encode(commands.generate_examples(5)), make()
    found = model(batch.tokens, batch.lengths)
    plain = torch.nn.functional.cross_entropy(found.logits, batch.label)
    expected = plain + 0.3 * redundancy_penalty(found.weights).mean()
    torch.testing.assert_close(penalized_loss(model, batch, 0.3), expected)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_penalty_separates_and_moves_away_from_the_keywords(seed):
    held_out = commands.encode(commands.generate_examples(500, seed=1))
    overlap, on_keywords = {}, {}
    for coefficient in (0.0, 0.3):
        model = make(seed)
        batches = commands.stream_batches(commands.generate_examples(3000), batch_size=32, seed=seed)
        loss = partial(penalized_loss, coefficient=coefficient)
        train(model, batches, loss, steps=200, learning_rate=1e-2, progress=False)
        with torch.no_grad():
            found = model(held_out.tokens, held_out.lengths)
        assert (found.logits.argmax(-1) == held_out.label).float().mean() >= 0.97
        gram = found.weights @ found.weights.mT
        overlap[coefficient] = gram[:, ~torch.eye(4, dtype=torch.bool)].mean().item()
        places = held_out.keywords[:, None].expand(-1, 4, -1)
        on_keywords[coefficient] = found.weights.gather(2, places).sum(-1).mean().item()
    assert overlap[0.0] > 0.1
    assert overlap[0.3] < 0.03
    assert on_keywords[0.3] < on_keywords[0.0]
