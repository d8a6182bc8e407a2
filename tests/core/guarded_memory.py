"""Corre los núcleos con cada tensor pegado a una página prohibida: leer o escribir un byte de más mata el proceso.

Lo lanza ``test_simd.py`` en otro proceso. Cada tensor va dos veces: acabando justo antes de la página prohibida y
empezando justo después. El resultado se compara con el de la memoria corriente.
"""

from __future__ import annotations

import ctypes
import itertools
import mmap
from collections.abc import Callable

import atencion
import torch
from atencion import _core
from atencion.patterns import from_mask
from torch import Tensor

LIBC = ctypes.CDLL(None, use_errno=True)
PAGE, NO_ACCESS = mmap.PAGESIZE, 0


class Fence:
    """Reserva tensores junto a páginas sin permiso de lectura ni de escritura."""

    def __init__(self, side: str) -> None:
        self.side = side
        self.held: list[mmap.mmap] = []

    def __call__(self, tensor: Tensor, row_gap: int = 0) -> Tensor:
        """Copia de ``tensor`` con ``row_gap`` números de separación entre filas."""
        width = tensor.shape[-1]
        rows = tensor.numel() // width
        count = rows * (width + row_gap) - row_gap
        size = count * tensor.element_size()
        body = (size + PAGE - 1) // PAGE * PAGE
        memory = mmap.mmap(-1, body + 2 * PAGE)
        self.held.append(memory)
        start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        for guard in (start, start + PAGE + body):
            assert LIBC.mprotect(ctypes.c_void_p(guard), ctypes.c_size_t(PAGE), NO_ACCESS) == 0
        offset = PAGE if self.side == "before" else PAGE + body - size
        flat = torch.frombuffer(memory, dtype=tensor.dtype, count=count, offset=offset)
        stride = [width + row_gap, 1]
        for length in reversed(tensor.shape[1:-1]):
            stride.insert(0, stride[0] * length)
        placed = flat.as_strided(tensor.shape, stride[-tensor.dim() :]).copy_(tensor).as_subclass(Fenced)
        placed.fence = self
        return placed


class Fenced(Tensor):
    """El núcleo pide a su primer tensor la memoria de los resultados: aquí también la da una valla."""

    fence: Fence

    def new_empty(self, *size: int) -> Tensor:  # type: ignore[override]
        return self.fence(torch.zeros(size, dtype=self.dtype)) if 0 not in size else torch.empty(size)


Place = Callable[..., Tensor]


def plain(tensor: Tensor, row_gap: int = 0) -> Tensor:
    return tensor.clone()


