"""La extensión del libro: poda lo que sobra, conserva lo que se usa y avisa cuando no puede hacer su trabajo."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import tinycss2
from docutils import nodes, utils

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "book" / "sphinx"))

from atencion_sphinx import fonts, formulas, page_repairs, stylesheets
from atencion_sphinx.descriptions import LENGTH, describe
from atencion_sphinx.typography import GlueFormulaToPunctuation

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


@pytest.mark.parametrize(
    ("inside", "tall"),
    [("<msub><mi>d</mi><mi>k</mi></msub>", False), ("<mfrac><mi>a</mi><mi>b</mi></mfrac>", True)],
)
def test_radical_keeps_its_tall_variants_only_if_a_root_needs_them(inside: str, tall: bool) -> None:
    pages = f"<math><mfrac><mi>a</mi><mn>2</mn></mfrac><msqrt>{inside}</msqrt></math>"
    assert fonts.has_tall_roots(pages) is tall


def test_small_radical_is_the_only_one_left() -> None:
    font = fonts.math_font()
    variants = font["MATH"].table.MathVariants
    place = variants.VertGlyphCoverage.glyphs.index(font.getBestCmap()[ord("√")])
    assert variants.VertGlyphConstruction[place].VariantCount > 1
    fonts.keep_small_radical(font)
    assert [record.VariantGlyph for record in variants.VertGlyphConstruction[place].MathGlyphVariantRecord] == [
        font.getBestCmap()[ord("√")]
    ]


def test_glued_sign_leaves_equal_texts_before_it_alone() -> None:
    document = utils.new_document("prueba")
    parts = [nodes.literal("", "a"), nodes.Text(", "), nodes.math("", "x"), nodes.Text(", "), nodes.literal("", "b")]
    document += nodes.paragraph("", "", *parts)
    GlueFormulaToPunctuation(document).run()
    assert document.astext() == "a, x, b"
    (box,) = document.findall(nodes.inline)
    assert box.astext() == "x,"


def test_repair_that_finds_nothing_to_repair_is_a_warning(
    tmp_path: Path, warnings_of: Callable[[object], Warnings]
) -> None:
    found = warnings_of(page_repairs)
    config = SimpleNamespace(html_title="Libro", root_doc="book/index")
    app = SimpleNamespace(outdir=tmp_path, config=config, builder=SimpleNamespace(format="html"))
    page = tmp_path / "page.html"
    scripts = {tmp_path / name: old for name, (old, _) in page_repairs.SCRIPT_REPLACEMENTS.items()}
    for script, old in scripts.items():
        script.parent.mkdir(exist_ok=True, parents=True)
        script.write_text(f"antes{old}después", encoding="utf-8")
    page.write_text("".join(page_repairs.REPLACEMENTS), encoding="utf-8")
    page_repairs.repair_pages(app, None)
    page_repairs.repair_pages(app, None)  # otra vez, sobre lo ya arreglado
    assert found == []
    first, *others = page_repairs.REPLACEMENTS
    page.write_text("".join(others), encoding="utf-8")
    for script, old in scripts.items():
        assert old not in script.read_text(encoding="utf-8")
        script.write_text("otra cosa", encoding="utf-8")
    page_repairs.repair_pages(app, None)
    assert len(found) == 1 + len(scripts)
    assert all(old in text for old, text in zip([first, *scripts.values()], found, strict=True))


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
