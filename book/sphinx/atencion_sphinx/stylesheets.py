"""Una sola hoja de estilo, con las reglas que las páginas del libro usan.

El tema y las extensiones traen nueve hojas y medio megabyte; las páginas usan una décima parte. Una regla se
queda si todas las clases e identificadores que exige aparecen en alguna página o en algún script.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

import tinycss2
from sphinx.application import Sphinx
from tinycss2.ast import AtRule, Comment, FunctionBlock, IdentToken, Node, QualifiedRule, URLToken, WhitespaceToken

BUNDLE = "_static/estilo.css"
THEME_SHEETS = ("_static/basic.css", "_static/styles/pydata-sphinx-theme.css")  # las que cargan sus plantillas
BUILT_BY_SCRIPTS = ("bs-tooltip-",)  # clases que Bootstrap compone con trozos y no aparecen enteras en ninguna parte
NESTED = ("media", "supports")

WORD = re.compile(r"[\w-]+")


def selectors(prelude: list[Node]) -> Iterator[list[Node]]:
    """Los selectores de una regla, que van separados por comas."""
    current: list[Node] = []
    for token in prelude:
        if token == ",":
            yield current
            current = []
        else:
            current.append(token)
    yield current


def required_names(selector: list[Node]) -> Iterator[str]:
    """Las clases e identificadores que exige un selector, sin mirar dentro de `:not()`, `:is()` y parecidos."""
    for before, token in zip([None, *selector], selector, strict=False):
        if token.type == "hash" or (before == "." and isinstance(token, IdentToken)):
            yield token.value


def is_used(selector: list[Node], words: set[str]) -> bool:
    return all(name in words or name.startswith(BUILT_BY_SCRIPTS) for name in required_names(selector))


def rebase_urls(tokens: Iterable[Node], folder: str) -> None:
    """Reescribe cada dirección relativa a la carpeta de su hoja para que lo sea a la de la hoja única."""
    for token in tokens:
        quoted = isinstance(token, FunctionBlock) and token.lower_name == "url"
        if quoted or isinstance(token, URLToken):
            address = token.arguments[0] if quoted else token
            if not address.value.startswith("data:"):
                path = f'"{normpath(join(folder, address.value))}"'
                address.representation = path if quoted else f"url({path})"
        else:
            rebase_urls(getattr(token, "content", None) or getattr(token, "arguments", None) or (), folder)


def prune(rules: list[Node], words: set[str]) -> Iterator[str]:
    """El texto de las reglas que se usan. De los comentarios, solo las licencias."""
    for rule in rules:
        if isinstance(rule, QualifiedRule):
            kept = [selector for selector in selectors(rule.prelude) if is_used(selector, words)]
            if kept:
                names = ",".join(tinycss2.serialize(selector).strip() for selector in kept)
                yield f"{names}{{{tinycss2.serialize(rule.content).strip()}}}"
        elif isinstance(rule, AtRule) and rule.at_keyword in NESTED:
            inner = "".join(prune(tinycss2.parse_rule_list(rule.content), words))
            if inner:
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}\n"
        elif not isinstance(rule, WhitespaceToken | Comment) or getattr(rule, "value", "").startswith("!"):
            yield rule.serialize()


class StyleBundle:
    """Anota las hojas que piden las páginas, las sustituye por una y la escribe al final."""

    def __init__(self) -> None:
        self.sheets: list[str] = []

    def replace(self, app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
        names = (*THEME_SHEETS, *(str(sheet.filename) for sheet in context["css_files"]))
        self.sheets += [name for name in names if name not in self.sheets]
        context["css_files"] = [BUNDLE]

    def write(self, app: Sphinx, exception: Exception | None) -> None:
        if exception is not None or not self.sheets:
            return
        out = Path(app.outdir)
        pages = sorted(out.rglob("*.html"))
        scripts = (out / "_static").rglob("*.js")
        words = {word for path in (*pages, *scripts) for word in WORD.findall(path.read_text(encoding="utf-8"))}
        parts = []
        for name in self.sheets:
            sheet = tinycss2.parse_stylesheet((out / name).read_text(encoding="utf-8"))
            rebase_urls(sheet, dirname(name.removeprefix("_static/")))
            parts += prune(sheet, words)
            (out / name).unlink()
        css = "".join(parts)
        (out / BUNDLE).write_text(css, encoding="utf-8")
        digest = sha256(css.encode()).hexdigest()[:8]  # para que el navegador no use una hoja vieja que tenga guardada
        for page in pages:
            text = page.read_text(encoding="utf-8")
            page.write_text(re.sub(rf'{BUNDLE}(\?v=\w+)?"', f'{BUNDLE}?v={digest}"', text), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Registra la sustitución de todas las hojas por una."""
    bundle = StyleBundle()
    app.connect("html-page-context", bundle.replace, priority=900)
    app.connect("build-finished", bundle.write, priority=600)  # tras los arreglos del HTML, que tienen 500
