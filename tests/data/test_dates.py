"""Las series de fechas dicen lo que dicen: las lee aquí otro lector, escrito sin mirar el generador."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from itertools import groupby

import pytest
from atencion.data.dates import (
    SEPARATOR,
    TARGET_VOCABULARY,
    DateExample,
    encode,
    generate_examples,
    generate_splits,
    split_days,
)
from atencion.data.text import tokenize
from atencion.data.vocabulary import UNK_ID, Vocabulary

DAYS = split_days(seed=7)
EXAMPLES = generate_examples(DAYS.train, 4001, num_dates=(1, 2, 3, 4), seed=5)
VOCABULARY = Vocabulary.from_sequences(example.source for example in EXAMPLES)

MONTHS = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "se", "oct", "nov", "dic"]
WEEKDAYS = ["lun", "mar", "mié", "jue", "vie", "sáb", "dom"]
NUMBERS = {
    **{"uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9},
    **{"diez": 10, "once": 11, "doce": 12, "trece": 13, "catorce": 14, "quince": 15, "dieciséis": 16},
    **{"diecisiete": 17, "dieciocho": 18, "diecinueve": 19, "veinte": 20, "veintiuno": 21, "veintidós": 22},
    **{"veintitrés": 23, "veinticuatro": 24, "veinticinco": 25, "veintiséis": 26, "veintisiete": 27},
    **{"veintiocho": 28, "veintinueve": 29, "treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60},
    **{"setenta": 70, "ochenta": 80, "noventa": 90, "cien": 100, "ciento": 100, "doscientos": 200},
    **{"trescientos": 300, "cuatrocientos": 400, "quinientos": 500, "seiscientos": 600, "setecientos": 700},
    **{"ochocientos": 800, "novecientos": 900, "mil": 1000, "primero": 1},
}


def read_number(words: list[str]) -> int:
    if words[0].isdigit():
        return int(words[0])
    if "mil" in words:
        at = words.index("mil")
        thousands = sum(NUMBERS[word] for word in words[:at]) or 1
        return 1000 * thousands + sum(NUMBERS[word] for word in words[at + 1 :] if word != "y")
    return sum(NUMBERS[word] for word in words if word != "y")


def read_date(text: str) -> date:
    """Lee una fecha: números en orden (el día antes que el año) y una palabra que es el mes."""
    words = re.findall(r"\d+|[^\W\d_]+", text.lower())
    numeric = re.fullmatch(r"(\d+)[/.-](\d+)[/.-](\d{4})", text.strip())
    if numeric:
        return date(int(numeric[3]), int(numeric[2]), int(numeric[1]))
    is_number = [word.isdigit() or word in NUMBERS or word == "y" for word in words]
    groups = [
        [word for _, word in group]
        for key, group in groupby(zip(is_number, words, strict=True), key=lambda item: item[0])
        if key
    ]
    names = [w for w in words if not w.isdigit() and w not in NUMBERS and w not in ("y", "de", "del", "el", "a", "año")]
    month = next(n for n, start in enumerate(MONTHS, 1) if names[-1].startswith(start))
    if len(groups) == 1:  # «3 mayo 1990» no; «ocho de mayo» sí: solo pasa si día y año van juntos
        groups = [groups[0][:1], groups[0][1:]]
    day = date(read_number(groups[1]), month, read_number(groups[0]))
    if len(names) == 2:
        assert names[0].startswith(WEEKDAYS[day.weekday()]), text
    return day


def test_every_series_says_its_dates() -> None:
    for example in EXAMPLES:
        read = [read_date(text) for text in example.text.split(SEPARATOR)]
        assert read == list(example.dates), example.text


def test_target_is_the_iso_series_in_characters() -> None:
    for example in EXAMPLES:
        assert "".join(example.target) == ";".join(str(day) for day in example.dates)
        assert TARGET_VOCABULARY.decode(TARGET_VOCABULARY.encode(example.target)) == list(example.target)
        assert UNK_ID not in TARGET_VOCABULARY.encode(example.target)


def test_source_is_the_tokens_of_the_text() -> None:
    for example in EXAMPLES:
        assert example.source == tokenize(example.text)
        assert len(example.fields) == len(example.source)


def test_the_same_source_never_has_two_targets() -> None:
    targets: dict[tuple[str, ...], tuple[str, ...]] = {}
    single = generate_examples(DAYS.train[:997], 20_011, num_dates=(1,), seed=1)
    for example in (*EXAMPLES, *single):
        assert targets.setdefault(example.source, example.target) == example.target, example.text
    assert len(targets) < len(EXAMPLES) + len(single)  # hay textos repetidos: la prueba prueba algo


def test_fields_point_to_the_date_and_the_part() -> None:
    for example in EXAMPLES:
        for position, day in enumerate(example.dates):
            parts = {
                part: [t for t, f in zip(example.source, example.fields, strict=True) if f == (position, part)]
                for part in ("day", "month", "year")
            }
            if parts["year"][0].isdigit():
                assert "".join(parts["year"]) == str(day.year)
            else:
                assert read_number(parts["year"]) == day.year
            if parts["day"][0].isdigit():
                assert int("".join(parts["day"])) == day.day
            assert parts["month"][0].isdigit() or parts["month"][0].startswith(MONTHS[day.month - 1])
        separators = [f.date for t, f in zip(example.source, example.fields, strict=True) if t == SEPARATOR]
        assert separators == list(range(len(example.dates) - 1))


def test_lengths_are_balanced_and_shuffled() -> None:
    counts = Counter(len(example.dates) for example in EXAMPLES)
    assert counts == {1: 1001, 2: 1000, 3: 1000, 4: 1000}
    assert len({len(example.dates) for example in EXAMPLES[:17]}) == 4


def test_every_form_and_every_day_of_the_month_appear() -> None:
    words = Counter(token for example in EXAMPLES for token in example.source)
    for expected in ("viernes", "vie", "setiembre", "sep", "sept", "set", "veintiuno", "primero", "del", "/", "."):
        assert words[expected] > 0, expected
    assert {day.day for example in EXAMPLES for day in example.dates} == set(range(1, 32))


def test_splits_share_no_day_and_no_text() -> None:
    splits = generate_splits(train=3001, validation=503, test=701, seed=11)
    assert [len(split) for split in splits] == [3001, 503, 701]
    days = [{day for example in split for day in example.dates} for split in splits]
    texts = [{example.source for example in split} for split in splits]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert not days[i] & days[j]
        assert not texts[i] & texts[j]


def test_split_days_covers_the_two_centuries_without_repeating() -> None:
    everything = [*DAYS.train, *DAYS.validation, *DAYS.test]
    assert len(everything) == len(set(everything))
    assert sum(day.year >= 1900 for day in everything) == (date(2100, 1, 1) - date(1900, 1, 1)).days
    assert min(everything).year >= 1492
    assert len(DAYS.train) == pytest.approx(0.8 * len(everything), rel=1e-3)


def test_same_seed_same_series_other_seed_other_series() -> None:
    def series(seed: int) -> tuple[DateExample, ...]:
        return generate_examples(split_days(seed).test, 53, seed=seed)

    assert series(3) == series(3)
    assert series(3) != series(4)
    assert split_days(3) == split_days(3)
    assert set(split_days(3).test) != set(split_days(4).test)


def test_longer_series_than_in_training_can_be_asked_for() -> None:
    assert {len(e.dates) for e in generate_examples(DAYS.test, 10, num_dates=(5, 8))} == {5, 8}


@pytest.mark.parametrize("num_dates", [(), (0, 2)])
def test_impossible_lengths_are_rejected(num_dates: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="num_dates: se esperaba longitudes ≥ 1; se recibió"):
        generate_examples(DAYS.test, 3, num_dates=num_dates)


def test_no_days_is_rejected() -> None:
    with pytest.raises(ValueError, match="days: se esperaba al menos un día"):
        generate_examples((), 3)


def test_encode_reads_what_a_person_types() -> None:
    typed = encode("Miercoles, 1.º de brumario", VOCABULARY)
    assert typed.tokens == ("miercoles", ",", "1", "de", "brumario")
    assert typed.source.tolist() == [[*VOCABULARY.encode(["miércoles", ",", "1", "de"]), UNK_ID]]
    assert typed.source_lengths.tolist() == [5]


def test_encode_agrees_with_the_generator() -> None:
    for example in EXAMPLES[:101]:
        assert encode(example.text, VOCABULARY).source.tolist() == [VOCABULARY.encode(example.source)]


def test_encode_rejects_blank_text() -> None:
    with pytest.raises(ValueError, match="text: se esperaba al menos una palabra, cifra o signo"):
        encode("  ", VOCABULARY)
