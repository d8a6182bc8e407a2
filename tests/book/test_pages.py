"""Las páginas construidas: completas, sin nada de fuera y con enlaces que llevan a algún sitio."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup, Tag
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parent.parent.parent
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
DOCUMENTS = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"])]
CHAPTERS = [name for name in DOCUMENTS if (ROOT / f"{name}.ipynb").exists()]


@pytest.fixture(scope="session")
def pages(book_html: Path) -> dict[str, BeautifulSoup]:
    """Todas las páginas del libro, por su ruta relativa."""
    return {
        path.relative_to(book_html).as_posix(): BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in sorted(book_html.rglob("*.html"))
    }


def links(page: BeautifulSoup) -> Iterator[tuple[Tag, str]]:
    for tag, attribute in (("a", "href"), ("link", "href"), ("script", "src"), ("img", "src")):
        for element in page.find_all(tag):
            if element.get(attribute):
                yield element, element[attribute]


def test_every_document_has_its_page_and_no_page_is_left_over(pages: dict[str, BeautifulSoup]) -> None:
    assert set(pages) == {f"{name}.html" for name in DOCUMENTS} | {"index.html", "search.html"}


@pytest.mark.parametrize("name", CHAPTERS)
def test_chapter_carries_the_number_of_its_file(pages: dict[str, BeautifulSoup], name: str) -> None:
    """En su título, en sus secciones, en el índice lateral de otra página y en los enlaces de sus vecinas."""
    number = int(Path(name).name[:2])
    page = pages[f"{name}.html"]
    titles = [tag.get_text() for tag in page.select("article h1 .section-number, article h2 .section-number")]
    assert titles[0] == f"{number}. "
    assert titles[1:] == [f"{number}.{section}. " for section in range(1, len(titles))]
    entries = pages["book/glosario.html"].select(f'.bd-sidebar-primary a[href$="{Path(name).name}.html"]')
    assert [entry.get_text().strip().split(". ")[0] for entry in entries] == [str(number)]


def test_pages_declare_spanish(pages: dict[str, BeautifulSoup]) -> None:
    assert {name: page.html["lang"] for name, page in pages.items()} == dict.fromkeys(pages, "es")


def test_front_page_leads_to_the_book(pages: dict[str, BeautifulSoup]) -> None:
    page = pages["index.html"]
    assert page.find("meta", {"http-equiv": "refresh"})["content"] == f"0; url={TOC['root']}.html"
    assert page.find("a")["href"] == f"{TOC['root']}.html"


def test_nothing_is_loaded_from_another_server(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        loaded = [link for element, link in links(page) if element.name != "a" and urlsplit(link).netloc]
        assert loaded == [], name


@pytest.mark.parametrize("word", ["require.js", "html-manager", "embed-amd", "cdn.", "unpkg", "thebe", "mathjax@"])
def test_pages_carry_no_trace_of_remote_widgets(book_html: Path, word: str) -> None:
    assert [path.name for path in book_html.rglob("*.html") if word in path.read_text(encoding="utf-8")] == []


def test_internal_links_reach_a_page_and_an_anchor(pages: dict[str, BeautifulSoup], book_html: Path) -> None:
    broken = []
    for name, page in pages.items():
        for element, link in links(page):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (book_html / name).parent / unquote(parts.path) if parts.path else book_html / name
            if not target.exists():
                broken.append((name, link))
            elif element.name == "a" and parts.fragment and target.suffix == ".html":
                relative = target.resolve().relative_to(book_html.resolve()).as_posix()
                if pages[relative].find(id=unquote(parts.fragment)) is None:
                    broken.append((name, link))
    assert broken == []


def test_colab_button_opens_the_chapter_from_the_repository(pages: dict[str, BeautifulSoup]) -> None:
    owner_and_name = urlsplit(CONFIG["repository"]["url"]).path.strip("/")
    prefix = f"https://colab.research.google.com/github/{owner_and_name}/blob/main/"
    for name, page in pages.items():
        found = [link for _, link in links(page) if "colab.research" in link]
        document = name.removesuffix(".html")
        assert found == ([f"{prefix}{document}.ipynb"] if document in CHAPTERS else []), name


def test_error_report_is_written_in_spanish(pages: dict[str, BeautifulSoup]) -> None:
    for name in DOCUMENTS:
        found = [link for _, link in links(pages[f"{name}.html"]) if "/issues/new" in link]
        assert len(found) == 1
        assert found[0].startswith(f"{CONFIG['repository']['url']}/issues/new?title=Error+en+la+p")


def figure_states(page: BeautifulSoup) -> dict[str, dict[str, Any]]:
    """El estado incrustado de cada mapa de calor de una página, por identificador de modelo."""
    state = page.find("script", type="application/vnd.jupyter.widget-state+json")
    models = json.loads(state.string)["state"]
    return {key: model["state"] for key, model in models.items() if "_anywidget_id" in model["state"]}


def test_every_live_figure_keeps_its_static_image(pages: dict[str, BeautifulSoup], book_html: Path) -> None:
    for name in CHAPTERS:
        page = pages[f"{name}.html"]
        views = page.find_all("script", type="application/vnd.jupyter.widget-view+json")
        figures = [view for view in views if json.loads(view.string)["model_id"] in figure_states(page)]
        assert figures, f"{name} no tiene ninguna figura viva"
        for view in figures:
            image = view.find_next_sibling()
            assert image is not None
            assert "atencion-fija" in image["class"]
            assert re.search(r"(?:^|\s)Mapa de calor", image["alt"])  # un modelo vivo dice antes qué contesta
            assert (book_html / f"{name}.html").parent.joinpath(image["src"]).resolve().stat().st_size > 1000


def test_widget_state_carries_data_but_no_code(pages: dict[str, BeautifulSoup]) -> None:
    for name in CHAPTERS:
        page = pages[f"{name}.html"]
        figures = figure_states(page).values()
        assert figures
        assert all("_esm" not in figure and "_css" not in figure for figure in figures), name
        assert "<" not in page.find("script", type="application/vnd.jupyter.widget-state+json").string


def test_no_cell_left_an_error_or_a_warning(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        assert page.select(".output.traceback, .output.stderr") == [], name


def test_setup_cell_is_invisible(pages: dict[str, BeautifulSoup]) -> None:
    for name in CHAPTERS:
        assert "ATENCION_REPO" not in pages[f"{name}.html"].get_text()


def test_every_formula_is_mathml_and_its_font_has_every_sign(pages: dict[str, BeautifulSoup], book_html: Path) -> None:
    formulas = [formula for page in pages.values() for formula in page.find_all("math")]
    assert len(formulas) > 100
    assert all(formula.get_text(strip=True) for formula in formulas)
    invisible = {"\u2061", "\u2062", "\u2063", "\ufe00", "\u200b"}
    signs = {char for formula in formulas for char in formula.get_text() if not char.isspace()} - invisible
    assert {
        char for char in signs if ord(char) not in TTFont(book_html / "_static/formulas.woff2").getBestCmap()
    } == set()


def test_every_page_describes_itself(pages: dict[str, BeautifulSoup]) -> None:
    described = {name: page.find_all("meta", attrs={"name": "description"}) for name, page in pages.items()}
    assert {name for name, found in described.items() if len(found) != 1} == set()
    texts = {name: found[0]["content"] for name, found in described.items()}
    assert all(10 < len(text) <= 160 for text in texts.values())
    chapters = [texts[f"{name}.html"] for name in CHAPTERS]
    assert len(set(chapters)) == len(chapters)


def test_no_line_can_start_with_the_sign_after_a_formula(pages: dict[str, BeautifulSoup]) -> None:
    glued = 0
    for name, page in pages.items():
        for formula in page.find_all("math"):
            following = formula.next_sibling
            if isinstance(following, str) and following[:1] in tuple(",.;:)"):
                assert "junto" in formula.parent.get("class", []), name
                glued += 1
    assert glued > 10


def test_references_are_written_in_spanish(pages: dict[str, BeautifulSoup]) -> None:
    entries = {
        entry["id"]: entry.get_text(" ", strip=True) for entry in pages["book/referencias.html"].select("div.citation")
    }
    keys = re.findall(r"^@\w+\{(\w+),", (ROOT / "book" / "referencias.bib").read_text(encoding="utf-8"), re.M)
    assert sorted(entries) == sorted(keys)
    assert "Dzmitry Bahdanau, Kyunghyun Cho y Yoshua Bengio." in entries["bahdanau2015"]
    for text in entries.values():
        assert not re.search(r"\b(and|In|URL|pages|editors?|volume)\b:?", text.split(".")[0] + text.split(".")[-1]), (
            text
        )
