"""El traductor de Bahdanau hace lo que dicen sus fórmulas, y aprende."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import pytest
import torch
from atencion.data.batches import Batch, collate
from atencion.data.dates import TARGET_VOCABULARY, generate_examples, split_days
from atencion.data.vocabulary import BOS_ID, EOS_ID, PAD_ID, Vocabulary
from atencion.models.seq2seq import BahdanauSeq2Seq, FixedContext, teacher_forcing_loss
from atencion.training import exact_match, train
from torch import Tensor, nn

SIZES: dict[str, Any] = {"embed_dim": 5, "hidden_dim": 7, "attention_units": 11, "maxout_dim": 3}
SOURCE = torch.tensor([[4, 5, 6, 7, 8], [9, 10, 11, 0, 0], [12, 0, 0, 0, 0]])
LENGTHS = torch.tensor([5, 3, 1])
TARGET = torch.tensor([[BOS_ID, 4, 5, 6], [BOS_ID, 7, 8, 4], [BOS_ID, 5, 0, 0]])


@pytest.fixture
def model() -> BahdanauSeq2Seq:
    torch.manual_seed(1)
    return BahdanauSeq2Seq(13, 17, **SIZES)


def test_shapes(model: BahdanauSeq2Seq) -> None:
    output = model(SOURCE, LENGTHS, TARGET, return_weights=True)
    assert output.logits.shape == (3, 4, 17)
    assert output.weights.shape == (3, 4, 5)
    assert model(SOURCE, LENGTHS, TARGET).weights is None


def test_weights_are_a_distribution_over_the_words_and_zero_on_padding(model: BahdanauSeq2Seq) -> None:
    weights = model(SOURCE, LENGTHS, TARGET, return_weights=True).weights
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(3, 4))
    assert not weights[1, :, 3:].any()
    assert not weights[2, :, 1:].any()
    assert weights[0].min() > 0


def test_source_padding_changes_nothing(model: BahdanauSeq2Seq) -> None:
    wide = torch.cat([SOURCE, torch.full((3, 6), 8)], dim=1)
    expected = model(SOURCE, LENGTHS, TARGET, return_weights=True)
    output = model(wide, LENGTHS, TARGET, return_weights=True)
    torch.testing.assert_close(output.logits, expected.logits)
    torch.testing.assert_close(output.weights[..., :5], expected.weights)
    alone = model(SOURCE[1:2, :3], LENGTHS[1:2], TARGET[1:2])
    torch.testing.assert_close(alone.logits[0], expected.logits[1])


def test_first_state_is_made_from_the_backward_state(model: BahdanauSeq2Seq) -> None:
    states: list[Tensor] = []
    model.cell.register_forward_pre_hook(lambda _, args: states.append(args[1]))
    model(SOURCE, LENGTHS, TARGET)
    _, backward = model.encoder(SOURCE, LENGTHS)
    expected = torch.tanh(backward @ model.initial_state.weight.T + model.initial_state.bias)
    torch.testing.assert_close(states[0], expected)


def test_attention_reads_the_previous_state_and_projects_the_keys_once(model: BahdanauSeq2Seq) -> None:
    asked: list[Tensor] = []
    made: list[Tensor] = []
    projections: list[Tensor] = []
    model.attention.register_forward_pre_hook(lambda _, args: asked.append(args[0]))
    model.cell.register_forward_hook(lambda _, args, state: made.append(state))
    model.attention.key_projection.register_forward_hook(lambda _, args, out: projections.append(out))
    model(SOURCE, LENGTHS, TARGET)
    assert len(asked) == len(made) == 4
    for state, query in zip(made[:-1], asked[1:], strict=True):
        assert state is query
    assert len(projections) == 1


def test_weights_at_a_step_do_not_depend_on_the_word_just_written(model: BahdanauSeq2Seq) -> None:
    """El peso α_i sale de s_{i−1}, que todavía no ha leído y_{i−1}."""
    changed = TARGET.clone()
    changed[:, 2] = 9
    before = model(SOURCE, LENGTHS, TARGET, return_weights=True)
    after = model(SOURCE, LENGTHS, changed, return_weights=True)
    torch.testing.assert_close(after.weights[:, :3], before.weights[:, :3], rtol=0, atol=0)
    torch.testing.assert_close(after.logits[:, :2], before.logits[:, :2], rtol=0, atol=0)
    assert (after.weights[0, 3] - before.weights[0, 3]).abs().max() > 1e-5
    assert (after.logits[:, 2] - before.logits[:, 2]).abs().max() > 1e-4


def test_context_enters_every_gate(model: BahdanauSeq2Seq) -> None:
    states = []
    model.cell.register_forward_hook(lambda _, args, state: states.append(state))
    model(SOURCE, LENGTHS, TARGET)
    states[-1].sum().backward()
    assert model.cell.weight_ih.grad is not None
    for gate in model.cell.weight_ih.grad.split(SIZES["hidden_dim"]):
        assert gate[:, SIZES["embed_dim"] :].abs().min() > 0


def test_output_uses_previous_state_previous_word_and_context_with_maxout(model: BahdanauSeq2Seq) -> None:
    seen: dict[str, Tensor] = {}
    model.deep_output.register_forward_hook(lambda _, args, out: seen.update(inputs=args[0], pairs=out))
    model.output.register_forward_hook(lambda _, args, out: seen.update(maxout=args[0]))
    states: list[Tensor] = []
    contexts: list[Tensor] = []
    model.attention.register_forward_pre_hook(lambda _, args: states.append(args[0]))
    model.attention.register_forward_hook(lambda _, args, out: contexts.append(out.output))
    model(SOURCE, LENGTHS, TARGET)
    expected = torch.cat([torch.stack(states, 1), model.embedding(TARGET), torch.stack(contexts, 1)], dim=-1)
    torch.testing.assert_close(seen["inputs"], expected)
    torch.testing.assert_close(seen["maxout"], torch.maximum(seen["pairs"][..., 0::2], seen["pairs"][..., 1::2]))


def test_generate_agrees_with_teacher_forcing_on_its_own_words(model: BahdanauSeq2Seq) -> None:
    generation = model.generate(SOURCE, LENGTHS, max_length=6, return_weights=True)
    shifted = torch.cat([torch.full((3, 1), BOS_ID), generation.tokens[:, :-1]], dim=1)
    output = model(SOURCE, LENGTHS, shifted, return_weights=True)
    for row in range(3):
        written = generation.tokens[row].tolist()
        steps = written.index(EOS_ID) + 1 if EOS_ID in written else len(written)
        assert output.logits[row, :steps].argmax(dim=-1).tolist() == written[:steps]
        torch.testing.assert_close(generation.weights[row, :steps], output.weights[row, :steps])


def test_generate_stops_and_pads_after_the_end(model: BahdanauSeq2Seq) -> None:
    with torch.no_grad():
        model.output.bias[EOS_ID] = 50.0
    generation = model.generate(SOURCE, LENGTHS, max_length=6, return_weights=True)
    assert generation.tokens.tolist() == [[EOS_ID]] * 3
    assert model.generate(SOURCE, LENGTHS, max_length=6).weights is None


def test_rows_that_end_early_are_padded_while_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    model = BahdanauSeq2Seq(13, 17, **SIZES)
    script = cycle([[4, 5, 6], [EOS_ID, 5, 6], [7, EOS_ID, 6], [7, 7, EOS_ID]])

    def scripted(inputs: Tensor) -> Tensor:
        return nn.functional.one_hot(torch.tensor(next(script)), 17).float()

    monkeypatch.setattr(model.output, "forward", scripted)
    generation = model.generate(SOURCE, LENGTHS, max_length=9, return_weights=True)
    assert generation.tokens.tolist() == [[4, EOS_ID, PAD_ID, PAD_ID], [5, 5, EOS_ID, PAD_ID], [6, 6, 6, EOS_ID]]
    assert generation.weights is not None
    alive = generation.weights.sum(dim=-1)
    torch.testing.assert_close(alive, torch.tensor([[1.0, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]))


def test_loss_ignores_padding_and_counts_every_word_from_the_first(model: BahdanauSeq2Seq) -> None:
    expected_output = torch.tensor([[4, 5, 6, EOS_ID], [7, 8, 4, EOS_ID], [5, EOS_ID, PAD_ID, PAD_ID]])
    loss = teacher_forcing_loss(model, Batch(SOURCE, LENGTHS, TARGET, expected_output))
    log_probs = model(SOURCE, LENGTHS, TARGET).logits.log_softmax(dim=-1)
    picked = log_probs.gather(-1, expected_output[..., None]).squeeze(-1)
    valid = expected_output != PAD_ID
    assert valid.sum() == 10
    torch.testing.assert_close(loss, -picked[valid].mean())


def test_fixed_context_is_the_two_final_states_whatever_the_step() -> None:
    torch.manual_seed(1)
    model = BahdanauSeq2Seq(13, 17, attention=FixedContext(), **SIZES)
    contexts: list[Tensor] = []
    model.attention.register_forward_hook(lambda _, args, out: contexts.append(out.output))
    model(SOURCE, LENGTHS, TARGET)
    annotations, backward = model.encoder(SOURCE, LENGTHS)
    ends = torch.stack([annotations[0, 4, :7], annotations[1, 2, :7], annotations[2, 0, :7]])
    for context in contexts:
        torch.testing.assert_close(context, torch.cat([ends, backward], dim=-1))
    assert model.generate(SOURCE, LENGTHS, max_length=5).tokens.shape[0] == 3


def test_fixed_context_without_lengths_takes_the_last_column() -> None:
    values = torch.arange(30.0).reshape(1, 5, 6)
    context = FixedContext()(torch.zeros(1, 3), values, values).output
    assert context.tolist() == [[24.0, 25.0, 26.0, 3.0, 4.0, 5.0]]


def test_fixed_context_has_no_weights_to_give() -> None:
    model = BahdanauSeq2Seq(13, 17, attention=FixedContext(), **SIZES)
    with pytest.raises(ValueError, match="return_weights: se esperaba False: un contexto fijo no tiene pesos"):
        model(SOURCE, LENGTHS, TARGET, return_weights=True)


def test_the_ablation_differs_only_in_the_attention() -> None:
    def names(model: nn.Module) -> set[str]:
        return {name for name, _ in model.named_parameters() if not name.startswith("attention.")}

    assert names(BahdanauSeq2Seq(13, 17, attention=FixedContext(), **SIZES)) == names(BahdanauSeq2Seq(13, 17, **SIZES))


@pytest.mark.parametrize("target", [torch.zeros(3, 0, dtype=torch.int64), TARGET[:2], TARGET[0]])
def test_wrong_target_shapes(model: BahdanauSeq2Seq, target: Tensor) -> None:
    with pytest.raises(ValueError, match=r"target_input: se esperaba \(batch, n_target\) = \(3, ≥ 1\); se recibió"):
        model(SOURCE, LENGTHS, target)


def test_wrong_max_length(model: BahdanauSeq2Seq) -> None:
    with pytest.raises(ValueError, match="max_length: se esperaba un entero ≥ 1; se recibió 0"):
        model.generate(SOURCE, LENGTHS, max_length=0)


def test_it_learns_a_handful_of_series_by_heart() -> None:
    examples = generate_examples(split_days().train, 24, num_dates=(2,), seed=3)
    vocabulary = Vocabulary.from_sequences(example.source for example in examples)
    batch = collate(examples, vocabulary, TARGET_VOCABULARY)
    torch.manual_seed(0)
    model = BahdanauSeq2Seq(
        len(vocabulary), len(TARGET_VOCABULARY), embed_dim=16, hidden_dim=32, attention_units=16, maxout_dim=16
    )
    train(model, cycle([batch]), teacher_forcing_loss, steps=110, learning_rate=2e-2, warmup=0.15, progress=False)
    tokens = model.generate(batch.source, batch.source_lengths, max_length=24).tokens
    assert exact_match(tokens, batch.target_output).all()
