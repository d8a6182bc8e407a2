"""Lo que cumplen por igual los tres mecanismos de dos vías: números, máscaras, memoria, casos límite y errores."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from atencion import ops, reference
from cases import ON_REQUEST, Case, arrange
from cases_two_way import TWO_WAY, TWO_WAY_MASKS, check_two_way, coattention_case
from comparison import evaluate
from torch import Tensor

Build = Callable[..., Case]
LAYOUTS = ("sliced", "wide_rows", "strided_columns", "expanded_batch")


@pytest.fixture(params=TWO_WAY)
def build(request: pytest.FixtureRequest) -> Build:
    """El constructor de casos de cada mecanismo."""
    return TWO_WAY[request.param]


def sides(case: Case) -> tuple[str, str]:
    """Los nombres de las dos frases."""
    first, second, *_ = case.tensors
    return first, second


@pytest.mark.parametrize("mask", TWO_WAY_MASKS)
def test_matches_reference(kernel: str, dtype: torch.dtype, build: Build, mask: str) -> None:
    check_two_way(build(kind=mask), dtype)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_strides(kernel: str, dtype: torch.dtype, build: Build, layout: str) -> None:
    check_two_way(build(kind="everything", layout=layout), dtype)


@pytest.mark.parametrize("n_question", [1, 3, 4, 7, 9, 16, 17, 33])
def test_questions_around_the_vector(kernel: str, dtype: torch.dtype, build: Build, n_question: int) -> None:
    kind = TWO_WAY_MASKS[n_question % len(TWO_WAY_MASKS)]
    check_two_way(build(kind=kind, n_document=11, n_question=n_question, d=5), dtype)


@pytest.mark.parametrize("n_document", [1, 47, 48, 49, 97])
def test_documents_around_the_span(kernel: str, dtype: torch.dtype, build: Build, n_document: int) -> None:
    kind = TWO_WAY_MASKS[n_document % len(TWO_WAY_MASKS)]
    check_two_way(build(kind=kind, n_document=n_document, n_question=5, d=3), dtype)


@pytest.mark.parametrize("d", [1, 4, 7, 9, 16, 31, 65])
def test_widths_around_the_vector(kernel: str, dtype: torch.dtype, build: Build, d: int) -> None:
    check_two_way(build(kind=TWO_WAY_MASKS[d % 3], n_document=13, n_question=7, d=d), dtype)


@pytest.mark.parametrize(
    "empty", [{"batch": 0}, {"n_document": 0}, {"n_question": 0}, {"d": 0}, {"n_document": 0, "n_question": 0}]
)
def test_zero_lengths(kernel: str, dtype: torch.dtype, build: Build, empty: dict[str, int]) -> None:
    check_two_way(build(kind="everything", **({"n_document": 5, "n_question": 3, "d": 4} | empty)), dtype)


def test_gradient_enters_by_each_output(kernel: str, dtype: torch.dtype, build: Build) -> None:
    for name in build().through:
        check_two_way(build(kind="everything", n_document=17, n_question=9, through=(name,)), dtype)


@pytest.mark.parametrize("layout", ["expanded", "sliced", "strided_columns"])
def test_arriving_gradients_with_any_strides(kernel: str, dtype: torch.dtype, build: Build, layout: str) -> None:
    case = build(kind="mask").rounded(dtype)
    leaves = [tensor.requires_grad_() for tensor in case.tensors.values()]
    outputs = case.operation(*leaves, **case.options, return_weights=True)
    if layout == "expanded":
        arriving = [torch.full((1,), 0.5, dtype=dtype).expand(output.shape) for output in outputs]
    else:
        arriving = [arrange(output.detach().cos(), layout) for output in outputs]
    found = torch.autograd.grad(outputs, leaves, arriving, retain_graph=True)
    expected = torch.autograd.grad(outputs, leaves, [a.contiguous() for a in arriving])
    assert all(torch.equal(*pair) for pair in zip(found, expected, strict=True))


def test_lengths_are_a_mask(kernel: str, dtype: torch.dtype, build: Build) -> None:
    case = build(n_document=11, n_question=7).rounded(dtype)
    (first, second), words = sides(case), (11, 7)
    lengths = [torch.tensor([3, n]) for n in words]
    masks = [torch.arange(n) < length[:, None] for n, length in zip(words, lengths, strict=True)]
    by_length = {f"{first}_lengths": lengths[0].to(torch.uint8), f"{second}_lengths": lengths[1]}
    by_mask = {f"{first}_mask": masks[0], f"{second}_mask": masks[1]}
    results = [case.operation(**case.tensors, **options, return_weights=True) for options in (by_length, by_mask)]
    assert all(torch.equal(*pair) for pair in zip(*results, strict=True))


def trimmed(tensor: Tensor, lengths: tuple[int, int], words: tuple[int, int]) -> Tensor:
    """Quita el relleno de los ejes que miden tantas palabras."""
    for axis, size in enumerate(tensor.shape):
        if size in words and axis > 0:
            tensor = tensor.narrow(axis, 0, lengths[words.index(size)])
    return tensor


def test_padding_changes_nothing(kernel: str, dtype: torch.dtype, build: Build) -> None:
    """Solo o dentro de un lote relleno de NaN, cada ejemplo da los mismos números, también en los gradientes."""
    words, sizes = (61, 23), [(61, 23), (50, 17), (2, 1)]
    case = build(batch=3, n_document=words[0], n_question=words[1]).rounded(dtype)
    first, second = sides(case)
    lengths = {first: torch.tensor([m for m, _ in sizes]), second: torch.tensor([n for _, n in sizes])}
    for side, valid in lengths.items():
        garbage = torch.arange(case.tensors[side].shape[1]) >= valid[:, None]
        case.tensors[side] = case.tensors[side].masked_fill(garbage[:, :, None], math.nan)
    together = Case(case.operation, case.oracle, case.tensors, {f"{n}_lengths": t for n, t in lengths.items()})
    together.through = case.through
    padded = evaluate(together.operation, together)
    tolerance = {"rtol": 1e-4, "atol": 1e-5} if dtype == torch.float32 else {"rtol": 1e-11, "atol": 1e-12}
    for i, size in enumerate(sizes):
        tensors = {
            name: trimmed(tensor[i : i + 1], size, words) if tensor.dim() == 3 else tensor
            for name, tensor in case.tensors.items()
        }
        outputs = case.operation(**tensors, return_weights=True)._asdict()
        for name, alone in outputs.items():
            torch.testing.assert_close(trimmed(padded[name][i : i + 1], size, words), alone, **tolerance)
    for name, tensor in padded.items():
        assert tensor.isfinite().all(), name
    for side, valid in lengths.items():
        garbage = torch.arange(case.tensors[side].shape[1]) >= valid[:, None]
        assert not padded[f"grad_{side}"][garbage].any()


def test_nan_behind_a_mask_is_not_read(kernel: str, dtype: torch.dtype, build: Build) -> None:
    """Lo que tapa una máscara, también en medio de la frase, no se lee: ni en la ida ni en la vuelta."""
    case = build(kind="mask").rounded(dtype)
    clean = evaluate(case.operation, case)
    for side in sides(case):
        hidden = ~case.options[f"{side}_mask"]
        case.tensors[side] = case.tensors[side].masked_fill(hidden[:, :, None], math.nan)
    dirty = evaluate(case.operation, case)
    for name, wanted in clean.items():
        assert torch.equal(dirty[name], wanted), name


@pytest.mark.parametrize("empty", [0, 1])
def test_nothing_to_attend(kernel: str, dtype: torch.dtype, build: Build, empty: int) -> None:
    """Con una de las frases vacía los pesos son cero y no hay ningún NaN; el otro ejemplo no se entera."""
    case = build().rounded(dtype)
    side = sides(case)[empty]
    case.options[f"{side}_lengths"] = torch.tensor([case.tensors[side].shape[1], 0])
    results = evaluate(case.operation, case)
    full = evaluate(case.operation, build().rounded(dtype))
    for name, tensor in results.items():
        assert tensor.isfinite().all(), name
        if name in full and tensor.dim() > 1:
            assert torch.equal(tensor[0], full[name][0]), name
    for name in ON_REQUEST & results.keys():
        assert not results[name][1].any(), name
    assert not results[f"grad_{side}"][1].any()


def test_examples_are_independent(kernel: str, dtype: torch.dtype, build: Build) -> None:
    case = build(kind="everything").rounded(dtype)
    before = case.operation(**case.tensors, **case.options, return_weights=True)
    for side in sides(case):
        case.tensors[side][1] = math.nan
    after = case.operation(**case.tensors, **case.options, return_weights=True)
    assert all(torch.equal(a[0], b[0]) for a, b in zip(after, before, strict=True))


def test_weights_only_on_request_and_same_output(kernel: str, dtype: torch.dtype, build: Build) -> None:
    case = build(kind="everything").rounded(dtype)
    without, full = (case.operation(**case.tensors, **case.options, return_weights=flag) for flag in (False, True))
    for name, found in without._asdict().items():
        if name in ON_REQUEST:
            assert found is None
        else:
            assert torch.equal(found, getattr(full, name))


@pytest.mark.parametrize("size", [40.0, 1e4])
def test_large_scores_do_not_overflow(kernel: str, dtype: torch.dtype, build: Build, size: float) -> None:
    case = build(kind="everything", n_document=11, n_question=7).rounded(dtype)
    for side in sides(case):
        case.tensors[side] = case.tensors[side] * size
    for name, tensor in evaluate(case.operation, case).items():
        assert tensor.isfinite().all(), name


@pytest.mark.parametrize("name", TWO_WAY)
def test_reference_has_the_same_signature(name: str) -> None:
    assert inspect.signature(getattr(ops, name)) == inspect.signature(getattr(reference, name))


def ones(*shape: int, dtype: torch.dtype = torch.float32, device: str = "cpu") -> Tensor:
    return torch.ones(shape, dtype=dtype, device=device)


# {f} es la primera frase, de (2, 5, 4), y la pregunta es de (2, 3, 4).
ERRORS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"{f}": [1.0]}, TypeError, "{f}: se esperaba un tensor; se recibió list"),
    ({"{f}": ones(5, 4)}, ValueError, "{f}: se esperaba (batch, n_{f}, d); se recibió (5, 4)"),
    (
        {"{f}": ones(2, 5, 4, dtype=torch.float16)},
        TypeError,
        "{f}: se esperaba dtype float32 o float64; se recibió torch.float16",
    ),
    (
        {"question": ones(2, 3, 4, dtype=torch.float64)},
        TypeError,
        "question: se esperaba dtype torch.float32; se recibió torch.float64",
    ),
    (
        {"question": ones(2, 3, 5)},
        ValueError,
        "question: se esperaba (batch, n_question, d) = (2, 3, 4); se recibió (2, 3, 5)",
    ),
    (
        {"question": ones(1, 3, 4)},
        ValueError,
        "question: se esperaba (batch, n_question, d) = (2, 3, 4); se recibió (1, 3, 4)",
    ),
    (
        {"question": ones(2, 3, 4, device="meta")},
        ValueError,
        "question: se esperaba el dispositivo cpu; se recibió meta",
    ),
    ({"{f}_mask": [True]}, TypeError, "{f}_mask: se esperaba un tensor; se recibió list"),
    (
        {"{f}_mask": ones(2, 5)},
        TypeError,
        "{f}_mask: se esperaba dtype bool (True = vale); se recibió torch.float32",
    ),
    (
        {"{f}_mask": ones(1, 5, dtype=torch.bool)},
        ValueError,
        "{f}_mask: se esperaba (batch, n_{f}) = (2, 5); se recibió (1, 5)",
    ),
    (
        {"question_mask": ones(2, 5, dtype=torch.bool)},
        ValueError,
        "question_mask: se esperaba (batch, n_question) = (2, 3); se recibió (2, 5)",
    ),
    ({"{f}_lengths": [3, 4]}, TypeError, "{f}_lengths: se esperaba un tensor; se recibió list"),
    ({"{f}_lengths": ones(2)}, TypeError, "{f}_lengths: se esperaba dtype entero; se recibió torch.float32"),
    (
        {"question_lengths": ones(3, dtype=torch.int64)},
        ValueError,
        "question_lengths: se esperaba (batch,) = (2,); se recibió (3,)",
    ),
    (
        {"{f}_lengths": torch.tensor([5, 6])},
        ValueError,
        "{f}_lengths: se esperaba valores de 0 a 5; se recibió 6",
    ),
    (
        {"question_lengths": torch.tensor([-1, 0])},
        ValueError,
        "question_lengths: se esperaba valores de 0 a 3; se recibió -1",
    ),
    ({"return_weights": "sí"}, TypeError, "return_weights: se esperaba True o False; se recibió str"),
]


@pytest.mark.parametrize(("changes", "kind", "text"), ERRORS)
def test_errors(build: Build, changes: dict[str, Any], kind: type[Exception], text: str) -> None:
    case = build(n_document=5, n_question=3, d=4).rounded(torch.float32)
    name = sides(case)[0]
    changes = {key.format(f=name): value for key, value in changes.items()}
    with pytest.raises(kind, match=f"^{re.escape(text.format(f=name))}$"):
        case.operation(**case.tensors | changes)


@pytest.mark.parametrize("sentinels", [("document",), ("question",), ("document", "question")])
@pytest.mark.parametrize("wrong", [6, -1])
def test_lengths_do_not_reach_the_sentinel(sentinels: tuple[str, ...], wrong: int) -> None:
    case = coattention_case(n_document=5, n_question=5, sentinels=sentinels)
    for name in sentinels:
        with pytest.raises(ValueError, match=f"^{name}_lengths: se esperaba valores de 0 a 5; se recibió {wrong}$"):
            case.operation(**case.tensors, **{f"{name}_lengths": torch.tensor([3, wrong])})


def test_options_are_keyword_only(build: Build) -> None:
    case = build()
    with pytest.raises(TypeError, match="positional"):
        case.operation(*case.tensors.values(), ones(2, 53, dtype=torch.bool), None, None, None, None, None)
