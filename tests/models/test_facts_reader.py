"""Lectores de hechos: qué resume cada uno, que el relleno no cuenta y que solo la atención aprende."""

import pytest
import torch
from atencion.data import facts
from atencion.models.facts_reader import AttentionReader, FactsReader, LastStateReader, MeanReader
from atencion.training import seed_everything, train
from torch import nn

READERS = [AttentionReader, MeanReader, LastStateReader]


def make(reader, d_model=13):
    seed_everything(5)
    return reader(len(facts.VOCABULARY), len(facts.ANSWERS), d_model).eval()


def run(model, batch):
    return model(batch.facts, batch.lengths, batch.question)


@pytest.fixture
def batch():
    return facts.encode(facts.generate_examples(7, n_facts=(1, 5), seed=1))


@pytest.mark.parametrize("reader", READERS)
def test_shapes(reader, batch):
    logits, weights = run(make(reader), batch)
    assert logits.shape == (7, 19)
    if reader is LastStateReader:
        assert weights is None
    else:
        assert weights.shape == (7, int(batch.lengths.max()))


@pytest.mark.parametrize("reader", READERS)
def test_each_example_answers_the_same_alone(reader, batch):
    model = make(reader)
    logits, _ = run(model, batch)
    for row, n in enumerate(batch.lengths.tolist()):
        alone, _ = model(batch.facts[row : row + 1, :n], batch.lengths[row : row + 1], batch.question[row : row + 1])
        torch.testing.assert_close(alone[0], logits[row], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("reader", READERS)
def test_padding_words_do_not_count(reader, batch):
    model = make(reader)
    wider = batch._replace(
        facts=nn.functional.pad(batch.facts, (0, 3)), question=nn.functional.pad(batch.question, (0, 2))
    )
    torch.testing.assert_close(run(model, wider)[0], run(model, batch)[0])


def test_weights_are_a_distribution_over_the_facts(batch):
    _, weights = run(make(AttentionReader), batch)
    keep = torch.arange(weights.shape[1]) < batch.lengths[:, None]
    torch.testing.assert_close(weights.sum(-1), torch.ones(7))
    assert (weights[~keep] == 0).all()


def test_mean_reader_is_the_masked_mean(batch):
    model = make(MeanReader)
    read = model.encode_fact(model.embedding(batch.facts).sum(-2))
    context, weights = model.summarize(torch.randn(7, 13), read, batch.lengths)
    for row, n in enumerate(batch.lengths.tolist()):
        torch.testing.assert_close(context[row], model.value(read[row, :n]).mean(0))
        torch.testing.assert_close(weights[row, :n], torch.full((n,), 1 / n))


def test_only_attention_listens_to_the_question(batch):
    """El contexto de la media y el del último estado no cambian con la pregunta."""
    read = torch.randn(7, 5, 13)
    lengths = torch.full((7,), 5)
    for reader, listens in ((AttentionReader, True), (MeanReader, False), (LastStateReader, False)):
        model = make(reader)
        one, _ = model.summarize(torch.randn(7, 13), read, lengths)
        other, _ = model.summarize(torch.randn(7, 13), read, lengths)
        assert torch.equal(one, other) is not listens


def test_base_does_not_summarize(batch):
    with pytest.raises(NotImplementedError, match="AttentionReader"):
        run(make(FactsReader), batch)


def test_attention_learns_and_the_mean_cannot():
    """Versión corta del capítulo 1: pareja nunca vista, cuatro hechos."""
    examples = facts.generate_examples(6000, n_facts=(1, 4), seed=1)
    held_out = facts.encode(facts.generate_examples(400, split="test", n_facts=4, seed=2))
    accuracy = {}
    for reader in (AttentionReader, MeanReader):
        model = make(reader, d_model=31)
        train(
            model,
            facts.stream_batches(examples, batch_size=64, seed=3),
            lambda model, batch: nn.functional.cross_entropy(run(model, batch)[0], batch.answer),
            steps=500,
            learning_rate=1e-2,
            progress=False,
        )
        with torch.no_grad():
            accuracy[reader] = (run(model, held_out)[0].argmax(-1) == held_out.answer).float().mean().item()
    assert accuracy[AttentionReader] > 0.9
    assert accuracy[MeanReader] < 0.35
