"""Concordancia: qué mezcla cada modelo, que el relleno no cuenta, y que solo el que atiende con posiciones aprende."""

import pytest
import torch
from atencion.data import agreement
from atencion.layers import MultiHeadSelfAttention
from atencion.models.agreement_tagger import (
    AgreementTagger,
    AloneTagger,
    MeanTagger,
    OrderlessTagger,
    agreement_loss,
    agreement_score,
    fill_slots,
)
from atencion.training import seed_everything, train
from torch import nn

TAGGERS = [AgreementTagger, AloneTagger, MeanTagger, OrderlessTagger]


def make(tagger, d_model=12, seed=5):
    seed_everything(seed)
    return tagger(len(agreement.VOCABULARY), d_model).eval()


@pytest.fixture
def batch():
    return agreement.encode(agreement.generate_examples(7, seed=1))


@pytest.mark.parametrize("tagger", TAGGERS)
def test_shapes_and_padding(tagger, batch):
    model = make(tagger)
    found = model(batch.tokens, batch.lengths)
    n = batch.tokens.shape[1]
    assert found.logits.shape == (7, n, 4)
    assert found.weights.shape == (7, n, n)
    for row, length in enumerate(batch.lengths.tolist()):
        alone = model(batch.tokens[row : row + 1, :length], batch.lengths[row : row + 1])
        torch.testing.assert_close(alone.logits[0], found.logits[row, :length], rtol=1e-5, atol=1e-5)
        assert not found.weights[row, :, length:].any()


def test_what_each_one_mixes(batch):
    n = int(batch.lengths[0])
    tokens, lengths = batch.tokens[:1, :n], batch.lengths[:1]
    weights = {tagger: make(tagger)(tokens, lengths).weights[0] for tagger in TAGGERS}
    assert torch.equal(weights[AloneTagger], torch.eye(n))
    torch.testing.assert_close(weights[MeanTagger], torch.full((n, n), 1 / n))
    assert weights[AgreementTagger].std() > 0.01


@pytest.mark.parametrize(("tagger", "equivariant"), [(OrderlessTagger, True), (AgreementTagger, False)])
def test_without_positions_order_does_not_matter(batch, tagger, equivariant):
    model, n = make(tagger), int(batch.lengths[0])
    tokens, lengths = batch.tokens[:1, :n], batch.lengths[:1]
    order = torch.randperm(n, generator=torch.Generator().manual_seed(0))
    before, after = model(tokens, lengths).logits, model(tokens[:, order], lengths).logits
    assert torch.allclose(after, before[:, order], atol=1e-5) is equivariant


def test_padding_word_keeps_its_zeros():
    assert not make(AgreementTagger).embedding.weight[0].any()


def test_loss_counts_only_the_slots(batch):
    model = make(AgreementTagger)
    logits = model(batch.tokens, batch.lengths).logits
    slots = batch.classes != agreement.IGNORED
    expected = nn.functional.cross_entropy(logits[slots], batch.classes[slots])
    torch.testing.assert_close(agreement_loss(model, batch), expected)


def test_score_by_hand(batch):
    class Cheater(nn.Module):
        """Contesta bien todo y mira al sustantivo, salvo en el primer hueco de la primera frase."""

        def forward(self, tokens, lengths):
            classes, nouns = batch.classes.clamp(min=0), batch.nouns.clamp(min=0)
            first = int((batch.classes[0] != agreement.IGNORED).nonzero()[0])
            classes[0, first] = (classes[0, first] + 1) % 4
            nouns[0, first] = (nouns[0, first] + 1) % tokens.shape[1]
            weights = nn.functional.one_hot(nouns, tokens.shape[1]).float()
            return type("Found", (), {"logits": nn.functional.one_hot(classes, 4).float(), "weights": weights})

    slots = int((batch.classes != agreement.IGNORED).sum())
    assert agreement_score(Cheater(), batch) == pytest.approx((1 - 1 / slots, 1 - 1 / slots))


def test_sentence_too_long():
    model = AgreementTagger(len(agreement.VOCABULARY), 12, max_length=5)
    with pytest.raises(ValueError, match=r"^tokens: se esperaba \(batch, n\) = \(batch, ≤ 5\); se recibió \(1, 6\)"):
        model(torch.ones(1, 6, dtype=torch.int64), torch.tensor([6]))


def test_fill_slots_says_what_the_model_thinks():
    model = make(AgreementTagger)
    tokens = agreement.generate_examples(1, seed=2)[0].tokens
    found = model(torch.tensor([agreement.VOCABULARY.encode(tokens)]), torch.tensor([len(tokens)]))
    filled = fill_slots(model, tokens)
    assert filled.words == agreement.complete_all(tokens, found.logits[0].argmax(-1).tolist())
    assert torch.equal(filled.weights, found.weights[0])
    with pytest.raises(ValueError, match=r"^tokens: se esperaba al menos una palabra"):
        fill_slots(model, [])


def test_several_heads_fit_in_the_same_place(batch):
    model = make(AgreementTagger)
    model.attention = MultiHeadSelfAttention(12, heads=3)
    n = batch.tokens.shape[1]
    assert model(batch.tokens, batch.lengths).weights.shape == (7, 3, n, n)


def learn(tagger, seed):
    model = make(tagger, d_model=64, seed=seed)
    batches = agreement.stream_batches(agreement.generate_examples(4000), batch_size=64, seed=seed)
    train(model, batches, agreement_loss, steps=1000, learning_rate=5e-3, progress=False)
    return agreement_score(model, agreement.encode(agreement.generate_examples(1000, split="test", seed=1)))


@pytest.mark.parametrize("seed", [0, 2, 23])
def test_attention_learns_to_look_at_the_noun(seed):
    score = learn(AgreementTagger, seed)
    assert score.accuracy >= 0.98
    assert score.on_noun >= 0.95


@pytest.mark.parametrize(("tagger", "ceiling"), [(AloneTagger, 0.3), (MeanTagger, 0.5), (OrderlessTagger, 0.4)])
def test_without_a_piece_it_does_not_learn(tagger, ceiling):
    assert learn(tagger, 0).accuracy <= ceiling
