"""Vocabulario: una biyección entre piezas de texto y números."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..errors import value_error

__all__ = ["BOS_ID", "EOS_ID", "PAD_ID", "SPECIALS", "UNK_ID", "Vocabulary"]

SPECIALS = ("<pad>", "<bos>", "<eos>", "<unk>")  # relleno, principio, fin, desconocida
PAD_ID, BOS_ID, EOS_ID, UNK_ID = range(len(SPECIALS))


class Vocabulary:
    """Numera piezas; los cuatro primeros números son siempre relleno, principio, fin y desconocida.

    Argumentos:
        tokens: las piezas en el orden de sus números, sin repetir y sin las especiales.

    Errores:
        ``ValueError`` si una pieza se repite o se llama como una especial.

    Ejemplo:
        >>> vocabulary = Vocabulary(["enero", "mayo"])
        >>> vocabulary.encode(["mayo", "brumario"])
        [5, 3]
    """

    def __init__(self, tokens: Iterable[str]) -> None:
        self._tokens = (*SPECIALS, *tokens)
        self._ids = {token: index for index, token in enumerate(self._tokens)}
        if len(self._ids) != len(self._tokens):
            repeated = sorted({token for token in self._tokens if self._tokens.count(token) > 1})
            raise value_error("tokens", f"piezas distintas entre sí y de {SPECIALS}", f"{repeated} repetidas")

    @classmethod
    def from_sequences(cls, sequences: Iterable[Sequence[str]]) -> Vocabulary:
        """Reúne en orden alfabético las piezas que aparecen en unas secuencias.

        Ejemplo:
            >>> list(Vocabulary.from_sequences([["de", "mayo"], ["de", "abril"]]))[4:]
            ['abril', 'de', 'mayo']
        """
        return cls(sorted({token for sequence in sequences for token in sequence}))

    def __len__(self) -> int:
        return len(self._tokens)

    def __iter__(self) -> Iterator[str]:
        return iter(self._tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._ids

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """Pasa de piezas a números; las que no están valen ``UNK_ID``."""
        return [self._ids.get(token, UNK_ID) for token in tokens]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Pasa de números a piezas hasta el primer fin; se salta el relleno y el principio.

        Argumentos:
            ids: números de 0 a ``len(self) − 1``.

        Devuelve:
            Las piezas legibles.

        Errores:
            ``ValueError`` si un número no está en el vocabulario.

        Ejemplo:
            >>> Vocabulary(["a", "b"]).decode([BOS_ID, 5, 4, EOS_ID, PAD_ID])
            ['b', 'a']
        """
        tokens = []
        for index in ids:
            if not 0 <= index < len(self._tokens):
                raise value_error("ids", f"números de 0 a {len(self._tokens) - 1}", index)
            if index == EOS_ID:
                break
            if index not in (PAD_ID, BOS_ID):
                tokens.append(self._tokens[index])
        return tokens
