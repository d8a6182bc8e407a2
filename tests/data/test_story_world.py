"""El mundo de las historias: contracciones y lo que recuerda de cada suceso."""

import random

import pytest
from atencion.data.story_world import PLACES, THINGS, Noun, World, join, sentence


@pytest.mark.parametrize(
    ("preposition", "noun", "expected"),
    [
        ("a", Noun("jardín", "el"), "al jardín"),
        ("de", Noun("jardín", "el"), "del jardín"),
        ("en", Noun("jardín", "el"), "en el jardín"),
        ("a", Noun("cocina", "la"), "a la cocina"),
        ("de", Noun("cocina", "la"), "de la cocina"),
    ],
)
def test_contractions(preposition, noun, expected):
    assert join(preposition, noun) == expected


def test_a_sentence_has_capital_and_stop():
    assert sentence("él fue al jardín") == "Él fue al jardín."


@pytest.fixture
def world():
    return World(random.Random(0))


def test_a_carried_thing_is_where_its_carrier_is(world):
    assert world.take("Juan")
    thing = next(iter(world.carried))
    assert world.find(thing) is None  # nadie ha dicho dónde está Juan
    world.move(["Juan"])
    assert world.find(thing) == (world.where["Juan"].place, (0, 1))
    world.move(["María"])
    world.move(["Juan"])
    assert world.find(thing) == (world.where["Juan"].place, (0, 3))
    start, arrival, facts = world.trips[thing][-1]
    assert (start, arrival, facts) != (arrival, start, facts)
    assert facts == (0, 1, 3)


def test_a_dropped_thing_stays(world):
    world.move(["Juan"])
    here = world.where["Juan"].place
    assert world.take("Juan")
    thing = next(iter(world.carried))
    assert world.drop("Juan")
    world.move(["Juan"])
    assert world.find(thing) == (here, (0, 2))
    assert not world.drop("Juan")


def test_what_was_never_touched_is_nowhere(world):
    assert [world.find(thing) for thing in THINGS] == [None] * 3


def test_people_move_together_to_a_new_place(world):
    for _ in range(50):
        before = {known.place for known in world.where.values()}
        world.move(["María", "Juan"])
        assert world.where["María"] == world.where["Juan"]
        assert world.where["María"].place in set(PLACES) - before


def test_living_tells_one_sentence_per_event(world):
    world.live(12)
    assert len(world.sentences) == 12
    assert world.takers == sorted(world.takers, key=[text.split()[0] for text in world.sentences].index)
