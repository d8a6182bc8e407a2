"""Memoria clave-valor: sus fórmulas, el relleno, el orden de los pares y lo que separa clave y valor."""

import pytest
import torch
from atencion.data import films
from atencion.data.batches import stream_rows
from atencion.models.key_value_memory import KeyValueMemory, lookup_loss
from atencion.training import seed_everything, train
from torch import nn
from torch.nn import functional

VOCABULARY = 29


def make(hops=2, d_model=13):
    seed_everything(4)
    model = KeyValueMemory(VOCABULARY, hops=hops, d_model=d_model)
    nn.init.normal_(model.transitions.detach(), std=0.3)
    return model.eval()


@pytest.fixture
def inputs():
    seed_everything(6)
    keys, values = torch.randint(1, VOCABULARY, (3, 7, 5)), torch.randint(1, VOCABULARY, (3, 7, 2))
    keys[:, ::2, 3:] = 0
    lengths = torch.tensor([7, 2, 5])
    keys[torch.arange(7) >= lengths[:, None]] = 0
    values[torch.arange(7) >= lengths[:, None]] = 0
    return keys, values, lengths, torch.randint(1, VOCABULARY, (3, 4))


def test_it_is_the_formula_of_the_paper(inputs):
    model = make()
    keys, values, lengths, question = inputs
    logits, weights = model(*inputs)
    table, transitions = model.embeddings.detach(), model.transitions.detach()
    for row, n in enumerate(lengths.tolist()):
        state = table[question[row]].sum(0)
        for hop in range(2):
            p = torch.stack([state @ table[keys[row, i]].sum(0) for i in range(n)]).softmax(0)
            read = sum(p[i] * table[values[row, i]].sum(0) for i in range(n))
            torch.testing.assert_close(weights[row, hop, :n], p, rtol=1e-4, atol=1e-5)
            assert (weights[row, hop, n:] == 0).all()
            state = transitions[hop] @ (state + read)
        torch.testing.assert_close(logits[row], table @ state, rtol=1e-4, atol=1e-5)


def test_each_example_answers_the_same_alone(inputs):
    model = make()
    keys, values, lengths, question = inputs
    logits, _ = model(*inputs)
    for row, n in enumerate(lengths.tolist()):
        alone, _ = model(keys[[row], :n], values[[row], :n], lengths[[row]], question[[row]])
        torch.testing.assert_close(alone[0], logits[row], rtol=1e-5, atol=1e-5)


def test_padding_words_do_not_count(inputs):
    model = make()
    keys, values, lengths, question = inputs
    wider = functional.pad(keys, (0, 2)), functional.pad(values, (0, 1)), lengths, functional.pad(question, (0, 3))
    torch.testing.assert_close(model(*wider).logits, model(*inputs).logits)


@pytest.mark.parametrize("hops", [1, 4])
@torch.no_grad()
def test_memories_of_very_different_sizes_do_not_disturb_each_other(hops):
    """Sin pares, con uno y con más de doscientos, en el mismo lote que las demás."""
    (full,) = films.generate_lookups("records", 1, seed=9)
    rows = [
        full._replace(pairs=(), supporting=()),
        full._replace(pairs=full.pairs[:1], supporting=()),
        full._replace(pairs=full.pairs * 20),
        *(row for kind in films.KINDS for row in films.generate_lookups(kind, 2, seed=7)),
    ]
    seed_everything(1)
    model = KeyValueMemory(len(films.VOCABULARY), hops=hops)
    together = model(*films.encode(rows)[:4])
    for index, row in enumerate(rows):
        alone = model(*films.encode([row])[:4])
        torch.testing.assert_close(together.logits[index], alone.logits[0], rtol=0, atol=1e-5)
        n = len(row.pairs)
        torch.testing.assert_close(together.weights[index, :, :n], alone.weights[0, :, :n], rtol=0, atol=1e-5)
    assert (together.weights[0] == 0).all()


def test_the_order_of_the_pairs_does_not_matter(inputs):
    model = make()
    keys, values, lengths, question = (field[:1] for field in inputs)
    order = torch.tensor([3, 0, 6, 2, 5, 1, 4])
    one, other = model(keys, values, lengths, question), model(keys[:, order], values[:, order], lengths, question)
    torch.testing.assert_close(other.logits, one.logits)
    torch.testing.assert_close(other.weights, one.weights[:, :, order])


def test_transitions_start_at_the_identity():
    assert torch.equal(KeyValueMemory(5, hops=3, d_model=2).transitions, torch.eye(2).repeat(3, 1, 1))


def test_the_null_word_stays_zero_even_if_it_is_overwritten(inputs):
    model = make()
    functional.cross_entropy(model(*inputs).logits, torch.tensor([3, 4, 5])).backward()
    assert (model.embeddings.grad[0] == 0).all()
    assert all((parameter.grad != 0).any() for parameter in model.parameters())
    expected = model(*inputs).logits
    nn.init.normal_(model.embeddings[0].detach())
    torch.testing.assert_close(model(*inputs).logits, expected)


def test_errors(inputs):
    keys, values, lengths, question = inputs
    with pytest.raises(ValueError, match=r"^hops: se esperaba un entero ≥ 1; se recibió 0$"):
        KeyValueMemory(5, hops=0)
    with pytest.raises(
        ValueError, match=r"^keys: se esperaba \(batch, n_key, words\) = \(3, n_key, words\); se recibió"
    ):
        make()(keys[:2], values, lengths, question)
    with pytest.raises(ValueError, match=r"^values: se esperaba \(batch, n_key, words\) = \(3, 7, words\); se recibió"):
        make()(keys, values[:, :6], lengths, question)


@pytest.fixture(scope="module")
def data():
    sizes = {"records": 3000, "reviews": 3000, "same_author": 10000}
    return {
        kind: (
            films.encode(films.generate_lookups(kind, count, seed=1)),
            films.encode(films.generate_lookups(kind, 500, seed=2)),
        )
        for kind, count in sizes.items()
    }


def trained(train_batch, test_batch, seed, steps=600, **options):
    """Exactitud en la prueba y, salto a salto, cuántas veces lo más leído es un par que hace falta."""
    seed_everything(seed)
    model = KeyValueMemory(len(films.VOCABULARY), **options)
    stream = stream_rows(train_batch, batch_size=64, seed=seed)
    train(model, stream, lookup_loss, steps=steps, learning_rate=5e-3, progress=False)
    with torch.no_grad():
        logits, weights = model(test_batch.keys, test_batch.values, test_batch.lengths, test_batch.question)
    found = test_batch.supporting.gather(1, weights.argmax(-1)).float().mean(0).tolist()
    return (logits.argmax(-1) == test_batch.answer).float().mean().item(), found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_hop_reads_a_fresh_record(data, seed):
    accuracy, found = trained(*data["records"], seed)
    assert accuracy >= 0.99
    assert found[0] >= 0.99


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_windows_need_a_value_other_than_the_key(data, seed):
    accuracy, found = trained(*data["reviews"], seed)
    assert accuracy >= 0.99
    assert found[0] >= 0.99
    same = [batch._replace(values=batch.keys) for batch in data["reviews"]]
    accuracy, found = trained(*same, seed)
    assert found[0] >= 0.99  # encuentra la ventana…
    assert accuracy <= 0.6  # …y no sabe con cuál de sus dos personas quedarse


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_other_film_needs_two_hops(data, seed):
    accuracy, found = trained(*data["same_author"], seed, steps=1000, hops=2)
    assert accuracy >= 0.99
    assert found[0] >= 0.99
    assert trained(*data["same_author"], seed, steps=1000, hops=1)[0] <= 0.1
