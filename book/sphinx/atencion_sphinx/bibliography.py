"""Estilo bibliográfico en español: «y», «En», «págs.» y títulos tal como se publicaron."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.style.formatting import BaseStyle, toplevel
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.template import field as bib_field
from pybtex.style.template import first_of, href, join, names, optional, optional_field, sentence, tag, words
from sphinx.application import Sphinx
from sphinxcontrib.bibtex.plugin import register_plugin as register_reference_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle, PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

NAME = "atencion"


class SpanishLabelStyle(BaseLabelStyle):
    """Etiquetas de autor y año: «Bahdanau et al. 2015»; una letra separa las que coinciden."""

    def format_labels(self, sorted_entries: Iterable[Entry]) -> Iterator[str]:
        labels = [self._label(entry) for entry in sorted_entries]
        seen: Counter[str] = Counter()
        for label in labels:
            seen[label] += 1
            yield label if labels.count(label) == 1 else f"{label}{'abcdefgh'[seen[label] - 1]}"

    @staticmethod
    def _label(entry: Entry) -> str:
        last_names = [" ".join(person.last_names) for person in entry.persons["author"]]
        authors = f"{last_names[0]} et al." if len(last_names) > 2 else " y ".join(last_names)
        return f"{authors} {entry.fields['year']}"


class SpanishStyle(BaseStyle):
    """Formato de las entradas de `referencias.bib`: artículos, actas y textos sin más editor que arXiv."""

    default_sorting_style = "author_year_title"
    default_label_style = NAME

    def _template(self, where: Any) -> Any:
        return toplevel[
            sentence[names("author", sep=", ", sep2=" y ", last_sep=" y ")],
            sentence[bib_field("title")],
            where,
            first_of[
                optional[sentence[self._link("https://arxiv.org/abs/", "arXiv:", "eprint")]],
                optional[sentence[self._link("https://doi.org/", "doi:", "doi")]],
                optional[sentence[href(bib_field("url", raw=True))["En línea"]]],
                "",
            ],
        ]

    @staticmethod
    def _link(prefix: str, label: str, name: str) -> Any:
        return href(join[prefix, bib_field(name, raw=True)])[join[label, bib_field(name, raw=True)]]

    def get_article_template(self, entry: Entry) -> Any:
        volume = join[bib_field("volume"), optional["(", bib_field("number"), ")"]]
        pages = words["págs.", bib_field("pages")]
        return self._template(
            sentence[tag("em")[bib_field("journal")], optional[volume], optional[pages], bib_field("year")]
        )

    def get_inproceedings_template(self, entry: Entry) -> Any:
        pages = words["págs.", bib_field("pages")]
        return self._template(
            sentence[words["En", tag("em")[bib_field("booktitle")]], optional[pages], bib_field("year")]
        )

    def get_misc_template(self, entry: Entry) -> Any:
        return self._template(sentence[optional_field("howpublished"), bib_field("year")])


@dataclass
class SpanishReferenceStyle(AuthorYearReferenceStyle):
    """Citas dentro del texto: «Bahdanau et al. (2015)» y «(Luong y Manning, 2015)»."""

    bracket_parenthetical: BracketStyle = field(default_factory=lambda: BracketStyle(left="(", right=")"))
    bracket_textual: BracketStyle = field(default_factory=lambda: BracketStyle(left="(", right=")"))
    person: PersonStyle = field(default_factory=lambda: PersonStyle(sep2=" y ", last_sep=" y ", other=" et al."))


def setup(app: Sphinx) -> None:
    """Registra los tres estilos bajo el nombre que usa `_config.yml`."""
    register_plugin("pybtex.style.labels", NAME, SpanishLabelStyle)
    register_plugin("pybtex.style.formatting", NAME, SpanishStyle)
    register_reference_plugin("sphinxcontrib.bibtex.style.referencing", NAME, SpanishReferenceStyle)
