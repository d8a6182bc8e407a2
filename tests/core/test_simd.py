"""Las lecturas y escrituras vectoriales no se salen nunca de su tensor, ni por delante ni por detrás."""

from __future__ import annotations

import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="usa mprotect")


def test_nothing_is_read_or_written_outside_its_tensor(run_python) -> None:
    run = run_python("from core import guarded_memory; guarded_memory.main()")
    assert run.returncode == 0, f"{run.stdout[-300:]}\n{run.stderr[-2000:]}"
    assert run.stdout.splitlines()[-1] == "bien"


def test_the_fence_bites(run_python) -> None:
    """La prueba anterior prueba algo: leer un byte de más por la misma vía mata el proceso."""
    run = run_python(
        "import ctypes, torch\n"
        "from core.guarded_memory import Fence\n"
        "tensor = Fence('after')(torch.zeros(1, 5))\n"
        "print(len(ctypes.string_at(tensor.data_ptr(), 20)), flush=True)\n"
        "ctypes.string_at(tensor.data_ptr(), 21)\n"
    )
    assert run.stdout.strip() == "20"
    assert run.returncode < 0
