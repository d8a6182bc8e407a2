"""Redes de memoria de extremo a extremo (MemN2N): contestar en varios saltos sobre una lista de frases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from .. import ops
from ..data.batches import stream_rows
from ..data.stories import StoryBatch
from ..data.vocabulary import PAD_ID
from ..errors import shape_error, value_error
from ..layers.memory import bag_of_words, position_encoding, time_slots
from ..training import History, clip_each_matrix, train

__all__ = ["Answer", "MemN2N", "answer_loss", "train_memn2n"]


class Answer(NamedTuple):
    """Lo que contesta una red de memoria.

    Campos:
        logits: ``(batch, vocabulary)``; la respuesta es la palabra de mayor puntuación.
        weights: ``(batch, hops, n_sentences)``, dónde leyó cada salto; 0 en el relleno.
    """

    logits: Tensor
    weights: Tensor


class MemN2N(nn.Module):
    r"""Red de memoria de extremo a extremo, con los pesos compartidos de una de las dos maneras del artículo.

    Fórmulas, para los saltos ``k = 1 … K``::

        u¹ = Σ_j l_j ∘ B q_j
        m_iᵏ = Σ_j l_j ∘ Aᵏ x_ij + T_Aᵏ(i)        c_iᵏ = Σ_j l_j ∘ Cᵏ x_ij + T_Cᵏ(i)
        p_iᵏ = softmax_i(uᵏ · m_iᵏ)                oᵏ = Σ_i p_iᵏ c_iᵏ        uᵏ⁺¹ = uᵏ + oᵏ
        â = softmax(W uᴷ⁺¹)

    Las tablas de palabras y de tiempo se guardan juntas, cada una en un solo parámetro:

    - ``tying="adjacent"``: ``word_embeddings`` ``(hops + 1, vocabulary, d)`` y ``time_embeddings``
      ``(hops + 1, memory_size, d)``. La tabla 0 es ``B = A¹``, la ``k`` es ``Cᵏ = Aᵏ⁺¹`` y la última, ``Wᵀ``.
    - ``tying="layer_wise"``: cuatro tablas de palabras ``B, A, C, Wᵀ``, dos de tiempo ``T_A, T_C``, y
      ``transition`` ``H`` ``(d, d)``: ``uᵏ⁺¹ = H uᵏ + oᵏ``, con las mismas ``A`` y ``C`` en todos los saltos.

    ``l_j`` es el doble de ``position_encoding`` con ``J = max_words``, la escala del código de los autores. La fila 0
    de ``time_embeddings`` es la frase más reciente. El relleno vale cero y se enmascara; aquel código no enmascara, y
    deja que los huecos vacíos, de puntuación 0, se lleven parte de la softmax.

    Argumentos:
        vocabulary_size: palabras del vocabulario.
        memory_size: frases que caben.
        max_words: palabras de la frase o pregunta más larga, la ``J`` de la codificación de posición.
        hops: ``K``, ≥ 1.
        d_model: ``d``.
        tying: cómo se comparten las tablas.
        use_position: si ``False``, cada frase es una bolsa de palabras sin orden.
        use_time: si ``False``, las frases no tienen orden: la ablación.
        time_noise: fracción de huecos al azar en el tiempo, solo al entrenar.

    Atributos:
        linear_start: si ``True``, sin softmax en la memoria; ``train_memn2n`` lo pone y lo quita.

    Errores:
        ``ValueError`` si ``hops`` es menor que 1 o ``tying`` no existe.

    Ejemplo:
        >>> model = MemN2N(30, memory_size=12, max_words=6)
        >>> model(torch.ones(2, 7, 5).long(), torch.tensor([7, 3]), torch.ones(2, 4).long()).weights.shape
        torch.Size([2, 3, 7])

    Referencia:
        Sukhbaatar, Szlam, Weston y Fergus (2015), *End-To-End Memory Networks*, secciones 2 y 4.1.
    """

    position: Tensor

    def __init__(
        self,
        vocabulary_size: int,
        *,
        memory_size: int,
        max_words: int,
        hops: int = 3,
        d_model: int = 20,
        tying: Literal["adjacent", "layer_wise"] = "adjacent",
        use_position: bool = True,
        use_time: bool = True,
        time_noise: float = 0.1,
    ) -> None:
        super().__init__()
        if hops < 1:
            raise value_error("hops", "un entero ≥ 1", hops)
        if tying not in ("adjacent", "layer_wise"):
            raise value_error("tying", "'adjacent' o 'layer_wise'", repr(tying))
        self.hops, self.d_model, self.memory_size, self.max_words = hops, d_model, memory_size, max_words
        self.tying, self.use_time, self.time_noise = tying, use_time, time_noise
        self.linear_start = False
        n_words, n_times = (hops + 1, hops + 1) if tying == "adjacent" else (4, 2)
        self.word_embeddings = _normal(n_words, vocabulary_size, d_model)
        self.time_embeddings = _normal(n_times, memory_size, d_model) if use_time else None
        self.transition = None if tying == "adjacent" else _normal(d_model, d_model)
        # Al doble, su media es la de la bolsa de palabras, 1, como en el código de los autores. A la mitad, con la
        # misma tasa de aprendizaje, las preguntas de sí o no se quedan cerca del azar.
        position = 2 * position_encoding(max_words, d_model) if use_position else torch.ones(max_words, d_model)
        self.register_buffer("position", position, persistent=False)
        with torch.no_grad():
            self.word_embeddings[:, PAD_ID] = 0

    def forward(self, sentences: Tensor, lengths: Tensor, question: Tensor) -> Answer:
        """Contesta cada pregunta.

        Argumentos:
            sentences: ``(batch, n_sentences, words)`` int64, de la más antigua a la más reciente, con relleno
                ``PAD_ID``; ``n_sentences`` ≤ ``memory_size``.
            lengths: ``(batch,)`` int64, frases de cada historia.
            question: ``(batch, words)`` int64, con relleno ``PAD_ID``.

        Devuelve:
            ``Answer``.

        Errores:
            ``ValueError`` si las formas no cuadran o no caben las frases o las palabras.
        """
        if sentences.dim() != 3 or len(sentences) != len(question) or sentences.shape[1] > self.memory_size:
            expected = (len(question), f"≤ {self.memory_size}", f"≤ {self.max_words}")
            raise shape_error("sentences", ("batch", "n_sentences", "words"), expected, tuple(sentences.shape))
        null_word = torch.tensor([PAD_ID], device=sentences.device)
        tables = self.word_embeddings.index_fill(1, null_word, 0.0)  # ni vale nada ni recibe gradiente
        query = bag_of_words(question, tables[0], self.position)
        memory = self._memory(tables if self.tying == "adjacent" else tables[1:3], sentences, lengths)
        if self.tying == "adjacent":
            key, value = memory[:, :-1], memory[:, 1:]
        else:
            key, value = (memory[:, [side]].expand(-1, self.hops, -1, -1) for side in (0, 1))
        read = ops.memory_attention(
            query, key, value, transition=self.transition, key_lengths=lengths, softmax=not self.linear_start,
            return_weights=True,
        )  # fmt: skip
        assert read.weights is not None  # se pidieron en la línea anterior
        return Answer(read.output[:, -1] @ tables[-1].T, read.weights)

    def _memory(self, tables: Tensor, sentences: Tensor, lengths: Tensor) -> Tensor:
        """Las memorias de cada tabla, ``(batch, tables, n_sentences, d)``: todas las tablas en una sola búsqueda."""
        n_tables = len(tables)
        side_by_side = tables.transpose(0, 1).flatten(1)  # (vocabulary, tables · d)
        memory = bag_of_words(sentences, side_by_side, self.position.repeat(1, n_tables))
        if self.time_embeddings is not None:
            noise = self.time_noise if self.training else 0.0
            slots = time_slots(lengths, sentences.shape[1], self.memory_size, noise=noise)
            memory = memory + functional.embedding(slots, self.time_embeddings.transpose(0, 1).flatten(1))
        return memory.reshape(*sentences.shape[:2], n_tables, self.d_model).transpose(1, 2)


def _normal(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.randn(*shape) * 0.1)  # N(0; 0,1²), como el código de los autores


def answer_loss(model: nn.Module, batch: StoryBatch) -> Tensor:
    """Entropía cruzada, sumada sobre el lote como en el código de los autores.

    Argumentos:
        model: ``model(sentences, lengths, question)`` da algo con ``logits``.
        batch: el lote.

    Devuelve:
        Un escalar.
    """
    logits = model(batch.sentences, batch.lengths, batch.question).logits
    return functional.cross_entropy(logits, batch.answer, reduction="sum")


def train_memn2n(
    model: MemN2N,
    stories: StoryBatch,
    *,
    linear_epochs: int = 20,
    epochs: int = 40,
    batch_size: int = 32,
    seed: int = 0,
    progress: bool = True,
) -> History:
    """Entrena con la receta de los autores: descenso de gradiente simple, en dos etapas.

    1. Arranque lineal: ``linear_epochs`` vueltas sin softmax en la memoria, a una tasa de 0,005.
    2. Con softmax: ``epochs`` vueltas; la tasa empieza en 0,005 (en 0,01 si no hubo arranque lineal) y se divide entre
       dos cada 25.

    La pérdida se suma sobre el lote y el gradiente de cada matriz se recorta a norma 40.

    Argumentos:
        model: el modelo; al acabar queda en modo de evaluación y con softmax.
        stories: las historias de entrenamiento.
        linear_epochs: vueltas de la primera etapa; 0 para saltársela.
        epochs: vueltas de la segunda.
        batch_size: historias por lote.
        seed: semilla del orden de los lotes.
        progress: si ``True``, muestra una línea de avance por etapa.

    Devuelve:
        ``History`` de las dos etapas seguidas.

    Referencia:
        Sukhbaatar et al. (2015), sección 4.2, y el código publicado por los autores.
    """
    per_epoch = len(stories.answer) // batch_size
    batches = stream_rows(stories, batch_size=batch_size, seed=seed)
    losses: list[float] = []
    seconds = 0.0
    stages: list[tuple[bool, int, Callable[[int], float]]] = [
        (True, linear_epochs, lambda step: 1.0),
        (False, epochs, lambda step: 0.5 ** (step // (25 * per_epoch))),
    ]
    for linear, turns, schedule in stages:
        model.linear_start = linear
        if turns == 0:
            continue
        history = train(
            model, batches, answer_loss, steps=turns * per_epoch,
            learning_rate=0.005 if linear_epochs else 0.01,
            optimizer=torch.optim.SGD(model.parameters()), schedule=schedule,
            clip=clip_each_matrix, clip_norm=40.0, progress=progress,
        )  # fmt: skip
        losses += history.losses
        seconds += history.seconds
    return History(losses, seconds)
