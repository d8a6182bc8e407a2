"""El traductor de Bahdanau, Cho y Bengio (2015): codificador bidireccional, decodificador con atención.

El paso i del decodificador puntúa con el estado **anterior**, en este orden:

    s_{i−1} → α_i → c_i → s_i          y_i se predice con s_{i−1}, E y_{i−1} y c_i

Lo que no depende de la recurrencia se calcula de una vez: las claves ``U_a h_j`` antes del bucle; la capa de
salida de todos los pasos, después. La ablación cambia una sola pieza: ``FixedContext`` por la atención.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..data.batches import Batch
from ..data.vocabulary import BOS_ID, EOS_ID, PAD_ID
from ..errors import shape_error, value_error
from ..layers import AdditiveAttention
from ..ops import Attention
from .encoder import Encoder

__all__ = ["BahdanauSeq2Seq", "FixedContext", "Generation", "Seq2SeqOutput", "teacher_forcing_loss"]


class Seq2SeqOutput(NamedTuple):
    """Predicciones cuando el decodificador lee el destino correcto (*teacher forcing*).

    Campos:
        logits: ``(batch, n_target, target_size)``.
        weights: ``(batch, n_target, n_source)``: filas, lo escrito; columnas, lo leído. ``None`` si no se
            pidieron.
    """

    logits: Tensor
    weights: Tensor | None


class Generation(NamedTuple):
    """Traducción voraz: en cada paso, la pieza más probable.

    Campos:
        tokens: ``(batch, n_target)`` int64, con su ``<eos>`` y, detrás, relleno.
        weights: ``(batch, n_target, n_source)``, ceros detrás de ``<eos>``. ``None`` si no se pidieron.
    """

    tokens: Tensor
    weights: Tensor | None


class FixedContext(nn.Module):
    """La ablación: un contexto que no depende del paso, en el sitio de la atención.

    Fórmula: ``c_i = [→h_T ; ←h_1]`` para todo i. La frase entera tiene que caber en ese vector.

    Tiene la misma interfaz que ``AdditiveAttention``, pero ningún parámetro ni ningún peso.
    """

    def project_keys(self, annotations: Tensor) -> Tensor:
        """No hay claves: devuelve las anotaciones como están."""
        return annotations

    def forward(
        self,
        state: Tensor,
        keys: Tensor,
        values: Tensor,
        *,
        key_lengths: Tensor | None = None,
        return_weights: bool = False,
    ) -> Attention:
        """Toma los dos estados finales, sin mirar el estado del decodificador.

        Argumentos:
            state: ``(batch, hidden_dim)``; no se usa.
            keys: no se usan.
            values: ``(batch, n_source, 2·hidden_dim)``, las anotaciones.
            key_lengths: ``(batch,)`` int64; sin ellas, toda la anchura es válida.
            return_weights: solo ``False``.

        Devuelve:
            ``Attention`` con ``output`` ``(batch, 2·hidden_dim)``, sin pesos y con ``logsumexp`` −∞: no hay
            puntuaciones.

        Errores:
            ``ValueError`` si se piden los pesos.
        """
        if return_weights:
            raise value_error("return_weights", "False: un contexto fijo no tiene pesos", return_weights)
        half = values.shape[-1] // 2
        if key_lengths is None:
            forward = values[:, -1, :half]
        else:
            last = (key_lengths - 1)[:, None, None].expand(-1, 1, half)
            forward = values[..., :half].gather(1, last).squeeze(1)
        context = torch.cat([forward, values[:, 0, half:]], dim=-1)
        return Attention(context, None, values.new_full((len(values),), -torch.inf))


ContextModule: TypeAlias = AdditiveAttention | FixedContext


class BahdanauSeq2Seq(nn.Module):
    """Traductor de secuencia a secuencia con atención aditiva.

    Fórmulas (E y: *embedding* de la pieza anterior; ∘: producto por componentes)::

        s_0  = tanh(W_s ←h_1)
        α_ij = softmax_j v_aᵀ tanh(W_a s_{i−1} + U_a h_j)        c_i = Σ_j α_ij h_j
        s_i  = GRU([E y_{i−1} ; c_i], s_{i−1})
        t̃_i  = U_o s_{i−1} + V_o E y_{i−1} + C_o c_i             t_ik = max(t̃_{i,2k−1}, t̃_{i,2k})
        p(y_i) = softmax(W_o t_i)

    La entrada de la celda es ``[E y_{i−1} ; c_i]``: sus matrices, partidas por columnas, son ``W, W_z, W_r`` y
    ``C, C_z, C_r`` del artículo, así que el contexto entra en cada puerta. Dos detalles son de la celda de
    PyTorch y no del artículo: la puerta de reinicio multiplica a ``U s_{i−1}`` en vez de a ``s_{i−1}``, y su
    ``z`` es ``1 − z`` del artículo. La salida usa ``s_{i−1}``, como el apéndice del artículo; el texto principal
    escribe ``s_i``.

    Los pesos empiezan como los de PyTorch, no como en el artículo (``v_a = 0`` y σ = 0,001): con aquellos, un
    entrenamiento corto apenas arranca.

    Argumentos:
        source_size: piezas del vocabulario de fuente.
        target_size: piezas del vocabulario de destino.
        embed_dim: tamaño de los *embeddings*, ``m``.
        hidden_dim: estados del decodificador y de cada sentido del codificador, ``n``.
        attention_units: unidades del alineamiento, ``n′``.
        maxout_dim: unidades de la capa de salida, ``l``.
        attention: la pieza que da el contexto; por defecto ``AdditiveAttention``. La ablación es
            ``FixedContext()``.

    Ejemplo:
        >>> model = BahdanauSeq2Seq(113, 16)
        >>> source, lengths, target = torch.ones(2, 7).long(), torch.tensor([7, 3]), torch.ones(2, 5).long()
        >>> model(source, lengths, target).logits.shape
        torch.Size([2, 5, 16])

    Referencia:
        Bahdanau, Cho y Bengio (2015), *Neural Machine Translation by Jointly Learning to Align and
        Translate*, ap. A.
    """

    attention: ContextModule

    def __init__(
        self,
        source_size: int,
        target_size: int,
        *,
        embed_dim: int = 32,
        hidden_dim: int = 56,
        attention_units: int = 48,
        maxout_dim: int = 32,
        attention: ContextModule | None = None,
    ) -> None:
        super().__init__()
        context_dim = 2 * hidden_dim
        self.encoder = Encoder(source_size, embed_dim=embed_dim, hidden_dim=hidden_dim)
        self.initial_state = nn.Linear(hidden_dim, hidden_dim)
        self.attention = AdditiveAttention(hidden_dim, context_dim, attention_units) if attention is None else attention
        self.embedding = nn.Embedding(target_size, embed_dim, padding_idx=PAD_ID)
        self.cell = nn.GRUCell(embed_dim + context_dim, hidden_dim)
        self.deep_output = nn.Linear(hidden_dim + embed_dim + context_dim, 2 * maxout_dim)
        self.output = nn.Linear(maxout_dim, target_size)

    def forward(
        self, source: Tensor, source_lengths: Tensor, target_input: Tensor, *, return_weights: bool = False
    ) -> Seq2SeqOutput:
        """Predice cada pieza del destino a partir de las correctas anteriores.

        Argumentos:
            source: ``(batch, n_source)`` int64.
            source_lengths: ``(batch,)`` int64, de 1 a ``n_source``.
            target_input: ``(batch, n_target)`` int64, ``<bos> y_1 … y_T``; la fila i predice ``y_{i+1}``.
            return_weights: si ``True``, devuelve también los pesos.

        Devuelve:
            ``Seq2SeqOutput``.

        Errores:
            ``ValueError`` si las formas o las longitudes no cuadran.
        """
        if target_input.dim() != 2 or len(target_input) != len(source) or target_input.shape[1] == 0:
            expected = (len(source), "≥ 1")
            raise shape_error("target_input", ("batch", "n_target"), expected, tuple(target_input.shape))
        annotations, keys, state = self._read(source, source_lengths)
        embedded = self.embedding(target_input)
        states, contexts, weights = [], [], []
        for previous in embedded.unbind(dim=1):
            look = self.attention(state, keys, annotations, key_lengths=source_lengths, return_weights=return_weights)
            states.append(state)
            contexts.append(look.output)
            weights.append(look.weights)
            state = self.cell(torch.cat([previous, look.output], dim=-1), state)
        logits = self._predict(torch.stack(states, dim=1), embedded, torch.stack(contexts, dim=1))
        return Seq2SeqOutput(logits, torch.stack(weights, dim=1) if return_weights else None)

    @torch.no_grad()
    def generate(
        self, source: Tensor, source_lengths: Tensor, *, max_length: int, return_weights: bool = False
    ) -> Generation:
        """Traduce: lee en cada paso la pieza que acaba de escribir, hasta ``<eos>``.

        Argumentos:
            source: ``(batch, n_source)`` int64.
            source_lengths: ``(batch,)`` int64, de 1 a ``n_source``.
            max_length: piezas que se escriben como mucho, ≥ 1.
            return_weights: si ``True``, devuelve también los pesos.

        Devuelve:
            ``Generation``.

        Errores:
            ``ValueError`` si las formas o las longitudes no cuadran, o si ``max_length`` es menor que 1.
        """
        if max_length < 1:
            raise value_error("max_length", "un entero ≥ 1", max_length)
        annotations, keys, state = self._read(source, source_lengths)
        token = torch.full_like(source_lengths, BOS_ID)
        done = torch.zeros_like(token, dtype=torch.bool)
        tokens, weights = [], []
        for _ in range(max_length):
            embedded = self.embedding(token)
            look = self.attention(state, keys, annotations, key_lengths=source_lengths, return_weights=return_weights)
            token = self._predict(state, embedded, look.output).argmax(dim=-1).masked_fill(done, PAD_ID)
            state = self.cell(torch.cat([embedded, look.output], dim=-1), state)
            tokens.append(token)
            if look.weights is not None:
                weights.append(look.weights.masked_fill(done[:, None], 0.0))
            done = done | (token == EOS_ID)
            if done.all():
                break
        return Generation(torch.stack(tokens, dim=1), torch.stack(weights, dim=1) if return_weights else None)

    def _read(self, source: Tensor, source_lengths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Anotaciones ``h_j``, claves ``U_a h_j`` y estado inicial ``s_0``."""
        annotations, backward = self.encoder(source, source_lengths)
        return annotations, self.attention.project_keys(annotations), torch.tanh(self.initial_state(backward))

    def _predict(self, states: Tensor, embedded: Tensor, contexts: Tensor) -> Tensor:
        """Salida profunda con *maxout*: el mayor de cada par de unidades, y una capa lineal."""
        pairs = self.deep_output(torch.cat([states, embedded, contexts], dim=-1)).unflatten(-1, (-1, 2))
        logits: Tensor = self.output(pairs.amax(dim=-1))
        return logits


def teacher_forcing_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Entropía cruzada media por pieza; el relleno no cuenta.

    Fórmula: ``−(1/N) Σ log p(y_i | y_1 … y_{i−1}, fuente)`` sobre las N piezas del lote, ``<eos>`` incluido.

    Argumentos:
        model: ``model(source, source_lengths, target_input)`` da algo con ``logits``.
        batch: el lote.

    Devuelve:
        Un escalar.
    """
    logits = model(batch.source, batch.source_lengths, batch.target_input).logits
    return functional.cross_entropy(logits.flatten(0, 1), batch.target_output.flatten(), ignore_index=PAD_ID)
