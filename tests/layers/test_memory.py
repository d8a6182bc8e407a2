"""Piezas de una red de memoria: posición de las palabras, suma de palabras y tiempo de las frases."""

import itertools

import pytest
import torch
from atencion.layers.memory import bag_of_words, position_encoding, time_slots
from atencion.training import seed_everything


def test_position_encoding_by_hand():
    """La matriz del artículo para J = 3 y d = 2."""
    expected = torch.tensor([[1 / 2, 1 / 3], [1 / 2, 2 / 3], [1 / 2, 1]])
    torch.testing.assert_close(position_encoding(3, 2), expected)


def test_position_encoding_is_the_formula():
    n_words, d_model = 7, 11
    encoding = position_encoding(n_words, d_model)
    for j, k in itertools.product(range(1, n_words + 1), range(1, d_model + 1)):
        expected = (1 - j / n_words) - (k / d_model) * (1 - 2 * j / n_words)
        assert encoding[j - 1, k - 1].item() == pytest.approx(expected, abs=1e-6)


def test_the_published_code_is_about_twice_the_paper():
    n_words, d_model = 3, 2
    assert torch.allclose(published(n_words, d_model), torch.tensor([[4 / 3, 2 / 3], [1, 1], [2 / 3, 4 / 3]]))
    for size in (11, 101):
        difference = published(size, size) - 2 * position_encoding(size, size)
        assert difference.abs().max() <= 4 / size
        assert published(size, size).mean().item() == pytest.approx(1)


def published(n_words, d_model):
    j, k = torch.arange(1, n_words + 1)[:, None], torch.arange(1, d_model + 1)
    return 1 + 4 * (k - (d_model + 1) / 2) * (j - (n_words + 1) / 2) / (d_model * n_words)


@pytest.mark.parametrize(("sizes", "name"), [((0, 2), "n_words"), ((3, 0), "d_model")])
def test_position_encoding_refuses_empty_sizes(sizes, name):
    with pytest.raises(ValueError, match=f"^{name}: se esperaba un entero ≥ 1; se recibió 0$"):
        position_encoding(*sizes)


@pytest.fixture
def table():
    seed_everything(0)
    return torch.randn(13, 5, dtype=torch.float64)


def test_bag_is_the_weighted_sum_of_its_words(table):
    words = torch.tensor([[3, 7, 0], [2, 2, 11]])
    position = torch.rand(4, 5, dtype=torch.float64)
    expected = torch.stack(
        [
            table[3] * position[0] + table[7] * position[1],
            table[2] * (position[0] + position[1]) + table[11] * position[2],
        ]
    )
    torch.testing.assert_close(bag_of_words(words, table, position), expected)
    torch.testing.assert_close(bag_of_words(words, table)[1], 2 * table[2] + table[11])


def test_padding_adds_nothing_whatever_its_row_holds(table):
    words = torch.tensor([[3, 7]])
    longer = torch.tensor([[3, 7, 0, 0]])
    assert (table[0] != 0).all()
    torch.testing.assert_close(bag_of_words(longer, table), bag_of_words(words, table))
    assert (bag_of_words(torch.zeros(2, 3, dtype=torch.int64), table) == 0).all()


def test_only_position_sees_the_order_of_the_words(table):
    one, other = torch.tensor([[3, 7, 5]]), torch.tensor([[5, 7, 3]])
    torch.testing.assert_close(bag_of_words(one, table), bag_of_words(other, table))
    position = position_encoding(3, 5).double()
    assert not torch.allclose(bag_of_words(one, table, position), bag_of_words(other, table, position))


def test_too_many_words_are_an_error(table):
    with pytest.raises(ValueError, match=r"^words: se esperaba \(…, words\) = \(…, ≤ 2\); se recibió \(1, 3\)$"):
        bag_of_words(torch.tensor([[1, 2, 3]]), table, torch.ones(2, 5))


def test_time_counts_backwards_from_the_last_sentence():
    slots = time_slots(torch.tensor([4, 1, 0, 2]), 4, 7)
    assert slots.tolist() == [[3, 2, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]]


def test_noise_leaves_gaps_and_keeps_the_order():
    seed_everything(1)
    lengths, memory_size = torch.tensor([11, 10, 3, 1, 12]), 12
    gaps = set()
    for _ in range(200):
        slots = time_slots(lengths, 12, memory_size, noise=0.1)
        for row, n in zip(slots.tolist(), lengths.tolist(), strict=True):
            used = row[:n]
            assert used == sorted(set(used), reverse=True), "se repite una fila o se pierde el orden"
            assert 0 <= used[-1] <= used[0] <= min(n + -(-n // 10), memory_size) - 1
            gaps.add((n, used[0] - n + 1))
    # Con 11 frases caben hasta ⌈1,1⌉ = 2 huecos, pero solo hay 12 casillas; con 12 no queda ninguna libre.
    assert gaps == {(11, 0), (11, 1), (10, 0), (10, 1), (3, 0), (3, 1), (1, 0), (1, 1), (12, 0)}


def test_noise_is_reproducible_and_can_be_zero():
    lengths = torch.tensor([5, 9])
    seed_everything(2)
    first = time_slots(lengths, 9, 20, noise=0.5)
    seed_everything(2)
    assert torch.equal(first, time_slots(lengths, 9, 20, noise=0.5))
    assert torch.equal(time_slots(lengths, 9, 20, noise=0.0), time_slots(lengths, 9, 20))


@pytest.mark.parametrize(
    ("arguments", "noise", "message"),
    [
        ((3, 5), 1.5, "^noise: se esperaba un número de 0 a 1; se recibió 1.5$"),
        ((6, 5), 0.0, "^n_sentences: se esperaba un entero ≤ memory_size = 5; se recibió 6$"),
    ],
)
def test_time_errors(arguments, noise, message):
    with pytest.raises(ValueError, match=message):
        time_slots(torch.tensor([3]), *arguments, noise=noise)
