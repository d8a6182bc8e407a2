"""La atención aditiva de Bahdanau, con sus tres parámetros."""

from __future__ import annotations

from torch import Tensor, empty, nn

from ..errors import shape_error
from ..ops import Attention, additive_attention

__all__ = ["AdditiveAttention"]


class AdditiveAttention(nn.Module):
    r"""Atención aditiva con sus proyecciones.

    Fórmula: ``e_ij = v_aᵀ tanh(W_a s_{i−1} + U_a h_j)``, ``α_ij = softmax_j(e_ij)``, ``c_i = Σ_j α_ij h_j``.

    Argumentos:
        query_dim: anchura ``n`` del estado ``s``.
        key_dim: anchura ``2n`` de las anotaciones ``h``.
        units: unidades de alineamiento ``n′``.

    Ejemplo:
        >>> attention = AdditiveAttention(query_dim=3, key_dim=4, units=5)
        >>> h = torch.randn(2, 7, 4)
        >>> attention(torch.randn(2, 3), attention.project_keys(h), h).output.shape
        torch.Size([2, 4])

    Referencia: Bahdanau et al. (2015), apéndice A.1.2: ``query_projection`` es ``W_a``, ``key_projection`` es ``U_a`` y
    ``score_vector`` es ``v_a``. Los pesos parten de la iniciación usual de torch, no de la del artículo
    (``v_a = 0``), con la que un entrenamiento corto apenas aprende.
    """

    def __init__(self, query_dim: int, key_dim: int, units: int) -> None:
        super().__init__()
        self.query_projection = nn.Linear(query_dim, units, bias=False)
        self.key_projection = nn.Linear(key_dim, units, bias=False)
        self.score_vector = nn.Parameter(empty(units))
        nn.init.uniform_(self.score_vector, -(units**-0.5), units**-0.5)

    def project_keys(self, annotations: Tensor) -> Tensor:
        """``U_a h_j`` para todas las anotaciones: no depende del paso, así que se calcula una vez por frase.

        Argumentos:
            annotations: ``(batch, n_key, key_dim)``.

        Devuelve:
            ``(batch, n_key, units)``.
        """
        projected: Tensor = self.key_projection(annotations)
        return projected

    def forward(
        self,
        state: Tensor,
        keys: Tensor,
        values: Tensor,
        *,
        key_lengths: Tensor | None = None,
        mask: Tensor | None = None,
        return_weights: bool = False,
    ) -> Attention:
        """Atiende desde uno o varios estados.

        Argumentos:
            state: ``(batch, query_dim)``, o ``(batch, n_query, query_dim)`` para varios a la vez.
            keys: ``(batch, n_key, units)``, lo que devuelve ``project_keys``.
            values: ``(batch, n_key, d_v)``, las anotaciones que se promedian.
            key_lengths: ``(batch,)``, longitud válida de cada ejemplo.
            mask: bool difundible a ``(batch, n_query, n_key)``; ``True`` = puede atender.
            return_weights: si ``True``, devuelve también los pesos.

        Devuelve:
            ``Attention``; con un solo estado por ejemplo, sin el eje ``n_query``.

        Errores:
            ``ValueError`` si ``state`` no tiene dos o tres ejes.
        """
        if state.dim() not in (2, 3):
            raise shape_error("state", ("batch", "query_dim"), None, state.shape)
        query = self.query_projection(state)
        single = state.dim() == 2
        result = additive_attention(
            query[:, None] if single else query,
            keys,
            values,
            self.score_vector,
            mask=mask,
            key_lengths=key_lengths,
            return_weights=return_weights,
        )
        if not single:
            return result
        weights = None if result.weights is None else result.weights[:, 0]
        return Attention(result.output[:, 0], weights, result.logsumexp[:, 0])
