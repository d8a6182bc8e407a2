"""El texto se parte y se numera igual en la página que en Python: si no, el modelo leería otra cosa."""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

from atencion.data.dates import encode, generate_examples, split_days
from atencion.data.text import tokenize
from atencion.data.vocabulary import Vocabulary
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from page_runner import run_page

TOKENIZE = 'import { tokenize } from "./text.js"; const answer = payload.map(tokenize);'
UNASSIGNED = """
const codes = Array.from({ length: 0x110000 }, (_, code) => code);
const answer = codes.filter((code) => /\\p{Cn}/u.test(String.fromCodePoint(code)));
"""
ENCODE = """
import { makeVocabulary } from "./vocabulary.js";
import { tokenize } from "./text.js";
const vocabulary = makeVocabulary(payload.vocabulary);
const answer = payload.texts.map((text) => vocabulary.encode(tokenize(text)));
"""

CHARACTERS = st.characters(
    max_codepoint=0xFFFF, exclude_categories=["Cs", "Cn"], exclude_characters="\u0295\u02e4\u1734"
)
REVISED = set("\u0295\u02e4\u1734\U0001171e")  # Unicode 14 a 17 los cambiaron de clase

HOSTILE = [
    "", " ", "\u00a0\u3000\n", "\x1c1\x1d2\x1e3\x1f4\x855", "\ufeff1 de mayo\ufeff", "1\u180e2",
    "İSTANBUL IĞDIR ıi", "ΟΔΥΣΣΕΥΣ ΑΣ. ΑΣΑ Σ", "straße STRASSE ẞ ﬁn ﬀ ſt", "ǅ ǆ Ǉ",
    "sa\u0301bado mie\u0301rcoles SA\u0301BADO", "e\u0301\u0323 e\u0323\u0301 \u0301 a\u0334\u0345b", "ñ n\u0303 Ñ",
    "１２／０９／１９８７　ＭＡＹＯ", "١٢ مايو ١٩٨٧", "१२ मई १९८७", "一二三年 〇", "Ⅻ ⅻ ½ ² ① 🄂 ㉈",
    "👩‍👩‍👧 🏳️‍🌈 👍🏽 1️⃣", "\u202e12 ed oyam\u202c", "\u200f1\u200e \u2066x\u2069", "\ud800 a\udfff\ud800b 1\ud83d",
    "1.º 2.ª 3° 4 .° 5 ° 6.°° 7º. 8ª.ª", "sept... 25.03.1973 a.b.c. 1.a. ½. Ⅻ..", "a_b __ 1_2", "—–‐−⁃-",
    "</script><b>&amp;", "$1 $& \\1 ${x}", "__proto__ constructor toString <pad> <unk>", "\u0000a\u0007",
    "\u037e \u1fef \u212b \ufb03 \u3392 \u33a5", "한글 \u1100\u1161 각", "\u0f43 \u0958 \u09dc", "𝟏𝟐 𝐝𝐞 𝐦𝐚𝐲𝐨 𞤀",
]  # fmt: skip


def known_characters(folder: Path) -> list[str]:
    """Los caracteres que conocen las dos versiones de Unicode: la de Python y la de node."""
    unknown = set(run_page(folder, UNASSIGNED, None))
    codes = (code for code in range(sys.maxunicode + 1) if code not in unknown)
    known = [c for c in map(chr, codes) if unicodedata.category(c) != "Cn"]
    assert len(known) > 140_000
    return known


def check(texts: list[str], folder: Path) -> None:
    found = run_page(folder, TOKENIZE, texts)
    for text, pieces in zip(texts, found, strict=True):
        assert pieces == list(tokenize(text)), repr(text)


def test_dates_have_the_same_pieces(tmp_path: Path):
    days = split_days()
    check([example.text for example in generate_examples(days.test, 4000)], tmp_path)


def test_hostile_texts_have_the_same_pieces(tmp_path: Path):
    check(HOSTILE, tmp_path)


def test_every_character_has_the_same_pieces(tmp_path: Path):
    """Cada carácter, en los sitios donde importa."""
    known = set(known_characters(tmp_path)) - REVISED
    check([f"{c} a{c}b 1{c}2 {c}.. 1.{c} {c} .° Α{c}Σ {c}Σα 1{c}\u0301 a{c}" for c in known], tmp_path)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(CHARACTERS, max_size=12), min_size=200))
def test_mixed_characters_have_the_same_pieces(tmp_path: Path, texts: list[str]):
    check(texts, tmp_path)


def test_pieces_have_the_same_numbers(tmp_path: Path):
    examples = generate_examples(split_days().train, 2000)
    vocabulary = Vocabulary(sorted({"é"}.union(*(example.source for example in examples))))
    texts = ["12 de brumario", "miercoles 3 sabado SÁBADO e ê é constructor", "mīércôles ñ", *HOSTILE]
    texts = [text for text in texts if tokenize(text)]
    found = run_page(tmp_path, ENCODE, {"vocabulary": list(vocabulary), "texts": texts})
    for text, ids in zip(texts, found, strict=True):
        assert [ids] == encode(text, vocabulary).source.tolist(), repr(text)


def test_accents_are_the_marks_that_combine(tmp_path: Path):
    """Unicode no da a JavaScript la clase de combinación; se deduce del orden canónico."""
    script = 'import { withoutAccents } from "./text.js"; const answer = payload.map(withoutAccents);'
    known = known_characters(tmp_path)
    for c, found in zip(known, run_page(tmp_path, script, known), strict=True):
        expected = "".join(d for d in unicodedata.normalize("NFD", c) if not unicodedata.combining(d))
        assert found == expected, f"U+{ord(c):04X}"