def dot_product(place: Place, dtype: torch.dtype, n_query: int, n_key: int, d_k: int, d_v: int) -> list[Tensor]:
    g = torch.Generator().manual_seed(n_query)
    heads, kv_heads = 2, 1

    def rand(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=g, dtype=torch.float64).to(dtype)

    query = place(rand(2, heads, n_query, d_k), row_gap=3)
    key, value = place(rand(2, kv_heads, n_key, d_k), row_gap=1), place(rand(2, kv_heads, n_key, d_v), row_gap=2)
    mask = place(torch.rand(2, heads, n_query, n_key, generator=g) > 0.2)
    bias, slopes = place(rand(2, heads, n_query, n_key)), place(rand(heads).abs())
    lengths = place(torch.tensor([n_key, n_key // 2]))
    arguments = (query, key, value, bias, mask, lengths, slopes, True, n_key, 0.5, True, 1)
    outputs = _core.dot_product_forward(*arguments)
    arriving = [place(torch.ones_like(t)) for t in outputs]
    arriving[2][outputs[2] == -torch.inf] = 0
    grads = _core.dot_product_backward(tuple(arriving), outputs, (True,) * 4, *arguments)
    free = _core.dot_product_forward(query, key, value, *[None] * 4, False, None, None, False, 1)
    return [*outputs, *grads, free[0], free[2]]


def additive(place: Place, dtype: torch.dtype, n_query: int, n_key: int, units: int, d_v: int) -> list[Tensor]:
    g = torch.Generator().manual_seed(n_query)

    def rand(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=g, dtype=torch.float64).to(dtype)

    results = []
    for far in (0.0, 500.0):
        query = place(rand(2, n_query, units) + far, row_gap=3)
        key, value = place(rand(2, n_key, units) - far, row_gap=1), place(rand(2, n_key, d_v), row_gap=2)
        vector = place(rand(units))
        mask = place(torch.rand(2, n_query, n_key, generator=g) > 0.2)
        lengths = place(torch.tensor([n_key, n_key // 2]))
        arguments = (query, key, value, vector, mask, lengths, True, 1)
        outputs = _core.additive_forward(*arguments)
        arriving = tuple(place(torch.ones_like(t)) for t in outputs)
        results += [*outputs, *_core.additive_backward(arriving, outputs, (True,) * 4, *arguments)]
    return results


def two_way(place: Place, dtype: torch.dtype, n_document: int, n_question: int, d: int, _: int) -> list[Tensor]:
    g = torch.Generator().manual_seed(n_document)

    def rand(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=g, dtype=torch.float64).to(dtype)

    results = []
    document, question = place(rand(2, n_document, d), row_gap=3), place(rand(2, n_question, d), row_gap=1)
    masks = [place(torch.rand(2, n, generator=g) > 0.2) for n in (n_document, n_question)]
    lengths = [place(torch.tensor([n, n // 2])) for n in (n_document, n_question)]
    mechanisms = {
        "attention_over_attention": ((document, question), (*masks, *lengths)),
        "coattention": (
            [place(rand(2, n + 1, d), row_gap=1) for n in (n_document, n_question)],
            (*masks, *lengths, True, True),
        ),
        "attention_flow": ((document, question, place(rand(3 * d))), (*masks, *lengths)),
    }
    for name, (inputs, options) in mechanisms.items():
        arguments = (*inputs, *options, True, 1)
        outputs = getattr(_core, f"{name}_forward")(*arguments)
        arriving = tuple(place(torch.ones_like(t)) for t in outputs)
        results += [*outputs, *getattr(_core, f"{name}_backward")(arriving, outputs, (True,) * 3, *arguments)]
    return results


def edges(place: Place, n_query: int, n_key: int) -> tuple[Tensor, Tensor]:
    """``offsets`` y ``keys`` de un patrón al azar, junto a la valla."""
    mask = torch.rand(n_query, n_key, generator=torch.Generator().manual_seed(n_key)) > 0.4
    mask[0, -1] = True  # la última clave, y que haya alguna
    pattern = from_mask(mask)
    return place(pattern.offsets), place(pattern.keys)


def sparse(place: Place, dtype: torch.dtype, n_query: int, n_key: int, d_k: int, d_v: int) -> list[Tensor]:
    g = torch.Generator().manual_seed(n_query)

    def rand(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=g, dtype=torch.float64).to(dtype)

    query = place(rand(2, 2, n_query, d_k), row_gap=3)
    key, value = place(rand(2, 1, n_key, d_k), row_gap=1), place(rand(2, 1, n_key, d_v), row_gap=2)
    results = []
    for lengths in (None, place(torch.tensor([n_key, n_key // 2]))):
        arguments = (query, key, value, *edges(place, n_query, n_key), lengths, 0.5, True, 1)
        outputs = _core.sparse_forward(*arguments)
        arriving = tuple(place(torch.ones_like(t)) for t in outputs)
        results += [*outputs, *_core.sparse_backward(arriving, outputs, (True,) * 3, *arguments)]
    return results


def graph(place: Place, dtype: torch.dtype, n_query: int, n_key: int, units: int, d_v: int) -> list[Tensor]:
    g = torch.Generator().manual_seed(n_query)

    def rand(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=g, dtype=torch.float64).to(dtype)

    results = []
    for heads in (1, 3, 8, 17):
        query, key = place(rand(2, n_query, heads, units)), place(rand(2, n_key, heads, units))
        value, vector = place(rand(2, n_key, heads, d_v), row_gap=2), place(rand(heads, units))
        arguments = (query, key, value, vector, *edges(place, n_query, n_key), 0.2, True, 1)
        outputs = _core.graph_forward(*arguments)
        arriving = tuple(place(torch.ones_like(t)) for t in outputs)
        results += [*outputs, *_core.graph_backward(arriving, outputs, (True,) * 4, *arguments)]
    return results


def linear(place: Place, dtype: torch.dtype, n_query: int, n_key: int, d_k: int, d_v: int) -> list[Tensor]:
    g = torch.Generator().manual_seed(n_query)

    def rand(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=g, dtype=torch.float64).to(dtype)

    results = []
    for feature_map, causal in (("softmax", False), ("elu", False), ("elu", True)):
        query = place(rand(2, 2, n_query, d_k), row_gap=3)
        key, value = place(rand(2, 1, n_key, d_k), row_gap=1), place(rand(2, 1, n_key, d_v), row_gap=2)
        mask, lengths = place(torch.rand(2, n_key, generator=g) > 0.2), place(torch.tensor([n_key, n_key // 2]))
        arguments = (query, key, value, mask, lengths, feature_map, causal, True, 1)
        outputs = _core.linear_forward(*arguments)
        arriving = tuple(place(torch.ones_like(t)) for t in outputs)
        results += [*outputs, *_core.linear_backward(arriving, outputs, (True,) * 3, *arguments)]
        results += _core.linear_forward(query, key, value, None, None, feature_map, causal, False, 1)[::2]
    return results


def merge(place: Place, dtype: torch.dtype, parts: int, n_query: int, heads: int, d_v: int) -> list[Tensor]:
    g = torch.Generator().manual_seed(n_query)
    shapes = [(heads, n_query, d_v)] * parts + [(heads, n_query)] * parts
    tensors = [place(torch.randn(*shape, generator=g, dtype=torch.float64).to(dtype)) for shape in shapes]
    outputs = _core.merge_forward(*tensors, 1)
    arriving = tuple(place(torch.ones_like(t)) for t in outputs)
    return [*outputs, *_core.merge_backward(arriving, outputs, (True,) * len(tensors), *tensors, 1)]


def readers(place: Place, dtype: torch.dtype, n_query: int, n_key: int, units: int, d_v: int) -> list[Tensor]:
    """Los mecanismos de los lectores: saltos de memoria, punteros, palabra a palabra y clave-valor-predicción."""
    g = torch.Generator().manual_seed(n_query)

    def rand(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=g, dtype=torch.float64).to(dtype) / shape[-1] ** 0.5

    def run(name: str, *arguments: object) -> list[Tensor]:
        outputs = getattr(_core, f"{name}_forward")(*arguments, 1)
        arriving = tuple(place(torch.ones_like(t)) for t in outputs)
        grads = getattr(_core, f"{name}_backward")(arriving, outputs, (True,) * 6, *arguments, 1)
        return [*outputs, *grads]

    lengths, mask = place(torch.tensor([n_key, n_key // 2])), place(torch.rand(2, n_query, n_key, generator=g) > 0.2)
    token_ids, candidates = (place(torch.randint(9, (2, n), generator=g)) for n in (n_key, d_v))
    vector, rows = place(rand(units)), place(rand(2, n_query, units), row_gap=3)
    key, value = place(rand(2, n_key, units), row_gap=1), place(rand(2, n_key, d_v), row_gap=2)
    state, memory = place(rand(2, units), row_gap=1), place(rand(2, n_query, n_key, units), row_gap=1)
    results = run("memory", state, memory, memory, place(rand(units, units)), mask, lengths, True)
    results += run("pointer", state, key, token_ids, candidates, place(mask[:, 0].clone()), lengths, None)
    results += run("pointer", state, key, token_ids, None, None, None, 9)
    results += run("key_value_predict", key, key, value, vector, None, lengths, 3, True)
    for far in (0.0, 500.0):
        recurrences = place(rand(units, d_v) * (1 + far)), place(rand(d_v, d_v))
        results += run(
            "word_by_word", rows, key, value, vector, *recurrences, mask, lengths,
            place(torch.tensor([n_query, n_query // 2])), True,
        )  # fmt: skip
    return results


SIZES = [
    (1, 1, 1, 1),
    (3, 5, 2, 3),
    (7, 9, 5, 4),
    (17, 13, 15, 17),
    (49, 97, 7, 33),
    (13, 96, 31, 9),
    (25, 33, 32, 32),
    (5, 7, 64, 64),
]


def main() -> None:
    """Recorre núcleos, tipos, lados y tamaños; imprime «bien» si nada se salió y los números coinciden."""
    torch.set_num_threads(1)
    for kernel, dtype, sizes in itertools.product(atencion.available_kernels(), (torch.float32, torch.float64), SIZES):
        for run in (dot_product, additive, linear, merge, two_way, sparse, graph, readers):
            with atencion.use_kernel(kernel):
                expected = run(plain, dtype, *sizes)
                for side in ("before", "after"):
                    print(kernel, dtype, sizes, run.__name__, side, flush=True)
                    fence = Fence(side)
                    for found, wanted in zip(run(fence, dtype, *sizes), expected, strict=True):
                        assert torch.equal(found, wanted)
    print("bien")
