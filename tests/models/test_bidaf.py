"""BiDAF hace lo que dicen sus fórmulas, el relleno no cuenta, y aprende a leer sobre países que nunca vio."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import pytest
import torch
from atencion.data.answers import Scores, evaluate
from atencion.data.reading import (
    ReaderVocabulary,
    Reading,
    ReadingBatch,
    build_vocabulary,
    encode,
    prepare,
    stream_batches,
)
from atencion.data.spans import generate_examples
from atencion.data.squad import Answer, Example
from atencion.data.vocabulary import PAD_ID
from atencion.models.bidaf import LAYERS, BiDAF, answer, span_loss
from atencion.training import seed_everything, train
from torch import Tensor, nn

READINGS = prepare(generate_examples(9, n_countries=(1, 3))).readings
VOCABULARY = build_vocabulary(READINGS, min_share=0)
BATCH = encode(READINGS, VOCABULARY)


def make(**options) -> BiDAF:
    torch.manual_seed(0)
    return BiDAF(len(VOCABULARY.words), len(VOCABULARY.characters), d=5, **options).eval()


def widen(batch: ReadingBatch) -> ReadingBatch:
    """El mismo lote con más relleno en todas partes."""
    pad = nn.functional.pad
    return batch._replace(
        context_words=pad(batch.context_words, (0, 4)),
        context_characters=pad(batch.context_characters, (0, 3, 0, 4)),
        question_words=pad(batch.question_words, (0, 2)),
        question_characters=pad(batch.question_characters, (0, 1, 0, 2)),
    )


def test_shapes_and_padding() -> None:
    output = make()(BATCH)
    batch, n_context = BATCH.context_words.shape
    n_question = BATCH.question_words.shape[1]
    assert output.start_logits.shape == output.end_logits.shape == (batch, n_context)
    assert output.context_to_question.shape == (batch, n_context, n_question)
    assert output.question_to_context.shape == (batch, n_context)
    padding = torch.arange(n_context) >= BATCH.context_lengths[:, None]
    assert padding.any()
    for logits in (output.start_logits, output.end_logits):
        assert (logits[padding] == -torch.inf).all()
        assert logits[~padding].isfinite().all()
        torch.testing.assert_close(logits.softmax(1).sum(1), torch.ones(batch))


def test_maps_are_distributions_over_the_words() -> None:
    output = make()(BATCH)
    torch.testing.assert_close(output.question_to_context.sum(1), torch.ones(len(READINGS)))
    for b, (n, m) in enumerate(zip(BATCH.context_lengths, BATCH.question_lengths, strict=True)):
        torch.testing.assert_close(output.context_to_question[b, :n].sum(1), torch.ones(int(n)))
        assert not output.context_to_question[b, n:].any()
        assert not output.context_to_question[b, :, m:].any()
        assert not output.question_to_context[b, n:].any()


@pytest.mark.parametrize("without", [(), *[(name,) for name in LAYERS]], ids=lambda names: "-".join(names) or "todo")
def test_padding_changes_nothing(without: tuple[str, ...]) -> None:
    """Cada ejemplo da lo mismo solo, en un lote y en un lote aún más ancho."""
    model = make(without=without)
    together, wide = model(BATCH), model(widen(BATCH))
    n_context, n_question = BATCH.context_words.shape[1], BATCH.question_words.shape[1]
    close = {"rtol": 0, "atol": 1e-5}
    torch.testing.assert_close(wide.start_logits[:, :n_context], together.start_logits, **close)
    torch.testing.assert_close(wide.end_logits[:, :n_context], together.end_logits, **close)
    found = wide.context_to_question[:, :n_context, :n_question]
    torch.testing.assert_close(found, together.context_to_question, **close)
    for b, reading in enumerate(READINGS):
        alone = model(encode([reading], VOCABULARY))
        n = len(reading.context)
        torch.testing.assert_close(alone.start_logits[0], together.start_logits[b, :n], **close)
        torch.testing.assert_close(alone.end_logits[0], together.end_logits[b, :n], **close)
        torch.testing.assert_close(alone.question_to_context[0], together.question_to_context[b, :n], **close)


@pytest.mark.parametrize("empty", ["context", "question"])
def test_all_padding_gives_no_nan(empty: str) -> None:
    model = make()
    fields = {
        f"{empty}_words": torch.zeros_like(getattr(BATCH, f"{empty}_words")),
        f"{empty}_characters": torch.zeros_like(getattr(BATCH, f"{empty}_characters")),
        f"{empty}_lengths": torch.zeros_like(getattr(BATCH, f"{empty}_lengths")),
    }
    output = model(BATCH._replace(**fields))
    assert not output.context_to_question.any()
    assert not output.question_to_context.any()
    assert not output.start_logits.isnan().any()
    assert not output.end_logits.isnan().any()
    flow = model.flow(torch.zeros(1, 3, 10), torch.zeros(1, 2, 10), torch.tensor([3]), torch.tensor([0]))
    flow.output.sum().backward()
    assert model.flow.score_weights.grad.isfinite().all()


def test_context_and_question_are_read_with_the_same_parameters() -> None:
    model = make()
    h = model.represent(BATCH.question_words, BATCH.question_characters, BATCH.question_lengths)
    calls: list[Tensor] = []
    model.flow.register_forward_pre_hook(lambda _, args: calls.extend(args[:2]))
    model(BATCH)
    torch.testing.assert_close(calls[1], h)
    swapped = BATCH._replace(
        context_words=BATCH.question_words,
        context_characters=BATCH.question_characters,
        context_lengths=BATCH.question_lengths,
    )
    model(swapped)
    torch.testing.assert_close(calls[2], h)


def test_pointers_read_g_and_the_end_reads_the_modelling() -> None:
    model = make()
    seen: dict[str, Tensor] = {}
    model.flow.register_forward_hook(lambda _, args, out: seen.update(g=out.output))
    model.modelling[-1].register_forward_hook(lambda _, args, out: seen.update(m=out))
    model.end_reader.register_forward_hook(lambda _, args, out: seen.update(m2=out, read=args[0]))
    output = model(BATCH)
    assert len(model.modelling) == 2
    assert seen["read"] is seen["m"]
    n = int(BATCH.context_lengths[0])
    start = torch.cat([seen["g"], seen["m"]], -1)[0, :n] @ model.start.weight[0]
    end = torch.cat([seen["g"], seen["m2"]], -1)[0, :n] @ model.end.weight[0]
    torch.testing.assert_close(output.start_logits[0, :n], start)
    torch.testing.assert_close(output.end_logits[0, :n], end)


def test_loss_is_the_mean_of_both_pointers() -> None:
    model = make()
    output = model(BATCH)
    rows = torch.arange(len(READINGS))
    start = output.start_logits.log_softmax(1)[rows, BATCH.start]
    end = output.end_logits.log_softmax(1)[rows, BATCH.end]
    torch.testing.assert_close(span_loss(model, BATCH), -(start + end).mean())


def test_every_parameter_learns_and_padding_rows_stay_zero() -> None:
    model = make()
    span_loss(model, BATCH).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().max() > 0, name
    for table in (model.words.weight, model.characters.embedding.weight):
        assert not table[PAD_ID].any()
        assert not table.grad[PAD_ID].any()


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_that_is_removed_is_not_there(name: str) -> None:
    """Sin letras ni siquiera se miran las letras; sin palabras, lo mismo."""
    model = make(without=[name])
    base = model(BATCH).start_logits
    letters = BATCH._replace(context_characters=BATCH.context_characters.flip(2).roll(1, 0))
    words = BATCH._replace(context_words=BATCH.context_words.roll(1, 1).clamp(min=4))
    assert torch.equal(base, model(letters).start_logits) == (name == "characters")
    assert torch.equal(base, model(words).start_logits) == (name == "words")
    whole = sum(parameter.numel() for parameter in make().parameters())
    count = sum(parameter.numel() for parameter in model.parameters())
    if name in ("highway", "contextual", "modelling"):
        assert count < whole


def test_gru_is_a_choice() -> None:
    model = make(cell=nn.GRU)
    assert not [module for module in model.modules() if isinstance(module, nn.LSTM)]
    assert model(BATCH).start_logits.shape == BATCH.context_words.shape


@pytest.mark.parametrize("without", [["atención"], ["characters", "words"]])
def test_errors(without: list[str]) -> None:
    with pytest.raises(ValueError, match="without: se esperaba capas de"):
        make(without=without)


def test_answer_copies_the_text_and_obeys_the_longest_length() -> None:
    model = make()
    texts = answer(model, READINGS, VOCABULARY, batch_size=4)
    assert len(texts) == len(READINGS)
    for text, reading in zip(texts, READINGS, strict=True):
        assert text
        assert text in reading.example.context
    short = answer(model, READINGS, VOCABULARY, max_length=1)
    for text, reading in zip(short, READINGS, strict=True):
        assert text in {token.text for token in reading.context}
    question = Example("mía", "", READINGS[0].example.context, "¿Y qué más?", (), True)
    assert answer(model, prepare([question]).readings, VOCABULARY)


def test_a_text_without_words_gets_no_answer_and_disturbs_nobody() -> None:
    blank = READINGS[0]._replace(context=(), spans=())
    mute = READINGS[1]._replace(question=())
    model = make()
    answers = answer(model, [blank, READINGS[2], mute], VOCABULARY)
    assert answers[0] == ""
    assert answers[1:2] == answer(model, [READINGS[2]], VOCABULARY)
    assert answers[2] in mute.example.context


@torch.no_grad()
def test_each_reading_alone_gives_the_same_as_in_a_batch_of_very_different_lengths() -> None:
    """De una sola palabra a más de mil; ninguna longitud se vio al entrenar."""
    endless = " ".join(example.context for example in generate_examples(40, seed=5))
    examples = [
        *generate_examples(3, seed=8, n_countries=(1, 6)),
        Example("1", "", "Sí", "¿?", (Answer("Sí", 0),)),
        Example("2", "", endless, "¿Es " + "muy " * 60 + "largo?", (Answer("La", endless.index("La")),)),
    ]
    readings = prepare(examples).readings
    assert [len(readings[-2].context), len(readings[-1].context) > 1000] == [1, True]
    model = make()
    together = model(encode(readings, VOCABULARY))
    for row, reading in enumerate(readings):
        alone = model(encode([reading], VOCABULARY))
        n, m = len(reading.context), len(reading.question)
        close = partial(torch.testing.assert_close, rtol=0, atol=1e-5)
        close(together.start_logits[row, :n], alone.start_logits[0])
        close(together.end_logits[row, :n], alone.end_logits[0])
        close(together.context_to_question[row, :n, :m], alone.context_to_question[0])
        close(together.question_to_context[row, :n], alone.question_to_context[0])


class Trained(NamedTuple):
    """Un modelo entrenado con la receta del capítulo y lo que saca con países que nunca vio."""

    model: BiDAF
    vocabulary: ReaderVocabulary
    test: tuple[Reading, ...]
    scores: Scores


def learn(seed: int, steps: int, without: tuple[str, ...] = ()) -> Trained:
    readings = prepare(generate_examples(6000)).readings
    test = prepare(generate_examples(400, split="test")).readings
    vocabulary = build_vocabulary(readings)
    seed_everything(seed)
    model = BiDAF(len(vocabulary.words), len(vocabulary.characters), without=without)
    batches = stream_batches(readings, vocabulary, batch_size=32, seed=seed)
    train(model, batches, span_loss, steps=steps, learning_rate=6e-3, progress=False)
    golds = [[gold.text for gold in reading.example.answers] for reading in test]
    return Trained(model, vocabulary, test, evaluate(answer(model, test, vocabulary), golds))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_learns_to_read_about_countries_it_never_saw(seed: int) -> None:
    trained = learn(seed, 300)
    assert trained.scores.exact_match >= 0.95
    assert trained.scores.f1 >= trained.scores.exact_match
    # una pregunta escrita a mano, sobre un país inventado
    text = "La capital de Zubrovia es Lutz. En Zubrovia se paga con el klubek. Ghana está en África. Ghana ocupa 5 km²."
    asks = [("¿Cuál es la capital de Zubrovia?", "Lutz"), ("¿En qué continente está Ghana?", "África")]
    readings = prepare(
        [Example("mía", "", text, ask, (Answer(gold, text.index(gold)),)) for ask, gold in asks]
    ).readings
    assert answer(trained.model, readings, trained.vocabulary) == [gold for _, gold in asks]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_without_letters_it_does_not_know_which_country(seed: int) -> None:
    assert learn(seed, 150, ("characters",)).scores.exact_match <= 0.7
