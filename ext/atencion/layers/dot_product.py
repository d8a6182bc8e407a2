"""La atención por producto escalar escalado, con *dropout* aplicado como se debe."""

from __future__ import annotations

from torch import Tensor, nn

from ..errors import value_error
from ..masks import without_padding
from ..ops import Attention, dot_product_attention

__all__ = ["DotProductAttention"]


class DotProductAttention(nn.Module):
    r"""Atención por producto escalar escalado, sin parámetros.

    Fórmula: ``softmax(Q Kᵀ / √d_k) V``; al entrenar, ``dropout(softmax(Q Kᵀ / √d_k)) V``.

    Con *dropout* hacen falta los pesos enteros: la memoria pasa de O(n) a O(n²). Los pesos que se devuelven son siempre
    los de antes del *dropout*, los que suman uno.

    Argumentos:
        dropout: probabilidad de anular cada peso al entrenar, de 0 a 1.
        scale: por omisión ``1 / √d_k``.

    Errores:
        ``ValueError`` si ``dropout`` no está entre 0 y 1.

    Ejemplo:
        >>> x = torch.randn(2, 3, 5, 7)
        >>> DotProductAttention()(x, x, x, causal=True).output.shape
        torch.Size([2, 3, 5, 7])

    Referencia: Vaswani et al. (2017), sección 3.2.1.
    """

    def __init__(self, dropout: float = 0.0, scale: float | None = None) -> None:
        super().__init__()
        if not 0.0 <= dropout <= 1.0:
            raise value_error("dropout", "una probabilidad entre 0 y 1", dropout)
        self.dropout = dropout
        self.scale = scale

    def forward(
        self,
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
        return_weights: bool = False,
    ) -> Attention:
        """Atiende; los argumentos son los de ``ops.dot_product_attention``."""
        drops = self.training and self.dropout > 0.0
        result = dot_product_attention(
            query,
            key,
            value,
            mask=mask,
            causal=causal,
            window=window,
            key_lengths=key_lengths,
            bias=bias,
            alibi_slopes=alibi_slopes,
            scale=self.scale,
            return_weights=return_weights or drops,
        )
        if not drops or result.weights is None:
            return result
        dropped = nn.functional.dropout(result.weights, self.dropout)
        value = without_padding(value, key_lengths).repeat_interleave(query.shape[1] // value.shape[1], dim=1)
        return Attention(dropped @ value, result.weights if return_weights else None, result.logsumexp)
