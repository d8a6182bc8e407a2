"""Busca inglés en la interfaz de una página: textos fuera del artículo y atributos que se leen o se oyen."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pydata_sphinx_theme
import sphinx_book_theme
import sphinx_togglebutton
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup, Comment, Doctype, Tag

READ_ATTRIBUTES = ("title", "aria-label", "alt", "placeholder", "data-bs-original-title", "data-tooltip")
CATALOGS = {
    pydata_sphinx_theme: "locale/es/LC_MESSAGES/sphinx.po",
    sphinx_book_theme: "theme/sphinx_book_theme/static/locales/es/LC_MESSAGES/booktheme.po",
    sphinx_togglebutton: "translations/locales/es/LC_MESSAGES/togglebutton.po",
}
# Lo que los catálogos no recogen porque las plantillas y los scripts lo traen escrito.
FIXED = (
    "Main",
    "Page",
    "Launch on Colab",
    "Launch interactive content",
    "Repository",
    "Open issue",
    "Source repositories",
    "Toggle hidden content",
    "Toggle primary sidebar",
    "Toggle secondary sidebar",
    "Link to this heading",
    "Link to this term",
    "Link to this equation",
    "Link to this table",
    "Link to this image",
    "Show code cell source",
    "Hide code cell source",
    "Show code cell output",
    "Hide code cell output",
    "Copy to clipboard",
    "Click to show",
    "Click to hide",
    "Proof",
    "Exercise",
    "Solution to",
    "Search this book...",
)
# Palabras que ninguna frase en español lleva.
ENGLISH_WORDS = re.compile(
    r"\b(the|this|of|to|and|with|for|from|is|are|your|page|home|link|show|hide|click|copy|toggle|search|launch|"
    r"open|close|next|previous|download|settings|light|dark|contents|on|code)\b",
    re.IGNORECASE,
)


@cache
def theme_messages() -> frozenset[str]:
    """Los textos en inglés que el tema y sus extensiones saben traducir, en minúsculas."""
    messages = set(FIXED)
    for package, relative in CATALOGS.items():
        with Path(package.__file__).parent.joinpath(relative).open("rb") as source:
            messages |= {message.id for message in read_po(source) if message.id and message.string != message.id}
    return frozenset(str(message).casefold() for message in messages) - {"error"}


def read_strings(tree: Tag) -> set[str]:
    """Los textos de una parte de la página, también los de sus atributos que se leen o se oyen."""
    texts = tree.find_all(string=lambda text: not isinstance(text, Comment | Doctype))
    attributes = [element[name] for element in tree.find_all(True) for name in READ_ATTRIBUTES if element.get(name)]
    return {text.strip() for text in (*texts, *attributes)} - {""}


def interface_strings(html: str) -> tuple[set[str], set[str]]:
    """Separa los textos de una página en dos: los de la interfaz y los del artículo, que puede citar títulos."""
    page = BeautifulSoup(html, "html.parser")
    for unread in page.find_all(["script", "style", "code", "pre", "svg", "mjx-container", "kbd"]):
        unread.decompose()
    content = set()
    for article in page.find_all("article"):
        content |= read_strings(article.extract())
    return read_strings(page), content


def english_in(html: str) -> list[str]:
    """Devuelve los textos en inglés que el lector vería u oiría; lista vacía si no queda ninguno."""
    interface, content = interface_strings(html)
    suspicious = {text for text in interface if ENGLISH_WORDS.search(text)}
    return sorted(suspicious | {text for text in interface | content if text.casefold() in theme_messages()})
