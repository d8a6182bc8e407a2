"""Unir atenciones parciales: comprueba los argumentos y llama al núcleo."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from .. import _core, reference
from ..errors import memory_error, shape_error, type_error, value_error
from ..reference import Attention
from ._checks import check_float
from ._library import Operation, Outputs, Shape

__all__ = ["merge_attention"]


def merge_attention(parts: Sequence[Attention]) -> Attention:
    r"""Une las atenciones de las mismas consultas sobre trozos distintos de las claves.

    Fórmula: ``L = log Σ_b exp(L_b)``, ``output = Σ_b exp(L_b − L) output_b``: el mismo resultado que atender a todas
    las claves a la vez, en cualquier orden.

    Argumentos:
        parts: una o más ``Attention`` de la misma forma. ``output`` es ``(…, n_query, d_v)``, float32 o float64, y
            ``logsumexp``, ``(…, n_query)``. La parte que no atiende a nada en una fila, con ``logsumexp = −∞``, no
            cuenta en ella.

    Devuelve:
        ``Attention(output, weights, logsumexp)``. Si todas las partes traen ``weights``, los del resultado son los
        suyos, escalados y puestos uno detrás de otro por el eje de las claves; si no, ``None``. El gradiente llega a
        todos los tensores de todas las partes. Si ninguna parte atiende a nada, ceros, gradiente cero y
        ``logsumexp = −∞``.

    Errores:
        ``TypeError`` si ``parts`` no es de ``Attention`` o un dtype no vale; ``ValueError`` si no hay partes, o una
        forma o un dispositivo no vale.

    Ejemplo:
        >>> halves = [Attention(torch.eye(2)[i : i + 1], None, torch.zeros(1)) for i in range(2)]
        >>> merge_attention(halves).output.tolist()
        [[0.5, 0.5]]

    Referencia: Liu, Zaharia y Abbeel (2024), Ring Attention; Dao et al. (2022), apéndice B.
    """
    if isinstance(parts, Attention) or not isinstance(parts, Sequence):
        raise type_error("parts", "una lista de Attention", parts)
    for part in parts:
        if not isinstance(part, Attention):
            raise type_error("parts", "una lista de Attention", part)
    result = _operation.direct(*(part.output for part in parts), *(part.logsumexp for part in parts))
    try:
        output, logsumexp = _checked(parts) if result is None else result
        return Attention(output, _merge_weights(parts, logsumexp), logsumexp)
    except RuntimeError as error:
        raise memory_error("parts") from error


def _checked(parts: Sequence[Attention]) -> Outputs:
    """Comprueba las partes y llama a la operación registrada, con los ejes delanteros juntos."""
    if not parts:
        raise value_error("parts", "al menos una Attention", "ninguna")
    first = parts[0].output
    for i, part in enumerate(parts):
        check_float(f"parts[{i}].output", part.output, None, first if i else None)
        check_float(f"parts[{i}].logsumexp", part.logsumexp, None, first)
        if part.output.dim() < 1 or part.output.shape != first.shape:
            wanted = first.shape if first.dim() else None
            raise shape_error(f"parts[{i}].output", ("…", "n_query", "d_v"), wanted, part.output.shape)
        if part.logsumexp.shape != first.shape[:-1]:
            raise shape_error(f"parts[{i}].logsumexp", ("…", "n_query"), first.shape[:-1], part.logsumexp.shape)
    rows, d_v = math.prod(first.shape[:-1]), first.shape[-1]
    output, logsumexp = _operation(
        *(part.output.reshape(rows, d_v) for part in parts), *(part.logsumexp.reshape(rows) for part in parts)
    )
    return output.reshape(first.shape), logsumexp.reshape(first.shape[:-1])


def _merge_weights(parts: Sequence[Attention], logsumexp: Tensor) -> Tensor | None:
    """Los pesos de todas las partes, escalados: ``exp(L_b − L) weights_b``; solo si todas los traen."""
    scaled = []
    for i, (_, weights, own) in enumerate(parts):
        if weights is None:
            return None
        check_float(f"parts[{i}].weights", weights, None, logsumexp)
        if weights.dim() == 0 or weights.shape[:-1] != logsumexp.shape:
            wanted = (*logsumexp.shape, weights.shape[-1] if weights.dim() else "n_key")
            raise shape_error(f"parts[{i}].weights", ("…", "n_query", "n_key"), wanted, weights.shape)
        empty = own == -torch.inf  # −∞ − (−∞) sería NaN, también en el gradiente
        share = (own.masked_fill(empty, 0.0) - logsumexp.masked_fill(empty, 0.0)).exp().masked_fill(empty, 0.0)
        scaled.append(share[..., None] * weights)
    return torch.cat(scaled, dim=-1)


def _parts(tensors: Sequence[Tensor]) -> list[Attention]:
    half = len(tensors) // 2
    return [Attention(output, None, lse) for output, lse in zip(tensors[:half], tensors[half:], strict=True)]


def _reference(*tensors: Tensor) -> Outputs:
    output, _, logsumexp = reference.merge_attention(_parts(tensors))
    return output, logsumexp


def _shapes(*tensors: Tensor) -> tuple[Shape | None, ...]:
    return tuple(tensors[0].shape), tuple(tensors[0].shape[:-1])


_operation = Operation(
    "merge_attention",
    inputs="tensors",  # las salidas de todas las partes y después sus logsumexp
    options="",
    forward=_core.merge_forward,
    backward=_core.merge_backward,
    reference=_reference,
    shapes=_shapes,
    outputs=2,
)
