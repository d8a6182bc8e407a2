"""Las operaciones públicas: un módulo por mecanismo, sobre el núcleo compilado."""

from ..reference import Attention, AttentionFlow, AttentionOverAttention, Coattention
from .additive import additive_attention
from .attention_flow import attention_flow
from .attention_over_attention import attention_over_attention
from .coattention import coattention
from .dot_product import dot_product_attention
from .graph import graph_attention
from .key_value_predict import key_value_predict_attention
from .linear import linear_attention
from .memory import memory_attention
from .merge import merge_attention
from .pointer import pointer_sum
from .sparse import sparse_attention
from .word_by_word import word_by_word_attention

__all__ = [
    "Attention",
    "AttentionFlow",
    "AttentionOverAttention",
    "Coattention",
    "additive_attention",
    "attention_flow",
    "attention_over_attention",
    "coattention",
    "dot_product_attention",
    "graph_attention",
    "key_value_predict_attention",
    "linear_attention",
    "memory_attention",
    "merge_attention",
    "pointer_sum",
    "sparse_attention",
    "word_by_word_attention",
]
