"""Órdenes a una casa: «oye por favor apaga la lámpara en la terraza luego muchas gracias».

Tres palabras dicen lo que hay que hacer: la acción (encender o apagar), el lugar (dentro o fuera) y el momento (ahora o
más tarde). Las demás son cortesía y charla. Dos opciones por tres familias son ocho clases.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import value_error
from .batches import pad_sequences
from .vocabulary import Vocabulary

__all__ = ["N_CLASSES", "VOCABULARY", "CommandBatch", "Example", "encode", "generate_examples", "stream_batches"]

# Por familia, las dos opciones; por opción, sus palabras y lo que las rodea.
_FAMILIES = (
    ("{} la lámpara", ("enciende", "prende", "activa", "conecta"), ("apaga", "desactiva", "desconecta", "corta")),
    ("en la {}", ("cocina", "entrada", "habitación", "salita"), ("terraza", "piscina", "calle", "azotea")),
    ("{}", ("ahora", "ya", "enseguida", "inmediatamente"), ("luego", "mañana", "después", "pronto")),
)
_CHATTER = (
    *("oye", "por favor", "si no te importa", "cuando puedas", "muchas gracias", "te lo agradezco", "como siempre"),
    *("a ver si funciona", "que hace frío", "que estoy leyendo", "mi querida casa", "te decía", "una cosa"),
)
N_CLASSES = 2 ** len(_FAMILIES)
VOCABULARY = Vocabulary.from_sequences(
    [
        *(text.split() for text in _CHATTER),
        *(frame.replace("{}", "").split() for frame, *_ in _FAMILIES),
        *(words for _, *options in _FAMILIES for words in options),
    ]
)


@dataclass(frozen=True)
class Example:
    """Una orden.

    Campos:
        tokens: las palabras.
        label: la clase, de 0 a ``N_CLASSES − 1``.
        keywords: posiciones de la acción, el lugar y el momento. Solo para evaluar: ningún modelo las recibe.
    """

    tokens: tuple[str, ...]
    label: int
    keywords: tuple[int, int, int]


class CommandBatch(NamedTuple):
    """Órdenes convertidas en tensores.

    Campos:
        tokens: ``(batch, n)`` int64, con relleno ``PAD_ID`` a la derecha.
        lengths: ``(batch,)`` int64.
        label: ``(batch,)`` int64.
        keywords: ``(batch, 3)`` int64. Solo para evaluar.
    """

    tokens: Tensor
    lengths: Tensor
    label: Tensor
    keywords: Tensor


def _example(rng: random.Random) -> Example:
    chosen = [rng.randrange(2) for _ in _FAMILIES]
    words = [rng.choice(options[choice]) for (_, *options), choice in zip(_FAMILIES, chosen, strict=True)]
    orders = [frame.format(word) for (frame, *_), word in zip(_FAMILIES, words, strict=True)]
    pieces = [*orders, *rng.sample(_CHATTER, rng.randint(3, 6))]
    rng.shuffle(pieces)
    tokens = tuple(" ".join(pieces).split())
    action, place, moment = (tokens.index(word) for word in words)
    return Example(tokens, 4 * chosen[0] + 2 * chosen[1] + chosen[2], (action, place, moment))


def generate_examples(count: int, *, seed: int = 0) -> list[Example]:
    """Genera órdenes. La misma semilla da siempre las mismas.

    Argumentos:
        count: cuántas.
        seed: semilla.

    Devuelve:
        Lista de ``Example``.

    Ejemplo:
        >>> generate_examples(1)[0].tokens[9:12]
        ('funciona', 'cuando', 'puedas')
    """
    rng = random.Random(seed)
    return [_example(rng) for _ in range(count)]


def encode(examples: Sequence[Example]) -> CommandBatch:
    """Convierte órdenes en un lote de tensores con relleno.

    Argumentos:
        examples: al menos una.

    Devuelve:
        ``CommandBatch``.

    Errores:
        ``ValueError`` si no hay ninguna.

    Ejemplo:
        >>> encode(generate_examples(5)).keywords.shape
        torch.Size([5, 3])
    """
    if not examples:
        raise value_error("examples", "al menos una orden", "ninguna")
    tokens, lengths = pad_sequences([VOCABULARY.encode(example.tokens) for example in examples])
    label = torch.tensor([example.label for example in examples])
    return CommandBatch(tokens, lengths, label, torch.tensor([example.keywords for example in examples]))


def stream_batches(examples: Sequence[Example], *, batch_size: int, seed: int = 0) -> Iterator[CommandBatch]:
    """Da lotes sin fin, tomando cada vez ejemplos al azar con reposición.

    Argumentos:
        examples: al menos una orden.
        batch_size: órdenes por lote, al menos 1.
        seed: semilla del azar.

    Devuelve:
        Un iterador infinito de ``CommandBatch``.

    Errores:
        ``ValueError`` si ``batch_size`` es menor que 1 o no hay órdenes.
    """
    if batch_size < 1:
        raise value_error("batch_size", "un entero ≥ 1", batch_size)
    return _draw_forever(encode(examples), batch_size, seed)


def _draw_forever(batch: CommandBatch, batch_size: int, seed: int) -> Iterator[CommandBatch]:
    generator = torch.Generator().manual_seed(seed)
    while True:
        rows = torch.randint(len(batch.label), (batch_size,), generator=generator)
        yield CommandBatch(*(field[rows] for field in batch))
