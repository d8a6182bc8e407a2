"""El codificador lee en los dos sentidos y el relleno no le cambia nada."""

from __future__ import annotations

import pytest
import torch
from atencion.models.encoder import Encoder

SIZE, EMBED, HIDDEN = 13, 5, 7
SOURCE = torch.tensor([[4, 5, 6, 7, 8], [9, 10, 11, 0, 0], [12, 0, 0, 0, 0]])
LENGTHS = torch.tensor([5, 3, 1])


@pytest.fixture
def encoder() -> Encoder:
    torch.manual_seed(0)
    return Encoder(SIZE, embed_dim=EMBED, hidden_dim=HIDDEN)


def test_shapes_and_zeros_on_padding(encoder: Encoder) -> None:
    annotations, backward = encoder(SOURCE, LENGTHS)
    assert annotations.shape == (3, 5, 2 * HIDDEN)
    assert backward.shape == (3, HIDDEN)
    assert not annotations[1, 3:].any()
    assert annotations[1, 2].abs().min() > 0


def test_backward_is_the_state_at_the_first_word(encoder: Encoder) -> None:
    annotations, backward = encoder(SOURCE, LENGTHS)
    torch.testing.assert_close(backward, annotations[:, 0, HIDDEN:], rtol=0, atol=0)


def test_backward_has_read_the_last_word(encoder: Encoder) -> None:
    changed = SOURCE.clone()
    changed[0, 4] = 12
    before, after = encoder(SOURCE, LENGTHS)[1], encoder(changed, LENGTHS)[1]
    assert (before[0] - after[0]).abs().max() > 1e-3
    torch.testing.assert_close(before[1:], after[1:])


def test_padding_changes_nothing(encoder: Encoder) -> None:
    wide = torch.cat([SOURCE, torch.full((3, 4), 8)], dim=1)  # relleno con piezas de verdad
    expected, start = encoder(SOURCE, LENGTHS)
    annotations, backward = encoder(wide, LENGTHS)
    assert annotations.shape == (3, 9, 2 * HIDDEN)  # la anchura pedida, no la mayor longitud
    torch.testing.assert_close(annotations[:, :5], expected)
    torch.testing.assert_close(backward, start)
    for row, length in enumerate(LENGTHS.tolist()):
        alone, _ = encoder(SOURCE[row : row + 1, :length], LENGTHS[row : row + 1])
        torch.testing.assert_close(alone[0], expected[row, :length])


def test_padding_row_of_the_embedding_stays_zero(encoder: Encoder) -> None:
    assert not encoder.embedding.weight[0].any()
    encoder(SOURCE, LENGTHS)[0].sum().backward()
    assert encoder.embedding.weight.grad is not None
    assert not encoder.embedding.weight.grad[0].any()


@pytest.mark.parametrize("lengths", [[0, 3, 1], [6, 3, 1]])
def test_lengths_out_of_range(encoder: Encoder, lengths: list[int]) -> None:
    with pytest.raises(ValueError, match=r"source_lengths: se esperaba longitudes de 1 a 5; se recibió \["):
        encoder(SOURCE, torch.tensor(lengths))


def test_wrong_shapes(encoder: Encoder) -> None:
    with pytest.raises(ValueError, match=r"source: se esperaba \(batch, n_source\); se recibió \(5,\)"):
        encoder(SOURCE[0], LENGTHS)
    with pytest.raises(ValueError, match=r"source_lengths: se esperaba \(batch,\) = \(3,\); se recibió \(2,\)"):
        encoder(SOURCE, LENGTHS[:2])
