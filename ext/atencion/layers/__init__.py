"""Mecanismos de atención como módulos de torch. Cada uno devuelve ``ops.Attention``; ninguno guarda estado oculto."""

from .additive import AdditiveAttention
from .dot_product import DotProductAttention
from .multihead import MultiHeadSelfAttention, SelfAttentionBlock
from .self_attention import SelfAttention
from .structured import StructuredSelfAttention, redundancy_penalty

__all__ = [
    "AdditiveAttention",
    "DotProductAttention",
    "MultiHeadSelfAttention",
    "SelfAttention",
    "SelfAttentionBlock",
    "StructuredSelfAttention",
    "redundancy_penalty",
]
