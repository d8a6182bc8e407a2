"""El patrón por filas comprimidas: construcción, operaciones y errores."""

from __future__ import annotations

import pytest
import torch
from atencion.patterns import SparsePattern, causal, from_edges, from_mask, global_tokens, sliding_window
from torch import Tensor


def random_mask(seed: int, n_query: int = 11, n_key: int = 7) -> Tensor:
    return torch.rand(n_query, n_key, generator=torch.Generator().manual_seed(seed)) > 0.6


@pytest.mark.parametrize("shape", [(11, 7), (1, 1), (0, 5), (5, 0), (0, 0)])
def test_mask_round_trip(shape: tuple[int, int]) -> None:
    mask = random_mask(1, *shape)
    pattern = from_mask(mask)
    assert torch.equal(pattern.to_mask(), mask)
    assert (pattern.n_query, pattern.n_key, len(pattern)) == (*shape, int(mask.sum()))
    assert pattern.density == (mask.double().mean().item() if mask.numel() else 0.0)


def test_edges_in_any_order_and_repeated() -> None:
    mask = random_mask(2)
    query, key = mask.nonzero().T
    order = torch.randperm(len(query), generator=torch.Generator().manual_seed(3)).repeat(2)
    pattern = from_edges(query[order].int(), key[order], 11, 7)
    assert torch.equal(pattern.to_mask(), mask)
    assert torch.equal(pattern.queries, query)
    assert torch.equal(pattern.keys, key)


@pytest.mark.parametrize("seed", [4, 5])
def test_set_operations_are_those_of_the_masks(seed: int) -> None:
    one, other = random_mask(seed), random_mask(seed + 10)
    patterns = from_mask(one), from_mask(other)
    assert torch.equal((patterns[0] | patterns[1]).to_mask(), one | other)
    assert torch.equal((patterns[0] & patterns[1]).to_mask(), one & other)
    assert torch.equal(patterns[0].transpose().to_mask(), one.T)


@pytest.mark.parametrize("n_query", [4, 7, 11])
def test_causal_aligns_to_the_end(n_query: int) -> None:
    """La última consulta está a la altura de la última clave, como en ``dot_product_attention``."""
    mask = random_mask(6, n_query)
    position = torch.arange(n_query)[:, None] + 7 - n_query
    assert torch.equal(from_mask(mask).causal().to_mask(), mask & (torch.arange(7) <= position))


def test_dense_values_and_their_gradient() -> None:
    mask = random_mask(7)
    pattern = from_mask(mask)
    values = torch.randn(2, 3, len(pattern), dtype=torch.float64, requires_grad=True)
    dense = pattern.to_dense(values)
    assert dense.shape == (2, 3, 11, 7)
    assert torch.equal(dense[..., mask], values)
    assert not dense[..., ~mask].any()
    arriving = torch.randn_like(dense)
    (gradient,) = torch.autograd.grad(dense, values, arriving)
    assert torch.equal(gradient, arriving[..., mask])


def test_is_immutable() -> None:
    offsets, keys = torch.tensor([0, 1, 2]), torch.tensor([0, 1])
    pattern = SparsePattern(offsets, keys, 2)
    keys[0], offsets[1] = 1, 2
    assert pattern.keys.tolist() == [0, 1]
    assert pattern.offsets.tolist() == [0, 1, 2]
    with pytest.raises(AttributeError):
        pattern.keys = keys  # type: ignore[misc]


def test_drawing() -> None:
    assert str(causal(2)) == "■ ·\n■ ■"
    assert str(causal(65)) == repr(causal(65)) == "SparsePattern(n_query=65, n_key=65, n_edges=2145)"


def ints(*numbers: int) -> Tensor:
    return torch.tensor(numbers, dtype=torch.int64)


INVALID = [
    (ints(0, 2), ints(1, 0), 2, ValueError, "keys: se esperaba claves crecientes y sin repetir en cada fila"),
    (ints(0, 2), ints(1, 1), 2, ValueError, "keys: se esperaba claves crecientes y sin repetir en cada fila"),
    (ints(0, 2), ints(0, 2), 2, ValueError, "keys: se esperaba enteros de 0 a n_key − 1 = 1; se recibió [0, 2]"),
    (ints(0, 2), ints(-1, 1), 2, ValueError, "keys: se esperaba enteros de 0 a n_key − 1 = 1; se recibió [-1, 1]"),
    (ints(0, 1), ints(0, 1), 2, ValueError, "offsets: se esperaba de 0 a n_edges = 2, sin decrecer"),
    (ints(1, 2), ints(0, 1), 2, ValueError, "offsets: se esperaba de 0 a n_edges = 2, sin decrecer"),
    (ints(0, 2, 1, 2), ints(0, 1), 2, ValueError, "offsets: se esperaba de 0 a n_edges = 2, sin decrecer"),
    (ints(), ints(), 2, ValueError, "offsets: se esperaba (n_query + 1,); se recibió (0,)"),
    (ints(0, 1)[None], ints(0), 2, ValueError, "offsets: se esperaba (n_query + 1,); se recibió (1, 2)"),
    (ints(0, 1), ints(0).double(), 2, TypeError, "keys: se esperaba dtype entero; se recibió torch.float64"),
    ([0, 1], ints(0), 2, TypeError, "offsets: se esperaba un tensor; se recibió list"),
    (ints(0, 1), ints(0), -1, ValueError, "n_key: se esperaba un entero ≥ 0; se recibió -1"),
    (ints(0, 1), ints(0), 2.0, TypeError, "n_key: se esperaba un entero; se recibió float"),
]


@pytest.mark.parametrize(("offsets", "keys", "n_key", "error", "message"), INVALID)
def test_invalid_patterns(offsets: Tensor, keys: Tensor, n_key: int, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        SparsePattern(offsets, keys, n_key)
    assert str(raised.value).startswith(message)


def test_invalid_edges_masks_and_values() -> None:
    with pytest.raises(ValueError, match=r"query_index: se esperaba enteros de 0 a n_query − 1 = 1; se recibió \[0, 2"):
        from_edges(ints(0, 2), ints(0, 0), 2, 2)
    with pytest.raises(ValueError, match=r"key_index: se esperaba \(n_edges,\) = \(2,\); se recibió \(1,\)"):
        from_edges(ints(0, 1), ints(0), 2, 2)
    with pytest.raises(TypeError, match="mask: se esperaba dtype bool"):
        from_mask(torch.ones(2, 2))
    with pytest.raises(ValueError, match=r"mask: se esperaba \(n_query, n_key\); se recibió \(2,\)"):
        from_mask(torch.ones(2, dtype=torch.bool))
    with pytest.raises(ValueError, match=r"edge_values: se esperaba \(…, n_edges\) = \(…, 3\); se recibió \(2,\)"):
        causal(2).to_dense(torch.zeros(2))
    with pytest.raises(ValueError, match=r"other: se esperaba \(n_query, n_key\) = \(2, 2\); se recibió \(3, 3\)"):
        causal(2) | causal(3)
    with pytest.raises(TypeError, match="other: se esperaba un SparsePattern; se recibió int"):
        causal(2) & 3  # type: ignore[operator]


def test_memory_grows_with_the_edges() -> None:
    """Cien mil posiciones: la matriz entera no cabría."""
    n = 100_000
    pattern = (sliding_window(n, 2) | global_tokens(n, [0])).causal().transpose()
    assert len(pattern) == 3 * n - 3 + n - 3
