"""La imagen fija de varias matrices: la rejilla y la comparación."""

from __future__ import annotations

import io

import numpy as np
import pytest
from atencion.viz import HeatMap
from atencion.viz.figure import ramp
from PIL import Image

TOKENS = list("abcdefghijk")


def drawn(widget: HeatMap) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(widget.to_png())).convert("RGB")).astype(int)


def share(image: np.ndarray, colour: str) -> float:
    """Qué parte de la imagen tiene casi ese color."""
    target = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])
    return float((np.abs(image - target).max(-1) <= 4).mean())


def test_grid_draws_every_map():
    weights = np.zeros((2, 3, 11, 11))
    weights[1, 2] = 1.0
    image = drawn(HeatMap(weights, queries=TOKENS, keys=TOKENS, view="grid"))
    low, high = share(image, ramp("weights")[0]), share(image, ramp("weights")[-1])
    assert low == pytest.approx(5 * high, rel=0.1)
    assert high > 0.05


def test_grid_of_large_maps_keeps_their_peaks():
    weights = np.zeros((4, 500, 500))
    weights[:, np.arange(500), np.arange(500)] = 1.0
    image = drawn(HeatMap(weights, queries=["a"] * 500, keys=["b"] * 500, view="grid"))
    assert share(image, ramp("weights")[-1]) > 0.003


@pytest.mark.parametrize("shape", [(2, 1, 1), (7, 3, 3), (40, 3, 5), (1, 2, 5, 5), (12, 12, 5, 90), (3, 2, 90, 5)])
def test_grid_of_any_shape_is_an_image_of_sensible_size(shape: tuple[int, ...]):
    widget = HeatMap(np.full(shape, 0.5), queries=["q"] * shape[-2], keys=["k"] * shape[-1], view="grid")
    height, width = drawn(widget).shape[:2]
    assert min(height, width) >= 40
    assert max(height, width) <= 1800


def test_comparison_draws_both_maps_and_their_signed_difference():
    weights = np.zeros((3, 11, 11))
    weights[2, :, :6] = 1.0
    weights[0, :, 6:] = 1.0
    image = drawn(HeatMap(weights, queries=TOKENS, keys=TOKENS, view="compare"))
    gains, losses = share(image, ramp("scores")[-1]), share(image, ramp("scores")[0])
    assert gains == pytest.approx(losses * 6 / 5, rel=0.1)
    assert gains > 0.04


def test_comparison_follows_the_chosen_pair():
    weights = np.stack([np.zeros((11, 11)), np.ones((11, 11)), np.zeros((11, 11))])
    widget = HeatMap(weights, queries=TOKENS, keys=TOKENS, view="compare")
    assert share(drawn(widget), ramp("scores")[-1]) < 0.01
    widget.pair = [[0], [1]]
    assert share(drawn(widget), ramp("scores")[-1]) > 0.1


def test_an_index_asks_for_one_map_whatever_the_view():
    weights = np.random.default_rng(2).random((3, 11, 11))
    options = {"queries": TOKENS, "keys": TOKENS}
    assert HeatMap(weights, **options, view="grid").to_png(index=1) == HeatMap(weights, **options).to_png(index=1)
