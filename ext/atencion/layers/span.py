"""Elegir un tramo: el mejor par de principio y final, con el final detrás del principio."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from ..errors import shape_error, value_error

__all__ = ["BestSpan", "best_span"]


class BestSpan(NamedTuple):
    """El mejor tramo de cada ejemplo.

    Campos:
        start: ``(batch,)`` int64, primera palabra; −1 si no hay ninguna.
        end: ``(batch,)`` int64, última palabra, incluida; −1 si no hay ninguna.
        score: ``(batch,)``, ``log p¹_start + log p²_end``; −∞ si no hay ninguna.
    """

    start: Tensor
    end: Tensor
    score: Tensor


def best_span(start_scores: Tensor, end_scores: Tensor, *, max_length: int | None = None) -> BestSpan:
    r"""Busca el tramo más probable sin mirar todos los pares.

    Fórmula: ``argmax_{k ≤ l < k + max_length} a_k + b_l``. Para cada final ``l`` basta el mejor principio de su
    ventana, así que no hay que formar los ``n²`` pares.

    Argumentos:
        start_scores: ``(batch, n)``, ``log p¹`` o cualquier puntuación que se sume; −∞ en el relleno.
        end_scores: ``(batch, n)``, ``log p²``.
        max_length: palabras del tramo como mucho, ≥ 1; sin límite por omisión.

    Devuelve:
        ``BestSpan``. A igual puntuación gana el final más temprano.

    Errores:
        ``ValueError`` si las formas no cuadran o ``max_length`` es menor que 1.

    Ejemplo:
        >>> starts, ends = torch.tensor([[0.1, 0.2, 0.7]]), torch.tensor([[0.6, 0.3, 0.1]])
        >>> span = best_span(starts.log(), ends.log())
        >>> span.start.item(), span.end.item()
        (2, 2)

    Referencia: Seo et al. (2017), § 2, «Output Layer»: ``k ≤ l`` con el mayor ``p¹_k p²_l``.
    """
    if start_scores.dim() != 2:
        raise shape_error("start_scores", ("batch", "n"), None, tuple(start_scores.shape))
    if end_scores.shape != start_scores.shape:
        raise shape_error("end_scores", ("batch", "n"), tuple(start_scores.shape), tuple(end_scores.shape))
    n = start_scores.shape[1]
    if max_length is not None and max_length < 1:
        raise value_error("max_length", "un entero ≥ 1", max_length)
    if n == 0:
        nothing = torch.full((len(start_scores),), -1)
        return BestSpan(nothing, nothing, start_scores.new_full((len(start_scores),), -math.inf))
    window = n if max_length is None else min(max_length, n)
    padded = functional.pad(start_scores, (window - 1, 0), value=-math.inf)
    highest, place = functional.max_pool1d(padded, window, stride=1, return_indices=True)
    score, end = (highest + end_scores).max(dim=1)
    start = place.gather(1, end[:, None])[:, 0] - (window - 1)
    empty = score == -math.inf
    return BestSpan(start.masked_fill(empty, -1), end.masked_fill(empty, -1), score)
