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


def dot_product_forward(**changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "query": floats(*ROWS, 11), "key": floats(*KEYS, 11), "value": floats(*KEYS, 13), "output": floats(*ROWS, 13),
        "logsumexp": floats(*ROWS), "weights": floats(*ROWS, 7), "mask": torch.ones(7, dtype=torch.bool),
        "key_lengths": torch.tensor([7, 3]), "bias": floats(5, 7), "alibi_slopes": floats(6),
        "causal": False, "window": -1, "scale": 1.0, "threads": 1,
    }  # fmt: skip
    return arguments | changes


def dot_product_backward(**changes: Any) -> dict[str, Any]:
    forward = dot_product_forward()
    threads = forward.pop("threads")
    arriving = {"grad_output": floats(*ROWS, 13), "grad_logsumexp": floats(*ROWS), "grad_weights": floats(*ROWS, 7)}
    leaving = {
        "grad_query": floats(*ROWS, 11), "grad_key": floats(*KEYS, 11), "grad_value": floats(*KEYS, 13),
        "grad_bias": floats(*ROWS, 7), "threads": threads,
    }  # fmt: skip
    return arriving | forward | leaving | changes


def additive_forward(**changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "query": floats(2, 5, 11), "key": floats(2, 7, 11), "value": floats(2, 7, 13), "score_vector": floats(11),
        "output": floats(2, 5, 13), "logsumexp": floats(2, 5), "weights": floats(2, 5, 7),
        "mask": torch.ones(5, 7, dtype=torch.bool), "key_lengths": torch.tensor([7, 3]), "threads": 1,
    }  # fmt: skip
    return arguments | changes


def additive_backward(**changes: Any) -> dict[str, Any]:
    forward = additive_forward()
    for name in ("output", "weights"):
        forward.pop(name)
    threads = forward.pop("threads")
    arriving = {"grad_output": floats(2, 5, 13), "grad_logsumexp": floats(2, 5), "grad_weights": floats(2, 5, 7)}
    leaving = {
        "grad_query": floats(2, 5, 11), "grad_key": floats(2, 7, 11), "grad_value": floats(2, 7, 13),
        "grad_score_vector": floats(2, 11), "threads": threads,
    }  # fmt: skip
    return arriving | forward | leaving | changes


FUNCTIONS = {f.__name__: f for f in (dot_product_forward, dot_product_backward, additive_forward, additive_backward)}
REQUIRED = {
    "dot_product_forward": ("query", "key", "value", "output", "logsumexp"),
    "dot_product_backward": (
        "grad_output", "query", "key", "value", "output", "logsumexp", "grad_query", "grad_key", "grad_value",
    ),
    "additive_forward": ("query", "key", "value", "score_vector", "output", "logsumexp"),
    "additive_backward": (
        "grad_output", "query", "key", "value", "score_vector", "grad_query", "grad_key", "grad_value",
        "grad_score_vector",
    ),
}  # fmt: skip
OPTIONAL_READS = (
    "mask",
    "bias",
    "alibi_slopes",
    "key_lengths",
    "grad_logsumexp",
    "grad_weights",
    "weights",
    "grad_bias",
)


def call(name: str, **changes: Any) -> None:
    getattr(_core, name)(*FUNCTIONS[name](**changes).values())


def tensor_arguments(name: str) -> list[str]:
    return [argument for argument, value in FUNCTIONS[name]().items() if isinstance(value, Tensor)]


CALLS = [(name, argument) for name in FUNCTIONS for argument in tensor_arguments(name)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_coherent_call_is_accepted(name: str) -> None:
    call(name)


@pytest.mark.parametrize(("name", "argument"), CALLS)
@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("change", [-1, 1])
def test_one_element_more_or_less(name: str, argument: str, axis: int, change: int) -> None:
    """Cada tensor, con un elemento de más o de menos en su primer o último eje."""
    good = FUNCTIONS[name]()[argument]
    shape = list(good.shape)
    shape[axis] += change
    with pytest.raises(ValueError, match="se esperaba"):
        call(name, **{argument: torch.zeros(shape, dtype=good.dtype)})


@pytest.mark.parametrize(("name", "argument"), CALLS)
def test_another_dtype(name: str, argument: str) -> None:
    good = FUNCTIONS[name]()[argument]
    wrong = torch.int32 if good.dtype in (torch.bool, torch.int64) else torch.float64
    with pytest.raises(ValueError, match="se esperaba") as error:
        call(name, **{argument: good.to(wrong)})
    assert argument in str(error.value) or argument == "query"  # el dtype de la consulta manda sobre los demás


@pytest.mark.parametrize(("name", "argument"), CALLS)
def test_transposed_memory_where_rows_must_be_contiguous(name: str, argument: str) -> None:
    """La última dimensión no contigua se rechaza, salvo en la máscara y el sesgo, que admiten cualquier paso."""
    good = FUNCTIONS[name]()[argument]
    strided = torch.zeros(*good.shape, 2, dtype=good.dtype)[..., 0]
    if argument in ("mask", "bias"):
        call(name, **{argument: strided})
    else:
        with pytest.raises(ValueError, match="contigu"):
            call(name, **{argument: strided})


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("lengths", [[8, 3], [7, -1], [2**40, 0]])
def test_lengths_out_of_range(name: str, lengths: list[int]) -> None:
    with pytest.raises(ValueError, match="key_lengths"):
        call(name, key_lengths=torch.tensor(lengths))


@pytest.mark.parametrize("name", ["dot_product_forward", "dot_product_backward"])
@pytest.mark.parametrize("kv_heads", [0, 4, 12])
def test_heads_that_cannot_be_grouped(name: str, kv_heads: int) -> None:
    wrong = {"key": floats(2, kv_heads, 7, 11), "value": floats(2, kv_heads, 7, 13)}
    with pytest.raises(ValueError, match="se esperaba"):
        call(name, **wrong)


def test_gradient_of_weights_needs_the_weights() -> None:
    with pytest.raises(ValueError, match="weights"):
        call("dot_product_backward", weights=None)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_optional_tensors_may_be_missing(name: str) -> None:
    present = [argument for argument in OPTIONAL_READS if argument in FUNCTIONS[name]()]
    call(name, **dict.fromkeys(present))


MISSING = """
from core import test_module as calls
for name, required in calls.REQUIRED.items():
    for argument in required:
        print(name, argument, flush=True)
        try:
            calls.call(name, **{argument: None})
        except (TypeError, ValueError):
            continue
        print("aceptado", flush=True)
"""


def test_required_tensors_cannot_be_missing(run_python) -> None:
    """En otro proceso: si alguna se colase, el núcleo escribiría en un puntero nulo."""
    run = run_python(MISSING)
    assert run.returncode == 0, f"muere en: {run.stdout.splitlines()[-1]}\n{run.stderr[-500:]}"
    assert "aceptado" not in run.stdout, run.stdout
