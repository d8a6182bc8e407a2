"""La convolución de caracteres: su fórmula, letra a letra, y que el relleno no cuenta."""

from __future__ import annotations

import pytest
import torch
from atencion.data.vocabulary import PAD_ID
from atencion.layers import CharCNN

WORDS = torch.tensor([[[5, 6, 7, 8, 9, 10], [4, 5, 0, 0, 0, 0]], [[11, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]]])


@pytest.fixture
def layer() -> CharCNN:
    torch.manual_seed(0)
    return CharCNN(13, 7, char_dim=3, width=5).double()


def test_is_the_formula(layer: CharCNN) -> None:
    found = layer(WORDS)
    weight, bias = layer.convolution.weight, layer.convolution.bias
    for b in range(2):
        for t in range(2):
            letters = [c for c in WORDS[b, t].tolist() if c != PAD_ID]
            e = [layer.embedding.weight[c] for c in letters]
            windows = []
            for i in range(len(letters)):
                inside = [(o, i + o - 2) for o in range(5) if 0 <= i + o - 2 < len(letters)]
                windows.append((bias + sum(weight[:, :, o] @ e[j] for o, j in inside)).relu())
            expected = torch.stack(windows).amax(0) if windows else torch.zeros(7, dtype=torch.float64)
            torch.testing.assert_close(found[b, t], expected)


def test_wider_padding_changes_nothing(layer: CharCNN) -> None:
    wide = torch.nn.functional.pad(WORDS, (0, 9))
    torch.testing.assert_close(layer(wide), layer(WORDS), rtol=0, atol=1e-12)


def test_word_of_padding_is_zero_even_with_large_biases(layer: CharCNN) -> None:
    with torch.no_grad():
        layer.convolution.bias.fill_(3.0)
    assert not layer(WORDS)[1, 1].any()
    assert layer(WORDS)[1, 0].all()


def test_padding_row_stays_zero(layer: CharCNN) -> None:
    assert not layer.embedding.weight[PAD_ID].any()
    layer(WORDS).sum().backward()
    assert not layer.embedding.weight.grad[PAD_ID].any()


def test_order_of_the_letters_matters(layer: CharCNN) -> None:
    one, other = layer(torch.tensor([[5, 6, 7], [7, 6, 5]]))
    assert (one - other).abs().max() > 1e-3


@pytest.mark.parametrize("width", [0, 4, -1])
def test_even_width_is_an_error(width: int) -> None:
    with pytest.raises(ValueError, match="width: se esperaba un entero impar"):
        CharCNN(9, 3, width=width)
