"""Las piezas de una red de memoria: el orden de las palabras y el de las frases."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..data.vocabulary import PAD_ID
from ..errors import shape_error, value_error

__all__ = ["bag_of_words", "position_encoding", "time_slots"]


def position_encoding(n_words: int, d_model: int) -> Tensor:
    r"""Pesos que dicen qué lugar ocupa cada palabra en su frase.

    Fórmula: ``l_kj = (1 − j/J) − (k/d)(1 − 2j/J)``, con ``j = 1 … J`` la palabra y ``k = 1 … d`` la coordenada. La
    primera palabra cuenta más en las primeras coordenadas, y la última en las últimas.

    Es la fórmula del artículo. El código de sus autores usa ``1 + 4 (k − (d + 1)/2)(j − (J + 1)/2) / (dJ)``, de media
    1: la misma forma y, salvo términos del orden de ``1/J`` y ``1/d``, el doble. De ese código es que ``J`` sea el
    mayor número de palabras y no el de cada frase: así el relleno no cambia nada.

    Argumentos:
        n_words: ``J``, ≥ 1.
        d_model: ``d``, ≥ 1.

    Devuelve:
        ``(n_words, d_model)`` float32.

    Errores:
        ``ValueError`` si un tamaño es menor que 1.

    Ejemplo:
        >>> position_encoding(4, 2).tolist()
        [[0.5, 0.25], [0.5, 0.5], [0.5, 0.75], [0.5, 1.0]]

    Referencia: Sukhbaatar et al. (2015), sección 4.1.
    """
    for name, size in (("n_words", n_words), ("d_model", d_model)):
        if size < 1:
            raise value_error(name, "un entero ≥ 1", size)
    j = torch.arange(1, n_words + 1)[:, None] / n_words
    k = torch.arange(1, d_model + 1) / d_model
    return (1 - j) - k * (1 - 2 * j)


def bag_of_words(words: Tensor, table: Tensor, position: Tensor | None = None) -> Tensor:
    r"""El vector de cada frase: la suma de los de sus palabras, con su peso de posición.

    Fórmula: ``Σ_j l_j ∘ A x_j``. Se suma, no se promedia; el relleno suma cero.

    Argumentos:
        words: ``(…, words)`` int64, con relleno ``PAD_ID``.
        table: ``(vocabulary, d)`` float, la matriz ``A`` por filas.
        position: ``(n_words, d)``, con ``n_words`` ≥ ``words``; sin ella todos los pesos valen 1.

    Devuelve:
        ``(…, d)`` float.

    Errores:
        ``ValueError`` si hay más palabras que posiciones.

    Ejemplo:
        >>> bag_of_words(torch.tensor([[1, 2, 0]]), torch.tensor([[9.0], [1.0], [2.0]])).tolist()
        [[3.0]]

    Referencia: Sukhbaatar et al. (2015), sección 4.1.
    """
    n_words = words.shape[-1]
    if position is not None and n_words > len(position):
        raise shape_error("words", ("…", "words"), ("…", f"≤ {len(position)}"), tuple(words.shape))
    weights = (words != PAD_ID)[..., None].to(table.dtype)
    if position is not None:
        weights = weights * position[:n_words]
    return (nn.functional.embedding(words, table) * weights).sum(-2)


def time_slots(lengths: Tensor, n_sentences: int, memory_size: int, *, noise: float = 0.0) -> Tensor:
    r"""Qué fila de la codificación temporal toca a cada frase, contando hacia atrás: la más reciente es la 0.

    Fórmula: ``n − 1 − i`` para la frase ``i`` de ``n``. Con ruido se dejan al azar de 0 a ``⌈noise · n⌉`` huecos, y el
    orden se conserva: el modelo no puede aprender que «hace dos frases» es siempre la fila 2.

    Argumentos:
        lengths: ``(batch,)`` int64, frases de cada historia, de 0 a ``memory_size``.
        n_sentences: columnas del resultado.
        memory_size: filas de la codificación; ningún hueco se sale de ellas.
        noise: fracción de huecos, entre 0 y 1; el artículo usa 0,1, solo al entrenar.

    Devuelve:
        ``(batch, n_sentences)`` int64, de 0 a ``memory_size − 1``; 0 en el relleno.

    Errores:
        ``ValueError`` si ``noise`` no está entre 0 y 1 o no caben las frases.

    Ejemplo:
        >>> time_slots(torch.tensor([3, 2]), 3, 5).tolist()
        [[2, 1, 0], [1, 0, 0]]

    Referencia: Sukhbaatar et al. (2015), secciones 4.1 y 4.2.
    """
    if not 0 <= noise <= 1:
        raise value_error("noise", "un número de 0 a 1", noise)
    if n_sentences > memory_size:
        raise value_error("n_sentences", f"un entero ≤ memory_size = {memory_size}", n_sentences)
    age = (lengths[:, None] - 1 - torch.arange(n_sentences, device=lengths.device)).clamp(min=0)
    if noise == 0:
        return age
    gaps = (torch.rand(lengths.shape, device=lengths.device) * ((noise * lengths).ceil() + 1)).floor().long()
    slots = torch.arange(memory_size, device=lengths.device)
    draw = torch.rand(len(lengths), memory_size, device=lengths.device).masked_fill(
        slots >= (lengths + gaps)[:, None], math.inf
    )
    chosen = draw.argsort(-1).argsort(-1) < lengths[:, None]  # las ``n`` casillas de menor sorteo
    in_order = (~chosen).int().argsort(dim=-1, stable=True)  # primero las elegidas, de la más reciente a la más antigua
    return in_order.gather(1, age)
