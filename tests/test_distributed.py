"""La atención en anillo da en varios procesos lo mismo que en uno: salidas y gradientes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import atencion
import pytest

HERE = Path(__file__).resolve().parent
PACKAGE = Path(atencion.__file__).resolve().parent.parent


@pytest.mark.parametrize("processes", [2, 4])
def test_ring_equals_one_process(processes: int) -> None:
    """``ring_worker.py`` recorre trozos iguales, desiguales y vacíos, causal, longitudes y grupos, y comprueba."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(PACKAGE)}
    run = subprocess.run(
        [
            sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes),
            "--master-addr", "127.0.0.1", str(HERE / "ring_worker.py"),
        ],
        env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-4000:]
    assert run.stdout.count("bien") == processes
