"""Ejercicios 11.5 a 11.7: varias cabezas y la máscara causal."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from ..masks import causal_mask
from ..reference import masked_softmax
from .cases import random
from .causality import (
    any_word_hidden,
    averaging,
    causal_attention,
    changes_only_itself,
    each_alone,
    ignores_past,
    is_causal,
    leaks,
    normalized,
    own_row,
    poisoned,
    reads_first,
    reorders_future,
    rescaled,
    scaled,
    shifted,
)
from .exercises import Case, Exercise, FunctionExercise
from .mistakes import mistake

__all__ = ["HEADS"]


# 11.5
def _split(x: Tensor, heads: int) -> Tensor:
    batch, n, width = x.shape
    return x.reshape(batch, n, heads, width // heads).transpose(1, 2)


def _interleaved(x: Tensor, heads: int) -> Tensor:
    batch, n, width = x.shape
    return x.reshape(batch, n, width // heads, heads).permute(0, 3, 1, 2)


def _one_example(x: Tensor, heads: int) -> Tensor:
    return _split(x, heads)[0]


def _first_head_repeated(x: Tensor, heads: int) -> Tensor:
    return _split(x, heads)[:, :1].repeat(1, heads, 1, 1)


_SPLIT = FunctionExercise(
    id="11.5",
    title="Repartir en cabezas",
    parts=("las cabezas",),
    solution=_split,
    cases=lambda: (
        Case("2 frases de 5 palabras, 3 cabezas de 7", (random(2, 5, 21, seed=21), 3)),
        Case("1 frase de 3 palabras, 2 cabezas de 3", (random(1, 3, 6, seed=22), 2)),
    ),
    mistakes=(
        mistake(
            "no-transpose",
            lambda x, heads: x.reshape(x.shape[0], heads, x.shape[1], x.shape[2] // heads),
            lambda x, heads: x.transpose(1, 2).reshape(x.shape[0], heads, x.shape[1], x.shape[2] // heads),
            lambda x, heads: x.reshape(heads, x.shape[0], x.shape[1], x.shape[2] // heads).transpose(0, 1),
            lambda x, heads: x.reshape(heads, x.shape[0], x.shape[1], x.shape[2] // heads),
        ),
        mistake("interleaved-heads", _interleaved),
        mistake("heads-after-words", lambda x, heads: _split(x, heads).transpose(1, 2)),
        mistake("heads-before-batch", lambda x, heads: _split(x, heads).transpose(0, 1)),
        mistake("swapped-axes", lambda x, heads: _split(x, heads).transpose(2, 3)),
        mistake(
            "heads-last",
            lambda x, heads: _split(x, heads).permute(0, 2, 3, 1),
            lambda x, heads: x.reshape(x.shape[0], x.shape[1], x.shape[2] // heads, heads),
        ),
        mistake(
            "heads-for-width",
            lambda x, heads: _split(x, x.shape[2] // heads),
            lambda x, heads: x.reshape(x.shape[0], x.shape[2] // heads, x.shape[1], heads),
        ),
        mistake("unsplit", lambda x, heads: x),
        mistake("lost-batch", lambda x, heads: x.reshape(-1, heads, x.shape[2] // heads), _one_example),
        mistake("whole-width", lambda x, heads: x[:, None].repeat(1, heads, 1, 1)),
        mistake("reversed-heads", lambda x, heads: _split(x, heads).flip(1)),
        mistake("first-head-only", lambda x, heads: x[..., : x.shape[2] // heads], _first_head_repeated),
        mistake("joined-batch", lambda x, heads: _split(x, heads).flatten(0, 1)),
    ),
    hints=(
        "Primero parte el último eje en dos: (batch, n, heads, d_k). Cada cabeza se queda con d_k columnas seguidas.",
        "Después cambia de sitio dos ejes para llegar a (batch, heads, n, d_k).",
        "reshape no mueve números: si pides el orden final de golpe, mezcla palabras. Hace falta transpose.",
    ),
    praise="Cada cabeza ve todas las palabras y solo sus columnas.",
)


# 11.6
def _causal_weights(scores: Tensor, valid: Tensor) -> Tensor:
    return masked_softmax(scores, causal_mask(*scores.shape) & valid)[0]


def _filled(scores: Tensor, keep: Tensor, *, fill: float = -math.inf) -> Tensor:
    return scores.masked_fill(~keep, fill).softmax(-1)


def _triangle(scores: Tensor, valid: Tensor, *, diagonal: int = 0, upper: bool = False) -> Tensor:
    whole = torch.ones_like(scores, dtype=torch.bool)
    return (whole.triu(diagonal) if upper else whole.tril(diagonal)) & valid


def _causal_filled(scores: Tensor, valid: Tensor, *, fill: float = -math.inf) -> Tensor:
    return _filled(scores, _triangle(scores, valid), fill=fill)


def _with_zeros(change: Callable[[Tensor, Tensor], Tensor]) -> tuple[Callable[[Tensor, Tensor], Tensor], ...]:
    """La misma equivocación, con la fila vacía en NaN o en ceros."""
    return change, lambda scores, valid: change(scores, valid).nan_to_num(0.0)


def _empty_rows(scores: Tensor, valid: Tensor, *, fill: str) -> Tensor:
    """Bien, salvo en las filas sin nada que ver."""
    n = len(scores)
    wrong = {"ones": torch.ones(n, n), "self": torch.eye(n), "first": torch.eye(n)[:1], "minus": -torch.ones(n, n)}
    return torch.where(_triangle(scores, valid).any(-1, keepdim=True), _causal_filled(scores, valid), wrong[fill])


def _best_past(scores: Tensor, valid: Tensor) -> Tensor:
    keep = _triangle(scores, valid)
    return torch.eye(len(scores))[scores.masked_fill(~keep, -math.inf).argmax(-1)] * keep


_CAUSAL = FunctionExercise(
    id="11.6",
    title="Solo el pasado",
    parts=("los pesos",),
    solution=_causal_weights,
    cases=lambda: (
        Case("5 palabras, sin relleno", (random(5, 5, seed=31), torch.tensor([True] * 5))),
        Case(
            "5 posiciones, las dos primeras de relleno",
            (random(5, 5, seed=32), torch.tensor([False] * 2 + [True] * 3)),
        ),
        Case(
            "6 posiciones, con relleno a los dos lados",
            (random(6, 6, seed=33), torch.tensor([False] + [True] * 3 + [False] * 2)),
        ),
    ),
    mistakes=(
        mistake("strict-triangle", *_with_zeros(lambda s, valid: _filled(s, _triangle(s, valid, diagonal=-1)))),
        mistake("future", *_with_zeros(lambda s, valid: _filled(s, _triangle(s, valid, upper=True)))),
        mistake("only-future", *_with_zeros(lambda s, valid: _filled(s, _triangle(s, valid, diagonal=1, upper=True)))),
        mistake("one-ahead", *_with_zeros(lambda s, valid: _filled(s, _triangle(s, valid, diagonal=1)))),
        mistake(
            "unmasked-padding",
            lambda s, valid: _filled(s, causal_mask(*s.shape)),
            lambda s, valid: _filled(s, _triangle(s, valid) | torch.eye(len(s), dtype=torch.bool)),
        ),
        mistake("not-causal", lambda s, valid: _filled(s, valid.expand_as(s))),
        mistake(
            "masked-queries",
            *_with_zeros(lambda s, valid: _filled(s, causal_mask(*s.shape) & valid[:, None])),
            *_with_zeros(lambda s, valid: _filled(s, _triangle(s, valid) & valid[:, None])),
            lambda s, valid: _filled(s, causal_mask(*s.shape) & valid[:, None], fill=-1e9),
            lambda s, valid: _filled(s, _triangle(s, valid) & valid[:, None], fill=-1e9),
        ),
        mistake(
            "padding-at-end", *_with_zeros(lambda s, valid: _filled(s, _triangle(s, valid.sort(descending=True)[0])))
        ),
        mistake("padding-at-start", *_with_zeros(lambda s, valid: _filled(s, _triangle(s, valid.cummax(0)[0])))),
        mistake(
            "inverted-mask",
            *_with_zeros(lambda s, valid: _filled(s, _triangle(s, ~valid))),
            *_with_zeros(lambda s, valid: _filled(s, ~_triangle(s, valid))),
        ),
        mistake("either-condition", lambda s, valid: _filled(s, causal_mask(*s.shape) | valid)),
        mistake("wrong-axis", *_with_zeros(lambda s, valid: _filled(s.T, _triangle(s, valid).T).T)),
        mistake("transposed-table", *_with_zeros(lambda s, v: _causal_filled(s, v).T)),
        mistake("swapped", *_with_zeros(lambda s, v: _causal_filled(s.T, v))),
        mistake(
            "finite-fill",
            *(partial(_causal_filled, fill=fill) for fill in (-1e9, -100.0, -20.0, -10.0)),
            lambda s, v: (s - 1e9 * (~causal_mask(*s.shape)).float() - 1e9 * (~v).float()).softmax(-1),
        ),
        mistake("nan-row", _causal_filled),
        mistake("filled-empty-row", *(partial(_empty_rows, fill=fill) for fill in ("ones", "self", "first", "minus"))),
        mistake(
            "zero-times-infinity",
            *_with_zeros(lambda s, v: (s + (1 - _triangle(s, v).float()) * -math.inf).softmax(-1)),
        ),
        mistake("mask-after", lambda s, valid: s.softmax(-1) * _triangle(s, valid)),
        mistake("zeroed-padding", lambda s, valid: (s * _triangle(s, valid)).softmax(-1)),
        mistake("unmasked", lambda s, valid: s.softmax(-1)),
        mistake(
            "no-softmax",
            lambda s, valid: s,
            lambda s, valid: s * _triangle(s, valid),
            lambda s, valid: s.masked_fill(~_triangle(s, valid), -math.inf),
        ),
        mistake("not-normalized", lambda s, valid: s.exp() * _triangle(s, valid)),
        mistake("argmax", _best_past),
        mistake("mask-alone", lambda s, valid: _triangle(s, valid)),
        mistake("even-past", lambda s, valid: _causal_filled(0 * s, valid).nan_to_num(0.0)),
        mistake("scaled-again", *_with_zeros(lambda s, v: _causal_filled(s / math.sqrt(len(s)), v))),
    ),
    hints=(
        "La fila i puede atender a la columna j si j ≤ i y además j no es relleno.",
        "torch.tril de una matriz de unos da el triángulo. Junta las dos condiciones con «y».",
        "Las filas de las primeras posiciones de relleno se quedan sin nada: deben dar ceros, no NaN.",
    ),
    praise="Causal y sin relleno a la vez: es la máscara de cualquier modelo que genera texto.",
)

# 11.7
_CAUSALITY_TEST = FunctionExercise(
    id="11.7",
    title="¿Mira el futuro?",
    parts=("la respuesta",),
    solution=is_causal,
    cases=lambda: (
        Case("una capa que promedia el pasado", (averaging, random(5, 4, seed=41))),
        Case("una atención causal", (causal_attention, random(5, 4, seed=47))),
        Case("una capa que mira toda la frase", (normalized, random(5, 4, seed=42))),
        Case("otra que mira toda la frase, con otra normalización", (rescaled, random(5, 4, seed=48))),
        Case("una capa con una sola fuga", (partial(leaks, row=1, word=2), random(5, 4, seed=43))),
        Case("una capa con la fuga al final", (partial(leaks, row=3, word=4), random(5, 4, seed=46))),
        Case("una capa con la fuga al principio", (partial(leaks, row=0, word=2), random(5, 4, seed=51))),
        Case("una capa con una fuga de punta a punta", (partial(leaks, row=0, word=4), random(5, 4, seed=49))),
        Case("una capa con poca fuga", (partial(leaks, row=1, word=3, share=0.05), random(5, 4, seed=50))),
        Case("una capa que solo ve la primera palabra", (reads_first, random(5, 4, seed=44))),
        Case("una capa que no mezcla palabras", (each_alone, random(3, 4, seed=45))),
    ),
    mistakes=(
        mistake("constant-shift", *(partial(is_causal, change=shifted(by)) for by in (1.0, 0.1, 10.0))),
        mistake("scaled-word", *(partial(is_causal, change=scaled(by)) for by in (2.0, 0.5, 10.0))),
        mistake("first-row-only", partial(is_causal, rows=slice(1))),
        mistake("last-word-only", partial(is_causal, words=slice(-1, None))),
        mistake("last-to-first", partial(is_causal, words=slice(-1, None), rows=slice(1))),
        mistake("no-last-word", partial(is_causal, words=slice(1, -1))),
        mistake("next-word-only", partial(is_causal, rows=slice(-1, None))),
        mistake("loose-margin", *(partial(is_causal, margin=margin) for margin in (0.1, 0.2, 0.5, 1.0))),
        mistake("skips-neighbour", partial(is_causal, rows=slice(-1))),
        mistake(
            "shifted-last-word",
            *(partial(is_causal, change=shifted(by), words=slice(-1, None)) for by in (1.0, 0.1, 10.0)),
        ),
        mistake("reordered-words", reorders_future),
        mistake("poisoned-word", *(partial(is_causal, change=poisoned(by)) for by in (math.nan, math.inf))),
        mistake("any-word", any_word_hidden),
        mistake("own-row", *(partial(own_row, words=words) for words in (slice(1, None), slice(-1, None)))),
        mistake("must-change", changes_only_itself),
        mistake("past-test", ignores_past),
        mistake("inverted-answer", lambda layer, x: not is_causal(layer, x)),
        mistake("always-causal", lambda layer, x: True),
        mistake("never-causal", lambda layer, x: False),
    ),
    hints=(
        "Guarda la salida, cambia una palabra y vuelve a calcular. ¿Qué filas no deberían moverse?",
        "Cámbiala por números al azar: hay capas que no notan que sumes lo mismo a todas sus componentes.",
        "Compara todas las filas anteriores, no solo la primera, y deja un margen de 1e-5.",
    ),
    praise="Con una prueba así se descubre un modelo de lenguaje que hace trampa.",
    tolerance=0.1,
)

HEADS: tuple[Exercise, ...] = (_SPLIT, _CAUSAL, _CAUSALITY_TEST)
