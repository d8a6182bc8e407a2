"""Patrones dispersos: quién puede atender a quién, guardado arista a arista.

Una máscara booleana sobre la matriz densa no ahorra nada: se calculan igual los ``n_query · n_key`` productos. Un
``SparsePattern`` guarda solo las aristas, y con él ``sparse_attention`` y ``graph_attention`` hacen un trabajo
proporcional a ellas. Todos los patrones se construyen con memoria proporcional a sus aristas.

    >>> pattern = sliding_window(5, 1) | global_tokens(5, [0])
    >>> print(pattern)
    ■ ■ ■ ■ ■
    ■ ■ ■ · ·
    ■ ■ ■ ■ ·
    ■ · ■ ■ ■
    ■ · · ■ ■
"""

from .builders import blocks, causal, dilated_window, fixed, global_tokens, sliding_window, strided
from .sparse_pattern import SparsePattern, from_edges, from_mask

__all__ = [
    "SparsePattern",
    "blocks",
    "causal",
    "dilated_window",
    "fixed",
    "from_edges",
    "from_mask",
    "global_tokens",
    "sliding_window",
    "strided",
]
