"""Las familias de preguntas: cada una pide una manera de leer distinta.

Los números son los de las veinte familias de bAbI (Weston et al., 2015), de donde salen las ideas; las frases, las
reglas y el generador son propios.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from .story_world import PEOPLE, PLACES, THINGS, Known, Noun, World, join, sentence

__all__ = ["TASKS", "Story", "draw_story"]


@dataclass(frozen=True)
class Story:
    """Una historia, una pregunta y su respuesta.

    Campos:
        sentences: las frases, en orden.
        question: la pregunta.
        answer: la respuesta, una sola palabra en minúsculas.
        supporting: índices, desde 0 y en orden, de las frases que hacen falta para contestar. Solo para evaluar:
            ningún modelo los recibe.
    """

    sentences: tuple[str, ...]
    question: str
    answer: str
    supporting: tuple[int, ...]


# Para las relaciones, lugares de un mismo género: si no, «del» y «de la» delatarían cuál es el segundo argumento.
_MASCULINE = (*PLACES[:3], Noun("pasillo", "el"), Noun("garaje", "el"), Noun("sótano", "el"))
_FEMININE = (*PLACES[3:], Noun("biblioteca", "la"), Noun("despensa", "la"), Noun("entrada", "la"))
_DIRECTIONS = ("norte", "sur", "este", "oeste")
_COUNTS = ("ninguna", "una", "dos", "tres")
# Nombres epicenos: «Gertrudis es un búho» y «Ramón es una rana» son correctas.
_ANIMALS = {
    "búhos": "un búho", "delfines": "un delfín", "ratones": "un ratón",
    "hormigas": "una hormiga", "jirafas": "una jirafa", "ranas": "una rana",
}  # fmt: skip
_PETS = ("Emilia", "Gertrudis", "Ramón", "Tadeo")


def _story(world: World, question: str, known: Known) -> Story:
    return Story(tuple(world.sentences), question, known.place.word, known.facts)


def _where_is(rng: random.Random, world: World) -> Story:
    name = rng.choice(list(world.where))
    return _story(world, f"¿Dónde está {name}?", world.where[name])


def _one_fact(rng: random.Random) -> Story:
    world = World(rng)
    for _ in range(rng.randint(6, 12)):
        world.move([rng.choice(list(PEOPLE))])
    return _where_is(rng, world)


def _two_facts(rng: random.Random) -> Story | None:
    world = World(rng)
    world.live(rng.randint(6, 12))
    known = {thing: found for thing in THINGS if (found := world.find(thing)) is not None}
    if not known:
        return None
    thing = rng.choice(list(known))
    return _story(world, f"¿Dónde está {thing}?", known[thing])


def _three_facts(rng: random.Random) -> Story | None:
    world = World(rng)
    world.live(rng.randint(8, 14))
    if not world.trips:
        return None
    thing = rng.choice(list(world.trips))
    last = {arrival: Known(start, facts) for start, arrival, facts in world.trips[thing]}
    arrival = rng.choice(list(last))
    return _story(world, f"¿Dónde estaba {thing} antes {join('de', arrival)}?", last[arrival])


def _two_arguments(rng: random.Random) -> Story:
    """Dos frases con las mismas palabras salvo una: solo el orden dice en cuál está la respuesta."""
    first, middle, last = rng.sample(rng.choice((_MASCULINE, _FEMININE)), 3)
    direction = rng.choice(_DIRECTIONS)
    pairs = [(first, middle), (middle, last)]
    rng.shuffle(pairs)
    question, answer = rng.choice(
        [
            (f"¿Qué está al {direction} {join('de', middle)}?", first),
            (f"¿Al {direction} de qué está {middle}?", last),
        ]
    )
    texts = tuple(sentence(f"{one} está al {direction} {join('de', other)}") for one, other in pairs)
    return Story(texts, question, answer.word, tuple(index for index, pair in enumerate(pairs) if answer in pair))


def _yes_no(rng: random.Random) -> Story:
    world = World(rng)
    world.live(rng.randint(6, 12))
    while not world.where:
        world.move([rng.choice(list(PEOPLE))])
    name = rng.choice(list(world.where))
    known = world.where[name]
    true = rng.random() < 0.5
    place = known.place if true else rng.choice([place for place in PLACES if place != known.place])
    return Story(tuple(world.sentences), f"¿Está {name} {join('en', place)}?", "sí" if true else "no", known.facts)


def _counting(rng: random.Random) -> Story:
    wanted = rng.randrange(len(_COUNTS))  # se elige antes: si no, casi siempre sería «una»
    while True:
        world = World(rng)
        world.live(rng.randint(6, 12))
        held = {name: [taken for holder, taken in world.carried.values() if holder == name] for name in world.takers}
        names = [name for name, facts in held.items() if len(facts) == wanted]
        if names:
            name = rng.choice(names)
            question = f"¿Cuántas cosas lleva {name}?"
            return Story(tuple(world.sentences), question, _COUNTS[wanted], tuple(sorted(held[name])))


def _coreference(rng: random.Random) -> Story:
    world = World(rng)
    facts: dict[str, tuple[int, ...]] = {}
    for _ in range(rng.randint(3, 6)):
        name = rng.choice(list(PEOPLE))
        world.move([name])
        world.move([name], rng.choice(("Después", f"Luego {PEOPLE[name]}")))
        facts[name] = (len(world.sentences) - 2, len(world.sentences) - 1)
    name = rng.choice(list(facts))
    return _story(world, f"¿Dónde está {name}?", Known(world.where[name].place, facts[name]))


def _conjunction(rng: random.Random) -> Story:
    world = World(rng)
    for _ in range(rng.randint(4, 8)):
        world.move(rng.sample(list(PEOPLE), 2))
    return _where_is(rng, world)


def _deduction(rng: random.Random) -> Story:
    kinds = rng.sample(list(_ANIMALS), 4)
    fears = {kind: rng.choice([other for other in kinds if other != kind]) for kind in kinds}
    pets = {name: rng.choice(kinds) for name in _PETS}
    lines = [(kind, f"{_those(kind)} temen a {_those(fears[kind]).lower()}.") for kind in kinds]
    lines += [(name, f"{name} es {_ANIMALS[kind]}.") for name, kind in pets.items()]
    rng.shuffle(lines)
    name = rng.choice(_PETS)
    facts = tuple(index for index, (topic, _) in enumerate(lines) if topic in (name, pets[name]))
    return Story(tuple(text for _, text in lines), f"¿A qué teme {name}?", fears[pets[name]], facts)


def _those(kind: str) -> str:
    return f"{'Las' if 'una' in _ANIMALS[kind].split() else 'Los'} {kind}"


_DRAW: dict[int, Callable[[random.Random], Story | None]] = {
    1: _one_fact, 2: _two_facts, 3: _three_facts, 4: _two_arguments, 6: _yes_no,
    7: _counting, 11: _coreference, 12: _conjunction, 15: _deduction,
}  # fmt: skip
TASKS = {
    1: "un hecho", 2: "dos hechos", 3: "tres hechos", 4: "relaciones de dos argumentos", 6: "sí o no",
    7: "contar", 11: "correferencia", 12: "conjunción", 15: "deducción",
}  # fmt: skip


def draw_story(task: int, rng: random.Random) -> Story:
    """Inventa una historia de una familia; repite el intento si de lo que salió no se puede preguntar nada.

    Argumentos:
        task: una de ``TASKS``.
        rng: de donde sale todo el azar.

    Devuelve:
        ``Story``.
    """
    while True:
        story = _DRAW[task](rng)
        if story is not None:
            return story
