"""Las operaciones públicas: un módulo por mecanismo, sobre el núcleo compilado."""

from ..reference import Attention
from .additive import additive_attention
from .dot_product import dot_product_attention

__all__ = ["Attention", "additive_attention", "dot_product_attention"]
