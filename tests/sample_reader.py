"""Un traductor pequeño y casi sin entrenar, y su figura viva: basta para comparar la página con Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from atencion.data import dates
from atencion.data.batches import stream_batches
from atencion.data.vocabulary import Vocabulary
from atencion.models.seq2seq import BahdanauSeq2Seq, teacher_forcing_loss
from atencion.training import seed_everything, train
from atencion.viz import LiveModel, dequantised

TEXT = "12 de octubre de 1492; 20/7/1969"
EXAMPLES = ["3 de mayo de 2001", "25 de brumario de 1799"]
MAX_LENGTH = 30


class Reading(NamedTuple):
    """Lo que el modelo de Python escribe para un texto, y sus pesos."""

    written: str
    rows: list[str]
    pieces: list[str]
    weights: torch.Tensor


class SampleReader:
    """El modelo, con los parámetros ya redondeados; con ``steps=0``, al azar."""

    def __init__(self, steps: int = 150) -> None:
        examples = dates.generate_examples(dates.split_days().train, 800, num_dates=(1, 2))
        self.vocabulary = Vocabulary.from_sequences(example.source for example in examples)
        seed_everything(5)
        sizes = {"embed_dim": 13, "hidden_dim": 19, "attention_units": 11, "maxout_dim": 7}
        self.model = BahdanauSeq2Seq(len(self.vocabulary), len(dates.TARGET_VOCABULARY), **sizes)
        if steps > 0:
            self._train(examples, steps)
        self.model.eval().load_state_dict(dequantised(self.model.state_dict()))

    def _train(self, examples: Sequence[dates.DateExample], steps: int) -> None:
        batches = stream_batches(examples, self.vocabulary, dates.TARGET_VOCABULARY, batch_size=16)
        train(self.model, batches, teacher_forcing_loss, steps=steps, learning_rate=1e-2, progress=False)

    def generate(self, text: str) -> tuple[torch.Tensor, torch.Tensor]:
        typed = dates.encode(text, self.vocabulary)
        written = self.model.generate(typed.source, typed.source_lengths, max_length=MAX_LENGTH, return_weights=True)
        assert written.weights is not None
        return written.tokens, written.weights

    def read(self, text: str) -> Reading:
        tokens, weights = self.generate(text)
        ids = tokens[0].tolist()
        names = list(dates.TARGET_VOCABULARY)
        written = "".join(dates.TARGET_VOCABULARY.decode(ids)) + ("" if ids[-1] == 2 else "…")
        rows = ["‹fin›" if i == 2 else names[i] for i in ids]
        return Reading(written, rows, list(dates.encode(text, self.vocabulary).tokens), weights[0])

    def figure(self, **options: object) -> LiveModel:
        """La figura que enseña la lectura de ``TEXT``."""
        shared = {"title": "Escribe una fecha", "examples": EXAMPLES, "max_length": MAX_LENGTH, "text": TEXT}
        shared |= {"source": self.vocabulary, "target": dates.TARGET_VOCABULARY, "shown": self.generate(TEXT)}
        keys = dates.encode(TEXT, self.vocabulary).tokens
        return LiveModel(self.model.state_dict(), **(shared | {"keys": keys} | options))
