"""La red de memoria viva, del lado de Python: lo que viaja a la página y lo que se ve sin ella."""

from __future__ import annotations

import json

import pytest
import torch
from atencion.viz import LiveStory, pack_weights
from sample_memory import MAX_WORDS, MEMORY_SIZE, QUESTION, STORIES, STORY, VOCABULARY, SampleMemory

MODEL = SampleMemory()


@pytest.fixture
def figure() -> LiveStory:
    return MODEL.figure()


def test_traits_are_what_the_page_reads(figure: LiveStory):
    state = figure.get_state()
    packed = pack_weights(MODEL.state | {"position_encoding": MODEL.position.flatten()})
    assert state["parameters"] == packed.data
    assert json.loads(state["parameter_index"]) == packed.entries
    assert json.loads(state["tokens"]) == list(VOCABULARY)
    assert [story["name"] for story in json.loads(state["stories"])] == list(STORIES)
    assert json.loads(state["stories"])[0]["sentences"] == STORY
    assert (state["memory_size"], state["max_words"]) == (MEMORY_SIZE, MAX_WORDS)
    assert state["domains"] == [[0.0, 1.0]]


def test_the_first_answer_is_there_without_the_page(figure: LiveStory):
    reading = MODEL.read(STORY, QUESTION)
    shares = reading.logits.softmax(-1)
    assert [word for word, _ in figure.likely] == [
        list(VOCABULARY)[i] for i in shares.argsort(descending=True, stable=True)[:5].tolist()
    ]
    assert figure.likely[0][1] == pytest.approx(float(shares.max()), abs=1e-6)
    assert figure.query_tokens == ["salto 1", "salto 2", "salto 3"]
    assert figure.key_tokens == STORY
    bundle = figure._repr_mimebundle_()
    assert bundle is not None
    assert bundle[0]["text/plain"].startswith(f"{QUESTION} → {reading.answer}\nMapa de calor «Cuenta algo»")
    assert bundle[0]["image/png"].startswith("iVBOR")


def test_a_batch_of_one_in_front_is_the_same(figure: LiveStory):
    logits, weights = MODEL.read(STORY, QUESTION)
    again = MODEL.figure(shown=(logits[None], weights[None]))
    assert (again.data, again.likely) == (figure.data, figure.likely)


def test_only_the_last_sentences_are_remembered():
    long = [*STORY, *STORY]
    figure = MODEL.figure(stories={"Larga": (long, QUESTION)}, shown=MODEL.read(long, QUESTION))
    assert figure.key_tokens == long[-MEMORY_SIZE:]
    assert figure.stories[0]["sentences"] == long


def test_hostile_texts_cannot_close_the_script():
    stories = {"</script>": (STORY, QUESTION), "<!--": (["<b>"], "<i>")}
    state = MODEL.figure(stories=stories, title="</script>").get_state()
    assert "<" not in state["title"] + state["stories"] + state["tokens"]


@pytest.mark.parametrize(
    ("changed", "kind", "message"),
    [
        ({"position": torch.ones(9, 4)}, ValueError, r"position: se esperaba \(max_words, d\)"),
        ({"position": torch.ones(4, 11)}, ValueError, "stories: se esperaba frases de 1 a 4 piezas"),
        ({"vocabulary": ["a", "b"]}, ValueError, "vocabulary: se esperaba las piezas especiales"),
        ({"vocabulary": list(VOCABULARY)[:9]}, ValueError, r'state\["word_embeddings"\]: se esperaba'),
        ({"stories": {}}, ValueError, "stories: se esperaba al menos una historia; se recibió ninguna"),
        ({"stories": [(STORY, QUESTION)]}, TypeError, "stories: se esperaba un diccionario de nombres"),
        ({"stories": {"a": (STORY[0], QUESTION)}}, TypeError, "stories: se esperaba nombres, frases y preguntas"),
        ({"stories": {"a": ([], QUESTION)}}, ValueError, "stories: se esperaba alguna frase en «a»"),
        ({"stories": {"a": (STORY, " ")}}, ValueError, "stories: se esperaba frases de 1 a 9 piezas; se recibió ' '"),
        ({"shown": (torch.ones(3), torch.ones(3, 4))}, ValueError, r"shown: se esperaba puntuaciones \(\d+,\) y pesos"),
        ({"shown": (torch.ones(3), None)}, ValueError, "pide return_weights=True"),
    ],
)
def test_errors_name_the_argument(changed: dict[str, object], kind: type[Exception], message: str):
    with pytest.raises(kind, match=message):
        MODEL.figure(**changed)


@pytest.mark.parametrize("name", ["word_embeddings", "time_embeddings"])
def test_every_table_is_needed_and_has_to_fit(name: str):
    shown = MODEL.read(STORY, QUESTION)
    shared = {"position": MODEL.position, "vocabulary": VOCABULARY, "stories": STORIES, "shown": shown}
    with pytest.raises(ValueError, match=f"state: .* adyacentes; se recibió ninguno de {name}"):
        LiveStory({key: table for key, table in MODEL.state.items() if key != name}, **shared)
    with pytest.raises(ValueError, match=r'state\["time_embeddings"\]: se esperaba \(hops \+ 1, memory_size, d\)'):
        LiveStory(MODEL.state | {name: MODEL.state[name][:-1]}, **shared)
