"""Comprobaciones de argumentos compartidas por todas las operaciones. Se hacen una vez, en la función pública."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.autograd import forward_ad

from ..errors import device_error, dtype_error, shape_error, type_error, value_error
from ..patterns import SparsePattern

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


def check_heads(query: Tensor, key: Tensor, value: Tensor) -> None:
    """Consulta, clave y valor con cabezas: (batch, heads, n_query, d_k) y, en kv_heads cabezas, clave y valor."""
    key_axes, value_axes = ("batch", "kv_heads", "n_key", "d_k"), ("batch", "kv_heads", "n_key", "d_v")
    check_float("query", query, ("batch", "heads", "n_query", "d_k"))
    check_float("key", key, key_axes, query)
    check_float("value", value, value_axes, query)
    batch, heads, _, d_k = query.shape
    kv_heads, n_key = key.shape[1], key.shape[2]
    if key.shape[0] != batch or key.shape[3] != d_k:
        raise shape_error("key", key_axes, (batch, kv_heads, n_key, d_k), key.shape)
    if kv_heads == 0 or heads % kv_heads != 0:
        raise value_error("key", f"kv_heads divisor de heads = {heads}", kv_heads)
    if value.shape[0] != batch or value.shape[1] != kv_heads or value.shape[2] != n_key:
        raise shape_error("value", value_axes, (batch, kv_heads, n_key, value.shape[3]), value.shape)


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
    check_option("mask", mask, "bool (True = puede atender)", (torch.bool,), like)
    check_broadcastable("mask", mask, axes, target)


def check_key_lengths(key_lengths: Tensor, batch: int, n_key: int, like: Tensor, name: str = "key_lengths") -> Tensor:
    """Longitudes válidas por ejemplo; las devuelve como int64 contiguo."""
    check_option(name, key_lengths, "entero", INTEGERS, like)
    check_shape(name, key_lengths, ("batch",), (batch,))
    return key_lengths.to(torch.int64).contiguous()


def check_words(name: str, sequence: Tensor, mask: Tensor | None, lengths: Tensor | None) -> Tensor | None:
    """La máscara y las longitudes de una frase ``(batch, n, d)``; devuelve las longitudes como int64 contiguo."""
    batch, words, _ = sequence.shape
    if mask is not None:
        check_option(f"{name}_mask", mask, "bool (True = vale)", (torch.bool,), sequence)
        check_shape(f"{name}_mask", mask, ("batch", f"n_{name}"), (batch, words))
    return None if lengths is None else check_key_lengths(lengths, batch, words, sequence, f"{name}_lengths")


def check_option(name: str, option: Tensor, expected: str, dtypes: Sequence[torch.dtype], like: Tensor) -> None:
    """Un tensor denso que no lleva gradiente, de uno de esos dtypes y en el dispositivo de ``like``."""
    if not isinstance(option, Tensor):
        raise type_error(name, "un tensor", option)
    check_dense(name, option)
    if option.dtype not in dtypes:
        raise dtype_error(name, expected, option.dtype)
    if option.device != like.device:
        raise device_error(name, like.device, option.device)


def check_bool(name: str, value: bool) -> None:
    """``True`` o ``False``, nada que se le parezca."""
    if not isinstance(value, bool):
        raise type_error(name, "True o False", value)


def check_number(name: str, number: float | None) -> None:
    """Número de Python que quepa en float64, o ``None``."""
    if number is None:
        return
    if not isinstance(number, (int, float)):
        raise type_error(name, "un número o None", number)
    try:
        float(number)
    except OverflowError:
        raise value_error(name, "un número que quepa en float64", "uno mayor") from None


def check_nonnegative(name: str, number: int | None) -> None:
    """Entero ≥ 0 o ``None``."""
    if number is None:
        return
    if isinstance(number, bool) or not isinstance(number, int):
        raise type_error(name, "un entero o None", number)
    if number < 0:
        raise value_error(name, "un entero ≥ 0", number)


def check_scale(scale: float | None, d_k: int) -> None:
    """Número o ``None``, que es 1/√d_k."""
    if scale is None and d_k == 0:
        raise value_error("scale", "un número, porque 1/√d_k no existe con d_k = 0", scale)
    check_number("scale", scale)


def check_pattern(name: str, pattern: SparsePattern, n_query: int, n_key: int) -> None:
    """Patrón del tamaño de la matriz de pesos."""
    if (pattern.n_query, pattern.n_key) != (n_query, n_key):
        raise shape_error(name, ("n_query", "n_key"), (n_query, n_key), (pattern.n_query, pattern.n_key))
