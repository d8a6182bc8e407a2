"""Los bucles de la pizarra contra una cuenta hecha aquí, número a número, y contra los núcleos rápidos."""

from __future__ import annotations

import math

import atencion
import pytest
import torch
from atencion import ops
from cases import additive_case, dot_product_case
from cases_two_way import TWO_WAY
from comparison import evaluate


def softmax(scores: list[float]) -> list[float]:
    total = sum(math.exp(s) for s in scores)
    return [math.exp(s) / total for s in scores]


def test_dot_product_in_plain_python() -> None:
    tensors = dot_product_case(batch=2, heads=2, kv_heads=1, n_query=3, n_key=5, d_k=4, d_v=2).tensors
    query, key, value = (t.tolist() for t in tensors.values())
    with atencion.use_kernel("naive"):
        output = ops.dot_product_attention(**tensors, causal=True).output.tolist()
    for b in range(2):
        for h in range(2):
            for i in range(3):
                scores = [
                    sum(x * y for x, y in zip(query[b][h][i], key[b][0][j], strict=True)) / 2 for j in range(i + 3)
                ]
                weights = softmax(scores)
                for d in range(2):
                    expected = sum(w * value[b][0][j][d] for j, w in enumerate(weights))
                    assert output[b][h][i][d] == pytest.approx(expected, rel=1e-12, abs=1e-14)


def test_additive_in_plain_python() -> None:
    tensors = additive_case(batch=2, n_query=3, n_key=5, units=4, d_v=2).tensors
    query, key, value, vector = (t.tolist() for t in tensors.values())
    with atencion.use_kernel("naive"):
        output = ops.additive_attention(**tensors, key_lengths=torch.tensor([5, 3])).output.tolist()
    for b in range(2):
        for i in range(3):
            scores = [
                sum(v * math.tanh(q + k) for v, q, k in zip(vector, query[b][i], key[b][j], strict=True))
                for j in range((5, 3)[b])
            ]
            weights = softmax(scores)
            for d in range(2):
                expected = sum(w * value[b][j][d] for j, w in enumerate(weights))
                assert output[b][i][d] == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("build", [dot_product_case, additive_case, *TWO_WAY.values()])
def test_fast_kernels_are_its_twins(kernel: str, dtype: torch.dtype, build: object) -> None:
    case = build(kind="everything").rounded(dtype)
    with atencion.use_kernel("naive"):
        expected = evaluate(case.operation, case)
    actual = evaluate(case.operation, case)
    tolerance = {"rtol": 1e-4, "atol": 2e-5} if dtype == torch.float32 else {"rtol": 1e-11, "atol": 1e-12}
    for name, wanted in expected.items():
        torch.testing.assert_close(actual[name], wanted, **tolerance, msg=lambda text, name=name: f"{name}: {text}")


@pytest.mark.parametrize("n_key", [3, 5])
def test_nan_before_a_masked_key_is_seen(kernel: str, dtype: torch.dtype, n_key: int) -> None:
    """El máximo de una fila con NaN es NaN aunque después solo haya claves tapadas."""
    query, key = torch.zeros(1, 1, 1, 1, dtype=dtype), torch.zeros(1, 1, n_key, 1, dtype=dtype)
    key[0, 0, 1] = math.nan
    attention = ops.dot_product_attention(query, key, key * 0, mask=torch.arange(n_key) < 2, return_weights=True)
    assert attention.weights is not None
    assert attention.weights[..., :2].isnan().all()
    assert attention.logsumexp.isnan().all()
