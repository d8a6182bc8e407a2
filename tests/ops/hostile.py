"""Argumentos con los que nadie debería caerse: de otra clase, de otra forma, sin memoria o descomunales."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from atencion.patterns import SparsePattern, from_mask
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_unflatten

from .arguments import World

ENORMOUS = 2**46  # elementos: ni con reserva perezosa caben, así que nadie se pone a recorrerlos
NOT_TENSORS: tuple[Any, ...] = (
    None, True, 0, -1, 7, 2**31, 2**62, 2**63 - 1, 2**64, -(2**70), 0.5, -0.0, 1e300, math.nan, math.inf, -math.inf,
    10**400, 1j, "dos", b"", (), [1.0], {}, object(), Tensor, np.zeros((2, 3)), np.float64(1.0), np.int64(2),
    np.bool_(True), torch.Size([2]), torch.float32,
)  # fmt: skip


class Subclass(Tensor):
    """Una subclase cualquiera: torch la trata aparte."""


def _other_dtype(tensor: Tensor, world: World) -> Tensor:
    dtypes = [
        torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.complex64, torch.bool, torch.int8,
        torch.uint8, torch.int32, torch.int64, torch.float8_e4m3fn, torch.uint16,
    ]  # fmt: skip
    return tensor.detach().nan_to_num(0.0, 0.0, 0.0).abs().clamp(max=100).to(world.random.choice(dtypes))


def _quantised(tensor: Tensor, world: World) -> Tensor:
    return torch.quantize_per_tensor(tensor.detach().float().nan_to_num(0.0, 0.0, 0.0), 0.1, 0, torch.qint8)


def _conjugate(tensor: Tensor, world: World) -> Tensor:
    return torch.complex(tensor.detach().float(), tensor.detach().float()).conj()


def _negative_view(tensor: Tensor, world: World) -> Tensor:
    """Los números de ``tensor`` con el signo pendiente de aplicar."""
    return torch._neg_view(-tensor.detach())


def _resized_axis(tensor: Tensor, world: World) -> Tensor:
    """Un eje mide otra cosa."""
    axis = world.random.randrange(tensor.dim())
    shape = list(tensor.shape)
    shape[axis] = max(shape[axis] + world.random.choice([-1, 1, -shape[axis], 1 - shape[axis], 64]), 0)
    return tensor.detach().new_zeros(shape)


def _enormous_axis(tensor: Tensor, world: World) -> Tensor:
    """Un eje de paso cero con más elementos que memoria tiene nadie."""
    axis = world.random.randrange(tensor.dim())
    shape = [1 if size == 0 else size for size in tensor.shape]
    shape[axis] = 1
    seed = torch.zeros(shape, dtype=tensor.dtype)
    shape[axis] = world.random.choice([ENORMOUS, 2**62])
    return seed.expand(shape)


def _overlapping(tensor: Tensor, world: World) -> Tensor:
    """Filas que comparten memoria, con pasos menores que su ancho."""
    strides = [world.random.choice([0, 1, 2]) for _ in tensor.shape]
    span = 1 + sum(stride * max(size - 1, 0) for stride, size in zip(strides, tensor.shape, strict=True))
    return tensor.detach().new_ones(span).as_strided(tensor.shape, strides)


def _misaligned(tensor: Tensor, world: World) -> Tensor:
    """Los datos empiezan en una dirección que no es múltiplo de su tamaño."""
    plain = tensor.detach().contiguous()
    memory = bytearray(1) + bytearray(plain.numpy().tobytes())
    return torch.frombuffer(memory, dtype=plain.dtype, offset=1).reshape(plain.shape)


def _nested(tensor: Tensor, world: World) -> Tensor:
    return torch.nested.nested_tensor([tensor.detach()[0], tensor.detach()[0]], layout=torch.jagged)


def _out_of_range(tensor: Tensor, world: World) -> Tensor:
    """Un entero que no es ni longitud ni índice de nada."""
    changed = tensor.detach().to(torch.int64).clone()
    wrong = world.random.choice([-1, 1000, 2**31, 2**63 - 1, -(2**63)])
    changed.view(-1)[world.random.randrange(changed.numel())] = wrong
    return changed


TENSORS: tuple[Callable[[Tensor, World], Any], ...] = (
    _other_dtype, _quantised, _conjugate, _negative_view, _resized_axis, _resized_axis, _enormous_axis, _overlapping,
    _misaligned, _nested, _out_of_range,
    lambda tensor, world: tensor.detach().to_sparse(),
    lambda tensor, world: tensor.detach().to_sparse_csr(),
    lambda tensor, world: tensor.detach().to("meta"),
    lambda tensor, world: tensor.detach().to_mkldnn(),
    lambda tensor, world: torch._efficientzerotensor(*tensor.shape, dtype=tensor.dtype),
    lambda tensor, world: tensor[None],
    lambda tensor, world: tensor[0],
    lambda tensor, world: tensor.reshape(-1),
    lambda tensor, world: tensor.sum(),
    lambda tensor, world: tensor.reshape(1, 1, *tensor.shape, 1),
    lambda tensor, world: tensor.transpose(0, -1),
    lambda tensor, world: tensor.as_subclass(Subclass),
    lambda tensor, world: torch.nn.Parameter(tensor.detach()),
    lambda tensor, world: tensor.detach().requires_grad_(),
    lambda tensor, world: tensor.new_empty(0),
)  # fmt: skip


def _other_pattern(pattern: SparsePattern, world: World) -> SparsePattern:
    """De otro tamaño, o con índices estropeados después de construirlo."""
    name = world.random.choice(["size", "offsets", "keys"])
    if name == "size":
        rows, columns = world.random.choice([(1, 0), (0, 1), (0, -1)])
        return from_mask(torch.ones(pattern.n_query + rows, max(pattern.n_key + columns, 0), dtype=torch.bool))
    broken = SparsePattern(pattern.offsets, pattern.keys, pattern.n_key)
    getattr(broken, name).copy_(_out_of_range(getattr(broken, name), world))
    return broken


def instead_of(argument: Any, world: World) -> Any:
    """Algo inesperado en lugar de ``argument``."""
    try:
        if isinstance(argument, list) and world.random.random() < 0.8:
            leaves, structure = tree_flatten(argument)
            victim = world.random.randrange(len(leaves))
            leaves[victim] = instead_of(leaves[victim], world)
            return tree_unflatten(leaves, structure)
        if isinstance(argument, SparsePattern) and world.random.random() < 0.8:
            return _other_pattern(argument, world)
        if isinstance(argument, Tensor) and max(argument.shape, default=0) > ENORMOUS // 2:
            return argument  # torch tarda una eternidad en hacer algunas cosas con él
        if isinstance(argument, Tensor) and world.random.random() < 0.85:
            with warnings.catch_warnings():  # torch avisa de que retirará algunas clases de tensor
                warnings.simplefilter("ignore")
                return world.random.choice(TENSORS)(argument, world)
    except Exception:  # no todo se puede hacer con cualquier tensor, y menos con uno que ya es raro
        return argument
    return world.random.choice(NOT_TENSORS)
