"""Codificador recurrente bidireccional: el que lee la frase en los traductores con atención."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from ..data.vocabulary import PAD_ID
from ..errors import shape_error, value_error

__all__ = ["Encoder"]


class Encoder(nn.Module):
    """Codificador: una anotación por pieza, leída en los dos sentidos por una GRU.

    Fórmula: ``h_j = [→h_j ; ←h_j]``.

    Argumentos:
        source_size: piezas del vocabulario de fuente.
        embed_dim: tamaño de los *embeddings*, ``m`` en el artículo.
        hidden_dim: estados por sentido, ``n`` en el artículo.
    """

    def __init__(self, source_size: int, *, embed_dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(source_size, embed_dim, padding_idx=PAD_ID)
        self.gru = nn.GRU(embed_dim, hidden_dim, batch_first=True, bidirectional=True)

    def forward(self, source: Tensor, source_lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Lee la fuente. La secuencia va empaquetada: el relleno no cambia ningún resultado.

        Argumentos:
            source: ``(batch, n_source)`` int64.
            source_lengths: ``(batch,)`` int64, de 1 a ``n_source``.

        Devuelve:
            ``(annotations, backward)``: ``(batch, n_source, 2·hidden_dim)``, con ceros en el relleno, y el
            estado ``←h_1`` de formas ``(batch, hidden_dim)``, el que ha leído la frase entera de derecha a
            izquierda.

        Errores:
            ``ValueError`` si las formas o las longitudes no cuadran.
        """
        if source.dim() != 2:
            raise shape_error("source", ("batch", "n_source"), None, tuple(source.shape))
        batch, n_source = source.shape
        if source_lengths.shape != (batch,):
            raise shape_error("source_lengths", ("batch",), (batch,), tuple(source_lengths.shape))
        if batch and not 1 <= int(source_lengths.min()) <= int(source_lengths.max()) <= n_source:
            raise value_error("source_lengths", f"longitudes de 1 a {n_source}", source_lengths.tolist())
        packed = pack_padded_sequence(
            self.embedding(source), source_lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        states, last = self.gru(packed)
        annotations, _ = pad_packed_sequence(states, batch_first=True, total_length=n_source)
        return annotations, last[1]
