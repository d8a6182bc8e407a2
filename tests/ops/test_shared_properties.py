"""Lo que cumplen todas las operaciones, con los argumentos de la misma tabla que ``fuzz.py``, en float64."""

from __future__ import annotations

from typing import Any

import atencion
import pytest
import torch
from atencion import ops
from atencion.ops import Attention
from atencion.patterns import from_mask
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from .arguments import OPERATIONS, VOCABULARY, Strategy, World

SEARCH = settings(max_examples=30, derandomize=True, deadline=None, database=None)
TOLERANCE = {"rtol": 1e-9, "atol": 1e-10}
BATCHED = [name for name, strategies in OPERATIONS.items() if any("batch" in s.axes for s in strategies.values())]
PADDED = [name for name, strategies in OPERATIONS.items() if any(s.limit for s in strategies.values())]

kernels = st.sampled_from(atencion.available_kernels())
seeds = st.integers(0, 2**32)


def drawn(name: str, seed: int, **wanted: Any) -> tuple[World, dict[str, Any]]:
    """Los argumentos de una llamada que no da error; ``wanted`` fija algunos."""
    world = World(seed, plain=True)
    arguments = {argument: strategy(world) for argument, strategy in OPERATIONS[name].items()} | wanted
    if name == "pointer_sum":  # uno de los dos, y solo uno
        arguments["n_tokens"] = VOCABULARY if arguments["candidates"] is None else None
    assume(not (arguments.get("scale", 0) is None and world.size("d_k") == 0))
    assume(not (arguments.get("feature_map") == "softmax" and arguments["causal"]))
    return world, arguments


def run(name: str, kernel: str, arguments: dict[str, Any]) -> dict[str, Tensor]:
    """Las salidas y, con un gradiente de llegada fijo, los gradientes de los argumentos."""
    leaves = {
        argument: given.detach().clone().requires_grad_()
        for argument, given in arguments.items()
        if isinstance(given, Tensor) and given.is_floating_point() and argument != "alibi_slopes"
    }
    with atencion.use_kernel(kernel):
        outputs = getattr(ops, name)(**arguments | leaves)._asdict()
        roots = [output for output in outputs.values() if output is not None and output.requires_grad]
        arriving = [root.detach().isfinite().to(root.dtype) for root in roots]
        found = torch.autograd.grad(roots, list(leaves.values()), arriving, materialize_grads=True)
    results = {output: tensor.detach() for output, tensor in outputs.items() if tensor is not None}
    return results | {f"grad_{leaf}": grad for leaf, grad in zip(leaves, found, strict=True)}


def has_axis(strategy: Strategy, axis: str, argument: Any) -> bool:
    """¿Tiene el argumento ese eje, entero y no difundido?"""
    return isinstance(argument, Tensor) and axis in strategy.axes and argument.dim() == len(strategy.axes)


@pytest.mark.parametrize("name", BATCHED)
@SEARCH
@given(kernel=kernels, seed=seeds)
def test_an_example_alone_is_the_same_as_in_its_batch(name: str, kernel: str, seed: int) -> None:
    world, arguments = drawn(name, seed)
    assume(world.size("batch") > 1)
    together = run(name, kernel, arguments)
    for example in range(world.size("batch")):
        own = {
            argument: given[example : example + 1]
            if has_axis(OPERATIONS[name][argument], "batch", given) and given.shape[0] > 1
            else given
            for argument, given in arguments.items()
        }
        alone = run(name, kernel, own)
        for output, tensor in alone.items():
            if not output.startswith("grad_") or own[output[5:]] is not arguments[output[5:]]:
                torch.testing.assert_close(tensor, together[output][example : example + 1], **TOLERANCE)


@pytest.mark.parametrize("name", PADDED)
@SEARCH
@given(kernel=kernels, seed=seeds)
def test_padding_is_never_read(name: str, kernel: str, seed: int) -> None:
    """Con NaN detrás de las longitudes, ni un bit de la salida cambia, y su gradiente es cero."""
    world, arguments = drawn(name, seed)
    padded = dict(arguments)
    padding: dict[str, Tensor] = {}
    for lengths_name, strategy in OPERATIONS[name].items():
        lengths = arguments[lengths_name]
        if strategy.limit is None or lengths is None:
            continue
        behind = torch.arange(world.size(strategy.limit)) >= lengths[:, None]
        for argument, other in OPERATIONS[name].items():
            given = arguments[argument]
            if other.limit or not has_axis(other, strategy.limit, given) or not given.is_floating_point():
                continue
            if other.axes[0] == "batch" and argument != "bias":
                sizes = zip(other.axes, given.shape, strict=True)
                place = [size if axis in ("batch", strategy.limit) else 1 for axis, size in sizes]
                padding[argument] = behind.reshape(place).expand(given.shape)
                padded[argument] = given.detach().masked_fill(padding[argument], torch.nan)
    assume(any(behind.any() for behind in padding.values()))
    before, after = run(name, kernel, arguments), run(name, kernel, padded)
    for output, tensor in before.items():
        torch.testing.assert_close(after[output], tensor, rtol=0, atol=0, equal_nan=True)
    for argument, behind in padding.items():
        assert not after[f"grad_{argument}"][behind].any()


