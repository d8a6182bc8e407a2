"""El contrato de los capítulos: qué secciones, ejercicios y preguntas tiene cada cuaderno, y que todo se ejecuta.

La ejecución es la de la construcción del libro, que se detiene al primer error: aquí se mira su resultado.
"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from atencion.workshop import exercise_ids
from atencion.workshop.checks import EXERCISES
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parent.parent.parent
NOTEBOOKS = sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb"))
# Los títulos de segundo nivel que no pueden faltar, en este orden; entre medias cada capítulo pone los suyos.
SECTIONS = [
    r"a mano",
    r"fórmula",
    r"núcleo",
    r"paso a paso",
    r"pesos|alineamiento",
    r"artículo",
    r"errores frecuentes",
    r"ejercicios",
    r"preguntas",
    r"qué vimos",
]
OPTION = re.compile(r'<details class="opcion"><summary>([A-Z])\. (.+?)</summary>\n\n(.+?)\n\n</details>', re.S)

FIGURE = re.compile(r"HeatMap(?:\.live)?\(")
chapters = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path, kind: str = "") -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if kind in ("", cell.cell_type)]


def tags(cell: nbformat.NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def headings(path: Path, level: int) -> list[str]:
    text = "\n".join(cell.source for cell in cells(path, "markdown"))
    return re.findall(rf"^{'#' * level} (.+)$", text, re.M)


def exercises_of(path: Path) -> list[str]:
    """Los ejercicios del capítulo que tienen corrector: los de su número."""
    return [exercise for exercise in exercise_ids() if exercise.startswith(path.name[:2])]


def section(path: Path, title: str) -> list[nbformat.NotebookNode]:
    """Las celdas que van desde un título de segundo nivel hasta el siguiente."""
    inside: list[nbformat.NotebookNode] = []
    current = ""
    for cell in cells(path):
        found = re.findall(r"^## (.+)$", cell.source, re.M) if cell.cell_type == "markdown" else []
        current = found[-1].lower() if found else current
        if re.search(title, current):
            inside.append(cell)
    return inside


@chapters
def test_sections_come_in_the_order_of_the_contract(path: Path) -> None:
    titles = [title.lower() for title in headings(path, 2)]
    position = -1
    for wanted in SECTIONS:
        later = [i for i, title in enumerate(titles) if i > position and re.search(wanted, title)]
        assert later, f"falta una sección «{wanted}» después de {titles[: position + 1]}"
        position = later[0]
    assert len(headings(path, 1)) == 1


@chapters
def test_opening_has_a_question_a_figure_and_the_objectives(path: Path) -> None:
    opening: list[nbformat.NotebookNode] = []
    for cell in cells(path):
        if cell.cell_type == "markdown" and re.search(r"^## ", cell.source, re.M):
            break
        opening.append(cell)
    prose = "\n".join(cell.source for cell in opening if cell.cell_type == "markdown")
    assert "?" in opening[0].source
    assert any(FIGURE.search(cell.source) for cell in opening if cell.cell_type == "code")
    assert all(f"**{label}" in prose for label in ("Al terminar sabrás", "Tiempo", "Antes de empezar"))


@chapters
def test_core_is_compared_called_trained_and_drawn(path: Path) -> None:
    code = "\n".join(cell.source for cell in cells(path, "code"))
    assert "ops." in code
    assert re.search(r"assert_close|assert torch\.(?:allclose|equal)", code)
    assert "train(" in code
    assert len(FIGURE.findall(code)) >= 3
    assert any(FIGURE.search(cell.source) for cell in section(path, "paso a paso"))
    assert any(FIGURE.search(cell.source) for cell in section(path, "pesos|alineamiento"))


@chapters
def test_every_common_mistake_breaks_something_measured(path: Path) -> None:
    asserted: dict[str, bool] = {}
    title = ""
    for cell in section(path, "errores frecuentes"):
        if cell.cell_type == "markdown":
            title = (re.findall(r"^### (.+)$", cell.source, re.M) or [title])[-1]
            asserted.setdefault(title, False)
        else:
            asserted[title] |= "assert" in cell.source
    assert len(asserted) >= 4
    assert [title for title, measured in asserted.items() if not measured] == []


@chapters
def test_every_exercise_has_statement_attempt_hint_and_solution(path: Path) -> None:
    known = exercises_of(path)
    assert len(known) >= 5
    stated = [title.replace("$", "") for title in headings(path, 3) if title.startswith("Ejercicio")]
    assert stated == [f"Ejercicio {exercise} · {EXERCISES[exercise].title}" for exercise in known]
    code = cells(path, "code")
    for exercise in known:
        using = [cell for cell in code if f'check("{exercise}"' in cell.source]
        attempts = [cell for cell in using if "solucion" not in tags(cell)]
        solutions = [cell for cell in using if "solucion" in tags(cell)]
        assert len(attempts) == len(solutions) == 1, exercise
        assert f'hint("{exercise}")' in attempts[0].source
        assert "escribe aquí" in attempts[0].source
        assert f'assert check("{exercise}"' in solutions[0].source


@chapters
def test_solutions_are_folded_everywhere(path: Path) -> None:
    for cell in [cell for cell in cells(path, "code") if "solucion" in tags(cell)]:
        exercise = re.search(r'check\("(\d\d\.\d+)"', cell.source)[1]
        assert tags(cell) == {"hide-cell", "solucion"}
        assert cell.source.startswith(f"# @title Solución {exercise} (despliega para verla)\n")
        assert cell.metadata.cellView == "form"
        assert cell.metadata.jupyter.source_hidden is True
        assert cell.metadata.mystnb.code_prompt_show == f"Solución {exercise}"
        assert cell.metadata.mystnb.code_prompt_hide == f"Ocultar la solución {exercise}"


@chapters
def test_quiz_explains_every_option_and_has_one_right_answer(path: Path) -> None:
    text = "\n\n".join(cell.source for cell in section(path, "preguntas") if cell.cell_type == "markdown")
    questions = re.split(r"\*\*Pregunta (\d+)\.\*\*", text)
    assert questions[1::2] == [str(number) for number in range(1, len(questions[1::2]) + 1)]
    assert 3 <= len(questions[1::2]) <= 5
    for question in questions[2::2]:
        options = OPTION.findall(question)
        assert question.count("<details") == question.count("</details>") == len(options)
        assert [letter for letter, _, _ in options] == list("ABCD"[: len(options)])
        assert len(options) >= 3
        verdicts = [explanation.split("**")[1] for _, _, explanation in options]
        assert sorted(verdicts) == ["Correcto.", *["No."] * (len(options) - 1)]
        assert all(len(explanation.split()) >= 6 for _, _, explanation in options)


@chapters
def test_prose_reads_well_outside_the_book(path: Path) -> None:
    """Colab y GitHub no entienden las directivas de MyST: quedarían como texto en bruto."""
    for cell in cells(path, "markdown"):
        assert not re.search(r"^(?:`{3,}|:{3,})\s*\{|\{[a-z:]+\}`", cell.source, re.M), cell["id"]


@chapters
def test_drawn_figures_have_alternative_text(path: Path) -> None:
    for cell in cells(path, "code"):
        if "plt.show()" in cell.source:
            assert len(cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")) > 60, cell["id"]


@chapters
def test_built_page_shows_open_exercises_and_working_solutions(path: Path, book_html: Path) -> None:
    page = BeautifulSoup((book_html / "book" / f"{path.stem}.html").read_text(encoding="utf-8"), "html.parser")
    outputs = [output.get_text() for output in page.select(".cell_output")]
    for exercise in exercises_of(path):
        assert any(text.strip().startswith(f"○ {exercise} ·") for text in outputs), exercise
        assert any(f"✓ {exercise} ·" in text for text in outputs), exercise
    assert not any("✗ " in text for text in outputs)
    assert page.select(".cell_output .stderr, .cell_output .traceback") == []
    assert len(page.select("details.opcion")) >= 9
