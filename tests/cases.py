"""Los casos de prueba de los mecanismos de atención: entradas con semilla fija, en float64 y de tamaños distintos.

Un caso se redondea después al tipo numérico que se prueba. Todos sus tensores llevan gradiente; las opciones, no.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from atencion import ops, reference
from atencion.masks import allowed_pairs
from torch import Tensor

FULL = ("output", "weights", "logsumexp")  # por dónde entra el gradiente
ON_REQUEST = {"weights", "document_weights", "question_weights", "context_to_question"}  # con return_weights=True
LAYOUTS = ("contiguous", "heads_last", "sliced", "wide_rows", "strided_columns", "expanded_batch")


@dataclass(eq=False)
class Case:
    """Una llamada a un mecanismo. ``tensors`` llevan gradiente; ``layout`` dice cómo se guardan en memoria."""

    operation: Callable[..., Any]
    oracle: Callable[..., Any]
    tensors: dict[str, Tensor]
    options: dict[str, Any] = field(default_factory=dict)
    layout: str = "contiguous"
    through: tuple[str, ...] = FULL

    def rounded(self, dtype: torch.dtype, compute: torch.dtype | None = None) -> Case:
        """El mismo caso con los números redondeados a ``dtype`` y guardados como ``compute``."""

        def cast(item: Any) -> Any:
            is_float = isinstance(item, Tensor) and item.is_floating_point()
            return item.to(dtype).to(compute or dtype) if is_float else item

        tensors = {name: cast(tensor) for name, tensor in self.tensors.items()}
        options = {name: cast(option) for name, option in self.options.items()}
        return Case(self.operation, self.oracle, tensors, options, self.layout, self.through)


def arrange(tensor: Tensor, layout: str) -> Tensor:
    """Los mismos números con otra disposición en memoria; nunca comparte memoria con ``tensor``."""
    if layout == "contiguous" or tensor.dim() < 3:
        return tensor.clone(memory_format=torch.contiguous_format)
    if layout == "heads_last":  # (batch, n, heads, d) visto como (batch, heads, n, d)
        return tensor.transpose(1, -2).contiguous().transpose(1, -2)
    if layout == "strided_columns":  # la última dimensión no es contigua
        return tensor.transpose(-1, -2).contiguous().transpose(-1, -2)
    if layout == "expanded_batch":  # paso 0 en batch: todos los ejemplos son el primero
        return tensor[:1].clone().expand(tensor.shape)
    margins = [2] * tensor.dim() if layout == "sliced" else [0] * (tensor.dim() - 1) + [3]
    # Lo que rodea a la vista es NaN: una lectura fuera de sitio se ve.
    store = tensor.new_full([size + 2 * m for size, m in zip(tensor.shape, margins, strict=True)], math.nan)
    view = store[tuple(slice(m, m + size) for size, m in zip(tensor.shape, margins, strict=True))]
    return view.copy_(tensor)


def _random(generator: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def _keep(generator: torch.Generator, *shape: int) -> Tensor:
    return torch.rand(*shape, generator=generator) > 0.35


def _lengths(generator: torch.Generator, batch: int, n_key: int) -> Tensor:
    lengths = torch.randint(0, n_key + 1, (batch,), generator=generator)
    lengths[0] = max(n_key - 2, 0)
    return lengths


def _empty_rows(mask: Tensor) -> Tensor:
    """Vacía una fila de cada tres y el último ejemplo entero."""
    mask = mask.clone()
    mask[..., ::3, :] = False
    mask[-1] = False
    return mask


def _finite_somewhere(bias: Tensor, allowed: Tensor) -> Tensor:
    """Quita los −∞ de las filas en las que taparían todo lo permitido."""
    open_rows = ((bias > -math.inf) & allowed).any(-1, keepdim=True)
    return torch.where(open_rows, bias, bias.nan_to_num(neginf=-1.0))


def _bias(generator: torch.Generator, shape: tuple[int, ...], infinite: bool) -> Tensor:
    bias = _random(generator, *shape)
    if infinite:
        bias[torch.rand(shape, generator=generator) < 0.3] = -math.inf
    return bias


DOT_PRODUCT_MASKS = (
    "none", "dense", "few_holes", "key_only", "query_only", "per_head", "expanded", "causal", "window",
    "causal_window", "lengths", "bias", "bias_row", "bias_infinite", "bias_lowest", "alibi", "empty_rows", "everything",
)  # fmt: skip
ADDITIVE_MASKS = ("none", "dense", "key_only", "query_only", "expanded", "lengths", "empty_rows", "everything")


def dot_product_options(
    kind: str, generator: torch.Generator, batch: int, heads: int, n_query: int, n_key: int
) -> dict[str, Any]:
    """Las opciones de ``dot_product_attention`` para una clase de máscara de ``DOT_PRODUCT_MASKS``."""
    full = (batch, heads, n_query, n_key)
    options: dict[str, Any] = {}
    if kind in ("dense", "everything"):
        options["mask"] = _keep(generator, *full)
    if kind == "few_holes":  # bloques enteros permitidos, y alguno con un agujero
        options["mask"] = torch.rand(full, generator=generator) > 2 / max(n_query * n_key, 1)
    if kind == "empty_rows":
        options["mask"] = _empty_rows(_keep(generator, *full))
    if kind == "key_only":
        options["mask"] = _keep(generator, batch, 1, 1, n_key) & (torch.arange(n_key) < n_key - n_key // 4)
    if kind == "query_only":
        options["mask"] = _keep(generator, batch, 1, n_query, 1)
    if kind == "per_head":
        options["mask"] = _keep(generator, heads, n_query, n_key)
    if kind == "expanded":
        options["mask"] = _keep(generator, batch, n_key, 1, n_query).permute(0, 2, 3, 1).expand(full)
    if kind in ("causal", "causal_window", "everything"):
        options["causal"] = True
    if kind in ("window", "causal_window", "everything"):
        options["window"] = 5 if kind != "everything" else n_key // 2
    if kind in ("lengths", "everything"):
        options["key_lengths"] = _lengths(generator, batch, n_key)
    if kind in ("alibi", "everything"):
        options["alibi_slopes"] = 0.5 ** torch.arange(1, heads + 1, dtype=torch.float64)
    if kind.startswith("bias") or kind == "everything":
        shape = {"bias": full, "bias_row": (n_key,), "everything": full}.get(kind, (1, heads, n_query, n_key))
        bias = _bias(generator, shape, infinite=kind in ("bias_infinite", "everything"))
        if kind == "bias_lowest":  # la máscara que suma quien no tiene booleanas; deja filas vacías
            bias[torch.rand(shape, generator=generator) < 0.5] = torch.finfo(torch.float32).min
            bias[..., ::3, :] = torch.finfo(torch.float32).min
        limits = {name: options.get(name) for name in ("mask", "window", "key_lengths")}
        allowed = allowed_pairs(n_query, n_key, causal=options.get("causal", False), **limits)
        options["bias"] = bias if kind in ("bias_row", "bias_lowest") else _finite_somewhere(bias, allowed)
    return options


def dot_product_case(
    *,
    kind: str = "none",
    batch: int = 2,
    heads: int = 3,
    kv_heads: int = 1,
    n_query: int = 53,
    n_key: int = 97,
    d_k: int = 17,
    d_v: int = 13,
    seed: int = 11,
    layout: str = "contiguous",
    through: tuple[str, ...] = FULL,
    **options: Any,
) -> Case:
    """Un caso de ``dot_product_attention`` con la clase de máscara ``kind``; ``options`` se añade a las suyas."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {
        "query": _random(generator, batch, heads, n_query, d_k),
        "key": _random(generator, batch, kv_heads, n_key, d_k),
        "value": _random(generator, batch, kv_heads, n_key, d_v),
    }
    options = {**dot_product_options(kind, generator, batch, heads, n_query, n_key), **options}
    if "bias" in options:
        tensors["bias"] = options.pop("bias")
    operations = (ops.dot_product_attention, reference.dot_product_attention)
    return Case(*operations, tensors, options, layout, through)


