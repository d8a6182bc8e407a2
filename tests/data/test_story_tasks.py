"""Las familias de historias: gramática, respuestas y apoyos, comprobados por un lector que no usa el generador."""

import random
import re
from collections import Counter

import pytest
from atencion.data.story_tasks import TASKS, draw_story

GENDERS = {
    "el": {*("jardín", "salón", "baño", "pasillo", "garaje", "sótano", "libro")},
    "la": {*("cocina", "terraza", "oficina", "biblioteca", "despensa", "entrada", "pelota", "manzana")},
    "un": {"búho", "delfín", "ratón"},
    "una": {"hormiga", "jirafa", "rana"},
    "los": {"búhos", "delfines", "ratones"},
    "las": {"hormigas", "jirafas", "ranas"},
}
MOVE = re.compile(r"(?P<who>.+?) (?P<verb>fue|corrió|entró|fueron|corrieron|entraron) (?:a|al|en) (?P<noun>.+)")
HANDS = re.compile(r"(?P<who>\w+) (?P<verb>tomó|recogió|dejó|soltó) (?P<noun>.+)")
PLURAL = {"búho": "búhos", "delfín": "delfines", "ratón": "ratones", "hormiga": "hormigas", "jirafa": "jirafas"}
COUNTS = ("ninguna", "una", "dos", "tres")
STORIES = 150


def last_word(text):
    return text.rstrip(".?").split()[-1]


def simulate(sentences):
    """Dónde está cada uno y cada cosa, y qué viajes hizo, con lo que dicen las frases y nada más."""
    where, holder, rest, trips, subject = {}, {}, {}, [], None
    for text in (sentence.rstrip(".") for sentence in sentences):
        if match := HANDS.fullmatch(text):
            who, thing = match["who"], last_word(match["noun"])
            if match["verb"] in ("tomó", "recogió"):
                holder[thing] = who
            else:
                holder.pop(thing, None)
                rest[thing] = where.get(who)
            subject = who
        else:
            match = MOVE.fullmatch(text)
            if match["who"] in ("Después", "Luego él", "Luego ella"):
                if subject is None:
                    continue
                people = [subject]
            else:
                people = match["who"].split(" y ")
            assert (match["verb"][-2:] == "on") == (len(people) == 2), text
            place = last_word(match["noun"])
            for who in people:
                trips += [(t, where[who], place) for t, h in holder.items() if h == who and who in where]
                where[who] = place
            subject = people[0]
    return where, holder, rest, trips


def answer(task, sentences, question):
    """La respuesta que sale de unas frases, o ``None`` si no bastan."""
    if task == 4:
        facts = [
            re.fullmatch(r"(?:El|La) (\w+) está al (\w+) (?:del|de la) (\w+)\.", text).groups() for text in sentences
        ]
        if match := re.fullmatch(r"¿Qué está al (\w+) (?:del|de la) (\w+)\?", question):
            return next((a for a, way, b in facts if (way, b) == match.groups()), None)
        match = re.fullmatch(r"¿Al (\w+) de qué está (?:el|la) (\w+)\?", question)
        return next((b for a, way, b in facts if (way, a) == match.groups()), None)
    if task == 15:
        kinds = dict(re.findall(r"(\w+) es una? (\w+)\.", " ".join(sentences)))
        fears = dict(re.findall(r"(\w+) temen a l[ao]s (\w+)\.", " ".join(sentences)))
        kind = kinds.get(last_word(question))
        return fears.get(PLURAL.get(kind, "ranas")) if kind else None
    where, holder, rest, trips = simulate(sentences)
    asked = last_word(question)
    if task in (1, 11, 12):
        return where.get(asked)
    if task == 2:
        return where.get(holder[asked]) if asked in holder else rest.get(asked)
    if task == 3:
        thing = re.match(r"¿Dónde estaba (?:el|la) (\w+) antes", question)[1]
        before = [start for moved, start, arrival in trips if (moved, arrival) == (thing, asked)]
        return before[-1] if before else None
    if task == 6:
        who = question.split()[1]
        return None if who not in where else ("sí" if where[who] == asked else "no")
    assert task == 7
    return COUNTS[sum(who == asked for who in holder.values())]


