"""El estilo de las gráficas: se carga por su nombre y sus colores se distinguen en los dos temas."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

STYLE = "atencion.viz.libro"
DARK_PAGE = to_rgb("#121212")


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Contraste de WCAG entre dos colores."""
    both = np.array([one, other])
    linear = np.where(both <= 0.04045, both / 12.92, ((both + 0.055) / 1.055) ** 2.4)
    low, high = sorted(linear @ [0.2126, 0.7152, 0.0722])
    return (high + 0.05) / (low + 0.05)


def in_dark_theme(colour: tuple[float, ...]) -> tuple[float, ...]:
    """Lo que hace libro.css: `invert(1) hue-rotate(180deg)` y `mix-blend-mode: screen` sobre la página."""
    grey = np.array([[0.213, 0.715, 0.072]] * 3)
    turned = np.clip((2 * grey - np.eye(3)) @ (1 - np.array(colour)), 0, 1)
    return tuple(1 - (1 - turned) * (1 - np.array(DARK_PAGE)))


def style_colours() -> list[str]:
    with plt.style.context(STYLE):
        lines = plt.rcParams["axes.prop_cycle"].by_key()["color"]
        return [*lines, plt.rcParams["text.color"], plt.rcParams["axes.edgecolor"]]


@pytest.mark.parametrize("colour", style_colours())
def test_every_colour_stands_out_in_both_themes(colour: str) -> None:
    rgb = to_rgb(colour)
    assert contrast(rgb, (1.0, 1.0, 1.0)) >= 3
    assert contrast(in_dark_theme(rgb), DARK_PAGE) >= 3


def test_white_becomes_the_dark_page() -> None:
    assert in_dark_theme((1.0, 1.0, 1.0)) == pytest.approx(DARK_PAGE)
