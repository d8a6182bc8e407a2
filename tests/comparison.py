"""Comparar con el oráculo, con tolerancias derivadas y no elegidas a ojo.

Si x es lo calculado en el tipo numérico T, se exige elemento a elemento

    |x − x̂| ≤ factor · error(torch) + suelo · eps(T) · escala · max(|x̂|, 1)

donde x̂ es ``reference.py`` en float64 con las mismas entradas, ya redondeadas a T, y error(torch) es el mayor error de
``reference.py`` calculado en T. El factor es 2 en la ida y 3 en los gradientes. En float64 no hay nada más preciso con
que medir a torch: su error se mide en float32, en unidades de eps, y se traslada; el oráculo pone entonces otro tanto.

El suelo es 8 en la ida: el núcleo lleva las puntuaciones en base 2 (dos redondeos más que torch), acumula en otro orden
y su exponencial yerra hasta 2 eps. En los gradientes es 16, porque los pesos se recalculan. La escala es 1 salvo donde
el problema está peor condicionado; quien la cambia dice por qué.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from cases import ON_REQUEST, Case, arrange
from torch import Tensor

FORWARD_FACTOR, GRADIENT_FACTOR = 2.0, 3.0
FORWARD_FLOOR, GRADIENT_FLOOR = 8.0, 16.0

Results = dict[str, Tensor]


def evaluate(function: Callable[..., object], case: Case) -> Results:
    """Salidas y gradientes de todos los tensores del caso, con gradientes de llegada fijos y al azar."""
    leaves = {name: arrange(tensor, case.layout).detach().requires_grad_() for name, tensor in case.tensors.items()}
    attention = function(**leaves, **case.options, return_weights=not ON_REQUEST.isdisjoint(case.through))
    outputs = attention._asdict()
    results = {name: tensor.detach() for name, tensor in outputs.items() if tensor is not None}
    roots = [outputs[name] for name in case.through if outputs[name].requires_grad]
    generator = torch.Generator().manual_seed(3)
    arriving = [torch.randint(-8, 9, r.shape, generator=generator).to(r.dtype) / 8 for r in roots]
    gradients = torch.autograd.grad(roots, list(leaves.values()), arriving, materialize_grads=True)
    return results | {f"grad_{name}": grad for name, grad in zip(leaves, gradients, strict=True)}


def _arranged(case: Case) -> Case:
    """El caso con los números que de verdad se leen: un eje expandido repite el primero."""
    tensors = {name: arrange(tensor, case.layout).contiguous() for name, tensor in case.tensors.items()}
    return Case(case.operation, case.oracle, tensors, case.options, "contiguous", case.through)


def largest_error(actual: Tensor, expected: Tensor) -> float:
    """Mayor diferencia entre los elementos finitos de ``expected``."""
    finite = expected.isfinite()
    return float((actual.double() - expected).abs()[finite].max()) if finite.any() else 0.0


def assert_close(name: str, actual: Tensor, expected: Tensor, tolerance: Tensor) -> None:
    """``expected`` está en float64. Los infinitos y los NaN han de coincidir; lo finito, con ``tolerance``."""
    assert actual.shape == expected.shape, f"{name}: forma {tuple(actual.shape)}, no {tuple(expected.shape)}"
    found, finite = actual.double(), expected.isfinite()
    special = torch.equal(found[~finite].nan_to_num(12345.0), expected[~finite].nan_to_num(12345.0))
    assert special, f"{name}: no coinciden los infinitos o los NaN"
    excess = ((found - expected).abs() / tolerance)[finite]
    assert bool((excess <= 1.0).all()), (
        f"{name}: el error es {float(excess.max()):.3g} veces lo admitido; el mayor, "
        f"{largest_error(actual, expected):.3g}"
    )


def check(case: Case, dtype: torch.dtype, scale: float = 1.0) -> Results:
    """Corre el caso con el núcleo activo y compara con el oráculo cada salida y cada gradiente."""
    logical = _arranged(case)
    expected = evaluate(case.oracle, logical.rounded(dtype, torch.float64))
    single = evaluate(case.oracle, logical.rounded(torch.float32))
    exact = expected
    if dtype == torch.float64:
        exact = evaluate(case.oracle, logical.rounded(torch.float32, torch.float64))
    actual = evaluate(case.operation, case.rounded(dtype))
    eps = torch.finfo(dtype).eps
    for name, wanted in expected.items():
        is_gradient = name.startswith("grad_")
        factor = (GRADIENT_FACTOR if is_gradient else FORWARD_FACTOR) + (dtype == torch.float64)
        floor = (GRADIENT_FLOOR if is_gradient else FORWARD_FLOOR) * eps * scale
        if name in ("grad_score_vector", "grad_score_weights"):  # suma cada fila: sus redondeos crecen con la raíz
            floor *= max(expected["output"].shape[:-1].numel(), 1) ** 0.5
        torch_error = largest_error(single[name], exact[name]) * eps / torch.finfo(torch.float32).eps
        assert_close(name, actual[name], wanted, factor * torch_error + floor * wanted.abs().clamp_min(1.0))
    return actual
