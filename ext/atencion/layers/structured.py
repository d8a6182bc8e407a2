"""La autoatención estructurada de Lin: varias lecturas de una frase con consultas que no salen de ella."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..errors import shape_error
from ..ops import Attention, dot_product_attention

__all__ = ["StructuredSelfAttention", "redundancy_penalty"]


class StructuredSelfAttention(nn.Module):
    r"""Resume una frase de cualquier longitud en ``hops`` vectores.

    Fórmula: ``A = softmax(W_s2 tanh(W_s1 Hᵀ))``, ``M = A H``. Es una atención por producto escalar sin escala: las
    consultas son las filas de ``W_s2``, que se aprenden y no dependen de la frase; las claves, ``tanh(W_s1 h_j)``.

    Argumentos:
        input_dim: ancho de los estados, ``2u`` en el artículo.
        units: ancho interno, ``d_a``.
        hops: lecturas, ``r``.

    Ejemplo:
        >>> layer = StructuredSelfAttention(7, units=5, hops=3)
        >>> layer(torch.randn(2, 11, 7), torch.tensor([11, 4])).output.shape
        torch.Size([2, 3, 7])

    Referencia: Lin et al. (2017), ecuaciones 6 y 7: ``key_projection`` es ``W_s1`` y ``queries`` es ``W_s2``.
    """

    def __init__(self, input_dim: int, units: int, hops: int) -> None:
        super().__init__()
        self.key_projection = nn.Linear(input_dim, units, bias=False)
        self.queries = nn.Parameter(torch.empty(hops, units))
        nn.init.uniform_(self.queries, -(units**-0.5), units**-0.5)

    def forward(self, states: Tensor, lengths: Tensor) -> Attention:
        """Lee la frase ``hops`` veces.

        Argumentos:
            states: ``(batch, n, input_dim)``.
            lengths: ``(batch,)``, posiciones válidas; las siguientes son relleno.

        Devuelve:
            ``Attention``: ``(batch, hops, input_dim)``, ``(batch, hops, n)`` y ``(batch, hops)``.

        Errores:
            ``ValueError`` si ``states`` no tiene tres ejes o su último eje no mide ``input_dim``.
        """
        input_dim = self.key_projection.in_features
        if states.dim() != 3 or states.shape[2] != input_dim:
            raise shape_error("states", ("batch", "n", "input_dim"), ("batch", "n", input_dim), states.shape)
        key = torch.tanh(self.key_projection(states))[:, None]
        query = self.queries.expand(len(states), 1, -1, -1)
        found = dot_product_attention(query, key, states[:, None], key_lengths=lengths, scale=1.0, return_weights=True)
        assert found.weights is not None  # se pidieron
        return Attention(found.output[:, 0], found.weights[:, 0], found.logsumexp[:, 0])


def redundancy_penalty(weights: Tensor) -> Tensor:
    """Penalización que separa las lecturas y, a la vez, las empuja a mirar a una sola palabra.

    Fórmula: ``P = ‖A Aᵀ − I‖²_F``.

    Argumentos:
        weights: ``(batch, hops, n)``.

    Devuelve:
        ``(batch,)``.

    Ejemplo:
        >>> redundancy_penalty(torch.eye(3)[None]).tolist()
        [0.0]

    Referencia: Lin et al. (2017), ecuación 8.
    """
    gram = weights @ weights.transpose(-2, -1)
    return (gram - torch.eye(weights.shape[-2], dtype=weights.dtype, device=weights.device)).square().sum((-2, -1))
