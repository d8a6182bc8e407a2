"""Un patrón disperso por filas comprimidas, y cómo se construye de una máscara o de una lista de aristas."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import device_error, dtype_error, shape_error, type_error, value_error

LARGEST_DRAWING = 64


@dataclass(frozen=True, eq=False, repr=False)
class SparsePattern:
    """Las claves que ve cada consulta, por filas comprimidas (CSR). Inmutable.

    La consulta ``i`` ve ``keys[offsets[i]:offsets[i + 1]]``. La arista ``e`` es la posición en ``keys``: los pesos por
    arista de ``sparse_attention`` y ``graph_attention`` van en ese orden.

    Campos:
        offsets: ``(n_query + 1,)`` int64, de 0 a ``n_edges`` sin decrecer.
        keys: ``(n_edges,)`` int64, de 0 a ``n_key − 1``, crecientes y sin repetir dentro de cada fila.
        n_key: número de claves.

    Errores:
        ``TypeError`` o ``ValueError`` si los tensores no describen un patrón. Copia los tensores: cambiar después los
        originales no cambia el patrón.

    Ejemplo:
        >>> SparsePattern(torch.tensor([0, 2, 3]), torch.tensor([0, 2, 1]), 3).to_mask().int().tolist()
        [[1, 0, 1], [0, 1, 0]]
    """

    offsets: Tensor
    keys: Tensor
    n_key: int

    def __post_init__(self) -> None:
        check_count("n_key", self.n_key)
        for name, axis in (("offsets", "n_query + 1"), ("keys", "n_edges")):
            tensor = getattr(self, name)
            _check_integers(name, tensor, axis)
            object.__setattr__(self, name, tensor.detach().to(torch.int64, copy=True).contiguous())
        if self.offsets.device != self.keys.device:
            raise device_error("keys", self.offsets.device, self.keys.device)
        if not len(self.offsets):
            raise shape_error("offsets", ("n_query + 1",), None, self.offsets.shape)
        if self.offsets[0] != 0 or self.offsets[-1] != len(self.keys) or (self.offsets.diff() < 0).any():
            raise value_error("offsets", f"de 0 a n_edges = {len(self.keys)}, sin decrecer", self.offsets.tolist()[:8])
        _check_range("keys", self.keys, self.n_key, "n_key")
        if (self.edges().diff() <= 0).any():
            raise value_error("keys", "claves crecientes y sin repetir en cada fila", "otra cosa")

    @property
    def n_query(self) -> int:
        """Número de consultas."""
        return len(self.offsets) - 1

    @property
    def queries(self) -> Tensor:
        """``(n_edges,)`` int64: la consulta de cada arista."""
        return repeat_index(self.offsets.diff())

    @property
    def density(self) -> float:
        """Aristas entre las de la matriz completa; 0 si no tiene celdas."""
        return len(self) / max(self.n_query * self.n_key, 1)

    def __len__(self) -> int:
        """Número de aristas."""
        return len(self.keys)

    def __repr__(self) -> str:
        return f"SparsePattern(n_query={self.n_query}, n_key={self.n_key}, n_edges={len(self)})"

    def __str__(self) -> str:
        if max(self.n_query, self.n_key) > LARGEST_DRAWING:
            return repr(self)
        return "\n".join(" ".join("■" if seen else "·" for seen in row) for row in self.to_mask().tolist())

    def __or__(self, other: SparsePattern) -> SparsePattern:
        """Unión: las aristas de uno o de otro."""
        return self._from_ids(torch.unique(torch.cat([self.edges(), self._like(other).edges()])))

    def __and__(self, other: SparsePattern) -> SparsePattern:
        """Intersección: las aristas de los dos."""
        ids, times = torch.unique(torch.cat([self.edges(), self._like(other).edges()]), return_counts=True)
        return self._from_ids(ids[times == 2])

    def causal(self) -> SparsePattern:
        """Sin el futuro. Se alinea al final, como la opción ``causal``: quedan ``j ≤ i + n_key − n_query``."""
        edges = self.edges()
        return self._from_ids(edges[self.keys <= self.queries + (self.n_key - self.n_query)])

    def transpose(self) -> SparsePattern:
        """El patrón visto desde las claves: quién atiende a cada una."""
        return from_edges(self.keys, self.queries, self.n_key, self.n_query)

    def edges(self) -> Tensor:
        """``(n_edges,)`` int64: la celda ``i · n_key + j`` de cada arista en la matriz de pesos."""
        return self.queries * self.n_key + self.keys

    def to(self, device: torch.device | str) -> SparsePattern:
        """El mismo patrón en otro dispositivo."""
        if self.keys.device == torch.device(device):
            return self
        return SparsePattern(self.offsets.to(device), self.keys.to(device), self.n_key)

    def to_mask(self) -> Tensor:
        """``(n_query, n_key)`` bool, ``True`` = puede atender."""
        return self.to_dense(torch.ones(len(self), dtype=torch.bool, device=self.keys.device))

    def to_dense(self, edge_values: Tensor) -> Tensor:
        """Lleva valores por arista ``(…, n_edges)`` a la matriz ``(…, n_query, n_key)``, con ceros donde no hay arista.

        Sirve para dibujar los pesos; ocupa la matriz entera. Lleva gradiente.
        """
        if edge_values.dim() == 0 or edge_values.shape[-1] != len(self):
            raise shape_error("edge_values", ("…", "n_edges"), ("…", len(self)), edge_values.shape)
        dense = edge_values.new_zeros(*edge_values.shape[:-1], self.n_query * self.n_key)
        edges = self.edges().to(edge_values.device)
        return dense.index_copy(-1, edges, edge_values).reshape(*dense.shape[:-1], self.n_query, self.n_key)

    def _from_ids(self, edges: Tensor) -> SparsePattern:
        return _from_sorted(edges, self.n_query, self.n_key)

    def _like(self, other: SparsePattern) -> SparsePattern:
        if not isinstance(other, SparsePattern):
            raise type_error("other", "un SparsePattern", other)
        if (other.n_query, other.n_key) != (self.n_query, self.n_key):
            raise shape_error("other", ("n_query", "n_key"), (self.n_query, self.n_key), (other.n_query, other.n_key))
        return other.to(self.keys.device)


def from_edges(query_index: Tensor, key_index: Tensor, n_query: int, n_key: int) -> SparsePattern:
    """Patrón de una lista de aristas en cualquier orden; las repetidas cuentan una vez.

    Argumentos:
        query_index: ``(n_edges,)`` enteros de 0 a ``n_query − 1``, quién atiende.
        key_index: ``(n_edges,)`` enteros de 0 a ``n_key − 1``, a quién.
        n_query, n_key: tamaño de la matriz.

    Ejemplo:
        >>> from_edges(torch.tensor([1, 0, 1]), torch.tensor([0, 1, 0]), 2, 2).to_mask().int().tolist()
        [[0, 1], [1, 0]]
    """
    check_count("n_query", n_query)
    check_count("n_key", n_key)
    for name, index, size in (("query_index", query_index, n_query), ("key_index", key_index, n_key)):
        _check_integers(name, index, "n_edges")
        _check_range(name, index, size, f"n_{name.removesuffix('_index')}")
    if len(query_index) != len(key_index):
        raise shape_error("key_index", ("n_edges",), query_index.shape, key_index.shape)
    return _from_sorted(torch.unique(query_index.to(torch.int64) * n_key + key_index), n_query, n_key)


def from_mask(mask: Tensor) -> SparsePattern:
    """Patrón de una máscara densa.

    Argumentos:
        mask: ``(n_query, n_key)`` bool, ``True`` = puede atender.

    Ejemplo:
        >>> from_mask(torch.eye(3, dtype=torch.bool)).keys.tolist()
        [0, 1, 2]
    """
    if not isinstance(mask, Tensor):
        raise type_error("mask", "un tensor", mask)
    if mask.dtype != torch.bool:
        raise dtype_error("mask", "bool (True = puede atender)", mask.dtype)
    if mask.dim() != 2:
        raise shape_error("mask", ("n_query", "n_key"), None, mask.shape)
    return _from_sorted(mask.flatten().nonzero().flatten(), *mask.shape)


def repeat_index(counts: Tensor) -> Tensor:
    """0 ``counts[0]`` veces, 1 ``counts[1]`` veces…"""
    return torch.arange(len(counts), device=counts.device).repeat_interleave(counts)


def to_offsets(counts: Tensor) -> Tensor:
    return torch.cat([counts.new_zeros(1), counts.cumsum(0)])


def positions(counts: Tensor) -> Tensor:
    """0, 1, …, ``counts[0] − 1``, 0, 1, …, ``counts[1] − 1``…"""
    start = to_offsets(counts)[:-1].repeat_interleave(counts)
    return torch.arange(len(start), device=counts.device) - start


def _from_sorted(edges: Tensor, n_query: int, n_key: int) -> SparsePattern:
    """Patrón de las celdas ``i · n_key + j``, crecientes y sin repetir."""
    columns = max(n_key, 1)
    counts = torch.bincount(edges // columns, minlength=n_query)
    return SparsePattern(to_offsets(counts), edges % columns, n_key)


def check_count(name: str, number: int, smallest: int = 0) -> None:
    if isinstance(number, bool) or not isinstance(number, int):
        raise type_error(name, "un entero", number)
    if number < smallest:
        raise value_error(name, f"un entero ≥ {smallest}", number)


def _check_integers(name: str, tensor: Tensor, axis: str) -> None:
    if not isinstance(tensor, Tensor):
        raise type_error(name, "un tensor", tensor)
    if tensor.is_floating_point() or tensor.is_complex() or tensor.dtype == torch.bool:
        raise dtype_error(name, "entero", tensor.dtype)
    if tensor.dim() != 1:
        raise shape_error(name, (axis,), None, tensor.shape)


def _check_range(name: str, index: Tensor, size: int, size_name: str) -> None:
    if len(index) and not 0 <= int(index.min()) <= int(index.max()) < size:
        raise value_error(name, f"enteros de 0 a {size_name} − 1 = {size - 1}", [int(index.min()), int(index.max())])
