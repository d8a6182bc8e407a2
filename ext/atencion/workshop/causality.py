"""Capas que miran el futuro o no, y maneras buenas y malas de averiguarlo: lo que usa el ejercicio 11.7."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

__all__ = [
    "averaging",
    "changes_only_itself",
    "ignores_past",
    "is_causal",
    "leaks",
    "normalized",
    "random_tensor",
    "reads_first",
]


def random_tensor(*shape: int, seed: int) -> Tensor:
    """Números normales que solo dependen de la semilla."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


_Layer = Callable[[Tensor], Tensor]


def averaging(x: Tensor) -> Tensor:
    """Causal: cada palabra recibe la media de las anteriores y de ella."""
    return x.cumsum(0) / torch.arange(1, len(x) + 1)[:, None]


def normalized(x: Tensor) -> Tensor:
    """Mira toda la frase, pero antes normaliza cada palabra: una constante sumada desaparece."""
    centred = x - x.mean(-1, keepdim=True)
    centred = centred / centred.square().mean(-1, keepdim=True).sqrt()
    return (centred @ centred.T / math.sqrt(x.shape[1])).softmax(-1) @ centred


def leaks(x: Tensor, *, row: int) -> Tensor:
    """Causal, salvo que una palabra ve también la siguiente."""
    output = averaging(x)
    if row + 1 < len(x):
        output[row] = output[row] + 0.5 * x[row + 1]
    return output


def reads_first(x: Tensor) -> Tensor:
    """Cada palabra ve solo la primera: es causal, y la última salida no cambia con la última palabra."""
    return x[:1].expand_as(x).clone()


def is_causal(
    layer: _Layer, x: Tensor, *, shift: float | None = None, first_row: bool = False, last_word: bool = False
) -> bool:
    """Cambia cada palabra y mira si se mueve alguna salida anterior.

    Las opciones son las maneras de equivocarse: sumar una constante en vez de sustituir, mirar solo la primera salida o
    cambiar solo la última palabra.
    """
    before = layer(x)
    for t in range(len(x) - 1 if last_word else 1, len(x)):
        changed = x.clone()
        changed[t] = x[t] + shift if shift is not None else random_tensor(x.shape[1], seed=700 + t)
        moved = (layer(changed) - before).abs().amax(-1)
        if (moved[:1] if first_row else moved[:t]).max() > 1e-5:
            return False
    return True


def changes_only_itself(layer: _Layer, x: Tensor) -> bool:
    """Equivocada: exige además que la última salida cambie con la última palabra."""
    changed = x.clone()
    changed[-1] = random_tensor(x.shape[1], seed=710)
    moved = (layer(changed) - layer(x)).abs().amax(-1)
    return bool(moved[-1] > 1e-5 and moved[:-1].max() <= 1e-5)


def ignores_past(layer: _Layer, x: Tensor) -> bool:
    """Equivocada: mira si la primera palabra llega a las demás, que está permitido."""
    changed = x.clone()
    changed[0] = random_tensor(x.shape[1], seed=720)
    return bool((layer(changed) - layer(x)).abs()[1:].max() <= 1e-5)