@pytest.fixture(scope="module", params=list(TASKS))
def family(request):
    rng = random.Random(7)
    return request.param, [draw_story(request.param, rng) for _ in range(STORIES)]


def test_an_independent_reader_agrees(family):
    task, stories = family
    for story in stories:
        assert answer(task, story.sentences, story.question) == story.answer, story


def test_supporting_facts_are_enough(family):
    task, stories = family
    for story in stories:
        facts = [story.sentences[index] for index in story.supporting]
        assert list(story.supporting) == sorted(set(story.supporting))
        assert answer(task, facts, story.question) == story.answer, story


def test_no_supporting_fact_is_superfluous(family):
    task, stories = family
    for story in stories:
        for removed in story.supporting:
            facts = [story.sentences[index] for index in story.supporting if index != removed]
            assert answer(task, facts, story.question) != story.answer, story


def test_the_number_of_facts_is_the_one_of_the_family(family):
    task, stories = family
    counts = {len(story.supporting) for story in stories}
    assert counts == {1: {1}, 2: {2}, 3: {3}, 4: {1}, 6: {1}, 7: {0, 1, 2, 3}, 11: {2}, 12: {1}, 15: {2}}[task]


def test_grammar(family):
    _, stories = family
    for story in stories:
        assert re.fullmatch(r"¿[A-ZÁÉÍÓÚ].*\?", story.question)
        assert re.fullmatch(r"[a-záéíóúñ]+", story.answer)
        for text in (*story.sentences, story.question):
            assert not re.search(r"\b(a|de) el\b", text), text
            for article, noun in re.findall(r"\b([Ee]l|[Ll]a|[Uu]na?|[Ll][oa]s|al|del) (\w+)", text):
                if noun not in ("norte", "sur", "este", "oeste"):
                    article = {"al": "el", "del": "el"}.get(article, article.lower())
                    assert noun in GENDERS[article], text
        for text in story.sentences:
            assert re.fullmatch(r"[A-ZÁÉÍÓÚ][^.]*\.", text), text


def test_pronouns_agree_with_the_person_before():
    rng = random.Random(3)
    for story in (draw_story(11, rng) for _ in range(50)):
        for first, second in zip(story.sentences[::2], story.sentences[1::2], strict=True):
            pronoun = "ella" if first.split()[0] in ("María", "Sandra") else "él"
            assert second.startswith(("Después ", f"Luego {pronoun} "))


def test_nobody_takes_what_is_not_there():
    """Nadie va adonde ya está, coge lo que otro lleva o está en otro sitio, ni deja lo que no lleva."""
    rng = random.Random(5)
    for story in (draw_story(task, rng) for task in (2, 3, 6, 7) for _ in range(STORIES)):
        for end, text in enumerate(story.sentences):
            where, holder, rest, _ = simulate(story.sentences[:end])
            who, thing = text.split()[0], last_word(text)
            if " tomó " in text or " recogió " in text:
                assert thing not in holder
                assert thing not in rest or rest[thing] == where[who]
            elif HANDS.fullmatch(text.rstrip(".")):
                assert holder[thing] == who
            else:
                assert where.get(who) != thing


def test_answers_are_balanced(family):
    task, stories = family
    most = Counter(story.answer for story in stories).most_common(1)[0][1]
    assert most / len(stories) <= {6: 0.65, 7: 0.4}.get(task, 0.35)


def test_a_relation_needs_the_order_of_the_words():
    """Las dos frases tienen las mismas palabras salvo una, y la pregunta habla de lo que comparten."""
    rng = random.Random(2)
    for story in (draw_story(4, rng) for _ in range(50)):
        one, other = (set(re.findall(r"\w+", text.lower())) for text in story.sentences)
        assert len(one - other) == len(other - one) == 1
        assert not (one ^ other) & set(re.findall(r"\w+", story.question.lower()))
