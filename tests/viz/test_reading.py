"""Los textos en español: la misma regla que en el navegador (véase modules.test.mjs)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from atencion.viz.reading import describe, format_number, position, visible

CASES = json.loads(Path(__file__).with_name("visible_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("token", "expected"), CASES)
def test_visible(token: str, expected: str):
    assert visible(token) == expected


def test_visible_cuts_long_tokens():
    assert visible("a" * 10_000, 5) == "aaaa…"
    assert visible("abcde", 5) == "abcde"


@pytest.mark.parametrize(
    ("value", "expected"), [(0.714, "0,71"), (-1.2, "−1,20"), (-0.001, "0,00"), (1, "1,00"), (-1234.5, "−1234,50")]
)
def test_format_number(value: float, expected: str):
    assert format_number(value) == expected


def test_position_uses_names_or_numbers():
    assert position(["capa", "etapa"], [[], ["a", "softmax"]], [6, 2, 3, 3], [1, 1]) == "capa 2/6, etapa «softmax»"
    assert position([], [], [3, 3], []) == ""


def test_describe_scores_without_title():
    matrix = np.array([[-1.0, np.nan], [2.5, -3.0]])
    assert describe(matrix, ["a", "b"], ["c", "d"], kind="scores", title="", where="paso 1/2") == (
        "Mapa de calor: 2 consultas × 2 claves, paso 1/2.\n"
        "Puntuaciones más altas: «b» → «c» 2,50; «a» → «c» −1,00; «b» → «d» −3,00."
    )


def test_describe_says_when_all_is_masked():
    text = describe(np.full((1, 2), np.nan), ["a"], ["c", "d"], kind="weights", title="M", where="")
    assert text == "Mapa de calor «M»: 1 consulta × 2 claves.\nTodas las celdas están enmascaradas."
