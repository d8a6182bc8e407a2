"""Lotes de parejas de secuencias (fuente, destino): relleno, longitudes y un orden que ahorra cálculo."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor

from ..errors import value_error
from .vocabulary import BOS_ID, EOS_ID, PAD_ID, Vocabulary

__all__ = ["Batch", "Pair", "collate", "pad_sequences", "stream_batches", "stream_rows"]

RowsT = TypeVar("RowsT", bound=tuple[Any, ...])

_CHUNK = 20  # lotes que se ordenan juntos por longitud, como en el artículo de Bahdanau


class Pair(Protocol):
    """Un ejemplo con piezas de fuente y de destino."""

    @property
    def source(self) -> Sequence[str]: ...

    @property
    def target(self) -> Sequence[str]: ...


class Batch(NamedTuple):
    """Un lote con relleno ``PAD_ID`` a la derecha.

    Campos:
        source: ``(batch, n_source)`` int64.
        source_lengths: ``(batch,)`` int64.
        target_input: ``(batch, n_target)`` int64, ``<bos> y_1 … y_T``: lo que el decodificador lee.
        target_output: ``(batch, n_target)`` int64, ``y_1 … y_T <eos>``: lo que debe predecir.
    """

    source: Tensor
    source_lengths: Tensor
    target_input: Tensor
    target_output: Tensor


def pad_sequences(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Reúne secuencias de números de distinta longitud en un tensor.

    Argumentos:
        rows: al menos una secuencia.

    Devuelve:
        ``(ids, lengths)`` de formas ``(batch, n)`` y ``(batch,)``, int64, con ``n`` la mayor longitud.

    Errores:
        ``ValueError`` si no hay secuencias.

    Ejemplo:
        >>> pad_sequences([[7, 8, 9], [5]])[0].tolist()
        [[7, 8, 9], [5, 0, 0]]
    """
    if not rows:
        raise value_error("rows", "al menos una secuencia", "ninguna")
    lengths = [len(row) for row in rows]
    width = max(lengths)
    ids = [[*row, *[PAD_ID] * (width - len(row))] for row in rows]
    return torch.tensor(ids, dtype=torch.int64).reshape(len(rows), width), torch.tensor(lengths)


def _collate_ids(rows: Sequence[tuple[list[int], list[int]]]) -> Batch:
    source, source_lengths = pad_sequences([source for source, _ in rows])
    target_input, _ = pad_sequences([[BOS_ID, *target] for _, target in rows])
    target_output, _ = pad_sequences([[*target, EOS_ID] for _, target in rows])
    return Batch(source, source_lengths, target_input, target_output)


def _encode_pairs(
    pairs: Sequence[Pair], source_vocabulary: Vocabulary, target_vocabulary: Vocabulary
) -> list[tuple[list[int], list[int]]]:
    return [(source_vocabulary.encode(pair.source), target_vocabulary.encode(pair.target)) for pair in pairs]


def collate(pairs: Sequence[Pair], source_vocabulary: Vocabulary, target_vocabulary: Vocabulary) -> Batch:
    """Convierte unas parejas en un solo lote, en el mismo orden.

    Argumentos:
        pairs: al menos una.
        source_vocabulary: números de las piezas de fuente.
        target_vocabulary: números de las piezas de destino.

    Devuelve:
        ``Batch``.

    Errores:
        ``ValueError`` si no hay parejas.

    Ejemplo:
        >>> from atencion.data.dates import TARGET_VOCABULARY, generate_examples, split_days
        >>> examples = generate_examples(split_days().train, 64)
        >>> vocabulary = Vocabulary.from_sequences(example.source for example in examples)
        >>> collate(examples, vocabulary, TARGET_VOCABULARY).target_output.shape
        torch.Size([64, 44])
    """
    return _collate_ids(_encode_pairs(pairs, source_vocabulary, target_vocabulary))


def stream_batches(
    pairs: Sequence[Pair],
    source_vocabulary: Vocabulary,
    target_vocabulary: Vocabulary,
    *,
    batch_size: int,
    seed: int = 0,
) -> Iterator[Batch]:
    """Da lotes sin fin, en un orden que solo depende de la semilla.

    Baraja las parejas en cada vuelta y, como el artículo, ordena por longitud las de cada veinte lotes y
    luego las reparte: los lotes salen con poco relleno y aun así mezclados.

    Argumentos:
        pairs: al menos ``batch_size``.
        source_vocabulary: números de las piezas de fuente.
        target_vocabulary: números de las piezas de destino.
        batch_size: parejas por lote, siempre las mismas; las que sobran en una vuelta se dejan.
        seed: semilla del orden.

    Devuelve:
        Un iterador infinito de ``Batch``.

    Errores:
        ``ValueError`` si ``batch_size`` no está entre 1 y ``len(pairs)``.

    Referencia:
        Bahdanau, Cho y Bengio (2015), apéndice B.2.
    """
    if not 1 <= batch_size <= len(pairs):
        raise value_error("batch_size", f"un entero de 1 a {len(pairs)}", batch_size)
    return _shuffle_forever(_encode_pairs(pairs, source_vocabulary, target_vocabulary), batch_size, seed)


def _shuffle_forever(rows: list[tuple[list[int], list[int]]], batch_size: int, seed: int) -> Iterator[Batch]:
    rng = random.Random(seed)
    while True:
        order = rng.sample(rows, len(rows))
        for start in range(0, len(order), _CHUNK * batch_size):
            chunk = sorted(order[start : start + _CHUNK * batch_size], key=lambda row: (len(row[1]), len(row[0])))
            starts = list(range(0, len(chunk) - batch_size + 1, batch_size))
            rng.shuffle(starts)
            for first in starts:
                yield _collate_ids(chunk[first : first + batch_size])


def stream_rows(batch: RowsT, *, batch_size: int, seed: int = 0) -> Iterator[RowsT]:
    """Parte un lote grande en lotes pequeños sin fin, barajados en cada vuelta.

    Argumentos:
        batch: ``NamedTuple`` de tensores que comparten el primer eje: todos los ejemplos.
        batch_size: ejemplos por lote; los que sobran en una vuelta se dejan.
        seed: semilla del orden, que no depende de nada más.

    Devuelve:
        Un iterador infinito de lotes del mismo tipo.

    Errores:
        ``ValueError`` si ``batch_size`` no está entre 1 y el número de ejemplos.
    """
    count = len(batch[0])
    if not 1 <= batch_size <= count:
        raise value_error("batch_size", f"un entero de 1 a {count}", batch_size)
    return _shuffle_rows(batch, count, batch_size, seed)


def _shuffle_rows(batch: RowsT, count: int, batch_size: int, seed: int) -> Iterator[RowsT]:
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(count, generator=generator)
        for rows in torch.split(order, batch_size):
            if len(rows) == batch_size:
                yield type(batch)(*(field[rows] for field in batch))
