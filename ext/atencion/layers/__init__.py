"""Mecanismos de atención como módulos de torch. Cada uno devuelve ``ops.Attention``; ninguno guarda estado oculto."""

from .additive import AdditiveAttention
from .dot_product import DotProductAttention

__all__ = ["AdditiveAttention", "DotProductAttention"]
