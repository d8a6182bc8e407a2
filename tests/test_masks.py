"""Las máscaras booleanas: una convención, ``True`` = puede atender, y alineación al final."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from atencion.masks import allowed_pairs, causal_mask, lengths_to_mask, window_mask, without_padding
from torch import Tensor


def drawn(mask: Tensor) -> list[str]:
    """Cada fila como texto: ■ se ve, · no."""
    return ["".join("■" if cell else "·" for cell in row) for row in mask.tolist()]


def test_lengths_to_mask() -> None:
    mask = lengths_to_mask(torch.tensor([2, 0, 5]), 5)
    assert mask.dtype == torch.bool
    assert drawn(mask) == ["■■···", "·····", "■■■■■"]


def test_lengths_to_mask_of_nothing() -> None:
    assert lengths_to_mask(torch.tensor([], dtype=torch.int64), 5).shape == (0, 5)
    assert lengths_to_mask(torch.tensor([0, 0]), 0).shape == (2, 0)


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64])
def test_any_integer_lengths(dtype: torch.dtype) -> None:
    assert drawn(lengths_to_mask(torch.tensor([1, 3], dtype=dtype), 3)) == ["■··", "■■■"]


@pytest.mark.parametrize(
    ("lengths", "kind", "text"),
    [
        (torch.zeros(2, 3, dtype=torch.int64), ValueError, "lengths: se esperaba (batch,); se recibió (2, 3)"),
        (torch.tensor(3), ValueError, "lengths: se esperaba (batch,); se recibió ()"),
        (torch.zeros(2), TypeError, "lengths: se esperaba dtype entero; se recibió torch.float32"),
        (torch.zeros(2, dtype=torch.bool), TypeError, "lengths: se esperaba dtype entero; se recibió torch.bool"),
    ],
)
def test_lengths_to_mask_errors(lengths: Tensor, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as error:
        lengths_to_mask(lengths, 5)
    assert str(error.value) == text


@pytest.mark.parametrize(
    ("n_query", "n_key", "expected"),
    [
        (3, 3, ["■··", "■■·", "■■■"]),
        (2, 5, ["■■■■·", "■■■■■"]),
        (4, 2, ["··", "··", "■·", "■■"]),
        (1, 1, ["■"]),
        (1, 7, ["■■■■■■■"]),
    ],
)
def test_causal_mask(n_query: int, n_key: int, expected: list[str]) -> None:
    assert drawn(causal_mask(n_query, n_key)) == expected


@pytest.mark.parametrize(
    ("n_query", "n_key", "window", "expected"),
    [
        (3, 3, 1, ["■■·", "■■■", "·■■"]),
        (2, 5, 1, ["··■■■", "···■■"]),
        (3, 3, 0, ["■··", "·■·", "··■"]),
        (4, 2, 1, ["··", "■·", "■■", "■■"]),
        (2, 3, 9, ["■■■", "■■■"]),
        (2, 3, 2**70, ["■■■", "■■■"]),
    ],
)
def test_window_mask(n_query: int, n_key: int, window: int, expected: list[str]) -> None:
    assert drawn(window_mask(n_query, n_key, window)) == expected


def test_window_mask_error() -> None:
    with pytest.raises(ValueError, match=r"^window: se esperaba un entero ≥ 0; se recibió -1$"):
        window_mask(3, 3, -1)


def test_last_query_is_level_with_the_last_key() -> None:
    """La definición, celda a celda, en todos los tamaños hasta 5."""
    for n_query, n_key in itertools.product(range(6), repeat=2):
        for i, j in itertools.product(range(n_query), range(n_key)):
            distance = j - (i + n_key - n_query)
            assert causal_mask(n_query, n_key)[i, j] == (distance <= 0)
            assert window_mask(n_query, n_key, 2)[i, j] == (abs(distance) <= 2)


def test_causal_mask_grows_with_the_cache() -> None:
    """Añadir una clave y una consulta no cambia lo que veían las demás: lo que pide una caché."""
    for n_query, n_key in ((1, 4), (3, 3), (2, 7)):
        assert torch.equal(causal_mask(n_query + 1, n_key + 1)[:-1, :-1], causal_mask(n_query, n_key))


def test_allowed_pairs_is_the_and_of_everything() -> None:
    mask = torch.rand(2, 3, 4, 7, generator=torch.Generator().manual_seed(0)) > 0.3
    lengths = torch.tensor([5, 7])
    found = allowed_pairs(4, 7, mask=mask, causal=True, window=2, key_lengths=lengths)
    padding = lengths_to_mask(lengths, 7)[:, None, None]
    assert torch.equal(found, mask & causal_mask(4, 7) & window_mask(4, 7, 2) & padding)


def test_allowed_pairs_without_heads() -> None:
    found = allowed_pairs(2, 3, key_lengths=torch.tensor([1, 3]), axes=3)
    assert found.shape == (2, 2, 3)
    assert drawn(found[0]) == ["■··", "■··"]


def test_allowed_pairs_without_restrictions() -> None:
    assert drawn(allowed_pairs(2, 3)) == ["■■■", "■■■"]


def test_without_padding_hides_anything() -> None:
    rows = torch.tensor([[[1.0], [2.0], [math.nan]], [[3.0], [-math.inf], [5.0]]])
    lengths = torch.tensor([2, 1])
    assert without_padding(rows, lengths).flatten().tolist() == [1.0, 2.0, 0.0, 3.0, 0.0, 0.0]
    with_heads = rows[:, None].expand(2, 4, 3, 1)
    assert torch.equal(without_padding(with_heads, lengths), without_padding(rows, lengths)[:, None].expand(2, 4, 3, 1))
    assert without_padding(rows, None) is rows
    assert without_padding(rows[:0], lengths[:0]).shape == (0, 3, 1)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_device(device: str) -> None:
    lengths = torch.zeros(2, dtype=torch.int64, device=device)
    for mask in (
        causal_mask(2, 3, device),
        window_mask(2, 3, 1, device),
        lengths_to_mask(lengths, 3),
        allowed_pairs(2, 3, causal=True, window=1, key_lengths=lengths, device=device),
    ):
        assert mask.device.type == device
