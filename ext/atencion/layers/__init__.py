"""Mecanismos de atención y sus capas vecinas como módulos de torch. Ninguno guarda estado oculto."""

from .additive import AdditiveAttention
from .attention_flow import AttentionFlow
from .bidirectional import BidirectionalRNN
from .char_cnn import CharCNN
from .dot_product import DotProductAttention
from .highway import Highway
from .multihead import MultiHeadSelfAttention, SelfAttentionBlock
from .self_attention import SelfAttention
from .span import BestSpan, best_span
from .structured import StructuredSelfAttention, redundancy_penalty

__all__ = [
    "AdditiveAttention",
    "AttentionFlow",
    "BestSpan",
    "BidirectionalRNN",
    "CharCNN",
    "DotProductAttention",
    "Highway",
    "MultiHeadSelfAttention",
    "SelfAttention",
    "SelfAttentionBlock",
    "StructuredSelfAttention",
    "best_span",
    "redundancy_penalty",
]
