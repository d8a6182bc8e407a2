"""Un caso de la tabla de ``make medir``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor

Attend = Callable[..., Tensor]


@dataclass
class Case:
    """Un mecanismo con unos tensores: lo nuestro, sus rivales y el oráculo.

    Campos:
        name: lo que se lee en la tabla, con las formas.
        inputs: los tensores float que llevan gradiente.
        ours: nuestra operación, de ``inputs`` a la salida.
        oracle: lo mismo en torch puro; con él se comprueba la salida, en float64, antes de medir.
        peers: rival → la misma función escrita para él; ``torch.compile`` de ``eager`` se añade solo.
        forward_only: rivales sin vuelta en la CPU.
        work: operaciones de la ida; con ellas se calcula la parte del techo de la máquina.
        threads: hilos con los que se mide.
        backward: si también se mide ida y vuelta.
    """

    name: str
    inputs: tuple[Tensor, ...]
    ours: Attend
    oracle: Attend
    peers: dict[str, Attend]
    forward_only: tuple[str, ...] = ()
    work: float = 0.0
    threads: tuple[int, ...] = (1,)
    backward: bool = True
    compiled: bool = field(default=True)
