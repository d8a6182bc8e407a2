"""Ninguna llamada, por rara que sea, tumba el proceso, lo cuelga o da un error que no sea nuestro (véase ``fuzz.py``).

``ATENCION_FUZZ`` dice cuántas llamadas hacer y ``ATENCION_FUZZ_FIRST``, desde qué semilla.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from atencion import ops
from atencion.ops import Attention

from . import fuzz
from .arguments import OPERATIONS

CALLS = int(os.environ.get("ATENCION_FUZZ", 300 * len(OPERATIONS)))
FIRST = int(os.environ.get("ATENCION_FUZZ_FIRST", 0))


def test_random_calls(run_python, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    journal.touch()
    run = run_python(
        "import os, sys\n"
        "from ops import fuzz\n"
        f"sys.exit(min(fuzz.campaign({CALLS}, {FIRST}, os.open({str(journal)!r}, os.O_RDWR)), 100))\n",
        timeout=60 + CALLS,
    )
    last = journal.read_text().strip()
    assert 0 <= run.returncode <= 100, f"«{last}» tumbó o colgó el proceso ({run.returncode}):\n{run.stderr[-3000:]}"
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-3000:]


def test_every_operation_is_in_the_table() -> None:
    assert set(OPERATIONS) == {name for name in ops.__all__ if name[0].islower()}


def test_calls_are_varied() -> None:
    """De cada operación se prueban llamadas que salen y llamadas que no: ni todo se rechaza ni todo se acepta."""
    for name in OPERATIONS:
        ends = [fuzz.call(name, seed)[0] for seed in range(40)]
        assert 8 < ends.count("error") < 32, f"{name}: {ends}"


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (ValueError("key: se esperaba (batch,) = (2,); se recibió (3,)"), None),
        (MemoryError("resultado: no hay memoria para un tensor de ese tamaño"), None),
        (RuntimeError("The size of tensor a (2) must match"), "el error no es nuestro: RuntimeError: The size"),
        (TypeError("incompatible function arguments"), "el error no es nuestro: TypeError: incompatible"),
        (KeyError("key: se esperaba otra cosa"), "el error no es nuestro: KeyError"),
    ],
)
def test_only_our_errors_pass(error: Exception, problem: str | None) -> None:
    found = fuzz.problem_with(error)
    assert found == problem or (problem is not None and found is not None and found.startswith(problem))


def test_a_wrong_operation_is_caught() -> None:
    def slightly_wrong(*arguments: torch.Tensor, **options: object) -> Attention:
        result = ops.additive_attention(*arguments, **options)
        return result._replace(output=result.output * 1.01)

    def badly_behaved(*arguments: torch.Tensor, **options: object) -> Attention:
        raise RuntimeError("shape mismatch")

    problems = [fuzz.call("additive_attention", seed, slightly_wrong)[1] or "" for seed in range(30)]
    assert any(problem.startswith("output no es lo que da el oráculo") for problem in problems)
    assert fuzz.call("additive_attention", 0, badly_behaved)[1] is not None