def additive_options(kind: str, generator: torch.Generator, batch: int, n_query: int, n_key: int) -> dict[str, Any]:
    """Las opciones de ``additive_attention`` para una clase de máscara de ``ADDITIVE_MASKS``."""
    options: dict[str, Any] = {}
    if kind in ("dense", "everything"):
        options["mask"] = _keep(generator, batch, n_query, n_key)
    if kind == "empty_rows":
        options["mask"] = _empty_rows(_keep(generator, batch, n_query, n_key))
    if kind == "key_only":
        options["mask"] = _keep(generator, batch, 1, n_key) & (torch.arange(n_key) < n_key - n_key // 4)
    if kind == "query_only":
        options["mask"] = _keep(generator, batch, n_query, 1)
    if kind == "expanded":
        options["mask"] = _keep(generator, n_key, n_query).T.expand(batch, n_query, n_key)
    if kind in ("lengths", "everything"):
        options["key_lengths"] = _lengths(generator, batch, n_key)
    return options


def additive_case(
    *,
    kind: str = "none",
    batch: int = 2,
    n_query: int = 19,
    n_key: int = 37,
    units: int = 17,
    d_v: int = 13,
    seed: int = 11,
    layout: str = "contiguous",
    through: tuple[str, ...] = FULL,
    **options: Any,
) -> Case:
    """Un caso de ``additive_attention`` con la clase de máscara ``kind``; ``options`` se añade a las suyas."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {
        "query": _random(generator, batch, n_query, units),
        "key": _random(generator, batch, n_key, units),
        "value": _random(generator, batch, n_key, d_v),
        "score_vector": _random(generator, units) * 2 / math.sqrt(max(units, 1)),
    }
    options = {**additive_options(kind, generator, batch, n_query, n_key), **options}
    operations = (ops.additive_attention, reference.additive_attention)
    return Case(*operations, tensors, options, layout, through)
