"""Los lotes rellenan por la derecha, recuerdan longitudes y se repiten con la misma semilla."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import NamedTuple

import pytest
import torch
from atencion.data.batches import Batch, collate, pad_sequences, stream_batches, stream_rows
from atencion.data.vocabulary import BOS_ID, EOS_ID, PAD_ID, Vocabulary
from torch import Tensor


class Words(NamedTuple):
    source: tuple[str, ...]
    target: tuple[str, ...]


SOURCE = Vocabulary("abcdefghijklm")
TARGET = Vocabulary("xyz")
# 103 parejas distintas: la longitud del destino va de 1 a 7.
PAIRS = [Words(("a",) * (1 + i // 13) + ("abcdefghijklm"[i % 13],), ("x",) * (1 + i % 7)) for i in range(103)]


def rows(batch: Batch) -> list[tuple[int, ...]]:
    return [tuple(row[:n].tolist()) for row, n in zip(batch.source, batch.source_lengths, strict=True)]


def test_pad_sequences_fills_on_the_right() -> None:
    ids, lengths = pad_sequences([[7, 8, 9], [], [5]])
    assert ids.tolist() == [[7, 8, 9], [PAD_ID] * 3, [5, PAD_ID, PAD_ID]]
    assert lengths.tolist() == [3, 0, 1]
    assert ids.dtype == lengths.dtype == torch.int64


def test_pad_sequences_needs_a_sequence() -> None:
    with pytest.raises(ValueError, match="rows: se esperaba al menos una secuencia"):
        pad_sequences([])


def test_collate_shifts_the_target_by_one() -> None:
    batch = collate([Words(("a", "b"), ("x", "y", "z")), Words(("c",), ("z",))], SOURCE, TARGET)
    x, y, z = TARGET.encode("xyz")
    assert batch.source.tolist() == [SOURCE.encode("ab"), [*SOURCE.encode("c"), PAD_ID]]
    assert batch.source_lengths.tolist() == [2, 1]
    assert batch.target_input.tolist() == [[BOS_ID, x, y, z], [BOS_ID, z, PAD_ID, PAD_ID]]
    assert batch.target_output.tolist() == [[x, y, z, EOS_ID], [z, EOS_ID, PAD_ID, PAD_ID]]


def test_one_pass_gives_each_pair_at_most_once() -> None:
    batches = list(islice(stream_batches(PAIRS, SOURCE, TARGET, batch_size=11, seed=3), 9))
    seen = Counter(row for batch in batches for row in rows(batch))
    assert all(len(batch.source) == 11 for batch in batches)
    assert len(seen) == 99
    assert set(seen.values()) == {1}


def test_stream_never_ends_and_reshuffles() -> None:
    stream = stream_batches(PAIRS, SOURCE, TARGET, batch_size=11, seed=3)
    first, second = ([rows(batch) for batch in islice(stream, 9)] for _ in range(2))
    assert first != second


def test_same_seed_same_batches_other_seed_other_batches() -> None:
    def first(seed: int) -> list[list[tuple[int, ...]]]:
        return [rows(b) for b in islice(stream_batches(PAIRS, SOURCE, TARGET, batch_size=5, seed=seed), 30)]

    assert first(1) == first(1)
    assert first(1) != first(2)


def test_short_and_long_batches_come_mixed() -> None:
    first = islice(stream_batches(PAIRS, SOURCE, TARGET, batch_size=5, seed=1), 20)
    widths = [batch.target_output.shape[1] for batch in first]
    assert widths != sorted(widths)
    assert sorted(widths)[0] < sorted(widths)[-1]


def test_batches_group_similar_lengths_and_keep_the_pairs_together() -> None:
    for batch in islice(stream_batches(PAIRS, SOURCE, TARGET, batch_size=5), 20):
        widths = (batch.target_output != PAD_ID).sum(dim=1)
        assert int(widths.max() - widths.min()) <= 1
        for row, width in zip(rows(batch), widths.tolist(), strict=True):
            assert (tuple(SOURCE.decode(row)), ("x",) * (width - 1)) in PAIRS


@pytest.mark.parametrize("batch_size", [0, 104])
def test_batch_size_out_of_range_is_an_error_at_the_call(batch_size: int) -> None:
    with pytest.raises(ValueError, match=f"batch_size: se esperaba un entero de 1 a 103; se recibió {batch_size}"):
        stream_batches(PAIRS, SOURCE, TARGET, batch_size=batch_size)


class Columns(NamedTuple):
    """Un lote cualquiera: dos columnas que dicen lo mismo."""

    number: Tensor
    square: Tensor


def columns(count: int) -> Columns:
    return Columns(torch.arange(count), torch.arange(count)[:, None] ** 2)


def test_rows_come_once_per_turn_and_stay_together() -> None:
    batches = list(islice(stream_rows(columns(23), batch_size=5, seed=1), 8))
    for turn in (batches[:4], batches[4:]):
        assert len({number for batch in turn for number in batch.number.tolist()}) == 20
    for batch in batches:
        assert isinstance(batch, Columns)
        assert torch.equal(batch.square[:, 0], batch.number**2)
    assert not torch.equal(batches[0].number, batches[4].number)


def test_the_order_of_the_rows_depends_only_on_the_seed() -> None:
    def first(seed: int) -> list[list[int]]:
        return [batch.number.tolist() for batch in islice(stream_rows(columns(23), batch_size=5, seed=seed), 9)]

    torch.manual_seed(1)
    one = first(4)
    torch.manual_seed(2)
    assert first(4) == one
    assert first(5) != one


@pytest.mark.parametrize("batch_size", [0, 24])
def test_a_batch_of_rows_out_of_range_is_an_error_at_the_call(batch_size: int) -> None:
    with pytest.raises(ValueError, match=f"batch_size: se esperaba un entero de 1 a 23; se recibió {batch_size}"):
        stream_rows(columns(23), batch_size=batch_size)
