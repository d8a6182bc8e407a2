"""Textos con datos de países: sin fugas entre particiones, reproducibles y con la respuesta en su sitio."""

from __future__ import annotations

import itertools
import re

import pytest
from atencion.data.countries import COUNTRIES
from atencion.data.country_phrases import ATTRIBUTES
from atencion.data.reading import build_vocabulary, prepare
from atencion.data.spans import COUNTRY_SPLITS, SPLITS, generate_examples
from atencion.data.text import token_spans

KIND = {
    "capital": r"capital",
    "continent": r"continente",
    "population": r"habitantes|personas",
    "area": r"superficie|ocupan?\b",
    "currency": r"moneda",
}


def named(text: str) -> set[str]:
    """Países que se nombran en un texto; los nombres largos, antes que los que caben dentro de ellos."""
    found = set()
    for name in sorted((country.name for country in COUNTRIES), key=len, reverse=True):
        pattern = rf"(?<!\w){re.escape(name)}(?![\w-])"
        if re.search(pattern, text):
            found.add(name)
            text = re.sub(pattern, "", text)
    return found


@pytest.fixture(scope="module")
def examples():
    return {split: generate_examples(200, split=split, seed=3) for split in SPLITS}


def test_splits_share_no_country() -> None:
    names = [{country.iso for country in COUNTRY_SPLITS[split]} for split in SPLITS]
    assert sum(map(len, names)) == len(set().union(*names)) == len(COUNTRIES)


def test_texts_only_name_the_countries_of_their_split(examples) -> None:
    """En los títulos y al principio de cada frase; un nombre de moneda puede llevar otro dentro («de Myanmar»)."""
    for split, rows in examples.items():
        own = {country.name for country in COUNTRY_SPLITS[split]}
        for example in rows:
            assert named(example.title) <= own
            assert named(example.question) <= named(example.title)


def test_every_text_has_its_answer_where_it_says(examples) -> None:
    for example in itertools.chain.from_iterable(examples.values()):
        (answer,) = example.answers
        assert example.context[answer.start : answer.start + len(answer.text)] == answer.text
        assert not example.is_impossible


def test_answer_is_a_fact_of_the_country_that_is_asked(examples) -> None:
    facts = {country.name: country for country in COUNTRIES}
    for example in itertools.chain.from_iterable(examples.values()):
        (name,) = named(example.question)
        country = facts[name]
        (attribute,) = [kind for kind in ATTRIBUTES if re.search(KIND[kind], example.question)]
        text = example.answers[0].text.replace("\u00a0", " ")
        if attribute == "population":
            digits = text.replace(" ", "")
            millions = round(country.population / 1e6)
            assert digits == str(country.population) or text.endswith("millones")
            assert not re.match(r"\d+ millones", text) or text == f"{millions} millones"
        elif attribute == "area":
            assert re.sub(r"\D", "", text.replace("km²", "")) == str(country.area)
        else:
            assert text == getattr(country, attribute)


def test_all_the_countries_of_a_text_tell_the_same(examples) -> None:
    """Quien entiende qué se pregunta, pero no de qué país, acierta poco más de una de cada dos veces."""
    for example in examples["train"]:
        (attribute,) = [kind for kind in ATTRIBUTES if re.search(KIND[kind], example.question)]
        sentences = re.findall(r"[^.]+\.", example.context)
        assert len(sentences) == 4
        if attribute == "capital":
            assert sum("capital" in sentence for sentence in sentences) == 2


def test_first_and_second_countries_are_asked_alike(examples) -> None:
    first = [named(e.question) == named(e.title.split(", ")[0]) for e in examples["train"]]
    assert 0.4 < sum(first) / len(first) < 0.6


def test_same_seed_same_examples_and_other_seed_others() -> None:
    assert generate_examples(5, seed=7) == generate_examples(9, seed=7)[:5]
    assert generate_examples(5, seed=7) != generate_examples(5, seed=8)


def test_number_of_countries() -> None:
    for example in generate_examples(40, n_countries=(1, 4)):
        count = len(example.title.split(", "))
        assert 1 <= count <= 4
        assert example.context.count(".") == 2 * count
    sizes = [len(token_spans(example.context)) for example in generate_examples(300)]
    assert min(sizes) >= 16
    assert max(sizes) <= 70


def test_names_of_the_test_are_unknown_words(examples) -> None:
    vocabulary = build_vocabulary(prepare(generate_examples(2000)).readings)
    asked = {word.lower() for country in COUNTRY_SPLITS["test"] for word in country.capital.split()}
    assert not {word for word in asked if word in vocabulary.words and len(word) > 3}
    assert "capital" in vocabulary.words


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "dev"}, "split: se esperaba uno de"),
        ({"n_countries": (0, 2)}, "n_countries: se esperaba dos enteros"),
        ({"n_countries": (3, 2)}, "n_countries: se esperaba dos enteros"),
        ({"n_countries": (1, 21)}, "n_countries: se esperaba dos enteros"),
    ],
)
def test_errors(options, message) -> None:
    with pytest.raises(ValueError, match=message):
        generate_examples(1, **options)
