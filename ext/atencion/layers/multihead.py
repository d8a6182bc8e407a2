"""Autoatención con varias cabezas: una sola proyección para todas, y el bloque con suma y normalización."""

from __future__ import annotations

from torch import Tensor, nn

from ..errors import shape_error, value_error
from ..ops import Attention
from .dot_product import DotProductAttention

__all__ = ["MultiHeadSelfAttention", "SelfAttentionBlock"]


class MultiHeadSelfAttention(nn.Module):
    r"""Autoatención con varias cabezas.

    Fórmula: ``Concat(cabeza_1 … cabeza_h) W_O``, con ``cabeza_i = softmax(Q_i K_iᵀ / √d_k) V_i`` y
    ``d_k = d_model / h``.

    Las tres proyecciones de todas las cabezas son un solo producto. Hay ``4 · d_model²`` parámetros, sea cual sea
    el número de cabezas. El *dropout* va sobre los pesos y solo al entrenar; los que se devuelven son los de antes.

    Argumentos:
        d_model: ancho de cada posición.
        heads: número de cabezas; divide a ``d_model``.
        dropout: probabilidad de anular cada peso al entrenar, de 0 a 1.

    Errores:
        ``ValueError`` si ``heads`` no divide a ``d_model`` o ``dropout`` no está entre 0 y 1.

    Ejemplo:
        >>> layer = MultiHeadSelfAttention(6, heads=2)
        >>> layer(torch.randn(3, 5, 6), return_weights=True).weights.shape
        torch.Size([3, 2, 5, 5])

    Referencia: Vaswani et al. (2017), sección 3.2.2: ``projection`` reúne todas las ``W_i^Q``, luego las ``W_i^K`` y
    luego las ``W_i^V``, y ``output_projection`` es ``W^O``; traspuestas, como las guarda ``nn.Linear``.
    """

    def __init__(self, d_model: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        if heads < 1 or d_model % heads:
            raise value_error("heads", f"un divisor de d_model = {d_model}", heads)
        self.heads = heads
        self.projection = nn.Linear(d_model, 3 * d_model, bias=False)
        self.attention = DotProductAttention(dropout)
        self.output_projection = nn.Linear(d_model, d_model, bias=False)

    def forward(
        self,
        x: Tensor,
        *,
        mask: Tensor | None = None,
        key_lengths: Tensor | None = None,
        causal: bool = False,
        return_weights: bool = False,
    ) -> Attention:
        """Cada posición atiende a las de su propia frase, una vez por cabeza.

        Argumentos:
            x: ``(batch, n, d_model)``.
            mask: bool difundible a ``(batch, heads, n, n)``; ``True`` = puede atender. Una máscara por ejemplo lleva
                el eje de las cabezas: ``(batch, 1, n, n)``.
            key_lengths: ``(batch,)``, posiciones válidas de cada frase.
            causal: si ``True``, cada posición ve solo las anteriores y a sí misma.
            return_weights: si ``True``, devuelve también los pesos de cada cabeza.

        Devuelve:
            ``Attention``: ``(batch, n, d_model)``, ``(batch, heads, n, n)`` y ``(batch, heads, n)``.

        Errores:
            ``ValueError`` si ``x`` no tiene tres ejes o su último eje no mide ``d_model``.
        """
        d_model = self.projection.in_features
        if x.dim() != 3 or x.shape[2] != d_model:
            raise shape_error("x", ("batch", "n", "d_model"), ("batch", "n", d_model), x.shape)
        batch, n, _ = x.shape
        # (batch, n, 3 · d_model) → tres de (batch, heads, n, d_k), sin copiar.
        query, key, value = self.projection(x).view(batch, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        found = self.attention(
            query, key, value, mask=mask, key_lengths=key_lengths, causal=causal, return_weights=return_weights
        )
        joined = found.output.transpose(1, 2).reshape(batch, n, d_model)
        return Attention(self.output_projection(joined), found.weights, found.logsumexp)


class SelfAttentionBlock(nn.Module):
    """Varias cabezas con su suma residual y su normalización: la primera mitad de una capa del Transformer.

    Fórmula: con ``norm_first``, ``x + dropout(atención(LN(x)))`` (pre-LN); sin ella, ``LN(x + dropout(atención(x)))``
    (post-LN, la del artículo).

    Argumentos:
        d_model: ancho de cada posición.
        heads: número de cabezas; divide a ``d_model``.
        dropout: probabilidad, la misma para los pesos y para la salida.
        norm_first: si ``True``, normaliza antes de atender.

    Errores:
        ``ValueError`` si ``heads`` no divide a ``d_model`` o ``dropout`` no está entre 0 y 1.

    Ejemplo:
        >>> SelfAttentionBlock(6, heads=2)(torch.randn(3, 5, 6), causal=True).output.shape
        torch.Size([3, 5, 6])

    Referencia: Vaswani et al. (2017), sección 3.1; Xiong et al. (2020) para pre-LN.
    """

    def __init__(self, d_model: int, heads: int, dropout: float = 0.0, *, norm_first: bool = True) -> None:
        super().__init__()
        self.attention = MultiHeadSelfAttention(d_model, heads, dropout)
        self.norm = nn.LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)
        self.norm_first = norm_first

    def forward(
        self,
        x: Tensor,
        *,
        mask: Tensor | None = None,
        key_lengths: Tensor | None = None,
        causal: bool = False,
        return_weights: bool = False,
    ) -> Attention:
        """Los argumentos y las formas son los de ``MultiHeadSelfAttention``."""
        found = self.attention(
            self.norm(x) if self.norm_first else x,
            mask=mask,
            key_lengths=key_lengths,
            causal=causal,
            return_weights=return_weights,
        )
        total = x + self.dropout(found.output)
        return Attention(total if self.norm_first else self.norm(total), found.weights, found.logsumexp)
