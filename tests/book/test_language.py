"""La interfaz del libro está en español, y la prueba que lo dice sabe encontrar el inglés."""

from __future__ import annotations

from pathlib import Path

import pytest
from spanish_ui import english_in, theme_messages


def test_no_page_shows_english(book_html: Path) -> None:
    found = {
        path.relative_to(book_html).as_posix(): english_in(path.read_text(encoding="utf-8"))
        for path in book_html.rglob("*.html")
    }
    assert len(found) >= 6
    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.parametrize(
    "fragment",
    [
        '<nav aria-label="Main"></nav>',
        '<a class="headerlink" title="Link to this heading">#</a>',
        '<img alt="La atención por dentro - Home">',
        '<input placeholder="Search the docs ...">',
        "<button>Open issue</button>",
        "<article><summary>Click to show</summary></article>",
        "<article><p>Proof</p></article>",
        "<p>Built with the theme</p>",
        '<article><a title="Link to this heading">#</a></article>',
    ],
)
def test_english_is_found_where_it_hides(fragment: str) -> None:
    assert english_in(f"<html><body>{fragment}</body></html>") != []


@pytest.mark.parametrize(
    "fragment",
    [
        '<nav aria-label="Índice del libro">Notación</nav>',
        "<article><p>Attention Is All You Need</p></article>",
        "<pre>for token in tokens: print(the)</pre>",
        "<script>const page = 'Search';</script>",
        "<!-- Table of contents -->",
    ],
)
def test_spanish_titles_and_code_are_left_alone(fragment: str) -> None:
    assert english_in(f"<html><body>{fragment}</body></html>") == []


def test_theme_catalogs_were_really_read() -> None:
    assert {"skip to main content", "back to top", "fullscreen mode", "click to show"} <= theme_messages()
