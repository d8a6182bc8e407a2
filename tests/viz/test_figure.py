"""La imagen fija: dibujada, legible y con las enmascaradas distintas de los pesos pequeños."""

from __future__ import annotations

import io
import warnings

import matplotlib
import numpy as np
import pytest
from atencion.viz.figure import Panel, draw_png, ramp
from PIL import Image


def drawn(matrix: np.ndarray, **options: object) -> np.ndarray:
    rows, columns = matrix.shape
    settings = {"kind": "weights", "domain": [0.0, 1.0], "title": ""} | options
    queries = settings.pop("queries", [f"q{i}" for i in range(rows)])
    keys = settings.pop("keys", [f"k{j}" for j in range(columns)])
    panel = Panel(matrix, settings.pop("kind"), settings.pop("domain"), "")
    png = draw_png(panel, queries, keys, **settings)
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def share(image: np.ndarray, colour: str) -> float:
    """Qué parte de la imagen tiene casi ese color."""
    target = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])
    return float((np.abs(image - target).max(-1) <= 4).mean())


def test_colours_follow_the_values():
    image = drawn(np.array([[0.0, 1.0, 0.0]] * 9 + [[1.0, 0.0, 0.0]] * 2))
    low, high = ramp("weights")[0], ramp("weights")[-1]
    assert share(image, low) == pytest.approx(2 * share(image, high), rel=0.1)
    assert share(image, high) > 0.05


def test_scores_use_a_diverging_scale_around_zero():
    image = drawn(np.array([[-2.0, 0.0, 2.0]] * 11), kind="scores", domain=[-2.0, 2.0])
    colours = ramp("scores")
    for place in (0, len(colours) // 2, len(colours) - 1):
        assert share(image, colours[place]) > 0.05


def test_masked_cells_are_hatched_and_named():
    small = drawn(np.zeros((11, 11)))
    masked = drawn(np.where(np.tri(11), 0.0, np.nan))
    pale, hatch = ramp("weights")[0], "#a9b3c3"
    assert share(masked, pale) < 0.8 * share(small, pale)
    assert share(small, hatch) == 0
    assert share(masked, hatch) > 0.01


def test_background_is_light_whatever_the_style_of_the_notebook():
    with matplotlib.rc_context({"figure.facecolor": "black", "text.color": "white", "axes.grid": True}):
        dark_style = drawn(np.eye(3))
    assert (dark_style[0, 0] == 255).all()
    assert np.array_equal(dark_style, drawn(np.eye(3)))


@pytest.mark.parametrize("shape", [(1, 1), (1, 60), (60, 1), (61, 59), (512, 512)])
def test_any_shape_gives_an_image_of_sensible_size(shape: tuple[int, int]):
    height, width = drawn(np.full(shape, 0.5)).shape[:2]
    assert min(height, width) >= 40
    assert max(height, width) <= 1600


def test_hostile_labels_are_drawn_without_warnings():
    tokens = ["$\\frac$", "😀", "\ud800", "\u202eabc", "a" * 10_000]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = drawn(np.eye(5), queries=tokens, keys=tokens, title="$\\x$ 100 %")
    assert max(image.shape) <= 1600


def test_colour_scales_grow_in_contrast_with_the_page():
    """La luminancia de los pesos baja siempre; la de las puntuaciones sube hasta el cero y baja después."""

    def luminance(colour: str) -> float:
        red, green, blue = ((int(colour[k : k + 2], 16) / 255) ** 2.2 for k in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    weights = [luminance(colour) for colour in ramp("weights")]
    scores = [luminance(colour) for colour in ramp("scores")]
    middle = len(scores) // 2
    assert weights == sorted(weights, reverse=True)
    assert scores[: middle + 1] == sorted(scores[: middle + 1])
    assert scores[middle:] == sorted(scores[middle:], reverse=True)


def test_keys_that_are_sentences_are_listed_below():
    words = drawn(np.eye(3), keys=["a", "b", "c"])
    sentences = drawn(np.eye(3), keys=["Juan fue al baño", "b", "$\\frac$ y más"])
    assert sentences.shape[0] > words.shape[0] + 60
    assert share(sentences, ramp("weights")[-1]) * sentences.size == pytest.approx(
        share(words, ramp("weights")[-1]) * words.size, rel=0.05
    )
