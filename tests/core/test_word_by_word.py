"""El núcleo palabra a palabra: tamaños, grupos de pasos, el límite de la factorización y los gradientes por partes."""

from __future__ import annotations

import math

import pytest
import torch
from atencion import ops
from cases_word_by_word import word_by_word_case
from comparison import check, evaluate


# Los pasos se recalculan de dieciséis en dieciséis, y cada uno hereda el error del anterior.
@pytest.mark.parametrize("n_query", [1, 2, 15, 16, 17, 33])
@pytest.mark.parametrize("mask", ["none", "everything"])
def test_steps_around_the_groups(kernel: str, dtype: torch.dtype, n_query: int, mask: str) -> None:
    check(word_by_word_case(kind=mask, n_query=n_query, n_key=5, units=3, d_v=2), dtype, scale=n_query**0.5)


@pytest.mark.parametrize("units", [1, 3, 8, 15, 16, 17, 32, 33, 65])
def test_widths_around_the_vector(kernel: str, dtype: torch.dtype, units: int) -> None:
    check(word_by_word_case(n_query=3, n_key=units % 7 + 1, units=units, d_v=max(units - 2, 1)), dtype)


@pytest.mark.parametrize("n_key", [1, 2, 3, 4, 5, 16, 17, 33, 131])
def test_premises_around_the_vector(kernel: str, dtype: torch.dtype, n_key: int) -> None:
    check(word_by_word_case(kind=("none", "lengths")[n_key % 2], n_query=4, n_key=n_key, units=5, d_v=3), dtype)


@pytest.mark.parametrize("batch", [1, 8, 9, 17])
def test_parameter_gradients_add_every_part(kernel: str, dtype: torch.dtype, batch: int) -> None:
    """Los gradientes de los parámetros se suman por partes de ocho ejemplos."""
    check(word_by_word_case(batch=batch, n_query=3, n_key=5, units=4, d_v=3), dtype, scale=batch)


@pytest.mark.parametrize("far", ["query", "key", "both"])
def test_sums_beyond_the_factor_limit(kernel: str, dtype: torch.dtype, far: str) -> None:
    """Lo que no se puede factorizar se suma antes de la exponencial: todo el ejemplo, o desde el paso en que ocurre.

    Sumar números de 400 redondea 400 eps; recortar los factores daría errores miles de veces mayores.
    """
    case = word_by_word_case(n_query=20)
    if far in ("query", "both"):
        case.tensors["query"][1, 11:] += 400.0
    if far in ("key", "both"):
        case.tensors["key"][1] -= 400.0
    check(case, dtype, scale=400.0)


def test_what_was_read_may_leave_the_factor_limit(kernel: str, dtype: torch.dtype) -> None:
    """La primera consulta se puede factorizar y la segunda, con Wʳ r_1, no."""
    case = word_by_word_case(n_query=2)
    case.tensors["query_recurrence"] *= 300.0
    check(case, dtype, scale=300.0)


def test_a_far_step_does_not_touch_the_earlier_ones(kernel: str, dtype: torch.dtype) -> None:
    tensors = word_by_word_case().rounded(dtype).tensors
    before = ops.word_by_word_attention(**tensors).output
    tensors["query"][1, 4] = 1e4
    after = ops.word_by_word_attention(**tensors).output
    assert torch.equal(after[[0, 2]], before[[0, 2]])
    assert torch.equal(after[1, :4], before[1, :4])


def test_nan_stays_in_its_example(kernel: str, dtype: torch.dtype) -> None:
    case = word_by_word_case()
    before = evaluate(case.operation, case.rounded(dtype))
    case.tensors["query"][1, 3, 5] = math.nan
    after = evaluate(case.operation, case.rounded(dtype))
    assert after["output"][1, 3:].isnan().all()
    assert torch.equal(after["output"][1, :3], before["output"][1, :3])
    for name in ("output", "grad_query", "grad_key", "grad_value"):
        assert torch.equal(after[name][[0, 2]], before[name][[0, 2]]), name


def test_gradients_do_not_depend_on_the_threads(kernel: str) -> None:
    case = word_by_word_case(batch=33, n_query=9).rounded(torch.float32)
    one = evaluate(case.operation, case)
    torch.set_num_threads(2)
    two = evaluate(case.operation, case)
    for name, found in two.items():
        assert torch.equal(found, one[name]), name
