"""La cuantización: error de medio paso, celdas enmascaradas y escalas de color."""

from __future__ import annotations

import numpy as np
import pytest
from atencion.viz.transport import (
    FINE_CELLS,
    SENT_CELLS,
    aggregate,
    as_matrices,
    block_spans,
    colour_domain,
    hide_masked,
    quantise,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

FINITE = st.floats(-1e300, 1e300, allow_nan=False)


def decoded(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Los valores reconstruidos y el paso de cada matriz."""
    bits, ranges, data = quantise(values)
    top = 2**bits - 2
    codes = np.frombuffer(data, dtype=f"<u{bits // 8}").astype(float).reshape(values.shape)
    low, high = (np.array(ranges)[:, k, None, None] for k in (0, 1))
    restored = low * (1 - codes / top) + high * (codes / top)
    return np.where(codes == top + 1, np.nan, restored), (high / top - low / top)


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, (2, 3, 5), elements=FINITE))
def test_round_trip_error_is_at_most_half_a_step(values: np.ndarray):
    restored, step = decoded(values)
    rounding = 1e-12 * np.abs(values).max()
    assert (np.abs(restored - values) <= step / 2 + rounding).all()


@pytest.mark.parametrize(("cells", "bits"), [(FINE_CELLS, 16), (FINE_CELLS + 1, 8)])
def test_small_maps_travel_in_sixteen_bits(cells: int, bits: int):
    values = np.random.default_rng(3).random((1, 1, cells))
    packed = quantise(values)
    assert packed.bits == bits
    assert len(packed.data) == cells * bits // 8
    restored, step = decoded(values)
    assert np.abs(restored - values).max() <= step.max() / 2 * (1 + 1e-9)


def test_each_map_keeps_its_own_range():
    values = np.array([[[0.0, 1.0]], [[-30.0, 70.0]]])
    assert quantise(values).ranges == [[0.0, 1.0], [-30.0, 70.0]]
    assert np.array_equal(decoded(values)[0], values)


def test_constant_and_fully_masked_maps():
    values = np.array([[[0.25, 0.25]], [[np.nan, np.nan]]])
    packed = quantise(values)
    assert packed.ranges == [[0.25, 0.25], [0.0, 0.0]]
    assert np.array_equal(decoded(values)[0], values, equal_nan=True)


def test_masked_cells_do_not_stretch_the_range():
    values = hide_masked(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([[False, True], [True, True]]), ["weights"])
    assert quantise(values[None]).ranges == [[0.1, 0.8]]


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("kind", ["weights", "scores"])
def test_nan_and_infinity_are_errors_with_their_place(value: float, kind: str):
    values = np.zeros((2, 3, 5))
    values[1, 2, 4] = value
    with pytest.raises(ValueError, match=rf"^weights: se esperaba números finitos; se recibió {value} en \(1, 2, 4\)$"):
        hide_masked(values, None, [kind, kind])


def test_negative_weights_are_errors_that_name_the_way_out():
    expected = (
        r'^weights: se esperaba pesos ≥ 0 \(para valores con signo, kind="scores"\); se recibió -0.25 en \(0, 1\)$'
    )
    with pytest.raises(ValueError, match=expected):
        hide_masked(np.array([[0.5, -0.25]]), None, ["weights"])


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ([1.0, 2.0], ValueError, r"weights: se esperaba \(…, n_query, n_key\); se recibió \(2,\)"),
        (
            np.ones((2, 2, 2, 2, 2)),
            ValueError,
            r"weights: se esperaba \(…, n_query, n_key\); se recibió \(2, 2, 2, 2, 2\)",
        ),
        (np.ones((0, 3)), ValueError, r"weights: se esperaba al menos una fila.* se recibió la forma \(0, 3\)"),
        ([[1.0], [1.0, 2.0]], ValueError, "weights: se esperaba una matriz .* se recibió filas desiguales"),
        ([["a"]], TypeError, "weights: se esperaba dtype numérico; se recibió <U1"),
        (np.ones((2, 2), complex), TypeError, "weights: se esperaba dtype numérico; se recibió complex128"),
    ],
)
def test_wrong_weights_are_named_in_spanish(weights: object, error: type[Exception], message: str):
    with pytest.raises(error, match=f"^{message}$"):
        as_matrices(weights)


@pytest.mark.parametrize(
    ("values", "kind", "vmax", "expected"),
    [
        ([0.2, 0.7], "weights", None, [0.0, 1.0]),
        ([0.02, 0.18], "weights", None, [0.0, 0.18]),
        ([0.2, 1.5], "weights", None, [0.0, 1.5]),
        ([0.0, 0.0], "weights", None, [0.0, 1.0]),
        ([0.02, 0.18], "weights", 0.5, [0.0, 0.5]),
        ([-3.0, 2.0], "scores", None, [-3.0, 3.0]),
        ([0.0, 0.0], "scores", None, [-1.0, 1.0]),
        ([np.nan, np.nan], "scores", None, [-1.0, 1.0]),
        ([-3.0, 2.0], "scores", 8.0, [-8.0, 8.0]),
    ],
)
def test_colour_domain(values: list[float], kind: str, vmax: float | None, expected: list[float]):
    assert colour_domain(np.array([values]), kind, vmax) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("shape", "spans"),
    [
        ((512, 512), (1, 1)),
        ((12, 12, 103, 103), (1, 1)),
        ((12, 12, 512, 512), (5, 5)),
        ((2000, 2000), (2, 2)),
        ((3, 7, 1_000_000), (1, 14)),
        ((2_000_000, 1), (2, 1)),
        ((SENT_CELLS + 1, 2, 2), (2, 2)),
    ],
)
def test_blocks_are_as_small_as_fits(shape: tuple[int, ...], spans: tuple[int, int]):
    assert block_spans(shape) == spans


def test_each_block_is_worth_its_strongest_cell():
    values = np.array(
        [
            [0.1, 0.2, np.nan, np.nan, -0.5],
            [0.3, 0.0, np.nan, np.nan, 0.25],
            [np.nan, -4.0, 1.0, 2.0, np.nan],
        ]
    )
    expected = [[0.3, np.nan, -0.5], [-4.0, 2.0, np.nan]]
    assert np.array_equal(aggregate(values, (2, 2)), expected, equal_nan=True)
    assert np.array_equal(aggregate(np.stack([values, -values]), (2, 2))[1], np.negative(expected), equal_nan=True)
    assert aggregate(values, (1, 5)).shape == (3, 1)
    assert aggregate(values, (1, 1)) is values


@settings(max_examples=40, deadline=None)
@given(arrays(np.float32, (2, 7, 11), elements=st.floats(-10, 10, width=32)), st.integers(1, 8), st.integers(1, 12))
def test_blocks_agree_with_a_plain_loop(values: np.ndarray, rows: int, columns: int):
    blocks = aggregate(values, (rows, columns))
    for (number, i, j), strongest in np.ndenumerate(blocks):
        block = values[number, i * rows : (i + 1) * rows, j * columns : (j + 1) * columns]
        assert abs(strongest) == np.abs(block).max()
        assert strongest in block
