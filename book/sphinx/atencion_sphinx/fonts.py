"""Las fuentes del libro, recortadas a los signos que las páginas usan: iconos y fórmulas."""

from __future__ import annotations

import logging
import re
import unicodedata
from html import unescape
from importlib.metadata import distribution
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

from .stylesheets import BUNDLE

ICONS = "_static/vendor/fontawesome/webfonts"
FORMULAS = "_static/formulas.woff2"

ICON = re.compile("[\ue000-\uf8ff]")  # el área de uso privado de Unicode, donde están los iconos
MATH = re.compile(r"<math\b.*?</math>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
RADICAL = "√"  # el navegador la dibuja en cada <msqrt>
ROOT = re.compile(r"<(msqrt|mroot)\b(.*?)</\1>", re.DOTALL)
TALL = re.compile(r"<(mfrac|msup|msubsup|mover|munder|munderover|mtable|msqrt|mroot)\b")
ITALICS = [chr(code) for code in (0x210E, *range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C))]


def formula_characters(pages: str) -> set[str]:
    """Los signos de las fórmulas de unas páginas y las cursivas con que el navegador dibuja las variables."""
    text = {char for formula in MATH.findall(pages) for char in unescape(TAG.sub("", formula))}
    return text | {char for char in ITALICS if unicodedata.normalize("NFKC", char) in text} | set(RADICAL)


def has_tall_roots(pages: str) -> bool:
    """Si alguna raíz cubre algo más alto que una letra con subíndice."""
    return any(TALL.search(root[2]) for root in ROOT.finditer(pages))


def keep_small_radical(font: TTFont) -> None:
    """Deja la raíz de altura normal y quita las más altas.

    Chromium reserva a cada raíz el ancho de la más ancha, aunque dibuje la normal: detrás quedaba un hueco.
    """
    variants = font["MATH"].table.MathVariants
    place = variants.VertGlyphCoverage.glyphs.index(font.getBestCmap()[ord(RADICAL)])
    construction = variants.VertGlyphConstruction[place]
    construction.GlyphAssembly = None
    construction.MathGlyphVariantRecord = construction.MathGlyphVariantRecord[:1]
    construction.VariantCount = 1


def write_subset(font: TTFont, target: Path, characters: set[str]) -> None:
    """Escribe en WOFF2 los signos pedidos de una fuente, con las variantes que las fórmulas necesitan."""
    options = subset.Options(flavor="woff2", hinting=False, layout_features=["ssty", "flac", "dtls"])
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=map(ord, characters))
    cutter.subset(font)
    subset.save_font(font, target, options)


def math_font() -> TTFont:
    """STIX Two Math (licencia OFL), que el paquete `ziamath` lleva dentro."""
    return TTFont(str(distribution("ziamath").locate_file("ziamath/fonts/STIXTwoMath-Regular.ttf")))


def write_fonts(app: Sphinx, exception: Exception | None) -> None:
    """Recorta en su sitio las fuentes de iconos del tema y deja junto a los estilos la de las fórmulas."""
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    icons = set(ICON.findall((out / BUNDLE).read_text(encoding="utf-8")))
    for font in (out / ICONS).glob("*.ttf"):
        write_subset(TTFont(font), font.with_suffix(".woff2"), icons)
        font.unlink()
    pages = "".join(page.read_text(encoding="utf-8") for page in out.rglob("*.html"))
    formulas = math_font()
    if not has_tall_roots(pages):
        keep_small_radical(formulas)
    write_subset(formulas, out / FORMULAS, formula_characters(pages))


def setup(app: Sphinx) -> None:
    """Escribe las fuentes al final, cuando las páginas y la hoja de estilo están terminadas."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # cuenta cada tabla que recorta: cien líneas
    app.connect("build-finished", write_fonts, priority=700)
