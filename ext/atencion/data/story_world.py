"""El mundo de las historias: personas que van por una casa, cogen cosas y las dejan.

``World`` escribe cada suceso como una frase en español y recuerda qué frases prueban dónde está cada persona y
cada cosa. Las familias de preguntas de ``story_tasks`` solo lo consultan.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["PEOPLE", "PLACES", "THINGS", "Known", "Noun", "World", "join", "sentence"]


class Noun(NamedTuple):
    """Un sustantivo con su artículo: ``str(Noun("cocina", "la"))`` es «la cocina»."""

    word: str
    article: str

    def __str__(self) -> str:
        return f"{self.article} {self.word}"


class Known(NamedTuple):
    """Un lugar y las frases que lo prueban, por su índice."""

    place: Noun
    facts: tuple[int, ...]


PEOPLE = {"María": "ella", "Juan": "él", "Sandra": "ella", "Daniel": "él"}  # con su pronombre
PLACES = (
    *(Noun("jardín", "el"), Noun("salón", "el"), Noun("baño", "el")),
    *(Noun("cocina", "la"), Noun("terraza", "la"), Noun("oficina", "la")),
)
THINGS = (Noun("pelota", "la"), Noun("manzana", "la"), Noun("libro", "el"))
_MOVES = (("fue", "fueron", "a"), ("corrió", "corrieron", "a"), ("entró", "entraron", "en"))
_TAKES = ("tomó", "recogió")
_DROPS = ("dejó", "soltó")
_CONTRACTIONS = {"a el": "al", "de el": "del"}


def join(preposition: str, noun: Noun) -> str:
    """Une preposición y sustantivo con las contracciones «al» y «del».

    Ejemplo:
        >>> join("a", Noun("jardín", "el")), join("de", Noun("cocina", "la"))
        ('al jardín', 'de la cocina')
    """
    start = f"{preposition} {noun.article}"
    return f"{_CONTRACTIONS.get(start, start)} {noun.word}"


def sentence(text: str) -> str:
    """Pone mayúscula al principio y punto al final.

    Ejemplo:
        >>> sentence("la cocina está al norte del jardín")
        'La cocina está al norte del jardín.'
    """
    return f"{text[0].upper()}{text[1:]}."


class World:
    """Una casa donde pasan cosas, contadas frase a frase.

    Nadie va adonde ya está; solo se coge una cosa que está suelta y en el mismo lugar, y solo se deja lo que se lleva.

    Argumentos:
        rng: de donde sale todo el azar.

    Atributos:
        sentences: las frases, en orden.
        where: el último lugar de cada persona, con la frase que lo dice.
        carried: quién lleva cada cosa y la frase en que la cogió.
        dropped: dónde quedó cada cosa que se dejó (``None`` si no se sabe), con sus dos frases.
        takers: quiénes han cogido algo alguna vez, en orden.
        trips: por cada cosa, los viajes que hizo: lugar de salida, lugar de llegada y las tres frases que lo prueban.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.sentences: list[str] = []
        self.where: dict[str, Known] = {}
        self.carried: dict[Noun, tuple[str, int]] = {}
        self.dropped: dict[Noun, Known | None] = {}
        self.takers: list[str] = []
        self.trips: dict[Noun, list[tuple[Noun, Noun, tuple[int, ...]]]] = {}

    def move(self, people: Sequence[str], subject: str | None = None) -> None:
        """Lleva a una persona, o a varias juntas, a un lugar en que no está ninguna.

        Argumentos:
            people: quiénes van.
            subject: cómo empieza la frase; por omisión, sus nombres unidos con «y».
        """
        busy = {self.where[name].place for name in people if name in self.where}
        place = self.rng.choice([place for place in PLACES if place not in busy])
        one, several, preposition = self.rng.choice(_MOVES)
        verb = one if len(people) == 1 else several
        index = self._tell(f"{subject or ' y '.join(people)} {verb} {join(preposition, place)}")
        for name in people:
            before = self.where.get(name)
            for thing, (holder, taken) in self.carried.items():
                if holder == name and before is not None:
                    facts = tuple(sorted((taken, *before.facts, index)))
                    self.trips.setdefault(thing, []).append((before.place, place, facts))
            self.where[name] = Known(place, (index,))

    def take(self, name: str) -> bool:
        """La persona coge una cosa de las que puede; dice si había alguna."""
        free = [thing for thing in THINGS if self._can_take(name, thing)]
        if free:
            thing = self.rng.choice(free)
            self.carried[thing] = (name, self._tell(f"{name} {self.rng.choice(_TAKES)} {thing}"))
            self.dropped.pop(thing, None)
            if name not in self.takers:
                self.takers.append(name)
        return bool(free)

    def drop(self, name: str) -> bool:
        """La persona deja una cosa de las que lleva; dice si llevaba alguna."""
        held = [thing for thing, (holder, _) in self.carried.items() if holder == name]
        if held:
            thing = self.rng.choice(held)
            index = self._tell(f"{name} {self.rng.choice(_DROPS)} {thing}")
            here = self.where.get(name)
            del self.carried[thing]
            self.dropped[thing] = None if here is None else Known(here.place, (*here.facts, index))
        return bool(held)

    def live(self, n_sentences: int) -> None:
        """Deja pasar ``n_sentences`` sucesos al azar, uno por frase: la mitad, movimientos."""
        while len(self.sentences) < n_sentences:
            name = self.rng.choice(list(PEOPLE))
            chance = self.rng.random()
            done = (chance < 0.3 and self.take(name)) or (chance > 0.85 and self.drop(name))
            if not done:
                self.move([name])

    def find(self, thing: Noun) -> Known | None:
        """Dónde está una cosa y las dos frases que lo prueban; ``None`` si no se sabe."""
        if thing not in self.carried:
            return self.dropped.get(thing)
        holder, taken = self.carried[thing]
        here = self.where.get(holder)
        return None if here is None else Known(here.place, tuple(sorted((taken, *here.facts))))

    def _can_take(self, name: str, thing: Noun) -> bool:
        if thing in self.carried:
            return False
        if thing not in self.dropped:  # aún no ha salido: estará donde haga falta
            return True
        there, here = self.dropped[thing], self.where.get(name)
        return there is not None and here is not None and there.place == here.place

    def _tell(self, text: str) -> int:
        self.sentences.append(sentence(text))
        return len(self.sentences) - 1
