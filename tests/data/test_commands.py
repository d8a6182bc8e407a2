"""Órdenes a una casa: la etiqueta sale de tres palabras, y solo de ellas."""

import pytest
import torch
from atencion.data import commands
from atencion.data.vocabulary import PAD_ID, UNK_ID

OPTIONS = (
    ("enciende prende activa conecta", "apaga desactiva desconecta corta"),
    ("cocina entrada habitación salita", "terraza piscina calle azotea"),
    ("ahora ya enseguida inmediatamente", "luego mañana después pronto"),
)


@pytest.fixture(scope="module")
def examples():
    return commands.generate_examples(800, seed=1)


def test_a_reader_with_rules_labels_everything(examples):
    for example in examples:
        label = 0
        for (first, second), place in zip(OPTIONS, example.keywords, strict=True):
            word = example.tokens[place]
            assert (word in first.split()) != (word in second.split())
            label = 2 * label + (word in second.split())
        assert example.label == label
        keywords = [word for pair in OPTIONS for option in pair for word in option.split()]
        assert sum(word in keywords for word in example.tokens) == 3


def test_every_class_and_place_appears(examples):
    assert {example.label for example in examples} == set(range(commands.N_CLASSES))
    assert len({example.keywords[0] for example in examples}) > 10


def test_same_seed_same_examples():
    assert commands.generate_examples(5, seed=2) == commands.generate_examples(5, seed=2)
    assert commands.generate_examples(5, seed=2) != commands.generate_examples(5, seed=3)


def test_encode_and_stream(examples):
    batch = commands.encode(examples[:5])
    assert not (batch.tokens == UNK_ID).any()
    for row, example in enumerate(examples[:5]):
        assert tuple(commands.VOCABULARY.decode(batch.tokens[row].tolist())) == example.tokens
        assert (batch.tokens[row, len(example.tokens) :] == PAD_ID).all()
        assert batch.keywords[row].tolist() == [*example.keywords]
    one, other = (commands.stream_batches(examples, batch_size=7, seed=4) for _ in range(2))
    for _ in range(3):
        batch, twin = next(one), next(other)
        assert batch.label.shape == (7,)
        assert all(torch.equal(a, b) for a, b in zip(batch, twin, strict=True))


def test_errors(examples):
    with pytest.raises(ValueError, match=r"^examples: se esperaba al menos una orden"):
        commands.encode([])
    with pytest.raises(ValueError, match=r"^batch_size: se esperaba un entero ≥ 1; se recibió 0"):
        commands.stream_batches(examples, batch_size=0)
