"""Lo que torch espera de una operación registrada: gradientes, tensores falsos, compilación y otros dispositivos."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from atencion import ops
from cases import ADDITIVE_MASKS, DOT_PRODUCT_MASKS, FULL, ON_REQUEST, Case, additive_case, dot_product_case
from cases_key_value_predict import key_value_predict_case
from cases_linear import FEATURE_MAPS, LINEAR_MASKS, linear_case
from cases_memory import memory_case
from cases_patterns import graph_case, sparse_case
from cases_pointer import pointer_case
from cases_two_way import TWO_WAY, TWO_WAY_MASKS
from cases_word_by_word import word_by_word_case
from comparison import evaluate
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

SMALL_DOT_PRODUCT = {"heads": 2, "n_query": 3, "n_key": 5, "d_k": 4, "d_v": 3}
SMALL_ADDITIVE = {"n_query": 3, "n_key": 5, "units": 4, "d_v": 2}
SMALL_PATTERN = {"n_query": 3, "n_key": 5, "d_v": 2}
SMALL_TWO_WAY = {"n_document": 5, "n_question": 3, "d": 4}
PATTERNED = [
    pytest.param(partial(sparse_case, lengths=True, heads=2, kv_heads=1, **SMALL_PATTERN, d_k=4), id="sparse"),
    pytest.param(partial(graph_case, heads=2, **SMALL_PATTERN, units=1), id="graph-gat"),
    pytest.param(partial(graph_case, heads=2, **SMALL_PATTERN, units=4), id="graph-gatv2"),
]
SMALL_LINEAR = {"heads": 2, "n_query": 3, "n_key": 5, "d_k": 4, "d_v": 3}
SMALL_READERS = {
    "memory": partial(memory_case, kind="everything", batch=2, hops=3, n_key=5, d=4),
    "memory-linear": partial(memory_case, kind="dense", batch=2, n_key=5, d=4, transition=False, softmax=False),
    "pointer": partial(pointer_case, kind="everything", batch=2, n_key=5, d=4, n_candidates=3, n_tokens=3),
    "pointer-vocabulary": partial(pointer_case, batch=2, n_key=5, d=4, n_candidates=None, n_tokens=3),
    "word_by_word": partial(word_by_word_case, kind="everything", batch=2, n_query=4, n_key=5, units=4, d_v=3),
    "key_value_predict": partial(key_value_predict_case, kind="everything", n=5, window=2, units=4, d_v=2),
}
SMALL_CASES = [
    *PATTERNED,
    *(
        pytest.param(partial(dot_product_case, kind=kind, **SMALL_DOT_PRODUCT), id=f"dot_product-{kind}")
        for kind in DOT_PRODUCT_MASKS
    ),
    *(
        pytest.param(partial(additive_case, kind=kind, **SMALL_ADDITIVE), id=f"additive-{kind}")
        for kind in ADDITIVE_MASKS
    ),
    *(
        pytest.param(partial(linear_case, kind=kind, features=features, **SMALL_LINEAR), id=f"linear-{features}-{kind}")
        for kind in LINEAR_MASKS
        for features in FEATURE_MAPS
    ),
    *(
        pytest.param(partial(build, kind=kind, **SMALL_TWO_WAY), id=f"{name}-{kind}")
        for name, build in TWO_WAY.items()
        for kind in TWO_WAY_MASKS
    ),
    *(pytest.param(build, id=name) for name, build in SMALL_READERS.items()),
]
ALL = [
    pytest.param(partial(dot_product_case, kind="everything", **SMALL_DOT_PRODUCT), id="dot_product"),
    pytest.param(partial(additive_case, kind="everything", **SMALL_ADDITIVE), id="additive"),
    pytest.param(partial(linear_case, kind="everything", features="elu_causal", **SMALL_LINEAR), id="linear"),
    *(pytest.param(partial(build, kind="everything", **SMALL_TWO_WAY), id=name) for name, build in TWO_WAY.items()),
    *(pytest.param(build, id=name) for name, build in SMALL_READERS.items()),
]
Build = Callable[[], Case]


def finite(attention: tuple[Tensor | None, ...]) -> tuple[Tensor, ...]:
    """Las salidas, con cero donde la fila está vacía: −∞ no se puede derivar por diferencias."""
    return tuple(t.masked_fill(t.isinf(), 0.0) for t in attention if t is not None)


@pytest.mark.parametrize("build", SMALL_CASES)
def test_gradcheck(kernel: str, build: Build) -> None:
    """Los gradientes de todas las entradas coinciden con los de diferencias finitas, en float64."""
    case = build()
    hidden = {name: tensor.isinf() for name, tensor in case.tensors.items()}  # las diferencias no pasan por −∞
    leaves = [t.masked_fill(hidden[name], 0.0).requires_grad_() for name, t in case.tensors.items()]

    def function(*tensors: Tensor) -> tuple[Tensor, ...]:
        named = {n: t.masked_fill(hidden[n], -torch.inf) for n, t in zip(case.tensors, tensors, strict=True)}
        return finite(case.operation(**named, **case.options, return_weights=True))

    assert torch.autograd.gradcheck(function, leaves, eps=1e-6, atol=1e-7, rtol=1e-5)


def registered_arguments(case: Case, return_weights: bool) -> tuple[Any, ...]:
    """Los argumentos posicionales de la operación registrada, en el orden de su esquema."""
    values = {
        "causal": False,
        "scale": 0.3,
        "softmax": True,
        "negative_slope": 0.2,
        "feature_map": "elu",
        "document_sentinel": False,
        "question_sentinel": False,
    }
    values |= {**case.tensors, **case.options, "return_weights": return_weights}
    pattern = case.options.get("pattern", case.options.get("graph"))
    if pattern is not None:
        values |= {"offsets": pattern.offsets, "keys": pattern.keys}
    return tuple(values.get(argument.name) for argument in registered(case)[0]._schema.arguments)


def backward_arguments(case: Case, outputs: tuple[Tensor, ...]) -> tuple[Any, ...]:
    """Los de la operación de vuelta, con gradientes de llegada por todas las salidas."""
    arguments = registered_arguments(case, True)
    inputs: int = sys.modules[case.operation.__module__]._operation.inputs
    needs = [isinstance(a, Tensor) for a in arguments[:inputs]]
    return [torch.ones_like(output) for output in outputs], list(outputs), needs, *arguments


def registered(case: Case) -> tuple[Any, Any]:
    """Las operaciones ``atencion::…`` de ida y de vuelta del caso."""
    name = case.operation.__name__
    return getattr(torch.ops.atencion, name).default, getattr(torch.ops.atencion, f"{name}_backward").default


@pytest.mark.parametrize("build", SMALL_CASES)
@pytest.mark.parametrize("return_weights", [False, True])
def test_opcheck_forward(build: Build, return_weights: bool) -> None:
    case = build().rounded(torch.float32)
    for tensor in case.tensors.values():
        tensor.requires_grad_()
    torch.library.opcheck(registered(case)[0], registered_arguments(case, return_weights))


@pytest.mark.parametrize("build", [*ALL, *PATTERNED])
def test_opcheck_backward(build: Build) -> None:
    case = build()
    forward, backward = registered(case)
    outputs = forward(*registered_arguments(case, True))
    tests = ("test_schema", "test_faketensor", "test_aot_dispatch_dynamic")
    torch.library.opcheck(backward, backward_arguments(case, outputs), test_utils=tests)


@pytest.mark.parametrize("build", SMALL_CASES)
def test_other_devices_give_the_same(build: Build) -> None:
    """El camino de los dispositivos sin núcleo: se le llama con tensores de la CPU por la clave de otro dispositivo."""
    case = build()
    elsewhere = torch._C.DispatchKeySet(torch._C.DispatchKey.CUDA)
    forward, backward = registered(case)
    for return_weights in (False, True):
        arguments = registered_arguments(case, return_weights)
        here, there = forward(*arguments), forward.redispatch(elsewhere, *arguments)
        for expected, actual in zip(here, there, strict=True):
            torch.testing.assert_close(actual, expected, rtol=1e-11, atol=1e-12)
    arguments = backward_arguments(case, here)
    for expected, actual in zip(backward(*arguments), backward.redispatch(elsewhere, *arguments), strict=True):
        torch.testing.assert_close(actual, expected, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("build", [*ALL, *PATTERNED])
@pytest.mark.parametrize("missing", [(0,), (1, 2), (0, 1)])
def test_other_devices_accept_missing_gradients(build: Build, missing: tuple[int, ...]) -> None:
    case = build()
    elsewhere = torch._C.DispatchKeySet(torch._C.DispatchKey.CUDA)
    forward, backward = registered(case)
    arguments = backward_arguments(case, forward(*registered_arguments(case, True)))
    for i in missing:
        arguments[0][i] = None
    for expected, actual in zip(backward(*arguments), backward.redispatch(elsewhere, *arguments), strict=True):
        torch.testing.assert_close(actual, expected, rtol=1e-10, atol=1e-11)


def test_other_devices_zero_the_rows_that_the_bias_empties() -> None:
    case = dot_product_case(**SMALL_DOT_PRODUCT)
    case.tensors["bias"] = torch.tensor([0.0, -torch.inf, 0.0], dtype=torch.float64)[:, None].expand(2, 2, 3, 5)
    forward, backward = registered(case)
    elsewhere = torch._C.DispatchKeySet(torch._C.DispatchKey.CUDA)
    outputs = forward.redispatch(elsewhere, *registered_arguments(case, True))
    assert not outputs[0][:, :, 1].any()
    assert (outputs[2][:, :, 1] == -torch.inf).all()
    for gradient in backward.redispatch(elsewhere, *backward_arguments(case, outputs)):
        assert gradient.isfinite().all()


@pytest.mark.parametrize("build", ALL[:3])
def test_other_devices_do_not_read_the_padding(build: Build) -> None:
    """NaN detrás de ``key_lengths`` no se cuela en ninguna salida, como en el núcleo."""
    case = build()
    case.options |= {"key_lengths": torch.tensor([2, 4])}
    case.tensors.pop("bias", None)
    for name in {"key", "value"} & case.tensors.keys():
        case.tensors[name][..., 4:, :] = torch.nan
    elsewhere = torch._C.DispatchKeySet(torch._C.DispatchKey.CUDA)
    for tensor in registered(case)[0].redispatch(elsewhere, *registered_arguments(case, True)):
        assert not tensor.isnan().any()


@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")  # de torch
@pytest.mark.parametrize(
    ("backend", "build"),
    [
        pytest.param("aot_eager", *ALL[0].values, id="aot_eager-dot_product"),
        pytest.param("aot_eager", *ALL[1].values, id="aot_eager-additive"),
        pytest.param("inductor", *ALL[1].values, id="inductor-additive"),
        *(pytest.param("aot_eager", *build.values, id=f"aot_eager-{build.id}") for build in ALL[2:]),
    ],
)
def test_compiled_equals_eager(build: Build, backend: str) -> None:
    case = build().rounded(torch.float32)
    eager = evaluate(case.operation, case)

    first = next(iter(case.tensors))

    def function(**arguments: Any) -> Any:
        arguments[first] = arguments[first] * 2 - arguments[first]  # algo que fundir alrededor
        return case.operation(**arguments)

    torch._dynamo.reset()
    compiled = evaluate(torch.compile(function, backend=backend, fullgraph=True), case)
    for name, expected in eager.items():
        torch.testing.assert_close(compiled[name], expected, msg=lambda text, name=name: f"{name}: {text}")


def test_compiled_once_for_any_length() -> None:
    """Con formas dinámicas, otra longitud no obliga a recompilar."""
    torch._dynamo.reset()
    counter = torch._dynamo.testing.CompileCounterWithBackend("aot_eager")
    compiled = torch.compile(ops.dot_product_attention, backend=counter, fullgraph=True, dynamic=True)
    for n_key in (7, 11, 13):
        tensors = dot_product_case(n_query=5, n_key=n_key).tensors
        expected = ops.dot_product_attention(**tensors, causal=True)
        assert torch.equal(compiled(**tensors, causal=True).output, expected.output)
    assert counter.frame_count == 1


@pytest.mark.parametrize("build", ALL)
def test_fake_and_meta_tensors_have_the_right_shapes(build: Build) -> None:
    case = build()
    expected = case.operation(**case.tensors, **case.options, return_weights=True)
    with FakeTensorMode() as mode:
        fake = {
            n: mode.from_tensor(t) if isinstance(t, Tensor) else t for n, t in (case.tensors | case.options).items()
        }
        fake_result = case.operation(**fake, return_weights=True)
    meta = {n: t.to("meta") if isinstance(t, Tensor) else t for n, t in (case.tensors | case.options).items()}
    meta_result = case.operation(**meta, return_weights=True)
    for result in (fake_result, meta_result):
        for actual, wanted in zip(result, expected, strict=True):
            assert actual.shape == wanted.shape
            assert actual.dtype == wanted.dtype
            assert actual.stride() == wanted.stride()
    without = case.operation(**meta)._asdict()
    assert {name for name, tensor in without.items() if tensor is None} == ON_REQUEST & without.keys()


@pytest.mark.parametrize("build", ALL)
def test_which_outputs_carry_a_gradient(build: Build) -> None:
    case = build()
    assert all(
        not tensor.requires_grad for tensor in case.operation(**case.tensors, **case.options, return_weights=True)
    )
    for name, tensor in case.tensors.items():
        leaves = {**case.tensors, name: tensor.clone().requires_grad_()}
        results = case.operation(**leaves, **case.options, return_weights=True)
        assert all(output.requires_grad for output in results), name
        with torch.no_grad():
            assert not case.operation(**leaves, **case.options).output.requires_grad


@pytest.mark.parametrize("build", ALL)
def test_second_derivatives_are_refused_not_wrong(build: Build) -> None:
    """La vuelta no tiene derivada: pedirla es un error, no un gradiente al que le falta un término."""
    case = build()
    leaf = next(iter(case.tensors.values())).requires_grad_()
    output = case.operation(**case.tensors, **case.options).output

    def gradient_penalty() -> None:
        (gradient,) = torch.autograd.grad(output.square().sum(), leaf, create_graph=True)
        (gradient.square().sum() + leaf.square().sum()).backward()

    with pytest.raises(RuntimeError):
        gradient_penalty()


def test_gradients_have_the_layout_of_a_fresh_tensor() -> None:
    case = dot_product_case(layout="heads_last", through=FULL, **SMALL_DOT_PRODUCT)
    for name, gradient in evaluate(case.operation, case).items():
        assert gradient.is_contiguous(), name
