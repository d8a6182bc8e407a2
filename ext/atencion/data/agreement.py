"""Frases sin terminaciones: «l_ viej_ llaves con un_ reloj roj_ est_ muy escondid_».

A cada determinante, adjetivo y participio le falta la terminación, y con ella el género y el número. Están en un solo
sitio: el sustantivo con el que concuerda. El generador sabe cuál es; los modelos, no. El verbo también la ha perdido,
para que «está» o «están» no delate el número del sujeto.

Entrenamiento y prueba no comparten ninguna pareja (sustantivo, adjetivo): recordar parejas no sirve.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import value_error
from .agreement_words import (
    ADVERBS,
    AFTER,
    BEFORE,
    CLASSES,
    DETERMINERS,
    FEMININE,
    LINKS,
    MASCULINE,
    OPENINGS,
    PARTICIPLES,
    VERBS,
    VOCABULARY,
    complete,
    complete_all,
    noun_form,
)
from .batches import pad_sequences, stream_rows

__all__ = [
    "CLASSES",
    "IGNORED",
    "KINDS",
    "SPLITS",
    "VERBS",
    "VOCABULARY",
    "AgreementBatch",
    "Example",
    "complete",
    "complete_all",
    "encode",
    "generate_examples",
    "ideal_weights",
    "stream_batches",
]

KINDS = ("determinante", "adjetivo delante", "adjetivo detrás", "participio")
SPLITS = ("train", "test")
IGNORED = -100  # lo que ``cross_entropy`` se salta: las palabras a las que no les falta nada

_Word = tuple[str, str | None]  # la palabra y, si tiene hueco, de qué clase es


def _split_pairs() -> dict[str, dict[str, frozenset[str]]]:
    """Por partición y sustantivo, los adjetivos y participios que pueden acompañarlo: en prueba, dos de cada seis.

    Se reservan por turno, de modo que las de prueba son, en cada adjetivo, tantas con sustantivo masculino como con
    femenino.
    """
    allowed: dict[str, dict[str, frozenset[str]]] = {split: {} for split in SPLITS}
    groups = (BEFORE, AFTER, PARTICIPLES)
    for table in (MASCULINE, FEMININE):
        for turn, noun in enumerate(table):
            held_out = frozenset(group[(turn + shift) % len(group)] for group in groups for shift in (0, 1))
            allowed["train"][noun] = frozenset(word for group in groups for word in group) - held_out
            allowed["test"][noun] = held_out
    return allowed


_ALLOWED = _split_pairs()


@dataclass(frozen=True)
class Example:
    """Una frase a la que le faltan terminaciones, y lo que sabe quien la generó.

    Campos:
        tokens: las palabras.
        classes: por palabra, el índice en ``CLASSES`` de la terminación que le falta, o ``None``.
        nouns: por palabra, la posición del sustantivo con el que concuerda, o ``None``. Solo para evaluar: ningún
            modelo la recibe.
        kinds: por palabra, qué clase de hueco es (uno de ``KINDS``), o ``None``.
    """

    tokens: tuple[str, ...]
    classes: tuple[int | None, ...]
    nouns: tuple[int | None, ...]
    kinds: tuple[str | None, ...]


class AgreementBatch(NamedTuple):
    """Frases convertidas en tensores.

    Campos:
        tokens: ``(batch, n)`` int64, con relleno ``PAD_ID`` a la derecha.
        lengths: ``(batch,)`` int64.
        classes: ``(batch, n)`` int64, índice en ``CLASSES``; ``IGNORED`` donde no falta nada.
        nouns: ``(batch, n)`` int64, posición del sustantivo; ``IGNORED`` donde no falta nada. Solo para evaluar.
    """

    tokens: Tensor
    lengths: Tensor
    classes: Tensor
    nouns: Tensor


def _phrase(rng: random.Random, lemma: str, allowed: frozenset[str], label: int) -> list[_Word]:
    """Un sustantivo con su determinante y, a veces, adjetivos; cada hueco lleva su clase."""
    words: list[_Word] = [(rng.choice(DETERMINERS), KINDS[0])]
    if rng.random() < 0.5:
        words.append((rng.choice([word for word in BEFORE if word in allowed]), KINDS[1]))
    words.append((noun_form(lemma, label), None))
    if rng.random() < 0.6:
        if rng.random() < 0.5:
            words.append((rng.choice(ADVERBS), None))
        words.append((rng.choice([word for word in AFTER if word in allowed]), KINDS[2]))
    return words


def _example(rng: random.Random, allowed: dict[str, frozenset[str]]) -> Example:
    # Clases todas distintas: quien mira a otro sustantivo de la frase se equivoca.
    labels = rng.sample(range(len(CLASSES)), rng.choice((2, 3)))
    lemmas: list[str] = []
    for label in labels:
        table = FEMININE if label % 2 else MASCULINE
        lemmas.append(rng.choice([lemma for lemma in table if lemma not in lemmas]))
    words: list[tuple[_Word, int]] = []  # cada palabra, con el número de su sustantivo
    if rng.random() < 0.3:
        words.append(((rng.choice(OPENINGS), None), 0))
    for number, (lemma, label) in enumerate(zip(lemmas, labels, strict=True)):
        if number:
            words.append(((rng.choice(LINKS), None), number))
        words.extend((word, number) for word in _phrase(rng, lemma, allowed[lemma], label))
    words.append(((rng.choice(tuple(VERBS)), None), 0))
    if rng.random() < 0.5:
        words.append(((rng.choice(ADVERBS), None), 0))
    words.append(((rng.choice([word for word in PARTICIPLES if word in allowed[lemmas[0]]]), KINDS[3]), 0))

    tokens = tuple(token for (token, _), _ in words)
    places = [tokens.index(noun_form(lemma, label)) for lemma, label in zip(lemmas, labels, strict=True)]
    return Example(
        tokens=tokens,
        classes=tuple(labels[number] if kind else None for (_, kind), number in words),
        nouns=tuple(places[number] if kind else None for (_, kind), number in words),
        kinds=tuple(kind for (_, kind), _ in words),
    )


def generate_examples(count: int, *, split: str = "train", seed: int = 0) -> list[Example]:
    """Genera frases. La misma semilla da siempre las mismas.

    Cada frase tiene dos o tres sustantivos, ninguno con el género y el número de otro.

    Argumentos:
        count: cuántas.
        split: ``"train"`` o ``"test"``; no comparten ninguna pareja (sustantivo, adjetivo).
        seed: semilla.

    Devuelve:
        Lista de ``Example``.

    Errores:
        ``ValueError`` si ``split`` no existe.

    Ejemplo:
        >>> " ".join(generate_examples(1, seed=3)[0].tokens)
        'nuestr_ relojes algo bonit_ para aquell_ hermos_ cojín sigu_ escondid_'
    """
    if split not in SPLITS:
        raise value_error("split", f"uno de {SPLITS}", repr(split))
    rng = random.Random(f"{split}-{seed}")
    return [_example(rng, _ALLOWED[split]) for _ in range(count)]


def ideal_weights(example: Example) -> Tensor:
    """El mapa que dibujaría quien conoce la regla: cada hueco mira a su sustantivo.

    Argumentos:
        example: una frase.

    Devuelve:
        ``(n, n)`` float32, con un 1 por hueco; las filas de las demás palabras están vacías.

    Ejemplo:
        >>> ideal_weights(generate_examples(1)[0]).sum(dim=-1).max().item()
        1.0
    """
    weights = torch.zeros(len(example.tokens), len(example.tokens))
    for row, noun in enumerate(example.nouns):
        if noun is not None:
            weights[row, noun] = 1.0
    return weights


def encode(examples: Sequence[Example]) -> AgreementBatch:
    """Convierte frases en un lote de tensores con relleno.

    Argumentos:
        examples: al menos una.

    Devuelve:
        ``AgreementBatch``, con ``n`` la longitud de la frase más larga.

    Errores:
        ``ValueError`` si no hay ninguna.

    Ejemplo:
        >>> encode(generate_examples(5)).tokens.shape[0]
        5
    """
    if not examples:
        raise value_error("examples", "al menos una frase", "ninguna")
    tokens, lengths = pad_sequences([VOCABULARY.encode(example.tokens) for example in examples])
    fields = [
        [[IGNORED if item is None else item for item in row] for row in rows]
        for rows in ((e.classes for e in examples), (e.nouns for e in examples))
    ]
    width = tokens.shape[1]
    classes, nouns = (torch.tensor([[*row, *[IGNORED] * (width - len(row))] for row in rows]) for rows in fields)
    return AgreementBatch(tokens, lengths, classes, nouns)


def stream_batches(examples: Sequence[Example], *, batch_size: int, seed: int = 0) -> Iterator[AgreementBatch]:
    """Da lotes sin fin, barajados en cada vuelta, en un orden que solo depende de la semilla.

    Argumentos:
        examples: al menos ``batch_size``.
        batch_size: frases por lote; las que sobran en una vuelta se dejan.
        seed: semilla del orden.

    Devuelve:
        Un iterador infinito de ``AgreementBatch``.

    Errores:
        ``ValueError`` si ``batch_size`` no está entre 1 y ``len(examples)``.
    """
    return stream_rows(encode(examples), batch_size=batch_size, seed=seed)
