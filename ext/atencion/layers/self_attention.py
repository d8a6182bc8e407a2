"""Autoatención con una cabeza: la consulta, la clave y el valor de cada posición salen de la misma frase."""

from __future__ import annotations

from torch import Tensor, nn

from ..errors import shape_error
from ..ops import Attention, dot_product_attention

__all__ = ["SelfAttention"]


class SelfAttention(nn.Module):
    r"""Autoatención por producto escalar escalado, con una cabeza.

    Fórmula: ``Q = X W_Q``, ``K = X W_K``, ``V = X W_V``, ``softmax(Q Kᵀ / √d_k) V``. Sin información de posición es
    equivariante a permutaciones: permutar las filas de ``X`` permuta igual las de la salida.

    Argumentos:
        d_model: ancho de cada posición.
        d_k: ancho de consultas y claves; por omisión, ``d_model``.
        d_v: ancho de los valores; por omisión, ``d_model``.

    Ejemplo:
        >>> x = torch.randn(2, 7, 5)
        >>> SelfAttention(5, d_k=3)(x).output.shape
        torch.Size([2, 7, 5])

    Referencia: Vaswani et al. (2017), sección 3.2: ``query_projection``, ``key_projection`` y ``value_projection`` son
    ``W^Q``, ``W^K`` y ``W^V`` traspuestas, como las guarda ``nn.Linear``.
    """

    def __init__(self, d_model: int, d_k: int | None = None, d_v: int | None = None) -> None:
        super().__init__()
        d_k, d_v = d_model if d_k is None else d_k, d_model if d_v is None else d_v
        self.query_projection = nn.Linear(d_model, d_k, bias=False)
        self.key_projection = nn.Linear(d_model, d_k, bias=False)
        self.value_projection = nn.Linear(d_model, d_v, bias=False)

    def forward(
        self,
        x: Tensor,
        *,
        key_lengths: Tensor | None = None,
        causal: bool = False,
        window: int | None = None,
        return_weights: bool = False,
    ) -> Attention:
        """Cada posición atiende a las de su propia frase.

        Argumentos:
            x: ``(batch, n, d_model)``.
            key_lengths: ``(batch,)``, posiciones válidas de cada frase; las siguientes son relleno.
            causal: si ``True``, cada posición ve solo las anteriores y a sí misma.
            window: deja las posiciones a distancia ≤ ``window``; con 0, cada una solo se ve a sí misma.
            return_weights: si ``True``, devuelve también los pesos.

        Devuelve:
            ``Attention`` sin eje de cabezas: ``(batch, n, d_v)``, ``(batch, n, n)`` y ``(batch, n)``.

        Errores:
            ``ValueError`` si ``x`` no tiene tres ejes o su último eje no mide ``d_model``.
        """
        d_model = self.query_projection.in_features
        if x.dim() != 3 or x.shape[2] != d_model:
            raise shape_error("x", ("batch", "n", "d_model"), ("batch", "n", d_model), x.shape)
        query, key, value = (
            projection(x)[:, None]  # el eje heads, de tamaño 1
            for projection in (self.query_projection, self.key_projection, self.value_projection)
        )
        found = dot_product_attention(
            query,
            key,
            value,
            key_lengths=key_lengths,
            causal=causal,
            window=window,
            return_weights=return_weights,
        )
        weights = None if found.weights is None else found.weights[:, 0]
        return Attention(found.output[:, 0], weights, found.logsumexp[:, 0])
