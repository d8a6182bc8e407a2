"""La capa de Bahdanau: sus proyecciones, un estado o varios, y las máscaras que acepta."""

from __future__ import annotations

import math

import pytest
import torch
from atencion import reference
from atencion.layers import AdditiveAttention
from atencion.ops import Attention
from torch import Tensor

BATCH, N_QUERY, N_KEY, QUERY_DIM, KEY_DIM, UNITS = 2, 3, 7, 5, 11, 13


@pytest.fixture
def layer() -> AdditiveAttention:
    torch.manual_seed(0)
    return AdditiveAttention(QUERY_DIM, KEY_DIM, UNITS).double()


@pytest.fixture
def annotations() -> Tensor:
    return torch.randn(BATCH, N_KEY, KEY_DIM, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.fixture
def states() -> Tensor:
    return torch.randn(BATCH, N_QUERY, QUERY_DIM, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def test_parameters(layer: AdditiveAttention) -> None:
    """W_a, U_a y v_a, sin sesgos, como en el artículo."""
    shapes = {name: tuple(parameter.shape) for name, parameter in layer.named_parameters()}
    assert shapes == {
        "score_vector": (UNITS,),
        "query_projection.weight": (UNITS, QUERY_DIM),
        "key_projection.weight": (UNITS, KEY_DIM),
    }
    assert layer.score_vector.abs().max() <= UNITS**-0.5
    assert layer.score_vector.unique().numel() == UNITS


def test_is_the_formula(layer: AdditiveAttention, annotations: Tensor, states: Tensor) -> None:
    """e_ij = v_aᵀ tanh(W_a s_i + U_a h_j), escrita aquí con un bucle por par."""
    found = layer(states, layer.project_keys(annotations), annotations, return_weights=True)
    w_a, u_a, v_a = layer.query_projection.weight, layer.key_projection.weight, layer.score_vector
    for b in range(BATCH):
        for i in range(N_QUERY):
            scores = torch.stack([v_a @ torch.tanh(w_a @ states[b, i] + u_a @ h) for h in annotations[b]])
            alpha = scores.softmax(0)
            torch.testing.assert_close(found.weights[b, i], alpha, rtol=1e-10, atol=1e-12)
            torch.testing.assert_close(found.output[b, i], alpha @ annotations[b], rtol=1e-10, atol=1e-12)
            torch.testing.assert_close(found.logsumexp[b, i], scores.logsumexp(0), rtol=1e-10, atol=1e-12)


def test_one_state_is_one_of_several(layer: AdditiveAttention, annotations: Tensor, states: Tensor) -> None:
    keys = layer.project_keys(annotations)
    lengths = torch.tensor([7, 4])
    together = layer(states, keys, annotations, key_lengths=lengths, return_weights=True)
    for i in range(N_QUERY):
        alone = layer(states[:, i], keys, annotations, key_lengths=lengths, return_weights=True)
        assert isinstance(alone, Attention)
        assert alone.output.shape == (BATCH, KEY_DIM)
        assert alone.weights.shape == (BATCH, N_KEY)
        assert alone.logsumexp.shape == (BATCH,)
        for single, several in zip(alone, together, strict=True):
            torch.testing.assert_close(single, several[:, i], rtol=1e-12, atol=1e-14)


def test_one_state_of_one_example(layer: AdditiveAttention, annotations: Tensor, states: Tensor) -> None:
    """Los ejes que miden 1 no se pierden por el camino."""
    found = layer(states[:1, 0], layer.project_keys(annotations[:1, :1]), annotations[:1, :1], return_weights=True)
    assert (found.output.shape, found.weights.shape, found.logsumexp.shape) == ((1, KEY_DIM), (1, 1), (1,))


def test_no_weights_unless_requested(layer: AdditiveAttention, annotations: Tensor, states: Tensor) -> None:
    keys = layer.project_keys(annotations)
    assert layer(states, keys, annotations).weights is None
    assert layer(states[:, 0], keys, annotations).weights is None


def test_masks_reach_the_operation(layer: AdditiveAttention, annotations: Tensor, states: Tensor) -> None:
    keys = layer.project_keys(annotations)
    mask = torch.rand(BATCH, N_QUERY, N_KEY, generator=torch.Generator().manual_seed(3)) > 0.4
    found = layer(states, keys, annotations, mask=mask, key_lengths=torch.tensor([7, 4]), return_weights=True)
    expected = reference.additive_attention(
        layer.query_projection(states), keys, annotations, layer.score_vector, mask=mask,
        key_lengths=torch.tensor([7, 4]), return_weights=True,
    )  # fmt: skip
    torch.testing.assert_close(found.weights, expected.weights, rtol=1e-11, atol=1e-13)
    assert not found.weights[1, :, 4:].any()
    single = layer(states[:, 0], keys, annotations, mask=mask[:, :1], return_weights=True)
    assert not single.weights[~mask[:, 0]].any()


def test_empty_sentence(layer: AdditiveAttention, annotations: Tensor, states: Tensor) -> None:
    """Una frase sin palabras da contexto cero y no envenena los gradientes de las demás."""
    found = layer(states[:, 0], layer.project_keys(annotations), annotations, key_lengths=torch.tensor([0, 7]))
    assert not found.output[0].any()
    assert found.logsumexp[0] == -math.inf
    found.output.sum().backward()
    for name, parameter in layer.named_parameters():
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name


def test_padding_changes_nothing(layer: AdditiveAttention, annotations: Tensor, states: Tensor) -> None:
    longer = torch.cat([annotations, torch.full((BATCH, 4, KEY_DIM), 1e3, dtype=torch.float64)], 1)
    before = layer(states, layer.project_keys(annotations), annotations)
    lengths = torch.full((BATCH,), N_KEY)
    after = layer(states, layer.project_keys(longer), longer, key_lengths=lengths)
    torch.testing.assert_close(after.output, before.output, rtol=1e-12, atol=1e-13)


def test_gradcheck(layer: AdditiveAttention, annotations: Tensor, states: Tensor) -> None:
    leaves = [states.requires_grad_(), annotations.requires_grad_(), *layer.parameters()]

    def function(states: Tensor, annotations: Tensor, *_: Tensor) -> Tensor:
        return layer(states, layer.project_keys(annotations), annotations, key_lengths=torch.tensor([7, 3])).output

    assert torch.autograd.gradcheck(function, leaves)


@pytest.mark.parametrize("shape", [(5,), (2, 3, 1, 5)])
def test_state_with_the_wrong_axes(layer: AdditiveAttention, annotations: Tensor, shape: tuple[int, ...]) -> None:
    keys = layer.project_keys(annotations)
    with pytest.raises(ValueError, match="se esperaba") as error:
        layer(torch.zeros(shape, dtype=torch.float64), keys, annotations)
    assert str(error.value) == f"state: se esperaba (batch, query_dim); se recibió {shape}"


def test_keys_that_are_not_projected(layer: AdditiveAttention, annotations: Tensor, states: Tensor) -> None:
    with pytest.raises(ValueError, match="se esperaba") as error:
        layer(states, annotations, annotations)
    assert str(error.value) == "key: se esperaba (batch, n_key, units) = (2, 7, 13); se recibió (2, 7, 11)"


def test_compiles_and_survives_saving(layer: AdditiveAttention, annotations: Tensor, states: Tensor) -> None:
    copy = AdditiveAttention(QUERY_DIM, KEY_DIM, UNITS).double()
    copy.load_state_dict(layer.state_dict())
    keys = layer.project_keys(annotations).detach()
    expected = layer(states[:, 0], keys, annotations)
    assert torch.equal(copy(states[:, 0], copy.project_keys(annotations), annotations).output, expected.output)
    torch._dynamo.reset()
    compiled = torch.compile(layer, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(states[:, 0], keys, annotations).output, expected.output)
