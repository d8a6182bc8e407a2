"""La elección del núcleo: se ve, se fuerza, no se cambia en silencio y todos dan lo mismo."""

from __future__ import annotations

import platform

import atencion
import pytest
import torch
from atencion import ops
from cases import additive_case, dot_product_case
from cases_two_way import TWO_WAY

KERNELS = atencion.available_kernels()
SHOW = "import atencion; print(atencion.active_kernel())"


def cpu_flags() -> set[str]:
    with open("/proc/cpuinfo") as info:
        return next((set(line.split(":")[1].split()) for line in info if line.startswith("flags")), set())


def test_names_in_order() -> None:
    assert KERNELS[:2] == ["naive", "baseline"]
    assert [name for name in ("naive", "baseline", "avx2", "avx512") if name in KERNELS] == KERNELS


@pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() != "x86_64", reason="lee las instrucciones de /proc/cpuinfo"
)
def test_names_are_what_the_processor_supports() -> None:
    flags = cpu_flags()
    has_avx2 = {"avx2", "fma"} <= flags
    assert ("avx2" in KERNELS) == has_avx2
    assert ("avx512" in KERNELS) == (has_avx2 and {"avx512f", "avx512dq", "avx512bw", "avx512vl"} <= flags)


def test_the_best_one_is_active_by_default(run_python) -> None:
    run = run_python(SHOW)
    assert run.stdout.strip() == KERNELS[-1], run.stderr


@pytest.mark.parametrize("name", KERNELS)
def test_use_kernel_forces_and_restores(name: str) -> None:
    before = atencion.active_kernel()
    with atencion.use_kernel(name):
        assert atencion.active_kernel() == name
        with atencion.use_kernel("naive"):
            assert atencion.active_kernel() == "naive"
        assert atencion.active_kernel() == name
    assert atencion.active_kernel() == before


def test_use_kernel_restores_after_an_exception() -> None:
    before = atencion.active_kernel()
    with pytest.raises(ZeroDivisionError), atencion.use_kernel("naive"):
        raise ZeroDivisionError
    assert atencion.active_kernel() == before


@pytest.mark.parametrize("name", ["avx1024", "", "NAIVE", "naive "])
def test_unknown_name_is_an_error_that_lists_the_names(name: str) -> None:
    before = atencion.active_kernel()
    with pytest.raises(ValueError, match="se esperaba") as error, atencion.use_kernel(name):
        pass
    assert str(error.value) == f"name: se esperaba uno de {', '.join(KERNELS)}; se recibió «{name}»"
    assert atencion.active_kernel() == before


@pytest.mark.parametrize("name", ["naive", KERNELS[-2]])
def test_environment_variable(run_python, name: str) -> None:
    run = run_python(SHOW, ATENCION_KERNEL=name)
    assert run.stdout.strip() == name, run.stderr


def test_unknown_name_in_the_environment_variable(run_python) -> None:
    run = run_python(SHOW, ATENCION_KERNEL="sse9")
    assert run.returncode != 0
    assert run.stderr.splitlines()[-1] == (
        f"ValueError: ATENCION_KERNEL: se esperaba uno de {', '.join(KERNELS)}; se recibió «sse9»"
    )


def test_empty_environment_variable_is_none(run_python) -> None:
    assert run_python(SHOW, ATENCION_KERNEL="").stdout.strip() == KERNELS[-1]


def test_the_forced_kernel_is_the_one_that_runs() -> None:
    """Se les reconoce por el redondeo: cada núcleo suma en otro orden, así que sus últimos bits difieren."""
    tensors = dot_product_case(n_query=53, n_key=97).rounded(torch.float32).tensors
    results = {}
    for name in KERNELS:
        with atencion.use_kernel(name):
            results[name] = [ops.dot_product_attention(**tensors).output for _ in range(2)]
        assert torch.equal(*results[name])
    for name in KERNELS[1:]:
        assert not torch.equal(results[name][0], results["naive"][0]), name


@pytest.mark.parametrize("build", [dot_product_case, additive_case, *TWO_WAY.values()])
@pytest.mark.parametrize("kind", ["none", "everything"])
def test_all_kernels_agree(build: object, kind: str) -> None:
    case = build(kind=kind)
    results = []
    for name in KERNELS:
        with atencion.use_kernel(name):
            results.append(case.operation(**case.tensors, **case.options, return_weights=True))
    for result in results[1:]:
        for found, expected in zip(result, results[0], strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-13)


def test_backward_runs_on_the_kernel_active_then(kernel: str) -> None:
    """La vuelta usa el núcleo activo cuando se deriva, que puede no ser el de la ida."""
    leaf = dot_product_case().rounded(torch.float64).tensors
    query = leaf["query"].requires_grad_()
    expected = torch.autograd.grad(ops.dot_product_attention(**leaf).output.sum(), query)[0]
    for other in KERNELS:
        output = ops.dot_product_attention(**leaf).output
        with atencion.use_kernel(other):
            found = torch.autograd.grad(output.sum(), query)[0]
        torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-12)
