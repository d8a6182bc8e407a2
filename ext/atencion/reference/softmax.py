"""La softmax con máscara y lo que devuelven los mecanismos que la usan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Attention", "edge_softmax", "masked_softmax", "stack_steps"]


class Attention(NamedTuple):
    """Lo que devuelven los mecanismos con softmax.

    Campos:
        output: ``(batch, heads, n_query, d_v)``, o sin ``heads`` donde el mecanismo no tiene cabezas.
        weights: ``(…, n_query, n_key)``, exactos y antes de cualquier *dropout*; ``None`` si no se pidieron.
        logsumexp: ``(…, n_query)``, ``log Σ_j exp(puntuación_ij)`` sobre las claves permitidas; −∞ en filas vacías.
    """

    output: Tensor
    weights: Tensor | None
    logsumexp: Tensor


def masked_softmax(scores: Tensor, allowed: Tensor) -> tuple[Tensor, Tensor]:
    """Softmax sobre el último eje, solo entre las claves permitidas.

    Fórmula: ``p_ij = m_ij exp(s_ij) / Σ_k m_ik exp(s_ik)``; la fila sin claves permitidas es toda ceros.

    Argumentos:
        scores: ``(…, n_query, n_key)`` float, las puntuaciones ``s``.
        allowed: bool difundible a ``scores``; ``True`` = puede atender.

    Devuelve:
        ``(weights, logsumexp)`` de formas ``(…, n_query, n_key)`` y ``(…, n_query)``.

    Ejemplo:
        >>> masked_softmax(torch.zeros(1, 2), torch.tensor([[True, False]]))[0].tolist()
        [[1.0, 0.0]]
    """
    scores = scores.masked_fill(~allowed, -math.inf)
    if scores.shape[-1] == 0:
        return scores, scores.new_full(scores.shape[:-1], -math.inf)
    # El máximo solo evita el desbordamiento: se cancela, así que no lleva gradiente.
    top = scores.detach().amax(-1, keepdim=True)
    top = torch.where(top == -math.inf, torch.zeros_like(top), top)
    exponentials = (scores - top).exp()
    total = exponentials.sum(-1, keepdim=True)
    empty = (scores == -math.inf).all(-1, keepdim=True)  # por la máscara o por un sesgo de −∞
    safe_total = torch.where(empty, torch.ones_like(total), total)
    logsumexp = torch.where(empty, torch.full_like(total, -math.inf), top + safe_total.log())
    return exponentials / safe_total, logsumexp.squeeze(-1)


def edge_softmax(scores: Tensor, query_index: Tensor, n_query: int) -> tuple[Tensor, Tensor]:
    """Softmax por consulta de puntuaciones dadas arista a arista; una arista a −∞ está tapada.

    Fórmula: ``p_e = exp(s_e) / Σ_f exp(s_f)``, con ``f`` entre las aristas de la consulta de ``e``.

    Argumentos:
        scores: ``(…, n_edges)`` float.
        query_index: ``(n_edges,)`` int64, la consulta de cada arista.
        n_query: número de consultas.

    Devuelve:
        ``(weights, logsumexp)`` de formas ``(…, n_edges)`` y ``(…, n_query)``.

    Ejemplo:
        >>> edge_softmax(torch.zeros(3), torch.tensor([0, 0, 1]), 2)[0].tolist()
        [0.5, 0.5, 1.0]
    """
    index, rows = query_index.expand(scores.shape), (*scores.shape[:-1], n_query)
    top = scores.new_full(rows, -math.inf).scatter_reduce(-1, index, scores.detach(), "amax")
    top = torch.where(top == -math.inf, torch.zeros_like(top), top)
    exponentials = (scores - top.gather(-1, index)).exp()
    total = scores.new_zeros(rows).scatter_add(-1, index, exponentials)
    empty = total == 0
    safe_total = torch.where(empty, torch.ones_like(total), total)
    logsumexp = torch.where(empty, torch.full_like(total, -math.inf), top + safe_total.log())
    return exponentials / safe_total.gather(-1, index), logsumexp


def stack_steps(steps: Sequence[tuple[Tensor, ...]], empty: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Junta en el segundo eje lo que da cada paso de un mecanismo recurrente; sin pasos, ``empty``.

    Argumentos:
        steps: una tupla de tensores ``(batch, …)`` por paso.
        empty: lo que se devuelve si no hay ninguno.

    Devuelve:
        Un tensor ``(batch, pasos, …)`` por cada tensor de la tupla.

    Ejemplo:
        >>> stack_steps([(torch.zeros(2),), (torch.ones(2),)], ())[0].tolist()
        [[0.0, 1.0], [0.0, 1.0]]
    """
    return tuple(torch.stack(columns, 1) for columns in zip(*steps, strict=True)) if steps else empty
