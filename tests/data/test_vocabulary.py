"""El vocabulario numera piezas y sabe volver."""

from __future__ import annotations

import pytest
from atencion.data.vocabulary import BOS_ID, EOS_ID, PAD_ID, SPECIALS, UNK_ID, Vocabulary


def test_special_ids_are_fixed() -> None:
    assert (PAD_ID, BOS_ID, EOS_ID, UNK_ID) == (0, 1, 2, 3)
    assert tuple(Vocabulary([]))[: len(SPECIALS)] == ("<pad>", "<bos>", "<eos>", "<unk>")


def test_round_trip_of_every_token() -> None:
    vocabulary = Vocabulary(["mayo", "de", "7"])
    assert vocabulary.encode(["7", "de", "mayo"]) == [6, 5, 4]
    assert vocabulary.decode([6, 5, 4]) == ["7", "de", "mayo"]
    assert list(vocabulary) == [*SPECIALS, "mayo", "de", "7"]
    assert len(vocabulary) == 7


def test_order_does_not_depend_on_the_order_of_the_sequences() -> None:
    forward = Vocabulary.from_sequences([["de", "mayo"], ["abril", "de"]])
    backward = Vocabulary.from_sequences([["abril", "de"], ["de", "mayo"]])
    assert list(forward) == list(backward) == [*SPECIALS, "abril", "de", "mayo"]


def test_unknown_tokens_share_one_id() -> None:
    vocabulary = Vocabulary(["mayo"])
    assert vocabulary.encode(["brumario", "mayo", "termidor"]) == [UNK_ID, 4, UNK_ID]
    assert "mayo" in vocabulary
    assert "brumario" not in vocabulary


def test_decode_stops_at_the_end_and_skips_padding() -> None:
    vocabulary = Vocabulary(["a", "b"])
    assert vocabulary.decode([BOS_ID, PAD_ID, 5, UNK_ID, EOS_ID, 4]) == ["b", "<unk>"]


@pytest.mark.parametrize("wrong", [-1, 6])
def test_decode_rejects_ids_out_of_range(wrong: int) -> None:
    with pytest.raises(ValueError, match=f"ids: se esperaba números de 0 a 5; se recibió {wrong}"):
        Vocabulary(["a", "b"]).decode([4, wrong])


@pytest.mark.parametrize("tokens", [["a", "b", "a"], ["<pad>"]])
def test_repeated_tokens_are_rejected(tokens: list[str]) -> None:
    with pytest.raises(ValueError, match=f"tokens: .* se recibió \\['{tokens[0]}'\\] repetidas"):
        Vocabulary(tokens)
