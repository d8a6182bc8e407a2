"""Comprobaciones de argumentos compartidas por todas las operaciones. Se hacen una vez, en la función pública."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.autograd import forward_ad

from ..errors import device_error, dtype_error, shape_error, type_error, value_error

FLOATS = (torch.float32, torch.float64)
INTEGERS = (torch.int64, torch.int32, torch.int16, torch.uint8, torch.int8)


def check_float(name: str, tensor: Tensor, axes: Sequence[str] | None, like: Tensor | None = None) -> None:
    """Tensor float32 o float64, del dtype y dispositivo de ``like``, con un eje por nombre (``None``: los que sean)."""
    if not isinstance(tensor, Tensor):
        raise type_error(name, "un tensor", tensor)
    if axes is not None and tensor.dim() != len(axes):
        raise shape_error(name, axes, None, tensor.shape)
    check_dense(name, tensor)
    if forward_ad._current_level >= 0 and forward_ad.unpack_dual(tensor).tangent is not None:  # type: ignore[no-untyped-call]
        raise value_error(name, "un tensor sin derivada hacia delante: esta operación solo deriva hacia atrás", "una")
    if like is None:
        if tensor.dtype not in FLOATS:
            raise dtype_error(name, "float32 o float64", tensor.dtype)
        return
    if tensor.dtype != like.dtype:
        raise dtype_error(name, str(like.dtype), tensor.dtype)
    if tensor.device != like.device:
        raise device_error(name, like.device, tensor.device)


def check_dense(name: str, tensor: Tensor) -> None:
    """Ni disperso ni de otra disposición: el núcleo lee memoria con pasos."""
    if tensor.layout is not torch.strided:
        raise value_error(name, "un tensor denso", tensor.layout)


def check_shape(name: str, tensor: Tensor, axes: Sequence[str], expected: Sequence[int]) -> None:
    """La forma ha de ser exactamente la esperada."""
    if tuple(tensor.shape) != tuple(expected):
        raise shape_error(name, axes, expected, tensor.shape)


def check_broadcastable(name: str, tensor: Tensor, axes: Sequence[str], target: Sequence[int]) -> None:
    """La forma ha de poder difundirse a ``target``, alineada por la derecha."""
    shape = tensor.shape
    fits = 0 < len(shape) <= len(target) and all(
        size in (1, wanted) for size, wanted in zip(reversed(shape), reversed(target), strict=False)
    )
    if not fits:
        raise shape_error(
            name, [f"difundible a {axis}" if i == 0 else axis for i, axis in enumerate(axes)], target, shape
        )


def check_mask(mask: Tensor, axes: Sequence[str], target: Sequence[int], like: Tensor) -> None:
    """Máscara booleana difundible a la matriz de pesos."""
    if not isinstance(mask, Tensor):
        raise type_error("mask", "un tensor", mask)
    check_dense("mask", mask)
    if mask.dtype != torch.bool:
        raise dtype_error("mask", "bool (True = puede atender)", mask.dtype)
    if mask.device != like.device:
        raise device_error("mask", like.device, mask.device)
    check_broadcastable("mask", mask, axes, target)


def check_key_lengths(key_lengths: Tensor, batch: int, n_key: int, like: Tensor) -> Tensor:
    """Longitudes válidas por ejemplo; las devuelve como int64 contiguo."""
    if not isinstance(key_lengths, Tensor):
        raise type_error("key_lengths", "un tensor", key_lengths)
    if key_lengths.dtype not in INTEGERS:
        raise dtype_error("key_lengths", "entero", key_lengths.dtype)
    if key_lengths.device != like.device:
        raise device_error("key_lengths", like.device, key_lengths.device)
    check_shape("key_lengths", key_lengths, ("batch",), (batch,))
    return key_lengths.to(torch.int64).contiguous()


def check_bool(name: str, value: bool) -> None:
    """``True`` o ``False``, nada que se le parezca."""
    if not isinstance(value, bool):
        raise type_error(name, "True o False", value)


def check_nonnegative(name: str, number: int | None) -> None:
    """Entero ≥ 0 o ``None``."""
    if number is None:
        return
    if isinstance(number, bool) or not isinstance(number, int):
        raise type_error(name, "un entero o None", number)
    if number < 0:
        raise value_error(name, "un entero ≥ 0", number)
