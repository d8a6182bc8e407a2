"""MemN2N: las fórmulas del artículo, que el relleno no cuenta, el orden y lo que se aprende con cada pieza."""

import pytest
import torch
from atencion.data import stories
from atencion.layers.memory import position_encoding
from atencion.models.memn2n import MemN2N, answer_loss, train_memn2n
from atencion.training import seed_everything
from torch import nn
from torch.nn import functional

TYINGS = ["adjacent", "layer_wise"]
VOCABULARY, WORDS, SENTENCES = 29, 7, 5


def make(**options):
    seed_everything(5)
    settings = {"memory_size": 11, "max_words": WORDS, "hops": 3, "d_model": 13, **options}
    return MemN2N(VOCABULARY, **settings).eval()


@pytest.fixture
def inputs():
    seed_everything(8)
    sentences = torch.randint(1, VOCABULARY, (4, SENTENCES, WORDS - 1))
    sentences[:, :, 4:] *= torch.randint(0, 2, (4, SENTENCES, 1))  # unas frases de cuatro palabras y otras de seis
    lengths = torch.tensor([5, 3, 1, 4])
    sentences[torch.arange(SENTENCES) >= lengths[:, None]] = 0
    question = torch.randint(1, VOCABULARY, (4, 4))
    question[1, 2:] = 0
    return sentences, lengths, question


def by_hand(model, sentences, lengths, question, row):
    """Las fórmulas del artículo, historia a historia y frase a frase, sin el núcleo."""
    hops, d = model.hops, model.d_model
    words = model.word_embeddings.detach()
    times = None if model.time_embeddings is None else model.time_embeddings.detach()

    def bag(ids, table):
        return sum((model.position[j] * table[w] for j, w in enumerate(ids.tolist()) if w), torch.zeros(d))

    if model.tying == "adjacent":
        keys, values = [(k, k) for k in range(hops)], [(k + 1, k + 1) for k in range(hops)]
        transition = torch.eye(d)
    else:
        keys, values = [(1, 0)] * hops, [(2, 1)] * hops
        transition = model.transition.detach()
    n = int(lengths[row])
    state, weights = bag(question[row], words[0]), []
    for key, value in zip(keys, values, strict=True):
        inputs, outputs = (
            [bag(sentences[row, i], words[table]) + (0 if times is None else times[time, n - 1 - i]) for i in range(n)]
            for table, time in (key, value)
        )
        scores = torch.stack([state @ memory for memory in inputs])
        p = scores if model.linear_start else scores.softmax(0)
        weights.append(p)
        state = transition @ state + sum(p[i] * outputs[i] for i in range(n))
    return words[-1] @ state, torch.stack(weights)


