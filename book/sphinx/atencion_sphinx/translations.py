"""Catálogos propios en español, por delante de los que traen Sphinx y el tema."""

from __future__ import annotations

import gettext
import io
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from sphinx.application import Sphinx
from sphinx.locale import get_translator, translators

CATALOGS = Path(__file__).parent / "locale"


def load_catalog(path: Path) -> gettext.GNUTranslations:
    """Lee un archivo `.po` y lo devuelve compilado en memoria."""
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale="es"))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def setup(app: Sphinx) -> None:
    """Antepone cada catálogo de `locale/` al que ya hubiera con su nombre, que queda de reserva.

    Las plantillas leen el dominio «sphinx» de `app.translator`; el resto del código, de `translators`.
    """
    for path in sorted(CATALOGS.glob("*.po")):
        ours = load_catalog(path)
        ours.add_fallback(get_translator(path.stem))
        translators["general", path.stem] = ours
    app.translator = translators["general", "sphinx"]
