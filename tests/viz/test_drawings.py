"""La imagen fija de las líneas, las barras y el grafo."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
from atencion.viz import HeatMap
from atencion.viz.figure import ramp
from PIL import Image


def drawn(weights: object, view: str, **options: object) -> np.ndarray:
    shape = np.shape(weights)
    names = {"queries": [f"n{i}" for i in range(shape[-2])], "keys": [f"n{i}" for i in range(shape[-1])]}
    png = HeatMap(weights, view=view, **(names | options)).to_png()
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def pixels(image: np.ndarray, colour: str) -> int:
    target = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])
    return int((np.abs(image - target).max(-1) <= 4).sum())


def test_bars_are_as_long_as_their_mean():
    image = drawn([[1.0, 0.5], [1.0, 0.0]], "bars")
    rows = [(np.abs(row - 255).max(-1) > 60).sum() for row in image]
    strong = ramp("weights")[-1]
    assert pixels(image, strong) > 0
    assert sorted(set(np.round(np.array(rows)[np.array(rows) > 100] / max(rows), 1)))[-1] == 1.0
    assert pixels(drawn([[1.0, 0.0]], "bars"), strong) < pixels(drawn([[1.0, 1.0]], "bars"), strong)


def test_bars_of_scores_go_both_ways():
    image = drawn([[-2.0, 2.0]], "bars", kind="scores")
    low, high = ramp("scores")[0], ramp("scores")[-1]
    assert pixels(image, low) == pytest.approx(pixels(image, high), rel=0.05)
    assert pixels(image, low) > 1000


def test_masked_pairs_have_no_line_and_no_arrow():
    weights = np.array([[1.0, 1.0], [1.0, 1.0]])
    for view in ("lines", "graph"):
        every, some = (
            drawn(weights, view, mask=mask)
            for mask in (np.ones((2, 2), bool), np.array([[True, False], [False, True]]))
        )
        strong = ramp("weights")[-1]
        assert pixels(some, strong) < 0.8 * pixels(every, strong)
        assert pixels(some, strong) > 0


def test_given_positions_are_followed():
    weights = np.array([[0.0, 1.0], [0.0, 0.0]])
    flat, tall = (drawn(weights, "graph", positions=places) for places in ([[0, 0], [1, 0]], [[0, 0], [0, 1]]))

    def extent(image: np.ndarray, axis: int) -> int:
        inked = np.flatnonzero((image[40:-40] < 120).all(-1).any(axis))
        return int(np.ptp(inked))

    assert extent(flat, 0) > 2 * extent(flat, 1)
    assert extent(tall, 1) > 2 * extent(tall, 0)


@pytest.mark.parametrize("view", ["lines", "bars", "graph"])
@pytest.mark.parametrize("size", [1, 2, 61])
def test_any_size_and_any_token_is_drawn_in_silence(view: str, size: int):
    tokens = [f"${i}^{{</script>\n\u202e👩‍👩‍👧" for i in range(size)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for mask in (None, np.zeros((size, size), bool)):
            image = drawn(np.full((size, size), 0.3), view, queries=tokens, keys=tokens, mask=mask, title="a $b^ c")
            assert (image.min(-1) < 128).any()


def test_many_keys_are_cut_to_the_greatest():
    assert drawn(np.eye(67), "bars").shape[0] < drawn(np.eye(61), "bars").shape[0]