@pytest.mark.parametrize("tying", TYINGS)
@pytest.mark.parametrize("linear_start", [False, True])
@pytest.mark.parametrize("options", [{}, {"use_time": False}, {"use_position": False}, {"hops": 1}])
def test_it_is_the_formula_of_the_paper(inputs, tying, linear_start, options):
    model = make(tying=tying, **options)
    model.linear_start = linear_start
    logits, weights = model(*inputs)
    for row, n in enumerate(inputs[1].tolist()):
        expected, p = by_hand(model, *inputs, row)
        torch.testing.assert_close(logits[row], expected, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(weights[row, :, :n], p, rtol=1e-4, atol=1e-5)
        assert (weights[row, :, n:] == 0).all()


def test_adjacent_tying_has_exactly_two_parameters():
    """La página carga estos nombres y formas."""
    shapes = {name: tuple(parameter.shape) for name, parameter in make().state_dict().items()}
    assert shapes == {"word_embeddings": (4, VOCABULARY, 13), "time_embeddings": (4, 11, 13)}


def test_number_of_parameters():
    model = MemN2N(30, memory_size=13, max_words=6)
    assert sum(parameter.numel() for parameter in model.parameters()) == 4 * 30 * 20 + 4 * 13 * 20 == 3440
    layer_wise = MemN2N(30, memory_size=13, max_words=6, tying="layer_wise", hops=5)
    assert sum(parameter.numel() for parameter in layer_wise.parameters()) == 4 * 30 * 20 + 2 * 13 * 20 + 20 * 20


@pytest.mark.parametrize("tying", TYINGS)
def test_each_story_answers_the_same_alone(inputs, tying):
    model = make(tying=tying)
    sentences, lengths, question = inputs
    logits, weights = model(*inputs)
    for row, n in enumerate(lengths.tolist()):
        alone = model(sentences[[row], :n], lengths[[row]], question[[row]])
        torch.testing.assert_close(alone.logits[0], logits[row], rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(alone.weights[0], weights[row, :, :n], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("tying", TYINGS)
@pytest.mark.parametrize("memory_size", [1, 13, 40])
@torch.no_grad()
def test_stories_of_very_different_lengths_do_not_disturb_each_other(tying, memory_size):
    """Sin frases, con una y con cuarenta, en el mismo lote; y la memoria, más corta que algunas."""
    rows = [
        stories.Story((), "¿Dónde está Ana?", "baño", ()),
        stories.Story(("Ana fue al baño.",), "¿Dónde está Ana?", "baño", (0,)),
        stories.Story(("Ana fue al baño.",) * 40, "¿Dónde está Ana?", "baño", (39,)),
        *stories.generate_stories(3, 4, seed=9),
    ]
    vocabulary = stories.build_vocabulary(rows)
    seed_everything(4)
    model = MemN2N(len(vocabulary), memory_size=memory_size, max_words=11, tying=tying).eval()

    def read(some):
        batch = stories.encode(some, vocabulary, memory_size=memory_size)
        return model(batch.sentences, batch.lengths, batch.question).logits

    together = read(rows)
    for index, row in enumerate(rows):
        torch.testing.assert_close(read([row])[0], together[index], rtol=0, atol=1e-5)


def test_padding_words_and_sentences_do_not_count(inputs):
    model = make()
    sentences, lengths, question = inputs
    wider = functional.pad(sentences, (0, 1, 0, 4)), lengths, functional.pad(question, (0, 3))
    torch.testing.assert_close(model(*wider).logits, model(*inputs).logits)


def test_weights_are_a_distribution_over_the_sentences(inputs):
    weights = make()(*inputs).weights
    torch.testing.assert_close(weights.sum(-1), torch.ones(4, 3))


def test_an_empty_story_reads_nothing(inputs):
    model = make()
    sentences, lengths, question = inputs
    logits, weights = model(sentences, torch.zeros_like(lengths), question)
    assert (weights == 0).all()
    torch.testing.assert_close(logits[0], model.word_embeddings[-1] @ by_hand_query(model, question[0]))


def by_hand_query(model, question):
    return (model.word_embeddings[0, question] * model.position[: len(question)]).sum(0)


def test_without_time_the_order_of_the_sentences_does_not_matter(inputs):
    sentences, _, question = inputs
    sentences, full = sentences[[0, 0]], torch.tensor([5, 5])
    sentences[1] = sentences[1, [3, 0, 4, 1, 2]]
    for use_time, same in ((False, True), (True, False)):
        logits = make(use_time=use_time)(sentences, full, question[[0, 0]]).logits
        assert torch.allclose(logits[0], logits[1], atol=1e-6) is same


def test_without_position_the_order_of_the_words_does_not_matter(inputs):
    sentences, lengths, question = inputs
    for use_position, same in ((False, True), (True, False)):
        model = make(use_position=use_position)
        one, other = model(sentences, lengths, question), model(sentences.flip(-1), lengths, question)
        assert torch.allclose(one.logits, other.logits, atol=1e-6) is same


@pytest.mark.parametrize("tying", TYINGS)
def test_the_null_word_stays_zero_even_if_it_is_overwritten(inputs, tying):
    model = make(tying=tying).train()
    assert (model.word_embeddings[:, 0] == 0).all()
    answer = torch.tensor([3, 4, 5, 6])
    functional.cross_entropy(model(*inputs).logits, answer).backward()
    assert (model.word_embeddings.grad[:, 0] == 0).all()
    assert all((parameter.grad != 0).any() for parameter in model.parameters())
    expected = model.eval()(*inputs).logits
    nn.init.normal_(model.word_embeddings[:, 0].detach())
    torch.testing.assert_close(model(*inputs).logits, expected)
    assert (expected[:, 0] == 0).all()


def test_time_noise_is_only_for_training(inputs):
    model = make(time_noise=0.5)
    assert torch.equal(model(*inputs).logits, model(*inputs).logits)
    model.train()
    assert not torch.equal(model(*inputs).logits, model(*inputs).logits)


def test_position_has_the_scale_of_a_bag_of_words():
    torch.testing.assert_close(make().position, 2 * position_encoding(WORDS, 13))
    assert (make(use_position=False).position == 1).all()
    assert "position" not in make().state_dict()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hops": 0}, "^hops: se esperaba un entero ≥ 1; se recibió 0$"),
        ({"tying": "rnn"}, "^tying: se esperaba 'adjacent' o 'layer_wise'; se recibió 'rnn'$"),
    ],
)
def test_errors_of_construction(options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)


def test_errors_of_shape(inputs):
    sentences, lengths, question = inputs
    expected = r"^sentences: se esperaba \(batch, n_sentences, words\) = \(4, ≤ 11, ≤ 7\); se recibió "
    for wrong in (sentences[0], sentences[:2], functional.pad(sentences, (0, 0, 0, 7))):
        with pytest.raises(ValueError, match=expected):
            make()(wrong, lengths, question)
    with pytest.raises(ValueError, match=r"^words: "):
        make()(functional.pad(sentences, (0, 2)), lengths, question)


def test_the_loss_is_summed_over_the_batch():
    rows = stories.generate_stories(1, 7)
    vocabulary = stories.build_vocabulary(rows)
    batch = stories.encode(rows, vocabulary, memory_size=12)
    model = MemN2N(len(vocabulary), memory_size=12, max_words=5).eval()
    alone = [answer_loss(model, stories.StoryBatch(*(field[[row]] for field in batch))) for row in range(7)]
    torch.testing.assert_close(answer_loss(model, batch), torch.stack(alone).sum())


def test_training_has_two_stages_and_ends_with_softmax():
    train, _, sizes = read(1, 64, 8)
    model = MemN2N(**sizes)
    stages = []
    model.register_forward_pre_hook(lambda module, _: stages.append(module.linear_start))
    history = train_memn2n(model, train, linear_epochs=2, epochs=1, progress=False)
    assert stages == [True] * 4 + [False] * 2
    assert len(history.losses) == 6
    assert not model.linear_start
    assert not model.training
    assert (model.word_embeddings[:, 0] == 0).all()


def read(task, n_train, n_test):
    """Historias de entrenamiento y de prueba en tensores, y los tamaños del modelo."""
    train, test = stories.generate_stories(task, n_train), stories.generate_stories(task, n_test, split="test")
    vocabulary = stories.build_vocabulary(train)
    sizes = {"vocabulary_size": len(vocabulary), "memory_size": 12, "max_words": stories.longest_text(train + test)}
    return *(stories.encode(rows, vocabulary, memory_size=12) for rows in (train, test)), sizes


@pytest.fixture(scope="module")
def data():
    return {1: read(1, 1000, 500), 2: read(2, 1000, 500), 4: read(4, 1000, 400)}


def trained(data, seed, **options):
    """Exactitud en la prueba, y en qué fracción cada frase de apoyo es la más leída de algún salto."""
    train, test, sizes = data
    seed_everything(seed)
    model = MemN2N(**sizes, **options)
    train_memn2n(model, train, seed=seed, progress=False)
    with torch.no_grad():
        logits, weights = model(test.sentences, test.lengths, test.question)
    read_most = torch.zeros_like(test.supporting).scatter_(1, weights.argmax(-1), True)
    found = (read_most | ~test.supporting).all(1).float().mean().item()
    return (logits.argmax(-1) == test.answer).float().mean().item(), found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_fact_needs_time(data, seed):
    accuracy, found = trained(data[1], seed)
    assert accuracy >= 0.98
    assert found >= 0.98
    assert trained(data[1], seed, use_time=False)[0] <= 0.7


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_facts_need_several_hops(data, seed):
    accuracy, found = trained(data[2], seed)
    assert accuracy >= 0.85
    assert found >= 0.8
    assert trained(data[2], seed, hops=1)[0] <= 0.5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_relations_need_the_order_of_the_words(data, seed):
    assert trained(data[4], seed)[0] >= 0.9
    assert trained(data[4], seed, use_position=False)[0] <= 0.6
