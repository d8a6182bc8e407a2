"""Las operaciones públicas: un módulo por mecanismo, sobre el núcleo compilado."""

from ..reference import Attention, AttentionOverAttention
from .additive import additive_attention
from .attention_over_attention import attention_over_attention
from .dot_product import dot_product_attention

__all__ = [
    "Attention",
    "AttentionOverAttention",
    "additive_attention",
    "attention_over_attention",
    "dot_product_attention",
]
