"""El oráculo: cada mecanismo en torch puro, lento y evidente.

Sirve para tres cosas: las pruebas comparan el núcleo con él en float64, los tensores que no están en la CPU se
calculan con él, y el libro lo enseña. Tiene las mismas firmas y el mismo contrato que ``atencion.ops``:
``True`` = puede atender, −∞ por dentro, y una fila sin nada que atender da ceros, gradiente cero y
``logsumexp = −∞``.
"""

from .additive import additive_attention
from .attention_flow import AttentionFlow, attention_flow
from .attention_over_attention import AttentionOverAttention, attention_over_attention
from .coattention import Coattention, coattention
from .dot_product import dot_product_attention
from .graph import graph_attention
from .key_value_predict import key_value_predict_attention
from .linear import linear_attention
from .memory import memory_attention
from .merge import merge_attention
from .pointer import pointer_sum
from .softmax import Attention, edge_softmax, masked_softmax
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
    "edge_softmax",
    "graph_attention",
    "key_value_predict_attention",
    "linear_attention",
    "masked_softmax",
    "memory_attention",
    "merge_attention",
    "pointer_sum",
    "sparse_attention",
    "word_by_word_attention",
]
