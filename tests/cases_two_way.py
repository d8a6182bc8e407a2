"""Los casos de los mecanismos de dos vías: un documento y una pregunta, cada uno con sus palabras válidas."""

from __future__ import annotations

import math
from typing import Any

import torch
from atencion import ops, reference
from cases import Case
from comparison import Results, check
from torch import Tensor

TWO_WAY_MASKS = ("none", "mask", "lengths", "expanded_mask", "empty", "everything")


def _random(generator: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def two_way_options(kind: str, generator: torch.Generator, batch: int, **words: int) -> dict[str, Tensor]:
    """Las máscaras y longitudes de una clase de ``TWO_WAY_MASKS``, para las frases de tantas palabras."""
    options: dict[str, Tensor] = {}
    for place, (name, n) in enumerate(words.items()):
        mask = torch.rand(batch, n, generator=generator) > 0.3
        lengths = torch.randint(0, n + 1, (batch,), generator=generator)
        lengths[:1] = max(n - 1, 0)
        if kind in ("mask", "everything"):
            options[f"{name}_mask"] = mask
        if kind == "expanded_mask":
            options[f"{name}_mask"] = mask[:1].expand(batch, n)
        if kind in ("lengths", "everything"):
            options[f"{name}_lengths"] = lengths
        if kind == "empty":  # el primer ejemplo se queda sin una frase y el último, sin la otra
            mask[-place:][:1] = False
            options[f"{name}_mask"] = mask
    return options


def attention_over_attention_case(
    *,
    kind: str = "none",
    batch: int = 2,
    n_document: int = 53,
    n_question: int = 19,
    d: int = 13,
    seed: int = 5,
    layout: str = "contiguous",
    through: tuple[str, ...] = ops.AttentionOverAttention._fields,
) -> Case:
    """Un caso de ``attention_over_attention`` con la clase de máscara ``kind``."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {
        "document": _random(generator, batch, n_document, d),
        "question": _random(generator, batch, n_question, d) * 2 / math.sqrt(max(d, 1)),
    }
    options = two_way_options(kind, generator, batch, document=n_document, question=n_question)
    operations = (ops.attention_over_attention, reference.attention_over_attention)
    return Case(*operations, tensors, options, layout, through)


def coattention_case(
    *,
    kind: str = "none",
    batch: int = 2,
    n_document: int = 53,
    n_question: int = 19,
    d: int = 13,
    sentinels: tuple[str, ...] = (),
    seed: int = 7,
    layout: str = "contiguous",
    through: tuple[str, ...] = ops.Coattention._fields,
) -> Case:
    """Un caso de ``coattention`` con la clase de máscara ``kind`` y los centinelas de esas frases."""
    case = attention_over_attention_case(
        kind=kind, batch=batch, n_document=n_document, n_question=n_question, d=d, seed=seed
    )
    generator = torch.Generator().manual_seed(seed + 1)
    case.tensors |= {f"{name}_sentinel": _random(generator, d) for name in sentinels}
    return Case(ops.coattention, reference.coattention, case.tensors, case.options, layout, through)


def attention_flow_case(
    *,
    kind: str = "none",
    batch: int = 2,
    n_document: int = 53,
    n_question: int = 19,
    d: int = 13,
    seed: int = 9,
    layout: str = "contiguous",
    through: tuple[str, ...] = ops.AttentionFlow._fields,
) -> Case:
    """Un caso de ``attention_flow`` con la clase de máscara ``kind``; el contexto es el documento."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {
        "context": _random(generator, batch, n_document, d),
        "question": _random(generator, batch, n_question, d),
        "score_weights": _random(generator, 3 * d) * 2 / math.sqrt(max(d, 1)),
    }
    options: dict[str, Any] = two_way_options(kind, generator, batch, context=n_document, question=n_question)
    return Case(ops.attention_flow, reference.attention_flow, tensors, options, layout, through)


def score_scale(case: Case) -> float:
    """Lo que mide una puntuación, por la raíz de la suma de sus términos al cuadrado: su redondeo va en proporción."""
    first, question, *weights = case.tensors.values()
    if weights and weights[0].shape[0] == 3 * first.shape[2]:  # los del flujo de atención
        w_first, w_question, w_product = weights[0].chunk(3)
        sides = (first * w_first).square().sum(2)[:, :, None] + (question * w_question).square().sum(2)[:, None, :]
        first = first * w_product
    else:
        sides = first.new_zeros(1, 1, 1)
    squares = sides + first.square() @ question.square().transpose(1, 2)
    return max(float(squares.amax()) ** 0.5, 1.0) if squares.numel() else 1.0


def check_two_way(case: Case, dtype: torch.dtype) -> Results:
    """Como ``check``, con la escala de las puntuaciones."""
    return check(case, dtype, score_scale(case))


TWO_WAY = {
    "attention_over_attention": attention_over_attention_case,
    "coattention": coattention_case,
    "attention_flow": attention_flow_case,
}
