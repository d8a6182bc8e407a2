"""Los patrones de los artículos: celda a celda contra su fórmula, y sus cuentas."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from atencion.masks import window_mask
from atencion.patterns import (
    SparsePattern,
    blocks,
    causal,
    dilated_window,
    fixed,
    global_tokens,
    sliding_window,
    strided,
)

SIZES = [0, 1, 2, 7, 16, 23]


def assert_formula(pattern: SparsePattern, n: int, allowed: Callable[[int, int], bool]) -> None:
    assert pattern.to_mask().tolist() == [[allowed(i, j) for j in range(n)] for i in range(n)]


@pytest.mark.parametrize("n", SIZES)
def test_formulas(n: int) -> None:
    assert_formula(causal(n), n, lambda i, j: j <= i)
    for window in (0, 1, 3, 40):
        assert torch.equal(sliding_window(n, window).to_mask(), window_mask(n, n, window))
        for d in (1, 2, 3):
            near = dilated_window(n, window, d)
            assert_formula(near, n, lambda i, j, d=d, w=window: (i - j) % d == 0 and abs(i - j) <= d * w)
    for size in (1, 3, 8):
        assert_formula(strided(n, size), n, lambda i, j, s=size: j <= i and (i - j) % s == 0)
        assert_formula(blocks(n, size), n, lambda i, j, s=size: i // s == j // s)
        for c in (0, 1, size):
            assert_formula(fixed(n, size, c), n, lambda i, j, s=size, c=c: j <= i and j % s >= s - c)


@pytest.mark.parametrize("tokens", [(), (0,), (-1, 2, 2), (0, 1, 2, 3, 4)])
def test_global_tokens(tokens: tuple[int, ...]) -> None:
    wanted = {token % 5 for token in tokens}
    assert_formula(global_tokens(5, tokens), 5, lambda i, j: i in wanted or j in wanted)


def test_counts_of_child_et_al() -> None:
    """n = 1024, l = 32: 6 % y 9 % de la matriz causal completa."""
    n, size = 1024, 32
    local, block = sliding_window(n, size).causal(), blocks(n, size).causal()
    assert len(causal(n)) == 524_800
    assert [len(p) for p in (local, strided(n, size), local | strided(n, size))] == [33_264, 16_896, 48_144]
    assert [len(p) for p in (block, fixed(n, size, 4), block | fixed(n, size, 4))] == [16_896, 63_808, 80_384]


def test_counts_of_longformer() -> None:
    """w = 64 son 32 a cada lado: n (w + 1) − w/2 (w/2 + 1) aristas."""
    window = sliding_window(1024, 32)
    assert len(window) == 1024 * 65 - 32 * 33 == 65_504
    assert len(window | global_tokens(1024, [0])) == 67_486


@pytest.mark.parametrize(
    "pattern",
    [sliding_window(256, 16).causal() | strided(256, 16), blocks(256, 16).causal() | fixed(256, 16, 1)],
    ids=["strided", "fixed"],
)
def test_two_steps_reach_all_the_past(pattern: SparsePattern) -> None:
    """Lo que hace útiles los patrones de Child et al.: con dos capas nadie del pasado queda fuera."""
    step = pattern.to_mask().double()
    assert torch.equal((step @ step) > 0, causal(256).to_mask())


def test_window_reaches_the_end_in_as_many_layers_as_the_formula_says() -> None:
    """⌈(n − 1) / radio⌉ capas: n = 1024 y radio 32, 32 capas."""
    step, reached = sliding_window(1024, 32).to_mask().double(), torch.zeros(1024, dtype=torch.float64)
    reached[0] = 1.0
    for layer in range(1, 33):
        reached = (step @ reached).clamp(max=1.0)
        assert bool(reached[-1]) == (layer == 32)


def test_bigbird() -> None:
    """Ventana de 3 bloques, el primero y el último globales, y 3 al azar que no repiten los anteriores."""
    n, size = 1024, 64
    fixed_part = blocks(n, size, window=1, global_blocks=(0, -1))
    pattern = blocks(n, size, window=1, global_blocks=(0, -1), random_blocks=3, seed=5)
    assert len(pattern & fixed_part) == len(fixed_part)
    added = (pattern.to_mask() & ~fixed_part.to_mask()).unflatten(0, (-1, size)).unflatten(2, (-1, size))
    full, some = added.all(3).all(1), added.any(3).any(1)
    assert torch.equal(full, some)
    assert full.sum(1).tolist() == [0] + [3] * 14 + [0]
    again = blocks(n, size, window=1, global_blocks=(0, -1), random_blocks=3, seed=5)
    assert torch.equal(again.keys, pattern.keys)
    other = blocks(n, size, window=1, global_blocks=(0, -1), random_blocks=3, seed=6)
    assert not torch.equal(other.to_mask(), pattern.to_mask())


def test_short_last_block() -> None:
    assert_formula(blocks(7, 3, window=1), 7, lambda i, j: abs(i // 3 - j // 3) <= 1)
    assert blocks(7, 3, random_blocks=9).to_mask().all()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: causal(-1), "n: se esperaba un entero ≥ 0; se recibió -1"),
        (lambda: sliding_window(4, -1), "window: se esperaba un entero ≥ 0; se recibió -1"),
        (lambda: dilated_window(4, 1, 0), "dilation: se esperaba un entero ≥ 1; se recibió 0"),
        (lambda: strided(4, 0), "stride: se esperaba un entero ≥ 1; se recibió 0"),
        (lambda: fixed(4, 2, 3), "summary: se esperaba un entero de 0 a block = 2; se recibió 3"),
        (lambda: blocks(4, 0), "block: se esperaba un entero ≥ 1; se recibió 0"),
        (lambda: blocks(4, 2, random_blocks=-1), "random_blocks: se esperaba un entero ≥ 0; se recibió -1"),
        (lambda: blocks(4, 2, global_blocks=(2,)), "tokens: se esperaba enteros de -2 a 1; se recibió 2"),
        (lambda: global_tokens(4, [4]), "tokens: se esperaba enteros de -4 a 3; se recibió 4"),
    ],
)
def test_invalid_arguments(build: Callable[[], SparsePattern], message: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        build()
    assert str(raised.value) == message
