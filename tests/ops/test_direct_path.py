"""El atajo que va al núcleo sin pasar por torch no se toma cuando alguien ha de ver la operación o los números."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from cases import Case, additive_case, dot_product_case
from cases_key_value_predict import key_value_predict_case
from cases_linear import linear_case
from cases_memory import memory_case
from cases_pointer import pointer_case
from cases_two_way import TWO_WAY
from cases_word_by_word import word_by_word_case
from torch import Tensor
from torch.autograd import forward_ad
from torch.testing._internal.two_tensor import TwoTensor

ALL = [
    pytest.param(partial(dot_product_case, kind="everything", n_query=3, n_key=5, d_k=4, d_v=3), id="dot_product"),
    pytest.param(partial(additive_case, kind="everything", n_query=3, n_key=5, units=4, d_v=2), id="additive"),
    pytest.param(partial(linear_case, kind="everything", n_query=3, n_key=5, d_k=4, d_v=2), id="linear"),
    *(
        pytest.param(partial(build, kind="everything", n_document=5, n_question=3, d=4), id=name)
        for name, build in TWO_WAY.items()
    ),
    pytest.param(partial(memory_case, kind="everything", n_key=5, d=4), id="memory"),
    pytest.param(partial(pointer_case, kind="everything", n_key=5, d=4, n_tokens=3), id="pointer"),
    pytest.param(partial(word_by_word_case, kind="everything", n_query=3, n_key=5, units=4, d_v=2), id="word_by_word"),
    pytest.param(partial(key_value_predict_case, kind="everything", n=5, units=4, d_v=2), id="key_value_predict"),
]
Build = Callable[[], Case]


def first(case: Case) -> str:
    """El nombre del primer tensor del caso."""
    return next(iter(case.tensors))


def pending_sign(tensor: Tensor) -> Tensor:
    """Los mismos números, con el signo guardado en la memoria al revés y sin aplicar todavía."""
    pending = torch.complex(torch.zeros_like(tensor), -tensor).conj().imag
    assert pending.is_neg()
    return pending


@pytest.mark.parametrize(
    "build",
    [
        partial(dot_product_case, kind="bias", n_query=3, n_key=5, d_k=1, d_v=1),
        partial(additive_case, n_query=3, n_key=5, units=1, d_v=1),
        partial(linear_case, features="elu", n_query=3, n_key=5, d_k=1, d_v=1),
        *(partial(build, n_document=5, n_question=3, d=1) for build in TWO_WAY.values()),
    ],
)
def test_lazily_negated_tensors(build: Build) -> None:
    """torch guarda algunos signos sin aplicar: la operación ha de ver los números y no la memoria."""
    case = build()
    leaves = {name: tensor.requires_grad_() for name, tensor in case.tensors.items()}
    expected = case.operation(**leaves)
    arriving = torch.randn_like(expected.output)
    gradients = torch.autograd.grad(expected.output, leaves.values(), arriving)
    for name in leaves:
        found = case.operation(**leaves | {name: pending_sign(leaves[name].detach())}).output
        assert torch.equal(found, expected.output), name
    output = case.operation(**leaves).output
    found = torch.autograd.grad(output, leaves.values(), pending_sign(arriving))
    assert all(torch.equal(*pair) for pair in zip(found, gradients, strict=True))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize("build", ALL)
def test_traced_function_computes(build: Build) -> None:
    """``torch.jit.trace`` ha de apuntar la operación, no solo la reserva de memoria de su salida."""
    case = build()
    traced = torch.jit.trace(
        lambda tensor: case.operation(**case.tensors | {first(case): tensor}, **case.options).output,
        case.tensors[first(case)],
        check_trace=False,
    )
    other = case.tensors[first(case)] * 2
    expected = case.operation(**case.tensors | {first(case): other}, **case.options).output
    assert torch.equal(traced(other), expected)


@pytest.mark.parametrize("build", ALL)
def test_subclasses_see_the_operation(build: Build) -> None:
    """Un tensor envuelto no tiene memoria propia: en cualquier posición, la operación le llega a su clase."""
    case = build()
    expected = case.operation(**case.tensors, **case.options).output
    for name, tensor in case.tensors.items():
        output = case.operation(**case.tensors | {name: TwoTensor(tensor, tensor.clone())}, **case.options).output
        assert isinstance(output, TwoTensor), name
        assert torch.equal(output.a, expected)


@pytest.mark.parametrize("build", ALL)
def test_vmap_repeats_the_operation(build: Build) -> None:
    """Sin una regla propia, torch llama a la operación una vez por elemento: el resultado es el mismo."""
    case = build()
    tensors = torch.stack([case.tensors[first(case)], case.tensors[first(case)] * 2])

    def function(tensor: Tensor) -> Tensor:
        return case.operation(**case.tensors | {first(case): tensor}, **case.options).output

    assert torch.equal(torch.vmap(function)(tensors), torch.stack([function(tensor) for tensor in tensors]))


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")  # de torch.func
@pytest.mark.parametrize("build", ALL)
def test_transforms_without_a_rule_are_refused(build: Build) -> None:
    """Ni la derivada hacia delante ni ``torch.func`` están escritas: fallan, no dan números a medias."""
    case = build()
    original = case.tensors[first(case)]

    def function(tensor: Tensor) -> Tensor:
        return case.operation(**case.tensors | {first(case): tensor}, **case.options).output

    with pytest.raises(RuntimeError):
        torch.func.grad(lambda tensor: function(tensor).sum())(original)
    with pytest.raises((RuntimeError, ValueError)):
        torch.func.jvp(function, (original,), (original,))
    for name, tensor in case.tensors.items():
        with forward_ad.dual_level():
            dual = forward_ad.make_dual(tensor, torch.ones_like(tensor))
            with pytest.raises((RuntimeError, ValueError)):
                case.operation(**case.tensors | {name: dual}, **case.options)
