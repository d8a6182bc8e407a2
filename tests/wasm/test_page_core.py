"""Los números del núcleo de la página: los de esta máquina, bit a bit, y los de ``atencion.ops`` y ``torch.nn``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attention_cases
import layer_cases
import numpy as np
import pytest

if TYPE_CHECKING:
    from attention_cases import Case
    from page_core import NativeCore, WasmCore

CASES = {**attention_cases.CASES, **{f"layer-{name}": value for name, value in layer_cases.CASES.items()}}
SUPPORT = {"memory", "__stack_pointer", "reserve", "mark", "release"}


@pytest.fixture(params=CASES)
def sample(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def test_every_function_has_a_case(wasm_core: WasmCore) -> None:
    offered = {export.name for export in wasm_core.module.exports} - SUPPORT
    assert offered == {case.function for case in CASES.values()}


def test_the_module_imports_nothing(wasm_core: WasmCore) -> None:
    assert wasm_core.module.imports == []


def test_same_bits_as_this_machine(wasm_core: WasmCore, native_core: NativeCore, sample: Case) -> None:
    found = wasm_core.call(*sample[:3])
    expected = native_core.call(*sample[:3])
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours.view(np.uint32), theirs.view(np.uint32))


def test_same_numbers_as_the_package(wasm_core: WasmCore, sample: Case) -> None:
    found = wasm_core.call(*sample[:3])
    for ours, theirs in zip(found, sample.expected(), strict=True):
        assert theirs is not None
        np.testing.assert_allclose(ours, theirs.reshape(ours.shape).numpy(), rtol=2e-6, atol=1e-6)


def test_memory_grows_and_says_when_it_is_full(wasm_core: WasmCore) -> None:
    start = wasm_core.run("mark")
    before = wasm_core.memory.data_len(wasm_core.store)
    big = wasm_core.run("reserve", before + 1)
    assert big != 0
    assert wasm_core.memory.data_len(wasm_core.store) > big + before
    assert wasm_core.run("reserve", 1 << 30) == 0
    assert wasm_core.run("reserve", -64) == 0
    wasm_core.run("release", start)
    assert wasm_core.run("mark") == start
