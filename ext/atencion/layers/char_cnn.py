"""Un vector por palabra a partir de sus letras: convolución y máximo."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from ..data.vocabulary import PAD_ID
from ..errors import value_error

__all__ = ["CharCNN"]


class CharCNN(nn.Module):
    r"""Convolución de caracteres con máximo sobre la palabra.

    Fórmula: ``x_k = max_i ReLU(Σ_o F_ko · e_{i+o} + b_k)``, con ``e`` los vectores de los caracteres, ``o`` de
    ``−⌊width/2⌋`` a ``⌊width/2⌋`` e ``i`` las letras de la palabra. Fuera de ella, ``e`` es cero.

    Cada ventana está centrada en una letra, así que el resultado no depende del relleno. El código oficial rellena
    todas las palabras hasta 16 letras y toma solo ventanas enteras: su máximo ve también ventanas de relleno.

    Los filtros parten de la iniciación de He et al. (2015), pensada para la ReLU: con la usual de torch, la señal de
    las letras sale unas dos veces y media más débil.

    Argumentos:
        n_characters: tamaño del vocabulario de caracteres; ``PAD_ID`` es relleno.
        n_filters: filtros, y anchura del resultado.
        char_dim: tamaño de los vectores de caracteres.
        width: letras que ve cada filtro; impar.

    Errores:
        ``ValueError`` si ``width`` no es impar.

    Ejemplo:
        >>> CharCNN(30, 12)(torch.tensor([[[5, 6, 7, 0], [8, 0, 0, 0]]])).shape
        torch.Size([1, 2, 12])

    Referencia: Seo et al. (2017), § 2, «Character Embedding Layer»; la red es la de Kim (2014).
    """

    def __init__(self, n_characters: int, n_filters: int, *, char_dim: int = 8, width: int = 5) -> None:
        super().__init__()
        if width < 1 or width % 2 == 0:
            raise value_error("width", "un entero impar", width)
        self.embedding = nn.Embedding(n_characters, char_dim, padding_idx=PAD_ID)
        self.convolution = nn.Conv1d(char_dim, n_filters, width, padding=width // 2)
        nn.init.kaiming_uniform_(self.convolution.weight, nonlinearity="relu")

    def forward(self, characters: Tensor) -> Tensor:
        """Resume las letras de cada palabra.

        Argumentos:
            characters: ``(…, n_characters)`` int64, con relleno ``PAD_ID``.

        Devuelve:
            ``(…, n_filters)``, con ceros en las palabras que son todo relleno.
        """
        words = characters.flatten(0, -2)
        found = functional.relu(self.convolution(self.embedding(words).transpose(1, 2)))
        # Tras la ReLU nada es negativo: un cero en el relleno nunca gana, y es lo que queda si no hay letras.
        best: Tensor = found.masked_fill((words == PAD_ID)[:, None], 0.0).amax(2)
        return best.reshape(*characters.shape[:-1], -1)
