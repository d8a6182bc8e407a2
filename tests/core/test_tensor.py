"""Cómo lee el núcleo los tensores de torch: por la tabla de DLPack o, si torch no la tiene, por atributos."""

from __future__ import annotations

import pytest
import torch
from atencion import _core, ops
from torch import Tensor, nn

COMPARE_BOTH_PATHS = """
import torch
from atencion import _core, ops
from cases import LAYOUTS, additive_case, dot_product_case
from comparison import evaluate

calls = 0
original = torch.Tensor.stride
def counted(self, *arguments):
    global calls
    calls += not arguments
    return original(self, *arguments)
torch.Tensor.stride = counted
results = []
for layout in LAYOUTS:
    for case in (dot_product_case(kind="lengths", layout=layout), additive_case(kind="everything", layout=layout)):
        results += evaluate(case.operation, case.rounded(torch.float32)).values()
torch.Tensor.stride = original
torch.save(results, PATH)
print(calls)
"""
HIDE_TABLE = "import torch\ntorch.Tensor.__dlpack_c_exchange_api__ = None\n"


def test_reading_attributes_gives_the_same(run_python, tmp_path) -> None:
    """Sin la tabla (torch < 2.10) el núcleo lee formas y pasos con atributos, y los números son los mismos."""
    runs, results = [], []
    for name, prefix in (("table", ""), ("attributes", HIDE_TABLE)):
        path = tmp_path / name
        runs.append(run_python(prefix + f"PATH = {str(path)!r}\n" + COMPARE_BOTH_PATHS, OMP_NUM_THREADS="1"))
        assert runs[-1].returncode == 0, runs[-1].stderr[-2000:]
        results.append(torch.load(path))
    if hasattr(torch.Tensor, "__dlpack_c_exchange_api__"):
        assert int(runs[0].stdout) == 0
    assert int(runs[1].stdout) > 0
    for first, second in zip(*results, strict=True):
        assert torch.equal(first, second)


BAD_READS = """
import torch
from atencion import _core
good = torch.zeros(2, 3, 5)
key, value, vector = torch.zeros(2, 7, 5), torch.zeros(2, 7, 4), torch.zeros(5)
bad = [good.to("meta"), good.half(), good.to(torch.complex64), torch.zeros(()), torch.zeros(1, 1, 2, 3, 5), [0.0], 1,
       torch._efficientzerotensor((2, 3, 5))]
for query in bad:
    try:
        _core.additive_forward(query, key, value, vector, None, None, False, 1)
        print("aceptado")
    except (TypeError, ValueError, RuntimeError):  # el último, de torch, si el tensor no está en la CPU
        print("rechazado")
"""


@pytest.mark.parametrize("prefix", ["", HIDE_TABLE], ids=["table", "attributes"])
def test_unreadable_tensors_are_refused(run_python, prefix: str) -> None:
    run = run_python(prefix + BAD_READS)
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.split() == ["rechazado"] * 8


class Wrapped(Tensor):
    """Una subclase cualquiera de Tensor."""


def test_parameters_and_subclasses_are_tensors() -> None:
    x = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0))
    vector = torch.ones(5)
    expected = ops.additive_attention(x, x, x, vector).output
    parameter = nn.Parameter(x.clone())
    assert torch.equal(ops.additive_attention(parameter, parameter, parameter, nn.Parameter(vector)).output, expected)
    wrapped = x.clone().as_subclass(Wrapped)
    assert torch.equal(ops.additive_attention(wrapped, wrapped, wrapped, vector).output.as_subclass(Tensor), expected)


def test_views_with_an_offset(kernel: str, dtype: torch.dtype) -> None:
    """Un tensor que no empieza donde empieza su memoria se lee desde donde empieza él."""
    store = torch.randn(1000, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(dtype)
    x = store[101 : 101 + 30].view(1, 2, 3, 5)
    lengths = torch.tensor([7, 2])[1:]
    expected = ops.dot_product_attention(x.clone(), x.clone(), x.clone(), key_lengths=lengths.clone()).output
    assert torch.equal(ops.dot_product_attention(x, x, x, key_lengths=lengths).output, expected)


def test_module_names() -> None:
    names = {name for name in dir(_core) if not name.startswith("_")}
    assert names == {
        "active_kernel", "available_kernels", "use_kernel", "route", "dot_product_forward", "dot_product_backward",
        "additive_forward", "additive_backward", "attention_over_attention_forward",
        "attention_over_attention_backward", "coattention_forward", "coattention_backward", "attention_flow_forward",
        "attention_flow_backward", "graph_forward", "graph_backward", "sparse_forward", "sparse_backward",
        "linear_forward", "linear_backward", "merge_forward", "merge_backward",
        "key_value_predict_forward", "key_value_predict_backward",
        "memory_forward", "memory_backward", "pointer_forward", "pointer_backward", "word_by_word_forward",
        "word_by_word_backward",
    }  # fmt: skip
