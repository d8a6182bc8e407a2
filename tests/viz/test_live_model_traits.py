"""El modelo vivo, del lado de Python: lo que viaja a la página y lo que se ve sin ella."""

from __future__ import annotations

import json

import pytest
import torch
from atencion.data.dates import TARGET_VOCABULARY
from atencion.models.seq2seq import BahdanauSeq2Seq, FixedContext
from atencion.viz import LiveModel, pack_weights
from sample_reader import EXAMPLES, TEXT, SampleReader

READER = SampleReader(steps=0)


@pytest.fixture
def figure() -> LiveModel:
    return READER.figure()


def test_traits_are_what_the_page_reads(figure: LiveModel):
    state = figure.get_state()
    packed = pack_weights(READER.model.state_dict())
    assert state["parameters"] == packed.data
    assert json.loads(state["parameter_index"]) == packed.entries
    assert json.loads(state["source_tokens"]) == list(READER.vocabulary)
    assert json.loads(state["target_tokens"]) == list(TARGET_VOCABULARY)
    assert json.loads(state["text"]) == TEXT
    assert json.loads(state["examples"]) == [TEXT, *EXAMPLES]
    assert state["domains"] == [[0.0, 1.0]]


def test_the_first_result_is_there_without_the_page(figure: LiveModel):
    reading = READER.read(TEXT)
    assert figure.written == reading.written
    assert figure.query_tokens == reading.rows
    assert figure.key_tokens == reading.pieces
    bundle = figure._repr_mimebundle_()
    assert bundle is not None
    assert bundle[0]["text/plain"].startswith(f"«{TEXT}» → «{reading.written}»\nMapa de calor «Escribe una fecha»")
    assert bundle[0]["image/png"].startswith("iVBOR")


def test_shown_without_batch_is_the_same(figure: LiveModel):
    tokens, weights = READER.generate(TEXT)
    again = READER.figure(shown=(tokens[0], weights[0]))
    assert again.data == figure.data
    assert again.query_tokens == figure.query_tokens


def test_written_stops_at_the_end():
    tokens, weights = torch.tensor([1, 5, 0, 6, 2]), torch.full((5, 19), 1 / 19)
    figure = READER.figure(shown=(tokens, weights))
    assert figure.written == "12"
    assert figure.query_tokens == ["<bos>", "1", "<pad>", "2", "‹fin›"]
    assert READER.figure(shown=(tokens[:4], weights[:4])).written == "12…"


def test_hostile_texts_cannot_close_the_script():
    state = READER.figure(title="</script>", examples=["<!--"]).get_state()
    assert "<" not in state["title"] + state["examples"] + state["source_tokens"] + state["query_tokens"]


@pytest.mark.parametrize(
    ("changed", "kind", "message"),
    [
        ({"text": 3}, TypeError, "text: se esperaba una cadena; se recibió int"),
        ({"keys": ["a"]}, ValueError, "keys: se esperaba n_key = 19 elementos; se recibió 1"),
        ({"source": ["a", "b"]}, ValueError, "source: se esperaba las piezas especiales"),
        ({"target": [1, 2]}, TypeError, "target: se esperaba piezas de texto; se recibió int"),
        ({"shown": (torch.tensor([1]), None)}, ValueError, "pide return_weights=True"),
        ({"shown": (torch.tensor([1, 2]), torch.ones(3, 19))}, ValueError, "shown: se esperaba"),
        ({"shown": (torch.tensor([99]), torch.ones(1, 19))}, ValueError, "shown: se esperaba números de 0 a 15"),
        ({"shown": (torch.tensor([1.0]), torch.ones(1, 19))}, TypeError, "shown: se esperaba dtype entero"),
        ({"max_pieces": 0}, ValueError, "max_pieces: se esperaba un entero ≥ 1; se recibió 0"),
        ({"max_length": 2.5}, ValueError, "max_length: se esperaba un entero ≥ 1; se recibió 2.5"),
    ],
)
def test_errors_name_the_argument(changed: dict[str, object], kind: type[Exception], message: str):
    with pytest.raises(kind, match=message):
        READER.figure(**changed)


def test_a_model_without_attention_is_rejected():
    ablation = BahdanauSeq2Seq(9, 16, attention=FixedContext())
    with pytest.raises(ValueError, match=r"ninguno de attention\.query_projection"):
        LiveModel(
            ablation.state_dict(),
            source=READER.vocabulary,
            target=TARGET_VOCABULARY,
            text=TEXT,
            keys=[],
            shown=READER.generate(TEXT),
        )
