"""Las claves que son frases: un número sobre cada columna y la frase entera debajo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from atencion.viz import HeatMap
from figure_driver import Figure
from playwright.sync_api import Page

SENTENCES = ["María fue al jardín.", "Juan recogió la pelota.", "Juan salió."]


@pytest.fixture
def figure(open_figure: Callable[[HeatMap], Figure]) -> Figure:
    weights = [[0.1, 0.7, 0.2], [0.6, 0.1, 0.3]]
    return open_figure(HeatMap(weights, queries=["salto 1", "salto 2"], keys=SENTENCES, title="Saltos"))


def labels(figure: Figure) -> list[str]:
    return figure.root.locator(".am-overlay .am-label").all_text_contents()


def test_columns_are_numbered_and_sentences_listed(figure: Figure):
    assert labels(figure) == ["1", "2", "3"]
    assert figure.root.locator(".am-sentences li").all_inner_texts() == SENTENCES
    figure.hover(0, 1)
    assert figure.root.locator(".am-sentences .am-on").all_inner_texts() == [SENTENCES[1]]
    assert figure.reading == "«salto 1» atiende a «Juan recogió la pelota.» con peso 0,70."


def test_other_views_name_the_sentences(figure: Figure):
    figure.open("Tabla")
    assert figure.root.locator("thead th").all_inner_texts()[1:] == SENTENCES


def test_saved_drawing_carries_the_sentences(figure: Figure, page: Page, tmp_path: Path):
    figure.root.get_by_role("button", name="Guardar").click()
    with page.expect_download() as download:
        figure.root.get_by_role("button", name="Dibujo SVG").click()
    download.value.save_as(tmp_path / "map.svg")
    text = (tmp_path / "map.svg").read_text(encoding="utf-8")
    assert all(f"{j + 1}. {sentence}" in text for j, sentence in enumerate(SENTENCES))


@pytest.mark.parametrize("keys", [["la casa", "blanca", "«sí»"], [f"{j} y pico" for j in range(33)]])
def test_words_and_long_lists_stay_over_their_columns(open_figure: Callable[[HeatMap], Figure], keys: list[str]):
    figure = open_figure(HeatMap([[1 / len(keys)] * len(keys)], queries=["q"], keys=keys, view="map"))
    assert labels(figure)[0].startswith(keys[0][:2])
    assert not figure.root.locator(".am-sentences").is_visible()


def test_compared_maps_share_one_list(open_figure: Callable[[HeatMap], Figure], page: Page, tmp_path: Path):
    weights = [[[0.1, 0.7, 0.2], [0.6, 0.1, 0.3]], [[0.3, 0.3, 0.4], [0.2, 0.5, 0.3]]]
    names = {"axes": ["red"], "labels": [["entrenada", "sin entrenar"]]}
    figure = open_figure(HeatMap(weights, queries=["salto 1", "salto 2"], keys=SENTENCES, **names, view="compare"))
    assert labels(figure) == ["1", "2", "3"] * 3
    assert figure.root.locator(".am-sentences:visible li").all_inner_texts() == SENTENCES
    figure.root.get_by_role("button", name="Guardar").click()
    with page.expect_download() as download:
        figure.root.get_by_role("button", name="Dibujo SVG").click()
    download.value.save_as(tmp_path / "maps.svg")
    text = (tmp_path / "maps.svg").read_text(encoding="utf-8")
    assert all(f"{j + 1}. {sentence}" in text for j, sentence in enumerate(SENTENCES))
