"""Las funciones privadas rechazan cualquier forma incoherente antes de tocar la memoria."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from atencion import _core
from torch import Tensor

ROWS, KEYS = (2, 6, 5), (2, 3, 7)  # (batch, heads, n_query) y (batch, kv_heads, n_key)


def floats(*shape: int) -> Tensor:
    return torch.zeros(shape)


def two_way_options(name: str) -> dict[str, Tensor]:
    return {
        f"{name}_mask": torch.ones(2, 7, dtype=torch.bool), "question_mask": torch.ones(2, 5, dtype=torch.bool),
        f"{name}_lengths": torch.tensor([7, 3]), "question_lengths": torch.tensor([2, 5]),
    }  # fmt: skip


INPUTS: dict[str, dict[str, Any]] = {
    "dot_product": {
        "query": floats(*ROWS, 11), "key": floats(*KEYS, 11), "value": floats(*KEYS, 13), "bias": floats(5, 7),
        "mask": torch.ones(7, dtype=torch.bool), "key_lengths": torch.tensor([7, 3]), "alibi_slopes": floats(6),
        "causal": False, "window": None, "scale": 1.0, "return_weights": True,
    },
    "additive": {
        "query": floats(2, 5, 11), "key": floats(2, 7, 11), "value": floats(2, 7, 13), "score_vector": floats(11),
        "mask": torch.ones(5, 7, dtype=torch.bool), "key_lengths": torch.tensor([7, 3]), "return_weights": True,
    },
    "key_value_predict": {
        "query": floats(2, 7, 11), "key": floats(2, 7, 11), "value": floats(2, 7, 13), "score_vector": floats(11),
        "mask": torch.ones(7, dtype=torch.bool), "key_lengths": torch.tensor([7, 3]), "window": 3,
        "return_weights": True,
    },
    "memory": {
        "query": floats(2, 11), "key": floats(2, 5, 7, 11), "value": floats(2, 5, 7, 11), "transition": floats(11, 11),
        "mask": torch.ones(5, 7, dtype=torch.bool), "key_lengths": torch.tensor([7, 3]), "softmax": True,
    },
    "pointer": {
        "query": floats(2, 11), "key": floats(2, 7, 11), "token_ids": torch.arange(14).view(2, 7),
        "candidates": torch.arange(10).view(2, 5), "mask": torch.ones(7, dtype=torch.bool),
        "key_lengths": torch.tensor([7, 3]), "n_tokens": None,
    },
    "word_by_word": {
        "query": floats(2, 5, 11), "key": floats(2, 7, 11), "value": floats(2, 7, 13), "score_vector": floats(11),
        "query_recurrence": floats(11, 13), "state_recurrence": floats(13, 13),
        "mask": torch.ones(5, 7, dtype=torch.bool), "key_lengths": torch.tensor([7, 3]),
        "query_lengths": torch.tensor([2, 5]), "return_weights": True,
    },
    "attention_over_attention": {
        "document": floats(2, 7, 11), "question": floats(2, 5, 11), **two_way_options("document"),
        "return_weights": True,
    },
    "coattention": {
        "document": floats(2, 8, 11), "question": floats(2, 6, 11), **two_way_options("document"),
        "document_sentinel": True, "question_sentinel": True, "return_weights": True,
    },
    "attention_flow": {
        "context": floats(2, 7, 11), "question": floats(2, 5, 11), "score_weights": floats(33),
        **two_way_options("context"), "return_weights": True,
    },
    "linear": {
        "query": floats(*ROWS, 11), "key": floats(*KEYS, 11), "value": floats(*KEYS, 13),
        "mask": torch.ones(7, dtype=torch.bool), "key_lengths": torch.tensor([7, 3]), "feature_map": "elu",
        "causal": True, "return_weights": True,
    },
}  # fmt: skip
OUTPUTS: dict[str, dict[str, Tensor]] = {
    "dot_product": {"output": floats(*ROWS, 13), "weights": floats(*ROWS, 7), "logsumexp": floats(*ROWS)},
    "additive": {"output": floats(2, 5, 13), "weights": floats(2, 5, 7), "logsumexp": floats(2, 5)},
    "key_value_predict": {"output": floats(2, 7, 13), "weights": floats(2, 7, 7), "logsumexp": floats(2, 7)},
    "memory": {"output": floats(2, 5, 11), "weights": floats(2, 5, 7), "logsumexp": floats(2, 5)},
    "pointer": {"output": floats(2, 5), "weights": floats(2, 7), "logsumexp": floats(2)},
    "word_by_word": {"output": floats(2, 5, 13), "weights": floats(2, 5, 7), "logsumexp": floats(2, 5)},
    "attention_over_attention": {
        "output": floats(2, 7), "document_weights": floats(2, 7, 5), "question_weights": floats(2, 7, 5),
        "question_importance": floats(2, 5),
    },
    "coattention": {
        "output": floats(2, 7, 22), "document_weights": floats(2, 8, 6), "question_weights": floats(2, 8, 6),
    },
    "attention_flow": {
        "output": floats(2, 7, 44), "context_to_question": floats(2, 7, 5), "question_to_context": floats(2, 7),
    },
    "linear": {"output": floats(*ROWS, 13), "weights": floats(*ROWS, 7), "logsumexp": floats(*ROWS)},
}  # fmt: skip
# Las salidas que la vuelta no lee; si no se dice nada, ninguna: lo recalcula todo.
UNREAD: dict[str, tuple[str, ...]] = {
    "dot_product": (), "attention_flow": ("output", "context_to_question"), "memory": ("logsumexp",),
    "pointer": ("output", "logsumexp"), "word_by_word": ("weights", "logsumexp"),
}  # fmt: skip
# Los gradientes que llegan sin sumar: difundidos, por ejemplo o por partes de ocho ejemplos.
UNSUMMED = {
    ("dot_product", "bias"): (*ROWS, 7), ("additive", "score_vector"): (2, 11),
    ("key_value_predict", "score_vector"): (2, 11), ("attention_flow", "score_weights"): (2, 33),
    ("memory", "transition"): (1, 11, 11), ("word_by_word", "score_vector"): (1, 11),
    ("word_by_word", "query_recurrence"): (1, 11, 13), ("word_by_word", "state_recurrence"): (1, 13, 13),
}  # fmt: skip
ANY_STRIDE = ("mask", "bias")


def is_optional(argument: str) -> bool:
    return argument in ("bias", "alibi_slopes", "transition") or argument.endswith(("mask", "lengths"))


def arguments(name: str) -> dict[str, Any]:
    """Todo lo que recibe la vuelta: gradientes, salidas y argumentos de la ida."""
    grads = {f"grad_{output}": torch.ones_like(tensor) for output, tensor in OUTPUTS[name].items()}
    return grads | OUTPUTS[name] | INPUTS[name]


def call(name: str, direction: str, **changes: Any) -> tuple[Tensor | None, ...]:
    values = arguments(name) | changes
    forward = [values[argument] for argument in INPUTS[name]]
    if direction == "forward":
        result: tuple[Tensor | None, ...] = getattr(_core, f"{name}_forward")(*forward, 1)
        return result
    grads = tuple(values[f"grad_{output}"] for output in OUTPUTS[name])
    outputs = tuple(values[output] for output in OUTPUTS[name])
    result = getattr(_core, f"{name}_backward")(grads, outputs, (True,) * len(forward), *forward, 1)
    return result


def tensor_arguments(name: str, direction: str) -> list[str]:
    values = INPUTS[name] if direction == "forward" else arguments(name)
    unread = UNREAD.get(name, tuple(OUTPUTS[name]))
    return [argument for argument, value in values.items() if isinstance(value, Tensor) and argument not in unread]


CALLS = [
    (name, direction, argument)
    for name in INPUTS
    for direction in ("forward", "backward")
    for argument in tensor_arguments(name, direction)
]
BOTH = [(name, direction) for name in INPUTS for direction in ("forward", "backward")]


@pytest.mark.parametrize(("name", "direction"), BOTH)
def test_the_coherent_call_is_accepted(name: str, direction: str) -> None:
    results = call(name, direction)
    expected = OUTPUTS[name] if direction == "forward" else INPUTS[name]
    for (argument, wanted), result in zip(expected.items(), results, strict=False):
        assert result is not None
        assert result.shape == (
            wanted.shape if direction == "forward" else UNSUMMED.get((name, argument), wanted.shape)
        )


@pytest.mark.parametrize(("name", "direction", "argument"), CALLS)
@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("change", [-1, 1])
def test_one_element_more_or_less(name: str, direction: str, argument: str, axis: int, change: int) -> None:
    """Cada tensor, con un elemento de más o de menos en su primer o último eje."""
    if (direction, axis) == ("forward", -1) and argument in ("value", "candidates"):
        return  # ese tamaño es libre: lo pone el propio tensor
    good = arguments(name)[argument]
    shape = list(good.shape)
    shape[axis] += change
    with pytest.raises(ValueError, match="se esperaba"):
        call(name, direction, **{argument: torch.zeros(shape, dtype=good.dtype)})


@pytest.mark.parametrize(("name", "direction", "argument"), CALLS)
def test_another_dtype(name: str, direction: str, argument: str) -> None:
    good = arguments(name)[argument]
    wrong = torch.int32 if good.dtype in (torch.bool, torch.int64) else torch.float64
    with pytest.raises(ValueError, match="se esperaba") as error:
        call(name, direction, **{argument: good.to(wrong)})
    first = next(iter(INPUTS[name]))  # su dtype manda sobre los demás
    assert argument in str(error.value) or argument == first


@pytest.mark.parametrize(("name", "direction", "argument"), CALLS)
def test_any_stride_gives_the_same(name: str, direction: str, argument: str) -> None:
    good = arguments(name)[argument]
    strided = torch.stack([good, good], -1)[..., 0]
    expected = call(name, direction)
    for found, wanted in zip(call(name, direction, **{argument: strided}), expected, strict=True):
        assert found is not None
        assert wanted is not None
        assert torch.equal(found, wanted)


@pytest.mark.parametrize(("name", "direction"), BOTH)
@pytest.mark.parametrize("lengths", [[8, 3], [7, -1], [2**40, 0]])
def test_lengths_out_of_range(name: str, direction: str, lengths: list[int]) -> None:
    for argument in (argument for argument in INPUTS[name] if argument.endswith("_lengths")):
        with pytest.raises(ValueError, match=argument):
            call(name, direction, **{argument: torch.tensor(lengths)})


@pytest.mark.parametrize("name", ["dot_product", "linear"])
@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("kv_heads", [0, 4, 12])
def test_heads_that_cannot_be_grouped(name: str, direction: str, kv_heads: int) -> None:
    wrong = {"key": floats(2, kv_heads, 7, 11), "value": floats(2, kv_heads, 7, 13)}
    with pytest.raises(ValueError, match="se esperaba"):
        call(name, direction, **wrong)


def test_gradient_of_weights_needs_the_weights() -> None:
    with pytest.raises(ValueError, match="weights"):
        call("dot_product", "backward", weights=None)


@pytest.mark.parametrize(("name", "direction"), BOTH)
def test_optional_tensors_may_be_missing(name: str, direction: str) -> None:
    missing = [argument for argument in INPUTS[name] if is_optional(argument)]
    if direction == "backward":
        missing += [f"grad_{output}" for output in OUTPUTS[name]]
    results = call(name, direction, **dict.fromkeys(missing))
    without_gradient = "transition" if direction == "backward" else None  # sin transición no lo hay
    for argument, result in zip(INPUTS[name], results, strict=False):
        assert (result is None) == (argument == without_gradient), argument


@pytest.mark.parametrize(
    ("name", "direction", "argument"),
    [
        c
        for c in CALLS
        if not is_optional(c[2]) and c[::2] != ("dot_product", "weights") and not c[2].startswith("grad_")
    ],
)
def test_required_tensors_cannot_be_missing(name: str, direction: str, argument: str) -> None:
    with pytest.raises((TypeError, ValueError), match="se esperaba"):
        call(name, direction, **{argument: None})


@pytest.mark.parametrize("argument", ["causal", "window", "scale", "return_weights"])
@pytest.mark.parametrize("wrong", ["sí", 1.5 + 2j, [1]])
def test_options_of_another_type(argument: str, wrong: object) -> None:
    with pytest.raises((TypeError, ValueError), match=argument):
        call("dot_product", "forward", **{argument: wrong})
