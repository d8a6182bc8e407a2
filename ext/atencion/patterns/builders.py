"""Los patrones de los artículos: ventanas, zancadas, bloques y posiciones globales."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from ..errors import value_error
from .sparse_pattern import SparsePattern, check_count, from_edges, positions, repeat_index, to_offsets


def causal(n: int) -> SparsePattern:
    """Cada posición ve su pasado y a sí misma: ``j ≤ i``, ``n (n + 1) / 2`` aristas."""
    check_count("n", n)
    return _rows(torch.arange(n) + 1, lambda row, position: position)


def sliding_window(n: int, window: int) -> SparsePattern:
    """Ventana de radio ``window``: ``|j − i| ≤ window``, el mismo ``window`` de ``dot_product_attention``.

    El ancho ``w`` de Longformer es ``2 · window``: ``n (w + 1) − w/2 (w/2 + 1)`` aristas. Con ``.causal()`` es la
    cabeza local de Child et al. (2019).

    Ejemplo:
        >>> len(sliding_window(1024, 32))
        65504
    """
    return dilated_window(n, window, 1)


def dilated_window(n: int, window: int, dilation: int) -> SparsePattern:
    """Ventana con huecos: ``j = i + dilation · t`` con ``|t| ≤ window`` (Beltagy et al., 2020).

    Ejemplo:
        >>> print(dilated_window(5, 1, 2))
        ■ · ■ · ·
        · ■ · ■ ·
        ■ · ■ · ■
        · ■ · ■ ·
        · · ■ · ■
    """
    check_count("n", n)
    check_count("window", window)
    check_count("dilation", dilation, 1)
    i = torch.arange(n)
    before = (i // dilation).clamp(max=window)
    after = ((n - 1 - i) // dilation).clamp(max=window)
    return _rows(before + 1 + after, lambda row, position: row + dilation * (position - before[row]))


def strided(n: int, stride: int) -> SparsePattern:
    """Una de cada ``stride`` posiciones, hacia atrás: ``j ≤ i``, ``(i − j) mod stride = 0``.

    Es la segunda cabeza del patrón «strided» de Child et al. (2019); la primera es
    ``sliding_window(n, stride).causal()``, y la unión de ambas se escribe con ``|``.

    Ejemplo:
        >>> print(strided(5, 2))
        ■ · · · ·
        · ■ · · ·
        ■ · ■ · ·
        · ■ · ■ ·
        ■ · ■ · ■
    """
    check_count("n", n)
    check_count("stride", stride, 1)
    return _rows(torch.arange(n) // stride + 1, lambda row, position: row % stride + stride * position)


def fixed(n: int, block: int, summary: int) -> SparsePattern:
    """Las ``summary`` últimas posiciones de cada bloque: ``j ≤ i``, ``j mod block ≥ block − summary``.

    Es la segunda cabeza del patrón «fixed» de Child et al. (2019); la primera es ``blocks(n, block).causal()``.

    Ejemplo:
        >>> print(fixed(5, 2, 1))
        · · · · ·
        · ■ · · ·
        · ■ · · ·
        · ■ · ■ ·
        · ■ · ■ ·
    """
    check_count("n", n)
    check_count("block", block, 1)
    check_count("summary", summary)
    if summary > block:
        raise value_error("summary", f"un entero de 0 a block = {block}", summary)
    i = torch.arange(n)
    columns = i[i % block >= block - summary]
    return _rows(torch.searchsorted(columns, i, right=True), lambda row, position: columns[position])


def global_tokens(n: int, tokens: Sequence[int]) -> SparsePattern:
    """Unas posiciones que lo ven todo y a las que todas ven: las filas y las columnas ``tokens``.

    Argumentos:
        n: número de posiciones.
        tokens: posiciones de ``−n`` a ``n − 1``; las negativas cuentan desde el final.

    Ejemplo:
        >>> print(global_tokens(3, [0]))
        ■ ■ ■
        ■ · ·
        ■ · ·
    """
    check_count("n", n)
    for token in tokens:
        if isinstance(token, bool) or not isinstance(token, int) or not -n <= token < n:
            raise value_error("tokens", f"enteros de {-n} a {n - 1}", token)
    columns = torch.tensor(sorted({token % n for token in tokens}), dtype=torch.int64)
    full = torch.zeros(n, dtype=torch.bool).index_fill(0, columns, True)

    def keys(row: Tensor, position: Tensor) -> Tensor:
        return torch.where(full[row], position, columns[position.clamp(max=len(columns) - 1)])

    return _rows(torch.where(full, n, len(columns)), keys)


def blocks(
    n: int, block: int, *, window: int = 0, global_blocks: Sequence[int] = (), random_blocks: int = 0, seed: int = 0
) -> SparsePattern:
    """Patrón por bloques de ``block`` posiciones: diagonal, vecinos, globales y al azar.

    Con ``window=1, global_blocks=(0, -1), random_blocks=3`` es el de BigBird (Zaheer et al., 2020). El último bloque
    puede quedar corto.

    Argumentos:
        n: número de posiciones.
        block: tamaño del bloque, ≥ 1.
        window: bloques vecinos que se ven a cada lado.
        global_blocks: bloques que lo ven todo y que todos ven; los negativos cuentan desde el final.
        random_blocks: bloques más, al azar entre los que aún no ve, por cada bloque de consultas.
        seed: semilla del azar.

    Ejemplo:
        >>> print(blocks(5, 2, global_blocks=(0,)))
        ■ ■ ■ ■ ■
        ■ ■ ■ ■ ■
        ■ ■ ■ ■ ·
        ■ ■ ■ ■ ·
        ■ ■ · · ■
    """
    check_count("n", n)
    check_count("block", block, 1)
    check_count("random_blocks", random_blocks)
    n_blocks = -(-n // block)
    coarse = sliding_window(n_blocks, window) | global_tokens(n_blocks, global_blocks)
    if random_blocks:
        coarse = coarse | _random_keys(coarse, random_blocks, random.Random(seed))
    # De bloques a posiciones: cada consulta ve los bloques de su bloque, y de cada uno, todas sus posiciones.
    per_query = coarse.offsets.diff().repeat_interleave(block)[:n]
    query = repeat_index(per_query)
    key_block = coarse.keys[coarse.offsets[query // block] + positions(per_query)]
    sizes = (n - key_block * block).clamp(max=block)
    counts = torch.zeros(n, dtype=torch.int64).index_add(0, query, sizes)
    return SparsePattern(to_offsets(counts), (key_block * block).repeat_interleave(sizes) + positions(sizes), n)


def _random_keys(pattern: SparsePattern, count: int, generator: random.Random) -> SparsePattern:
    """Para cada consulta, ``count`` claves distintas de las que no ve."""
    offsets, keys = pattern.offsets.tolist(), pattern.keys.tolist()
    edges = []
    for query, (start, end) in enumerate(pairwise(offsets)):
        seen = set(keys[start:end])
        unseen = [key for key in range(pattern.n_key) if key not in seen]
        edges += [(query, key) for key in generator.sample(unseen, min(count, len(unseen)))]
    query_index, key_index = torch.tensor(edges, dtype=torch.int64).reshape(-1, 2).T
    return from_edges(query_index, key_index, pattern.n_query, pattern.n_key)


def _rows(counts: Tensor, keys: Callable[[Tensor, Tensor], Tensor]) -> SparsePattern:
    """Patrón cuadrado en el que la fila ``i`` tiene ``counts[i]`` claves: ``keys(fila, posición en la fila)``."""
    return SparsePattern(to_offsets(counts), keys(repeat_index(counts), positions(counts)), len(counts))
