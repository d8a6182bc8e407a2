"""Una red recurrente bidireccional que no lee el relleno."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from ..errors import shape_error, value_error
from ..masks import without_padding

__all__ = ["PackedRNN"]


class PackedRNN(nn.Module):
    """LSTM o GRU bidireccional sobre secuencias empaquetadas.

    Fórmula: ``y_t = [→h_t ; ←h_t]``, con ``→h_t = LSTM(→h_{t−1}, x_t)`` y ``←h_t = LSTM(←h_{t+1}, x_t)``; el sentido
    inverso empieza en la última palabra, no en el relleno.

    Argumentos:
        d_in: anchura de la entrada.
        d_hidden: estados por sentido.
        n_layers: capas, ≥ 1.
        cell: ``nn.LSTM`` o ``nn.GRU``.

    Ejemplo:
        >>> PackedRNN(3, 5)(torch.randn(2, 7, 3), torch.tensor([7, 4])).shape
        torch.Size([2, 7, 10])
    """

    def __init__(
        self, d_in: int, d_hidden: int, *, n_layers: int = 1, cell: type[nn.LSTM] | type[nn.GRU] = nn.LSTM
    ) -> None:
        super().__init__()
        self.network = cell(d_in, d_hidden, num_layers=n_layers, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Lee las secuencias.

        Argumentos:
            x: ``(batch, n, d_in)``.
            lengths: ``(batch,)`` int64, de 0 a ``n``.

        Devuelve:
            ``(batch, n, 2·d_hidden)``, con ceros en el relleno.

        Errores:
            ``ValueError`` si las formas o las longitudes no cuadran.
        """
        if x.dim() != 3 or x.shape[1] == 0:
            raise shape_error("x", ("batch", "n", "d_in"), ("batch", "≥ 1", "d_in"), tuple(x.shape))
        batch, n, _ = x.shape
        if lengths.shape != (batch,):
            raise shape_error("lengths", ("batch",), (batch,), tuple(lengths.shape))
        if batch and not 0 <= int(lengths.min()) <= int(lengths.max()) <= n:
            raise value_error("lengths", f"longitudes de 0 a {n}", lengths.tolist())
        # torch no empaqueta secuencias vacías: se leen con una palabra, y su fila se borra después.
        packed = pack_padded_sequence(x, lengths.cpu().clamp(min=1), batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.network(packed)[0], batch_first=True, total_length=n)
        return without_padding(states, lengths)
