"""Qué argumentos admite cada operación: la tabla de la que salen las llamadas al azar de ``fuzz.py``."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from atencion.ops import Attention
from atencion.patterns import from_mask
from torch import Tensor

SIZES = (0, 1, 1, 2, 2, 3, 4, 5, 7, 8, 9, 11, 15, 16, 17, 19, 31, 33)
LARGE = (64, 65, 97, 130)
VOCABULARY = 7
SPECIAL = (math.nan, math.inf, -math.inf, 3e38, -3e38, 1e-40, 1e20, -1e30)


class World:
    """El azar, el tipo numérico y los tamaños de una llamada; un eje mide lo mismo en todos sus tensores.

    Con ``plain``, todo es corriente: float64, memoria contigua y números pequeños.
    """

    def __init__(self, seed: int, plain: bool = False) -> None:
        self.random = random.Random(seed)
        self.generator = torch.Generator().manual_seed(seed)
        self.plain = plain
        self.dtype = torch.float64 if plain else self.random.choice([torch.float32, torch.float64])
        self.sizes: dict[str, int] = {}
        self.large = self.chance(0.1)  # un solo eje por llamada: el producto de los tamaños no crece sin fin

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def size(self, axes: str) -> int:
        """Tamaño de un eje: un número, un nombre o un producto, como «2*d»."""
        return math.prod(int(axis) if axis.isdigit() else self._drawn(axis) for axis in axes.split("*"))

    def shape(self, axes: tuple[str, ...]) -> list[int]:
        return [self.size(axis) for axis in axes]

    def broadcastable(self, axes: tuple[str, ...]) -> list[int]:
        """Una forma que se difunde a la de esos ejes: con unos en algunos y quizá sin los primeros."""
        shape = [self.size(axis) if self.chance(0.7) else 1 for axis in axes]
        return shape[self.random.choice([0, 0, 0, *range(len(axes))]) :]

    def normal(self, shape: list[int]) -> Tensor:
        return torch.randn(shape, generator=self.generator, dtype=torch.float64)

    def true(self, shape: list[int], *probabilities: float) -> Tensor:
        """Un bool al azar, con una de esas probabilidades de ser ``True``."""
        return torch.rand(shape, generator=self.generator) < self.random.choice(probabilities)

    def _drawn(self, axis: str) -> int:
        if axis not in self.sizes:
            few = axis in ("batch", "groups", "kv_heads", "heads", "hops")
            size = self.random.choice((1, 1, 2, 3, 0) if few else SIZES)
            if self.large and not few and self.chance(0.4):
                size, self.large = self.random.choice(LARGE), False
            self.sizes[axis] = size if axis not in ("groups", "kv_heads") else max(size, 1)
        return self.sizes[axis]

    def arranged(self, tensor: Tensor) -> Tensor:
        """Los mismos números con otros pasos: traspuesto por dentro, a saltos, desplazado o con un eje expandido."""
        layout = self.random.choice(["plain", "plain", "plain", "permuted", "gapped", "offset", "expanded"])
        if self.plain or not tensor.dim():
            return tensor
        if layout == "permuted":
            order = list(range(tensor.dim()))
            self.random.shuffle(order)
            return tensor.permute(order).contiguous().permute([order.index(axis) for axis in range(tensor.dim())])
        if layout == "gapped":
            store = tensor.new_empty([2 * size + 1 for size in tensor.shape])
            store = store.fill_(math.nan if tensor.is_floating_point() else 1)
            return store[tuple(slice(1, None, 2) for _ in tensor.shape)].copy_(tensor)
        if layout == "offset":
            return tensor.new_zeros(tensor.numel() + 1)[1:].reshape(tensor.shape).copy_(tensor)
        if layout == "expanded" and tensor.shape[0] > 1:
            return tensor[:1].clone().expand(tensor.shape)
        return tensor


@dataclass(frozen=True)
class Strategy:
    """Cómo se saca un argumento: con ``draw``, y si es ``optional`` la mitad de las veces falta.

    ``axes`` son los ejes de su tensor, y ``limit`` el eje que miden unas longitudes.
    """

    draw: Callable[[World], Any]
    axes: tuple[str, ...] = ()
    limit: str | None = None
    optional: bool = False

    def __call__(self, world: World) -> Any:
        return None if self.optional and world.chance(0.5) else self.draw(world)


def maybe(strategy: Strategy) -> Strategy:
    return replace(strategy, optional=True)


def one_of(*values: Any) -> Strategy:
    return Strategy(lambda world: world.random.choice(values))


def floats(*axes: str, gradient: bool = True, special: bool = True, spread: float = 1.0) -> Strategy:
    """Tensor de números de ese tamaño; con ``special``, a veces alguno es muy raro."""

    def draw(world: World) -> Tensor:
        tensor = world.normal(world.shape(axes)).to(world.dtype) * (spread * world.random.choice([1.0, 1.0, 0.1, 4.0]))
        if special and not world.plain and world.chance(0.08) and tensor.numel():
            for _ in range(world.random.choice([1, 3, 50])):
                tensor.view(-1)[world.random.randrange(tensor.numel())] = world.random.choice(SPECIAL)
        tensor = world.arranged(tensor)
        return tensor.requires_grad_() if gradient and world.chance(0.6) else tensor

    return Strategy(draw, axes)


def mask(*axes: str) -> Strategy:
    """Máscara difundible a esos ejes."""
    return Strategy(lambda world: world.arranged(world.true(world.broadcastable(axes), 0.0, 0.3, 0.7, 0.95, 1.0)), axes)


def exact_mask(*axes: str) -> Strategy:
    return Strategy(lambda world: world.arranged(world.true(world.shape(axes), 0.0, 0.3, 0.7, 0.95, 1.0)), axes)


def bias(*axes: str) -> Strategy:
    """Sesgo difundible a esos ejes; a veces tapa, con −∞ o con algo tan negativo que cuenta como tal."""

    def draw(world: World) -> Tensor:
        tensor = world.normal(world.broadcastable(axes))
        if world.chance(0.3):
            hidden = world.true(list(tensor.shape), 0.1, 0.5, 1.0)
            tensor = tensor.masked_fill(hidden, world.random.choice([-math.inf, -1e30, -3e38]))
        tensor = tensor.to(world.dtype)
        return tensor.requires_grad_() if world.chance(0.4) else world.arranged(tensor)

    return Strategy(draw, axes)


def lengths(axis: str) -> Strategy:
    """Longitudes de 0 a lo que mide ``axis``, de cualquier tipo entero."""

    def draw(world: World) -> Tensor:
        dtype = world.random.choice([torch.int64, torch.int64, torch.int32, torch.int16, torch.uint8])
        shape = world.shape(("batch",))
        return world.arranged(torch.randint(0, world.size(axis) + 1, shape, generator=world.generator).to(dtype))

    return Strategy(draw, ("batch",), limit=axis)


def words(*axes: str) -> Strategy:
    """Números de palabra de un vocabulario pequeño."""

    def draw(world: World) -> Tensor:
        return world.arranged(torch.randint(0, VOCABULARY, world.shape(axes), generator=world.generator))

    return Strategy(draw, axes)


def pattern(n_query: str, n_key: str) -> Strategy:
    """Patrón disperso, con filas vacías y a veces sin ninguna arista."""
    return Strategy(lambda world: from_mask(world.true(world.shape((n_query, n_key)), 0.0, 0.1, 0.4, 0.8, 1.0)))


def _parts(world: World) -> list[Attention]:
    """De una a tres atenciones de las mismas consultas sobre trozos distintos; todas con pesos o ninguna."""
    rows, weights = ("batch", "heads", "n_query")[world.random.choice([0, 1, 2]) :], world.chance(0.5)
    found = []
    for i in range(world.random.choice([1, 2, 2, 3])):
        logsumexp = world.normal(world.shape(rows)).to(world.dtype)
        logsumexp = logsumexp.masked_fill(world.true(list(logsumexp.shape), 0.0, 0.0, 0.3, 1.0), -math.inf)
        output = floats(*rows, "d_v", special=False)(world)
        shares = floats(*rows, f"n_key_{i}", special=False)(world) if weights else None
        found.append(Attention(output, shares, logsumexp.requires_grad_()))
    return found


flag = one_of(False, True)

_heads = ("batch", "kv_heads*groups", "n_query", "n_key")
_limits: dict[str, Strategy] = {
    "mask": maybe(mask("batch", "n_query", "n_key")), "key_lengths": maybe(lengths("n_key")), "return_weights": flag
}  # fmt: skip


def _two_way(first: str) -> dict[str, Strategy]:
    """Lo que comparten los mecanismos que atienden en las dos direcciones."""
    return {
        first: floats("batch", f"n_{first}", "d"),
        "question": floats("batch", "n_question", "d"),
        f"{first}_mask": maybe(exact_mask("batch", f"n_{first}")),
        "question_mask": maybe(exact_mask("batch", "n_question")),
        f"{first}_lengths": maybe(lengths(f"n_{first}")),
        "question_lengths": maybe(lengths("n_question")),
        "return_weights": flag,
    }


OPERATIONS: dict[str, dict[str, Strategy]] = {
    "dot_product_attention": {
        "query": floats("batch", "kv_heads*groups", "n_query", "d_k"),
        "key": floats("batch", "kv_heads", "n_key", "d_k"),
        "value": floats("batch", "kv_heads", "n_key", "d_v"),
        "mask": maybe(mask(*_heads)),
        "causal": flag,
        "window": maybe(one_of(0, 1, 2, 5, 40)),
        "key_lengths": maybe(lengths("n_key")),
        "bias": maybe(bias(*_heads)),
        "alibi_slopes": maybe(floats("kv_heads*groups", gradient=False)),
        "scale": maybe(one_of(0.0, 1.0, 0.3, -0.5, 1)),
        "return_weights": flag,
    },
    "additive_attention": {
        "query": floats("batch", "n_query", "units"),
        "key": floats("batch", "n_key", "units"),
        "value": floats("batch", "n_key", "d_v"),
        "score_vector": floats("units"),
        **_limits,
    },
    "attention_over_attention": _two_way("document"),
    "coattention": {
        **_two_way("document"), "document_sentinel": maybe(floats("d")), "question_sentinel": maybe(floats("d"))
    },
    "attention_flow": {**_two_way("context"), "score_weights": floats("3*d")},
    "sparse_attention": {
        "query": floats("batch", "kv_heads*groups", "n_query", "d_k"),
        "key": floats("batch", "kv_heads", "n_key", "d_k"),
        "value": floats("batch", "kv_heads", "n_key", "d_v"),
        "pattern": pattern("n_query", "n_key"),
        "key_lengths": maybe(lengths("n_key")),
        "scale": maybe(one_of(0.0, 1.0, 0.3, -0.5, 1)),
        "return_weights": flag,
    },
    "linear_attention": {
        "query": floats("batch", "kv_heads*groups", "n_query", "d_k"),
        "key": floats("batch", "kv_heads", "n_key", "d_k"),
        "value": floats("batch", "kv_heads", "n_key", "d_v"),
        "feature_map": one_of("softmax", "elu"),
        "causal": one_of(False, False, True),
        "mask": maybe(mask("batch", "n_key")),
        "key_lengths": maybe(lengths("n_key")),
        "return_weights": flag,
    },
    "memory_attention": {
        "query": floats("batch", "d"),
        "key": floats("batch", "hops", "n_key", "d"),
        "value": floats("batch", "hops", "n_key", "d"),
        "transition": maybe(floats("d", "d")),
        "mask": maybe(mask("batch", "hops", "n_key")),
        "key_lengths": maybe(lengths("n_key")),
        "softmax": one_of(True, True, False),
        "return_weights": flag,
    },
    "pointer_sum": {
        "query": floats("batch", "d"),
        "key": floats("batch", "n_key", "d"),
        "token_ids": words("batch", "n_key"),
        "candidates": maybe(words("batch", "n_candidates")),
        "n_tokens": maybe(one_of(VOCABULARY, VOCABULARY + 3)),
        "mask": maybe(mask("batch", "n_key")),
        "key_lengths": maybe(lengths("n_key")),
        "return_weights": flag,
    },
    "word_by_word_attention": {
        "query": floats("batch", "n_query", "units"),
        "key": floats("batch", "n_key", "units"),
        "value": floats("batch", "n_key", "d_v"),
        "score_vector": floats("units"),
        "query_recurrence": floats("units", "d_v", spread=0.01),  # con más, los pasos amplifican el redondeo sin fin
        "state_recurrence": floats("d_v", "d_v", spread=0.01),
        "query_lengths": maybe(lengths("n_query")),
        **_limits,
    },
    "key_value_predict_attention": {
        "query": floats("batch", "1*n", "units"),  # otro nombre del eje: sus filas de relleno no se saltan
        "key": floats("batch", "n", "units"),
        "value": floats("batch", "n", "d_v"),
        "score_vector": floats("units"),
        "window": one_of(0, 1, 2, 5, 40),
        "mask": maybe(mask("batch", "n", "n")),
        "key_lengths": maybe(lengths("n")),
        "return_weights": flag,
    },
    "merge_attention": {"parts": Strategy(_parts)},
    "graph_attention": {
        "query": floats("batch", "n_query", "heads", "units"),
        "key": floats("batch", "n_key", "heads", "units"),
        "value": floats("batch", "n_key", "heads", "d_v"),
        "score_vector": floats("heads", "units"),
        "graph": pattern("n_query", "n_key"),
        "negative_slope": one_of(0.2, 0.0, 1.0, -0.5),
        "return_weights": flag,
    },
}  # fmt: skip