@pytest.mark.parametrize("name", [name for name, s in OPERATIONS.items() if "return_weights" in s])
@SEARCH
@given(kernel=kernels, seed=seeds)
def test_weights_are_shares(name: str, kernel: str, seed: int) -> None:
    """Los pesos de cada fila (o de cada columna, donde se reparte en la otra dirección) suman uno, o son todos cero."""
    fixed = {"return_weights": True} | ({"softmax": True} if "softmax" in OPERATIONS[name] else {})
    _, arguments = drawn(name, seed, **fixed)
    outputs = run(name, kernel, arguments)
    for output, tensor in outputs.items():
        if "weights" not in output or output.startswith("grad_"):
            continue
        pattern = arguments.get("pattern", arguments.get("graph"))
        tensor = tensor if pattern is None else pattern.to_dense(tensor)
        totals = tensor.sum(-2 if output == "document_weights" else -1)
        assert (tensor >= 0).all()
        assert ((totals - 1).abs().lt(1e-10) | (totals == 0)).all(), output


@pytest.mark.parametrize("name", ["dot_product_attention", "additive_attention", "sparse_attention"])
@SEARCH
@given(kernel=kernels, seed=seeds, data=st.data())
def test_merging_chunks_is_attending_to_everything(name: str, kernel: str, seed: int, data: st.DataObject) -> None:
    """Se parten las claves por donde sea y se unen los trozos de dos en dos, en cualquier orden."""
    world = World(seed, plain=True)
    arguments = {a: OPERATIONS[name][a](world) for a in ("query", "key", "value")}
    if name == "additive_attention":
        arguments["score_vector"] = OPERATIONS[name]["score_vector"](world)
    else:
        arguments["scale"] = 0.5
    n_query, n_key = world.size("n_query"), world.size("n_key")
    allowed = world.true([n_query, n_key], 0.2, 0.8, 1.0)
    cuts = sorted(data.draw(st.lists(st.integers(0, n_key), max_size=4)))

    def attend(keys: slice) -> Attention:
        seen = allowed[:, keys]
        restriction = {"pattern": from_mask(seen)} if name == "sparse_attention" else {"mask": seen}
        chunk = {a: t[..., keys, :] if a in ("key", "value") else t for a, t in arguments.items()}
        with atencion.use_kernel(kernel):
            result: Attention = getattr(ops, name)(**chunk, **restriction)
        return result

    whole = attend(slice(None))
    pieces = [attend(slice(*bounds)) for bounds in zip([0, *cuts], [*cuts, n_key], strict=True)]
    while len(pieces) > 1:
        first = pieces.pop(data.draw(st.integers(0, len(pieces) - 1)))
        second = pieces.pop(data.draw(st.integers(0, len(pieces) - 1)))
        pieces.append(ops.merge_attention([first, second]))
    torch.testing.assert_close(pieces[0].output, whole.output, **TOLERANCE)
    torch.testing.assert_close(pieces[0].logsumexp, whole.logsumexp, **TOLERANCE)


@SEARCH
@given(kernel=kernels, seed=seeds)
def test_renaming_the_nodes_of_a_graph_renames_the_result(kernel: str, seed: int) -> None:
    world, arguments = drawn("graph_attention", seed, return_weights=False)
    senders = torch.randperm(world.size("n_key"), generator=world.generator)
    receivers = torch.randperm(world.size("n_query"), generator=world.generator)
    moved = dict(arguments) | {"graph": from_mask(arguments["graph"].to_mask()[receivers][:, senders])}
    moved |= {"query": arguments["query"][:, receivers]} | {a: arguments[a][:, senders] for a in ("key", "value")}
    before, after = run("graph_attention", kernel, arguments), run("graph_attention", kernel, moved)
    torch.testing.assert_close(after["output"], before["output"][:, receivers], **TOLERANCE)
    torch.testing.assert_close(after["logsumexp"], before["logsumexp"][:, :, receivers], **TOLERANCE)
    torch.testing.assert_close(after["grad_key"], before["grad_key"][:, senders], **TOLERANCE)


@pytest.mark.parametrize("name", ["attention_over_attention", "coattention", "attention_flow"])
@SEARCH
@given(kernel=kernels, seed=seeds)
def test_the_order_of_the_question_does_not_matter(name: str, kernel: str, seed: int) -> None:
    world, arguments = drawn(name, seed, question_lengths=None, return_weights=False)
    order = torch.randperm(world.size("n_question"), generator=world.generator)
    moved = dict(arguments) | {"question": arguments["question"][:, order]}
    if arguments["question_mask"] is not None:
        moved["question_mask"] = arguments["question_mask"][:, order]
    before, after = run(name, kernel, arguments), run(name, kernel, moved)
    torch.testing.assert_close(after["output"], before["output"], **TOLERANCE)
    torch.testing.assert_close(after["grad_question"], before["grad_question"][:, order], **TOLERANCE)


@SEARCH
@given(kernel=kernels, seed=seeds)
def test_the_order_of_the_keys_does_not_matter_to_linear_attention(kernel: str, seed: int) -> None:
    world, arguments = drawn("linear_attention", seed, causal=False, key_lengths=None, mask=None)
    order = torch.randperm(world.size("n_key"), generator=world.generator)
    moved = dict(arguments) | {a: arguments[a][..., order, :] for a in ("key", "value")}
    before, after = run("linear_attention", kernel, arguments), run("linear_attention", kernel, moved)
    torch.testing.assert_close(after["output"], before["output"], **TOLERANCE)
    torch.testing.assert_close(after["grad_key"], before["grad_key"][..., order, :], **TOLERANCE)
