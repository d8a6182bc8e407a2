"""El oráculo: cada mecanismo en torch puro, lento y evidente.

Sirve para tres cosas: las pruebas comparan el núcleo con él en float64, los tensores que no están en la CPU se
calculan con él, y el libro lo enseña. Tiene las mismas firmas y el mismo contrato que ``atencion.ops``:
``True`` = puede atender, −∞ por dentro, y una fila sin nada que atender da ceros, gradiente cero y
``logsumexp = −∞``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from .masks import allowed_pairs, without_padding

__all__ = ["Attention", "additive_attention", "dot_product_attention", "masked_softmax"]


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


def dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    mask: Tensor | None = None,
    causal: bool = False,
    window: int | None = None,
    key_lengths: Tensor | None = None,
    bias: Tensor | None = None,
    alibi_slopes: Tensor | None = None,
    scale: float | None = None,
    return_weights: bool = False,
) -> Attention:
    """Atención por producto escalar; véase ``atencion.ops.dot_product_attention``, que tiene el mismo contrato."""
    key, value = without_padding(key, key_lengths), without_padding(value, key_lengths)
    heads, n_query, d_k = query.shape[1:]
    kv_heads, n_key = key.shape[1:3]
    if kv_heads != heads:  # varias cabezas de consulta comparten una de clave y valor
        key = key.repeat_interleave(heads // kv_heads, dim=1)
        value = value.repeat_interleave(heads // kv_heads, dim=1)
    scale = 1.0 / math.sqrt(d_k) if scale is None else scale
    scores = (query @ key.transpose(-1, -2)) * scale
    if bias is not None:
        scores = scores + bias
    if alibi_slopes is not None:
        position = torch.arange(n_query, device=query.device)[:, None] + (n_key - n_query)
        distance = (torch.arange(n_key, device=query.device)[None, :] - position).abs()
        scores = scores - alibi_slopes[:, None, None] * distance.to(scores.dtype)
    allowed = allowed_pairs(
        n_query, n_key, mask=mask, causal=causal, window=window, key_lengths=key_lengths, device=query.device
    )
    weights, logsumexp = masked_softmax(scores, allowed)
    return Attention(weights @ value, weights if return_weights else None, logsumexp)


def additive_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    score_vector: Tensor,
    *,
    mask: Tensor | None = None,
    key_lengths: Tensor | None = None,
    return_weights: bool = False,
) -> Attention:
    """Atención aditiva; véase ``atencion.ops.additive_attention``, que tiene el mismo contrato."""
    key, value = without_padding(key, key_lengths), without_padding(value, key_lengths)
    scores = torch.tanh(query[:, :, None, :] + key[:, None, :, :]) @ score_vector
    allowed = allowed_pairs(
        query.shape[1], key.shape[1], mask=mask, key_lengths=key_lengths, axes=3, device=query.device
    )
    weights, logsumexp = masked_softmax(scores, allowed)
    return Attention(weights @ value, weights if return_weights else None, logsumexp)
