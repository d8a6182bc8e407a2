"""Con tareas para todos, el número de hilos no cambia ni un bit, y varias llamadas a la vez no se estorban."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import atencion
import pytest
import torch
from cases import Case, additive_case, dot_product_case
from cases_two_way import TWO_WAY
from comparison import Results, evaluate

# Por encima del trabajo mínimo para repartir y con más tareas que hilos.
BIG = {
    "dot_product": lambda: dot_product_case(kind="everything", batch=3, heads=4, kv_heads=2, n_query=211, n_key=101),
    "additive": lambda: additive_case(kind="everything", batch=5, n_query=131, n_key=61, units=23),
    **{
        name: partial(build, kind="everything", batch=9, n_document=131, n_question=31)
        for name, build in TWO_WAY.items()
    },
}


@contextmanager
def threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def run(case: Case, count: int) -> Results:
    with threads(count):
        return evaluate(case.operation, case)


def assert_same_bits(found: Results, wanted: Results) -> None:
    for name, tensor in wanted.items():
        if name in ("grad_score_vector", "grad_score_weights"):  # torch suma los ejemplos, con su propio reparto
            torch.testing.assert_close(found[name], tensor)
        else:
            assert torch.equal(found[name], tensor), name


@pytest.mark.parametrize("name", BIG)
@pytest.mark.parametrize("count", [2, 3, 6])
def test_number_of_threads_does_not_change_the_result(kernel: str, dtype: torch.dtype, name: str, count: int) -> None:
    case = BIG[name]().rounded(dtype)
    assert_same_bits(run(case, count), run(case, 1))


@pytest.mark.parametrize("count", [2, 3, 7])
def test_heads_that_are_split_give_the_same_but_for_rounding(kernel: str, dtype: torch.dtype, count: int) -> None:
    """Con menos cabezas que hilos la vuelta parte las consultas: cambia el orden de la suma, siempre igual."""
    case = dot_product_case(kind="everything", batch=1, heads=2, kv_heads=1, n_query=331, n_key=201).rounded(dtype)
    found, single = run(case, count), run(case, 1)
    assert_same_bits(run(case, count), found)
    eps = torch.finfo(dtype).eps
    for name, tensor in single.items():
        torch.testing.assert_close(found[name], tensor, rtol=64 * eps, atol=64 * eps)


@pytest.mark.parametrize("name", BIG)
def test_runs_are_identical(kernel: str, name: str) -> None:
    case = BIG[name]().rounded(torch.float32)
    first = run(case, 2)
    for _ in range(4):
        assert_same_bits(run(case, 2), first)


@pytest.mark.parametrize("count", [1, 2])
def test_calls_from_several_python_threads(kernel: str, count: int) -> None:
    """Cuatro hilos de Python con casos de distinto tamaño: cada uno da los bits que da solo."""
    cases = [
        dot_product_case(kind="causal", n_query=97, n_key=101).rounded(torch.float32),
        dot_product_case(kind="dense", n_query=13, n_key=389, d_k=64, d_v=64).rounded(torch.float64),
        additive_case(kind="lengths", n_query=67).rounded(torch.float32),
        additive_case(n_query=7, n_key=193, units=65).rounded(torch.float64),
    ]
    with threads(count):
        alone = [evaluate(case.operation, case) for case in cases]
        with ThreadPoolExecutor(4) as pool:
            jobs = [(i, pool.submit(evaluate, cases[i].operation, cases[i])) for _ in range(6) for i in range(4)]
            for i, job in jobs:
                assert_same_bits(job.result(), alone[i])


def test_kernel_of_another_thread_is_the_same(kernel: str) -> None:
    """El núcleo se elige para todo el proceso."""
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(atencion.active_kernel).result() == kernel


@pytest.mark.skipif(sys.platform != "linux", reason="lee /proc/self/statm")
@pytest.mark.parametrize("threads", [1, 2])
def test_memory_of_a_huge_example_is_given_back(run_python, threads: int) -> None:
    """La memoria de trabajo vive entre llamadas, pero la de un ejemplo enorme no se queda para siempre."""
    run = run_python(
        "import mmap, torch\n"
        "from atencion import ops\n"
        f"torch.set_num_threads({threads})\n"
        "def resident(): return int(open('/proc/self/statm').read().split()[1]) * mmap.PAGESIZE / 2**20\n"
        "query, vector = torch.rand(2, 1, 64), torch.rand(64)\n"
        "key, value = torch.rand(2, 200_003, 64), torch.rand(2, 200_003, 1)\n"
        "ops.additive_attention(query, key[:, :5], value[:, :5], vector)\n"
        "before = resident()\n"
        "ops.additive_attention(query, key, value, vector)\n"
        "print(resident() - before)\n"
    )
    assert float(run.stdout) < 16, run.stderr  # solo la copia de las claves ocupa 49 MB por hilo
