"""La extensión del libro: poda lo que sobra, conserva lo que se usa y avisa cuando no puede hacer su trabajo."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import tinycss2
from docutils import nodes

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "book" / "sphinx"))

from atencion_sphinx import fonts, formulas, page_repairs, stylesheets
from atencion_sphinx.descriptions import LENGTH, describe

Warnings = list[str]


@pytest.fixture
def warnings_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], Warnings]:
    """Recoge los avisos de un módulo, que con «-W» detienen la construcción."""

    def collect(module: object) -> Warnings:
        found: Warnings = []
        logger = SimpleNamespace(warning=lambda text, *values, **place: found.append(text % values))
        monkeypatch.setattr(module, "logger", logger)
        return found

    return collect


def pruned(css: str, words: str) -> str:
    return "".join(stylesheets.prune(tinycss2.parse_stylesheet(css), set(words.split())))


@pytest.mark.parametrize(
    ("css", "words", "kept"),
    [
        ("p{margin:0}", "", "p{margin:0}"),
        (".a{b:1}.c{d:2}", "c", ".c{d:2}"),
        (".a,.b .c,p>.c{d:1}", "c", "p>.c{d:1}"),
        ("#a.b{c:1}", "a", ""),
        ("#a.b{c:1}", "a b", "#a.b{c:1}"),
        ("p:not(.a){b:1}", "", "p:not(.a){b:1}"),
        (".bs-tooltip-auto .x{b:1}", "x", ".bs-tooltip-auto .x{b:1}"),
        ("@media print{.a{b:1}.c{d:2}}", "c", "@media print{.c{d:2}}\n"),
        ("@media print{.a{b:1}}", "", ""),
        ("@supports (x:y){.a{b:1}}", "a", "@supports (x:y){.a{b:1}}\n"),
        ("@keyframes k{from{a:0}to{a:1}}", "", "@keyframes k{from{a:0}to{a:1}}"),
        ("/* nota *//*! licencia */p{a:1}", "", "/*! licencia */p{a:1}"),
    ],
)
def test_stylesheet_keeps_only_the_rules_in_use(css: str, words: str, kept: str) -> None:
    assert pruned(css, words) == kept


def test_addresses_of_a_sheet_are_moved_with_it() -> None:
    css = "@font-face{src:url(../a/b.woff2) format('woff2'),url(data:x)}p{background:url(c.png)}q{r:url(\"d.png\")}"
    sheet = tinycss2.parse_stylesheet(css)
    stylesheets.rebase_urls(sheet, "styles")
    text = "".join(stylesheets.prune(sheet, set()))
    assert 'url("a/b.woff2")' in text
    assert 'url("styles/c.png")' in text
    assert 'url("styles/d.png")' in text
    assert "url(data:x)" in text


def test_formulas_become_mathml(warnings_of: Callable[[object], Warnings]) -> None:
    found = warnings_of(formulas)
    assert formulas.to_mathml(nodes.math("", r"\sqrt{d_k}"), display=False).startswith("<math><msqrt>")
    assert 'display="block"' in formulas.to_mathml(nodes.math_block("", "a"), display=True)
    assert found == []


def test_formula_that_cannot_be_converted_is_a_warning(warnings_of: Callable[[object], Warnings]) -> None:
    found = warnings_of(formulas)
    formulas.to_mathml(nodes.math("", r"\noexiste{x}"), display=False)
    assert len(found) == 1
    assert r"«\noexiste{x}»" in found[0]


def test_font_of_formulas_has_the_letters_the_browser_makes_italic() -> None:
    assert fonts.formula_characters("<p>z</p><math><mi>h</mi><mi>α</mi><mn>2</mn></math>") == set("hα2ℎ√𝛼")


def test_repair_that_finds_nothing_to_repair_is_a_warning(
    tmp_path: Path, warnings_of: Callable[[object], Warnings]
) -> None:
    found = warnings_of(page_repairs)
    config = SimpleNamespace(html_title="Libro", root_doc="book/index")
    app = SimpleNamespace(outdir=tmp_path, config=config, builder=SimpleNamespace(format="html"))
    page, doctools = tmp_path / "page.html", tmp_path / page_repairs.DOCTOOLS
    doctools.parent.mkdir()
    doctools.write_text(page_repairs.EVALUATED_PLURAL, encoding="utf-8")
    page.write_text("".join(page_repairs.REPLACEMENTS), encoding="utf-8")
    page_repairs.repair_pages(app, None)
    assert found == []
    first, *others = page_repairs.REPLACEMENTS
    page.write_text("".join(others), encoding="utf-8")
    doctools.write_text("otra cosa", encoding="utf-8")
    page_repairs.repair_pages(app, None)
    assert len(found) == 2
    assert first in found[0]
    assert page_repairs.EVALUATED_PLURAL in found[1]


def test_repairs_can_be_repeated() -> None:
    table = f"{page_repairs.TABLE}</div>"
    once = page_repairs.repair("".join(page_repairs.REPLACEMENTS) + table * 2)
    assert 'aria-label="Tabla 2"' in once
    assert page_repairs.repair(once) == once


def test_description_is_the_first_paragraph_with_something_to_say() -> None:
    document = SimpleNamespace(findall=lambda kind: paragraphs)
    formula = nodes.paragraph("", "x" * 60, nodes.math("", "x"))
    paragraphs = [nodes.paragraph("", "Corto."), formula, nodes.paragraph("", "palabra " * 40)]
    text = describe(document)
    assert text is not None
    assert len(text) <= LENGTH
    assert text.endswith("palabra…")
    paragraphs = [formula]
    assert describe(document) is None
