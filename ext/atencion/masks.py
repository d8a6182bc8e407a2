"""Máscaras booleanas con la única convención del libro: ``True`` = «puede atender».

Las filas son consultas y las columnas claves. Todas las restricciones se combinan con «y». Cuando hay más claves
que consultas, ``causal`` y ``window`` se alinean al **final**: la última consulta está a la altura de la última clave,
que es lo que necesita una caché de claves y valores.

    n_query = 2, n_key = 5, causal          n_query = 2, n_key = 5, window = 1

        ■ ■ ■ ■ ·                               · · ■ ■ ■
        ■ ■ ■ ■ ■                               · · · ■ ■
"""

from __future__ import annotations

import torch
from torch import Tensor

from .errors import dtype_error, shape_error, value_error

# Un sesgo finito tan negativo como este también es una máscara: quien suma ``finfo.min`` quiere prohibir.
MASKING_BIAS = -1e29

__all__ = ["MASKING_BIAS", "allowed_pairs", "causal_mask", "lengths_to_mask", "window_mask", "without_padding"]


def lengths_to_mask(lengths: Tensor, size: int) -> Tensor:
    """Convierte longitudes en máscara de relleno.

    Fórmula: ``mask[b, j] = j < lengths[b]``.

    Argumentos:
        lengths: ``(batch,)``, enteros de 0 a ``size``.
        size: número de columnas, ``n_key``.

    Devuelve:
        ``(batch, size)`` bool, ``True`` en las posiciones válidas.

    Errores:
        ``ValueError`` si ``lengths`` no tiene un eje; ``TypeError`` si no es de enteros.

    Ejemplo:
        >>> lengths_to_mask(torch.tensor([1, 3]), 3).int().tolist()
        [[1, 0, 0], [1, 1, 1]]
    """
    if lengths.dim() != 1:
        raise shape_error("lengths", ("batch",), None, tuple(lengths.shape))
    if lengths.is_floating_point() or lengths.is_complex() or lengths.dtype == torch.bool:
        raise dtype_error("lengths", "entero", lengths.dtype)
    return torch.arange(size, device=lengths.device)[None, :] < lengths[:, None]


def causal_mask(n_query: int, n_key: int, device: torch.device | str | None = None) -> Tensor:
    """Máscara causal alineada al final.

    Fórmula: ``mask[i, j] = j ≤ i + n_key − n_query``.

    Argumentos:
        n_query: número de consultas.
        n_key: número de claves.
        device: dispositivo del resultado.

    Devuelve:
        ``(n_query, n_key)`` bool. Con ``n_query > n_key`` las primeras filas quedan vacías.

    Ejemplo:
        >>> causal_mask(2, 3).int().tolist()
        [[1, 1, 0], [1, 1, 1]]
    """
    position = torch.arange(n_query, device=device)[:, None] + (n_key - n_query)
    return torch.arange(n_key, device=device)[None, :] <= position


def window_mask(n_query: int, n_key: int, window: int, device: torch.device | str | None = None) -> Tensor:
    """Ventana simétrica alrededor de cada consulta, alineada al final.

    Fórmula: ``mask[i, j] = |j − (i + n_key − n_query)| ≤ window``.

    Argumentos:
        n_query: número de consultas.
        n_key: número de claves.
        window: radio de la ventana, ≥ 0.
        device: dispositivo del resultado.

    Devuelve:
        ``(n_query, n_key)`` bool.

    Errores:
        ``ValueError`` si ``window`` es negativo.

    Ejemplo:
        >>> window_mask(3, 3, 1).int().tolist()
        [[1, 1, 0], [1, 1, 1], [0, 1, 1]]
    """
    if window < 0:
        raise value_error("window", "un entero ≥ 0", window)
    position = torch.arange(n_query, device=device)[:, None] + (n_key - n_query)
    distance = (torch.arange(n_key, device=device)[None, :] - position).abs()
    return distance <= min(window, n_query + n_key)  # un entero de Python puede no caber en 64 bits


def allowed_pairs(
    n_query: int,
    n_key: int,
    *,
    mask: Tensor | None = None,
    causal: bool = False,
    window: int | None = None,
    key_lengths: Tensor | None = None,
    axes: int = 4,
    device: torch.device | str | None = None,
) -> Tensor:
    """Reúne con «y» todas las restricciones en una sola máscara.

    Fórmula: ``mask ∧ causal ∧ ventana ∧ (j < key_lengths[b])``.

    Argumentos:
        n_query: número de consultas.
        n_key: número de claves.
        mask: bool; sus dos últimos ejes se difunden a ``(n_query, n_key)``.
        causal: si ``True``, cada consulta solo ve su pasado.
        window: radio de la ventana, o ``None``.
        key_lengths: ``(batch,)`` enteros; claves válidas de cada ejemplo.
        axes: ejes de las puntuaciones: 4 si son ``(batch, heads, n_query, n_key)``, 3 si no hay cabezas.
        device: dispositivo del resultado.

    Devuelve:
        bool difundible a las puntuaciones.
    """
    allowed = torch.ones(n_query, n_key, dtype=torch.bool, device=device)
    if causal:
        allowed = allowed & causal_mask(n_query, n_key, device)
    if window is not None:
        allowed = allowed & window_mask(n_query, n_key, window, device)
    if mask is not None:
        allowed = allowed & mask
    if key_lengths is not None:
        valid = lengths_to_mask(key_lengths, n_key)
        allowed = allowed & valid.reshape(valid.shape[0], *([1] * (axes - 2)), n_key)
    return allowed


def without_padding(rows: Tensor, key_lengths: Tensor | None) -> Tensor:
    """Pone a cero las filas de relleno: si fueran NaN, ni multiplicadas por un peso cero desaparecerían.

    Fórmula: ``rows[b, …, j] = 0`` si ``j ≥ key_lengths[b]``.

    Argumentos:
        rows: ``(batch, …, n_key, d)``, claves o valores.
        key_lengths: ``(batch,)`` enteros, o ``None`` para dejarlo todo como está.

    Devuelve:
        Un tensor de la misma forma.

    Ejemplo:
        >>> without_padding(torch.ones(1, 2, 1), torch.tensor([1])).flatten().tolist()
        [1.0, 0.0]
    """
    if key_lengths is None:
        return rows
    valid = lengths_to_mask(key_lengths, rows.shape[-2])
    return rows.masked_fill(~valid.reshape(len(valid), *([1] * (rows.dim() - 3)), rows.shape[-2], 1), 0.0)
