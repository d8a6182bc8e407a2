"""Redes de memoria clave-valor: se busca por un texto y se lee otro."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .. import ops
from ..data.films import LookupBatch
from ..data.vocabulary import PAD_ID
from ..errors import shape_error, value_error
from ..layers.memory import bag_of_words
from .memn2n import Answer

__all__ = ["KeyValueMemory", "lookup_loss"]


class KeyValueMemory(nn.Module):
    r"""Red de memoria clave-valor.

    Fórmulas, para los saltos ``j = 1 … H``, con ``Φ`` la bolsa de palabras::

        q_1 = A Φ(x)        p_i = softmax_i(q_j · A Φ(k_i))        o_j = Σ_i p_i A Φ(v_i)
        q_{j+1} = R_j (q_j + o_j)        â = softmax_y(q_{H+1} · A Φ(y))

    Una sola tabla ``A`` para preguntas, claves, valores y respuestas (la ``B`` del artículo, atada a ``A``): la fila
    ``PAD_ID`` vale cero. Las respuestas posibles son todas las piezas del vocabulario. Cada ``R_j`` empieza en la
    identidad. Con claves iguales a los valores y ``R_j = I`` queda una red de memoria de extremo a extremo.

    Argumentos:
        vocabulary_size: piezas del vocabulario.
        hops: ``H``, ≥ 1.
        d_model: ``d``.

    Errores:
        ``ValueError`` si ``hops`` es menor que 1.

    Ejemplo:
        >>> model = KeyValueMemory(30)
        >>> keys, values, lengths = torch.ones(2, 7, 3).long(), torch.ones(2, 7, 1).long(), torch.tensor([7, 5])
        >>> model(keys, values, lengths, torch.ones(2, 4).long()).weights.shape
        torch.Size([2, 1, 7])

    Referencia:
        Miller et al. (2016), *Key-Value Memory Networks for Directly Reading Documents*, sección 3.
    """

    def __init__(self, vocabulary_size: int, *, hops: int = 1, d_model: int = 32) -> None:
        super().__init__()
        if hops < 1:
            raise value_error("hops", "un entero ≥ 1", hops)
        self.hops, self.d_model = hops, d_model
        self.embeddings = nn.Parameter(torch.randn(vocabulary_size, d_model) * 0.1)
        self.transitions = nn.Parameter(torch.eye(d_model).repeat(hops, 1, 1))
        with torch.no_grad():
            self.embeddings[PAD_ID] = 0

    def forward(self, keys: Tensor, values: Tensor, lengths: Tensor, question: Tensor) -> Answer:
        """Contesta cada pregunta.

        Argumentos:
            keys: ``(batch, n_key, words)`` int64, con relleno ``PAD_ID``.
            values: ``(batch, n_key, words)`` int64; sus palabras no tienen por qué ser tantas como las de las claves.
            lengths: ``(batch,)`` int64, pares de cada ejemplo.
            question: ``(batch, words)`` int64, con relleno ``PAD_ID``.

        Devuelve:
            ``Answer``.

        Errores:
            ``ValueError`` si las formas no cuadran.
        """
        if keys.dim() != 3 or len(keys) != len(question):
            raise shape_error("keys", ("batch", "n_key", "words"), (len(question), "n_key", "words"), tuple(keys.shape))
        if values.dim() != 3 or values.shape[:2] != keys.shape[:2]:
            expected = (*keys.shape[:2], "words")
            raise shape_error("values", ("batch", "n_key", "words"), expected, tuple(values.shape))
        null_word = torch.tensor([PAD_ID], device=keys.device)
        table = self.embeddings.index_fill(0, null_word, 0.0)
        key, value = bag_of_words(keys, table)[:, None], bag_of_words(values, table)[:, None]
        state, weights = bag_of_words(question, table), []
        for transition in self.transitions:
            # Un salto cada vez: R_j multiplica a la suma q_j + o_j, y no solo al estado.
            read = ops.memory_attention(state, key, value, key_lengths=lengths, return_weights=True)
            state = read.output[:, 0] @ transition.T
            weights.append(read.weights)
        return Answer(state @ table.T, torch.cat([hop for hop in weights if hop is not None], dim=1))


def lookup_loss(model: nn.Module, batch: LookupBatch) -> Tensor:
    """Entropía cruzada media de las respuestas.

    Argumentos:
        model: ``model(keys, values, lengths, question)`` da algo con ``logits``.
        batch: el lote.

    Devuelve:
        Un escalar.
    """
    return functional.cross_entropy(model(batch.keys, batch.values, batch.lengths, batch.question).logits, batch.answer)
