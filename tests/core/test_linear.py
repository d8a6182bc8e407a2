"""El núcleo lineal: tamaños alrededor de sus trozos y bloques, filas largas y números extremos."""

from __future__ import annotations

import math

import pytest
import torch
from atencion import ops, reference
from cases_linear import FEATURE_MAPS, feature_options, linear_case
from comparison import check, largest_error


# 64 filas por trozo, 32 en el causal, y bloques de 512 claves con su máximo.
@pytest.mark.parametrize("length", [1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 129])
def test_lengths_around_the_chunks(kernel: str, length: int) -> None:
    for features in FEATURE_MAPS:
        check(linear_case(kind="lengths", features=features, n_query=length, n_key=67, d_k=5, d_v=3), torch.float32)
        check(linear_case(kind="mask", features=features, n_query=67, n_key=length, d_k=5, d_v=3), torch.float64)


@pytest.mark.parametrize("features", FEATURE_MAPS)
@pytest.mark.parametrize("n_key", [511, 513, 1025])
def test_lengths_around_the_key_blocks(kernel: str, features: str, n_key: int) -> None:
    case = linear_case(features=features, batch=1, heads=1, n_query=7, n_key=n_key, d_k=5, d_v=3)
    case.tensors["key"][:, :, -1] += 30  # en Shen, el último bloque trae un máximo mucho mayor
    check(case, torch.float32)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 48, 64, 65, 100])
def test_widths_around_the_vector(kernel: str, dtype: torch.dtype, width: int) -> None:
    for features in FEATURE_MAPS:
        check(linear_case(features=features, n_query=5, n_key=7, d_k=width, d_v=width + 1), dtype)


@pytest.mark.parametrize("features", FEATURE_MAPS)
def test_long_rows(kernel: str, features: str) -> None:
    """Las sumas por bloques no pierden precisión: el error no crece con las claves más que el de torch."""
    sizes = {"batch": 1, "heads": 1, "n_query": 16384, "n_key": 16384, "d_k": 4, "d_v": 3}
    tensors = linear_case(features=features, **sizes).rounded(torch.float32).tensors
    actual = ops.linear_attention(**tensors, **feature_options(features))
    few = slice(-64, None)  # las últimas filas, que ven todas las claves
    exact = reference.linear_attention(
        tensors["query"][:, :, few].double(),
        tensors["key"].double(),
        tensors["value"].double(),
        **feature_options(features),
    )
    assert largest_error(actual.output[:, :, few], exact.output) < 8 * torch.finfo(torch.float32).eps
    assert largest_error(actual.logsumexp[:, :, few], exact.logsumexp) < 32 * torch.finfo(torch.float32).eps


@pytest.mark.parametrize("features", FEATURE_MAPS)
@pytest.mark.parametrize("shift", [-60.0, 60.0])
def test_large_features(kernel: str, dtype: torch.dtype, features: str, shift: float) -> None:
    """Shen no cambia si se suma una constante a las consultas o a las claves; elu no desborda ni se anula."""
    case = linear_case(features=features, n_query=7, n_key=9).rounded(dtype)
    case.tensors["query"] += shift
    before = ops.linear_attention(**case.tensors, **case.options)
    exact = case.oracle(**{name: t.double() for name, t in case.tensors.items()}, **case.options)
    torch.testing.assert_close(before.output.double(), exact.output, rtol=1e-5, atol=1e-5)
    if features == "softmax":
        case.tensors["key"] += shift
        after = ops.linear_attention(**case.tensors)
        torch.testing.assert_close(after.output, before.output, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("features", FEATURE_MAPS)
def test_nan_in_a_query_stays_in_its_row(kernel: str, dtype: torch.dtype, features: str) -> None:
    tensors = linear_case().rounded(dtype).tensors
    options = feature_options(features) | {"return_weights": True}
    before = ops.linear_attention(**tensors, **options)
    tensors["query"][1, 2, 40, 3] = math.nan
    after = ops.linear_attention(**tensors, **options)
    row = torch.zeros(2, 3, 53, dtype=torch.bool)
    row[1, 2, 40] = True
    for old, new in zip(before, after, strict=True):
        assert new[row].isnan().any()  # los pesos de las claves futuras siguen siendo cero
        assert torch.equal(new[~row], old[~row])
