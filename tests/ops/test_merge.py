"""El contrato de ``ops.merge_attention``: unir partes es atender a todo, y los errores lo dicen."""

from __future__ import annotations

import itertools
import math
import re

import pytest
import torch
from atencion import ops
from atencion.ops import Attention
from cases import FULL, LAYOUTS, dot_product_case
from cases_merge import merge_case
from comparison import check, evaluate
from torch import Tensor


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
@pytest.mark.parametrize("empty", [False, True])
def test_matches_reference(kernel: str, dtype: torch.dtype, parts: int, empty: bool) -> None:
    check(merge_case(parts=parts, empty=empty), dtype)


@pytest.mark.parametrize("shape", [(5,), (2, 0, 3), (1, 1), (129,), (2, 3, 4, 5), (1, 2, 1, 2, 3, 3)])
def test_any_leading_axes(kernel: str, dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    check(merge_case(shape=shape, empty=True), dtype)


@pytest.mark.parametrize("d_v", [0, 1, 3, 4, 5, 8, 9, 15, 17, 33, 48, 65, 112])
def test_widths_around_the_vector(kernel: str, dtype: torch.dtype, d_v: int) -> None:
    check(merge_case(shape=(37,), d_v=d_v), dtype)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_strides(kernel: str, dtype: torch.dtype, layout: str) -> None:
    check(merge_case(layout=layout), dtype)


@pytest.mark.parametrize("through", [("output",), ("logsumexp",), ("weights",), ("output", "logsumexp"), FULL])
def test_gradient_enters_by_each_output(kernel: str, dtype: torch.dtype, through: tuple[str, ...]) -> None:
    check(merge_case(through=through, empty=True), dtype)


def test_a_vector_alone(kernel: str) -> None:
    """Sin ejes delanteros: una sola consulta."""
    parts = [Attention(torch.tensor([1.0, 2.0]), None, torch.tensor(0.0)) for _ in range(2)]
    merged = ops.merge_attention(parts)
    assert merged.output.tolist() == [1.0, 2.0]
    assert merged.logsumexp.item() == pytest.approx(math.log(2))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_merging_pieces_in_any_order_is_attending_to_everything(kernel: str, order: tuple[int, ...]) -> None:
    """Exacto en float64: cada trozo de claves por su lado, con máscara causal y gradiente hasta las entradas."""
    case = dot_product_case(n_query=97)
    leaves = {name: tensor.requires_grad_() for name, tensor in case.tensors.items()}
    allowed = torch.ones(97, 97, dtype=torch.bool).tril()
    bounds = [(0, 30), (30, 31), (31, 97)]
    pieces = []
    for i in order:
        keys = slice(*bounds[i])
        pieces.append(
            ops.dot_product_attention(
                leaves["query"], leaves["key"][:, :, keys], leaves["value"][:, :, keys], mask=allowed[:, keys],
                return_weights=True,
            )
        )  # fmt: skip
    whole = ops.dot_product_attention(**leaves, causal=True, return_weights=True)
    merged = ops.merge_attention(pieces)
    torch.testing.assert_close(merged.output, whole.output, rtol=0, atol=1e-10)
    torch.testing.assert_close(merged.logsumexp, whole.logsumexp, rtol=0, atol=1e-10)
    columns = torch.cat([torch.arange(*bounds[i]) for i in order])
    assert merged.weights is not None
    assert whole.weights is not None
    torch.testing.assert_close(merged.weights, whole.weights[..., columns], rtol=0, atol=1e-10)
    arriving = torch.randn_like(whole.output)
    found, expected = (torch.autograd.grad(a.output, leaves.values(), arriving) for a in (merged, whole))
    for actual, wanted in zip(found, expected, strict=True):
        torch.testing.assert_close(actual, wanted, rtol=0, atol=1e-10)


def test_two_by_two_is_all_at_once(kernel: str, dtype: torch.dtype) -> None:
    case = merge_case(empty=True).rounded(dtype)
    parts = [Attention(case.tensors[f"output_{i}"], None, case.tensors[f"logsumexp_{i}"]) for i in range(3)]
    once = ops.merge_attention(parts)
    pairs = ops.merge_attention([ops.merge_attention(parts[:2]), parts[2]])
    torch.testing.assert_close(once.output, pairs.output)
    torch.testing.assert_close(once.logsumexp, pairs.logsumexp)


def test_nothing_anywhere(kernel: str, dtype: torch.dtype) -> None:
    case = merge_case(empty=True).rounded(dtype)
    results = evaluate(case.operation, case)
    empty = results["logsumexp"] == -math.inf
    assert empty[..., ::4].all()
    assert not results["output"][empty].any()
    for name, tensor in results.items():
        assert not tensor.isnan().any(), name
        if name.startswith("grad_output"):
            assert not tensor[empty].any(), name


def test_an_empty_part_is_not_read(kernel: str, dtype: torch.dtype) -> None:
    """Donde una parte no atiende a nada, sus números no cuentan, aunque sean NaN."""
    full = Attention(torch.ones(3, 2, dtype=dtype), None, torch.zeros(3, dtype=dtype))
    empty = Attention(torch.full((3, 2), math.nan, dtype=dtype), None, torch.full((3,), -math.inf, dtype=dtype))
    merged = ops.merge_attention([empty, full, empty])
    assert torch.equal(merged.output, full.output)
    assert torch.equal(merged.logsumexp, full.logsumexp)


def test_weights_only_if_every_part_has_them() -> None:
    one, two = torch.zeros(1, 2), torch.zeros(1)
    with_weights, without = Attention(one, torch.ones(1, 3), two), Attention(one, None, two)
    assert ops.merge_attention([with_weights, without]).weights is None
    merged = ops.merge_attention([with_weights, with_weights]).weights
    assert merged is not None
    assert merged.tolist() == [[0.5] * 6]


GOOD = Attention(torch.zeros(2, 3, 4), None, torch.zeros(2, 3))
ERRORS = [
    (GOOD, TypeError, "parts: se esperaba una lista de Attention; se recibió Attention"),
    (7, TypeError, "parts: se esperaba una lista de Attention; se recibió int"),
    ([GOOD, GOOD.output], TypeError, "parts: se esperaba una lista de Attention; se recibió Tensor"),
    ([], ValueError, "parts: se esperaba al menos una Attention; se recibió ninguna"),
    (
        [GOOD, GOOD._replace(output=torch.zeros(2, 3, 5))],
        ValueError,
        "parts[1].output: se esperaba (…, n_query, d_v) = (2, 3, 4); se recibió (2, 3, 5)",
    ),
    (
        [GOOD._replace(logsumexp=torch.zeros(2, 4))],
        ValueError,
        "parts[0].logsumexp: se esperaba (…, n_query) = (2, 3); se recibió (2, 4)",
    ),
    (
        [GOOD, GOOD._replace(output=torch.zeros(2, 3, 4, dtype=torch.float64))],
        TypeError,
        "parts[1].output: se esperaba dtype torch.float32; se recibió torch.float64",
    ),
    (
        [GOOD._replace(output=torch.zeros(2, 3, 4, dtype=torch.int64))],
        TypeError,
        "parts[0].output: se esperaba dtype float32 o float64; se recibió torch.int64",
    ),
    (
        [GOOD._replace(weights=torch.zeros(2, 4, 6))],
        ValueError,
        "parts[0].weights: se esperaba (…, n_query, n_key) = (2, 3, 6); se recibió (2, 4, 6)",
    ),
    (
        [GOOD._replace(weights=torch.tensor(1.0))],
        ValueError,
        "parts[0].weights: se esperaba (…, n_query, n_key) = (2, 3, n_key); se recibió ()",
    ),
]


@pytest.mark.parametrize(("parts", "error", "text"), ERRORS)
def test_errors(parts: list[Attention], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(text)}$"):
        ops.merge_attention(parts)


def test_the_first_part_does_not_need_a_gradient(kernel: str) -> None:
    """El gradiente llega a quien lo pide, sea cual sea su sitio."""
    tensors = list(merge_case(through=("output", "logsumexp")).tensors.values())
    tensors[3].requires_grad_()  # el logsumexp de la segunda parte

    def output(logsumexp: Tensor) -> Tensor:
        parts = [Attention(tensors[0], None, tensors[1]), Attention(tensors[2], None, logsumexp)]
        return ops.merge_attention(parts).output

    assert torch.autograd.gradcheck(output, [tensors[3]])


def registered(parts: int, *, empty: bool = False) -> tuple[list[Tensor], list[Tensor]]:
    """Lo que recibe la operación registrada, con todas las salidas delante, y lo que devuelve."""
    case = merge_case(parts=parts, shape=(5,), d_v=3, empty=empty, through=("output", "logsumexp")).tensors
    tensors = [case[f"{name}_{i}"] for name in ("output", "logsumexp") for i in range(parts)]
    return tensors, list(torch.ops.atencion.merge_attention.default(tensors))


@pytest.mark.parametrize("parts", [1, 3])
def test_opcheck(parts: int) -> None:
    """Una lista de tensores de cualquier longitud: esquema, tensores falsos, gradiente y compilación."""
    tensors, outputs = registered(parts)
    torch.library.opcheck(torch.ops.atencion.merge_attention.default, ([t.requires_grad_() for t in tensors],))
    grads, needs = [torch.ones_like(output) for output in outputs], [True] * len(tensors)
    tests = ("test_schema", "test_faketensor", "test_aot_dispatch_dynamic")
    backward = torch.ops.atencion.merge_attention_backward.default
    arguments = grads, [t.detach() for t in outputs], needs, [t.detach() for t in tensors]
    torch.library.opcheck(backward, arguments, test_utils=tests)


@pytest.mark.parametrize("empty", [False, True])
def test_other_devices_give_the_same(empty: bool) -> None:
    tensors, here = registered(3, empty=empty)
    elsewhere = torch._C.DispatchKeySet(torch._C.DispatchKey.CUDA)
    there = torch.ops.atencion.merge_attention.default.redispatch(elsewhere, tensors)
    backward = torch.ops.atencion.merge_attention_backward.default
    arguments = [torch.ones_like(t) for t in here], here, [True] * len(tensors), tensors
    pairs = (here, there), (backward(*arguments), backward.redispatch(elsewhere, *arguments))
    for expected, actual in pairs:
        for wanted, found in zip(expected, actual, strict=True):
            torch.testing.assert_close(found, wanted, rtol=1e-11, atol=1e-12)


def test_compiled_equals_eager() -> None:
    case = merge_case()
    eager = evaluate(case.operation, case)
    torch._dynamo.reset()
    compiled = evaluate(torch.compile(case.operation, backend="aot_eager", fullgraph=True), case)
    for name, expected in eager.items():
        torch.testing.assert_close(compiled[name], expected)


@pytest.mark.parametrize("empty", [False, True])
def test_gradcheck(kernel: str, empty: bool) -> None:
    case = merge_case(parts=2, shape=(4,), d_v=3, n_key=2, empty=empty)
    hidden = {name: tensor.isinf() for name, tensor in case.tensors.items()}  # las diferencias no pasan por −∞
    leaves = [t.masked_fill(hidden[name], 0.0).requires_grad_() for name, t in case.tensors.items()]

    def function(*tensors: Tensor) -> tuple[Tensor, ...]:
        named = {n: t.masked_fill(hidden[n], -torch.inf) for n, t in zip(case.tensors, tensors, strict=True)}
        return tuple(t.masked_fill(t.isinf(), 0.0) for t in case.operation(**named, return_weights=True))

    assert torch.autograd.gradcheck(function, leaves)
