"""Un solo ejemplo de cada operación, sin eje de lote y con arrays: lo que dibujan las figuras que calculan.

Cada función da una matriz por cada reparto del mecanismo, siempre con quien pregunta en las filas. En la página hace lo
mismo ``viz/page/operations.js``, con el núcleo compilado a WebAssembly.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ..errors import type_error, value_error
from ..masks import allowed_pairs
from ..patterns import SparsePattern
from .additive import additive_attention
from .attention_flow import attention_flow as attention_flow_op
from .attention_over_attention import attention_over_attention as attention_over_attention_op
from .coattention import coattention as coattention_op
from .dot_product import dot_product_attention
from .linear import linear_attention
from .memory import memory_attention
from .pointer import pointer_sum as pointer_sum_op
from .sparse import sparse_attention

__all__ = ["Single", "single"]


class Single(NamedTuple):
    """Los mapas ``(n_maps, rows, columns)``, su máscara y las celdas que se ven con ella, ``causal`` y ``window``."""

    maps: npt.NDArray[np.float64]
    mask: npt.NDArray[np.bool_] | None
    allowed: npt.NDArray[np.bool_]


def _result(*maps: Tensor, mask: Tensor | None = None, causal: bool = False, window: int | None = None) -> Single:
    shape = maps[0].shape
    given = None if mask is None else mask.expand(shape)
    allowed = allowed_pairs(*shape, mask=given, causal=causal, window=window)
    return Single(torch.stack(maps).numpy(), None if given is None else given.numpy(), allowed.numpy())


def _asked(weights: Tensor | None) -> Tensor:
    """Los pesos, que aquí siempre se piden."""
    if weights is None:
        raise value_error("return_weights", "True", None)
    return weights


def _batch(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else tensor[None]


def _words(rows: Tensor | None, columns: Tensor | None, shape: tuple[int, int]) -> Tensor | None:
    """Máscara de un mapa a partir de las de sus palabras; un centinela, la última posición, siempre se ve."""
    if rows is None and columns is None:
        return None
    allowed = torch.ones(shape, dtype=torch.bool)
    if rows is not None:
        allowed[: len(rows)] &= rows[:, None]
    if columns is not None:
        allowed[:, : len(columns)] &= columns
    return allowed


def dot_product(
    query: Tensor, key: Tensor, value: Tensor, *, mask: Tensor | None = None, causal: bool = False,
    window: int | None = None, bias: Tensor | None = None, scale: float | None = None,
) -> Single:  # fmt: skip
    options: dict[str, Any] = {"mask": mask, "causal": causal, "window": window, "bias": bias, "scale": scale}
    heads = query[None, None], key[None, None], value[None, None]
    found = dot_product_attention(*heads, **options, return_weights=True)
    return _result(_asked(found.weights)[0, 0], mask=mask, causal=causal, window=window)


def additive(query: Tensor, key: Tensor, value: Tensor, score_vector: Tensor, *, mask: Tensor | None = None) -> Single:
    found = additive_attention(query[None], key[None], value[None], score_vector, mask=mask, return_weights=True)
    return _result(_asked(found.weights)[0], mask=mask)


def memory(
    query: Tensor, key: Tensor, value: Tensor, *, transition: Tensor | None = None, mask: Tensor | None = None,
    softmax: bool = True,
) -> Single:  # fmt: skip
    options: dict[str, Any] = {"transition": transition, "mask": _batch(mask), "softmax": softmax}
    found = memory_attention(query[None], key[None], value[None], **options, return_weights=True)
    return _result(*_asked(found.weights)[0][:, None], mask=mask)


def pointer_sum(
    query: Tensor, key: Tensor, token_ids: Tensor, *, candidates: Tensor | None = None,
    n_tokens: int | None = None, mask: Tensor | None = None,
) -> Single:  # fmt: skip
    """El segundo mapa da a cada posición la probabilidad de su palabra: 0 si no es candidata."""
    options: dict[str, Any] = {"candidates": _batch(candidates), "n_tokens": n_tokens, "mask": _batch(mask)}
    found = pointer_sum_op(query[None], key[None], token_ids[None], **options, return_weights=True)
    tokens = torch.arange(n_tokens or 0) if candidates is None else candidates
    shared = (token_ids[:, None] == tokens).to(found.output.dtype) @ found.output[0]
    return _result(_asked(found.weights)[0][None], shared[None], mask=mask)


def attention_over_attention(
    document: Tensor, question: Tensor, *, document_mask: Tensor | None = None, question_mask: Tensor | None = None
) -> Single:
    masks: dict[str, Any] = {"document_mask": _batch(document_mask), "question_mask": _batch(question_mask)}
    found = attention_over_attention_op(document[None], question[None], **masks, return_weights=True)
    over_document, over_question = _asked(found.document_weights)[0].T, _asked(found.question_weights)[0].T
    shares = over_document * found.question_importance[0][:, None]
    mask = _words(question_mask, document_mask, (len(question), len(document)))
    return _result(over_document, over_question, shares, mask=mask)


def coattention(
    document: Tensor, question: Tensor, *, document_sentinel: Tensor | None = None,
    question_sentinel: Tensor | None = None, document_mask: Tensor | None = None, question_mask: Tensor | None = None,
) -> Single:  # fmt: skip
    options: dict[str, Any] = {
        "document_sentinel": document_sentinel,
        "question_sentinel": question_sentinel,
        "document_mask": _batch(document_mask),
        "question_mask": _batch(question_mask),
    }
    found = coattention_op(document[None], question[None], **options, return_weights=True)
    over_document, over_question = _asked(found.document_weights)[0].T, _asked(found.question_weights)[0].T
    mask = _words(question_mask, document_mask, (over_document.shape[0], over_document.shape[1]))
    return _result(over_document, over_question, mask=mask)


def attention_flow(
    context: Tensor, question: Tensor, score_weights: Tensor, *, context_mask: Tensor | None = None,
    question_mask: Tensor | None = None,
) -> Single:  # fmt: skip
    """El segundo mapa pone el peso de cada palabra del contexto en la palabra de la pregunta que da su máximo."""
    masks: dict[str, Any] = {"context_mask": _batch(context_mask), "question_mask": _batch(question_mask)}
    found = attention_flow_op(context[None], question[None], score_weights, **masks, return_weights=True)
    weights = _asked(found.context_to_question)[0]
    best = torch.zeros_like(weights)
    best.scatter_(1, weights.argmax(dim=1, keepdim=True), found.question_to_context[0][:, None])
    return _result(weights, best, mask=_words(context_mask, question_mask, (len(context), len(question))))


def linear(
    query: Tensor, key: Tensor, value: Tensor, *, feature_map: str = "softmax", causal: bool = False,
    mask: Tensor | None = None,
) -> Single:  # fmt: skip
    options: dict[str, Any] = {"feature_map": feature_map, "causal": causal, "mask": _batch(mask)}
    found = linear_attention(query[None, None], key[None, None], value[None, None], **options, return_weights=True)
    return _result(_asked(found.weights)[0, 0], mask=mask, causal=causal)


def sparse(query: Tensor, key: Tensor, value: Tensor, pattern: SparsePattern, *, scale: float | None = None) -> Single:
    heads = query[None, None], key[None, None], value[None, None]
    found = sparse_attention(*heads, pattern, scale=scale, return_weights=True)
    return _result(pattern.to_dense(_asked(found.weights))[0, 0], mask=pattern.to_mask())


_OPERATIONS: dict[str, Callable[..., Single]] = {
    function.__name__: function
    for function in (
        dot_product, additive, memory, pointer_sum, attention_over_attention, coattention, attention_flow, linear,
        sparse,
    )
}  # fmt: skip


def single(operation: str, arguments: Mapping[str, object]) -> Single:
    """Corre una operación con un solo ejemplo.

    Argumentos:
        operation: ``"dot_product"``, ``"additive"``, ``"memory"``, ``"pointer_sum"``, ``"attention_over_attention"``,
            ``"coattention"``, ``"attention_flow"``, ``"linear"`` o ``"sparse"``.
        arguments: los de esa operación en ``atencion.ops``, sin eje de lote ni de cabezas, en arrays.

    Devuelve: ``Single``, calculado en float64.

    Errores: ValueError si la operación, un argumento o una forma no vale; TypeError si un tipo no vale.
    """
    if operation not in _OPERATIONS:
        raise value_error("operation", " o ".join(f'"{name}"' for name in _OPERATIONS), repr(operation))
    function = _OPERATIONS[operation]
    parameters = inspect.signature(function).parameters
    for name in arguments:
        if name not in parameters:
            raise value_error("inputs", f"argumentos de {operation}: {', '.join(parameters)}", name)
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in arguments:
            raise type_error(name, f"un argumento de {operation}", None)
    return function(**{name: _as_tensor(name, value) for name, value in arguments.items()})


def _as_tensor(name: str, value: object) -> object:
    if not isinstance(value, np.ndarray):
        return value
    if value.dtype == np.bool_:
        return torch.from_numpy(value)
    return torch.from_numpy(value.astype(np.int64 if name in ("candidates", "token_ids") else np.float64))
