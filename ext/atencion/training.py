"""Un solo bucle de entrenamiento, corto y legible, para todos los capítulos."""

from __future__ import annotations

import math
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from .errors import shape_error, value_error

__all__ = ["History", "clip_each_matrix", "exact_match", "seed_everything", "train"]

BatchT = TypeVar("BatchT")


class History(NamedTuple):
    """Lo que pasó al entrenar.

    Campos:
        losses: la pérdida de cada paso.
        seconds: lo que tardó el bucle.
    """

    losses: list[float]
    seconds: float


def seed_everything(seed: int) -> None:
    """Fija las semillas de Python y de PyTorch: la misma semilla da el mismo modelo.

    Argumentos:
        seed: entero.

    Ejemplo:
        >>> seed_everything(0)
    """
    random.seed(seed)
    torch.manual_seed(seed)


def train(
    model: nn.Module,
    batches: Iterable[BatchT],
    loss: Callable[[nn.Module, BatchT], Tensor],
    *,
    steps: int,
    learning_rate: float,
    warmup: float = 0.15,
    optimizer: torch.optim.Optimizer | None = None,
    schedule: Callable[[int], float] | None = None,
    clip: Callable[[Iterable[nn.Parameter], float], object] = nn.utils.clip_grad_norm_,
    clip_norm: float = 1.0,
    threads: int = 1,
    progress: bool = True,
) -> History:
    """Entrena un modelo; si no se dice otra cosa, con Adam, recorte de gradiente y un ciclo de la tasa de aprendizaje.

    Fórmula: Adam con β₁ = 0,9 y β₂ = 0,98; la tasa sube con medio coseno hasta ``learning_rate`` durante la
    fracción ``warmup`` de los pasos, y con otro medio coseno baja a cero en los demás.

    Argumentos:
        model: el modelo; al acabar queda en modo de evaluación.
        batches: lotes; se toman ``steps``.
        loss: ``loss(model, batch)`` da la pérdida de un lote, un escalar.
        steps: número de pasos, ≥ 1.
        learning_rate: la tasa más alta.
        warmup: fracción de los pasos en que la tasa sube, entre 0 y 1.
        optimizer: otro optimizador de los parámetros del modelo; el bucle le pone la tasa en cada paso.
        schedule: otra manera de cambiar la tasa: ``schedule(step)`` da la fracción de ``learning_rate`` del paso
            ``step``, desde 0.
        clip: cómo se recorta el gradiente; por omisión, entero. ``clip_each_matrix`` recorta cada matriz por separado.
        clip_norm: norma máxima del gradiente.
        threads: hilos de PyTorch y del núcleo mientras dura el bucle. Las operaciones de un modelo pequeño duran
            microsegundos: coordinar dos hilos cuesta más que lo que ahorran, y en una máquina ocupada, muchísimo más.
        progress: si ``True``, muestra una línea de avance.

    Devuelve:
        ``History``.

    Errores:
        ``ValueError`` si ``steps`` o ``threads`` es menor que 1, ``warmup`` no está entre 0 y 1 o faltan lotes;
        ``FloatingPointError`` si la pérdida deja de ser finita.

    Ejemplo:
        >>> batches = [(torch.ones(3, 1), torch.zeros(3, 1))] * 50
        >>> loss = lambda model, batch: (model(batch[0]) - batch[1]).square().mean()
        >>> history = train(nn.Linear(1, 1), batches, loss, steps=50, learning_rate=0.1, progress=False)
        >>> history.losses[-1] < history.losses[0]
        True

    Referencia:
        Smith y Topin (2018), *Super-Convergence*: el ciclo único.
    """
    if steps < 1:
        raise value_error("steps", "un entero ≥ 1", steps)
    if not 0 <= warmup <= 1:
        raise value_error("warmup", "un número de 0 a 1", warmup)
    if threads < 1:
        raise value_error("threads", "un entero ≥ 1", threads)
    # β₂ = 0,98 y no 0,999: en unos cientos de pasos hay que olvidar pronto los gradientes del principio.
    if optimizer is None:
        optimizer = torch.optim.Adam(model.parameters(), betas=(0.9, 0.98))
    if schedule is None:
        schedule = partial(_one_cycle, steps=steps, warmup=warmup)
    line = _ProgressLine(steps) if progress else None
    losses: list[float] = []
    start = time.perf_counter()
    model.train()
    with _use_threads(threads):
        for batch in islice(batches, steps):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate * schedule(len(losses))
            optimizer.zero_grad()
            value = loss(model, batch)
            value.backward()  # type: ignore[no-untyped-call]
            clip(model.parameters(), clip_norm)
            optimizer.step()
            losses.append(value.item())
            if not math.isfinite(losses[-1]):
                raise FloatingPointError(f"loss: se esperaba un número finito; se recibió {losses[-1]}")
            if line is not None:
                line.update(len(losses), losses[-1])
    model.eval()
    if len(losses) < steps:
        raise value_error("batches", f"{steps} lotes", len(losses))
    return History(losses, time.perf_counter() - start)


@contextmanager
def _use_threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _one_cycle(step: int, steps: int, warmup: float) -> float:
    """Fracción de la tasa máxima en el paso ``step`` de 0 a ``steps − 1``; nunca es cero."""
    done = (step + 1) / (steps + 1)
    share = done / warmup if done < warmup else (1 - done) / (1 - warmup)
    return 0.5 - 0.5 * math.cos(math.pi * share)


@torch.no_grad()
def clip_each_matrix(parameters: Iterable[nn.Parameter], max_norm: float) -> None:
    """Recorta el gradiente de cada matriz por separado, en su sitio.

    Fórmula: ``G ← G · min(1, max_norm / ‖G‖)`` para cada matriz ``G``. Un parámetro de tres ejes es una pila de
    matrices; uno de un eje cuenta como una sola.

    Argumentos:
        parameters: los parámetros; los que no tienen gradiente se saltan.
        max_norm: norma máxima de cada matriz.

    Ejemplo:
        >>> table = nn.Parameter(torch.zeros(1, 2))
        >>> table.grad = torch.tensor([[30.0, 40.0]])
        >>> clip_each_matrix([table], 5.0)
        >>> [round(number, 3) for number in table.grad[0].tolist()]
        [3.0, 4.0]
    """
    for parameter in parameters:
        if parameter.grad is not None:
            axes = tuple(range(parameter.dim()))[-2:]
            norm = parameter.grad.square().sum(axes, keepdim=True).sqrt()
            parameter.grad.mul_((max_norm / norm.clamp(min=torch.finfo(norm.dtype).tiny)).clamp(max=1.0))


def exact_match(predicted: Tensor, expected: Tensor, *, pad_id: int = 0) -> Tensor:
    """Dice qué secuencias coinciden enteras.

    Argumentos:
        predicted: ``(batch, n)`` enteros.
        expected: ``(batch, m)`` enteros; ``m`` puede ser distinto de ``n``.
        pad_id: relleno; sobra por la derecha y no cuenta.

    Devuelve:
        ``(batch,)`` bool. Su media es la exactitud.

    Errores:
        ``ValueError`` si no tienen dos ejes o no tienen el mismo ``batch``.

    Ejemplo:
        >>> exact_match(torch.tensor([[4, 2, 0], [4, 5, 2]]), torch.tensor([[4, 2], [4, 2]])).tolist()
        [True, False]
    """
    for name, tensor in (("predicted", predicted), ("expected", expected)):
        if tensor.dim() != 2 or tensor.shape[:1] != expected.shape[:1]:
            raise shape_error(name, ("batch", "n"), (*expected.shape[:1], "n"), tuple(tensor.shape))
    width = max(predicted.shape[1], expected.shape[1])
    same = _widen(predicted, width, pad_id) == _widen(expected, width, pad_id)
    return same.all(dim=1)


def _widen(ids: Tensor, width: int, pad_id: int) -> Tensor:
    return nn.functional.pad(ids, (0, width - ids.shape[1]), value=pad_id)


class _ProgressLine:
    """Una línea de avance que se reescribe en su sitio y, al acabar, deja una sola línea.

    En un cuaderno usa la salida actualizable de Jupyter, y así la página estática guarda solo el último
    estado; en una terminal escribe en la salida normal. La de errores no se toca: el libro la muestra como un
    aviso.
    """

    WIDTH = 24
    PAUSE = 0.25  # segundos entre dos dibujos

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.start = time.perf_counter()
        self.drawn = -math.inf
        self.output = _notebook_output()

    def update(self, step: int, loss: float) -> None:
        elapsed = time.perf_counter() - self.start
        if elapsed - self.drawn < self.PAUSE and step < self.steps:
            return
        self.drawn = elapsed
        bar = ("█" * (self.WIDTH * step // self.steps)).ljust(self.WIDTH, "░")
        number = f"{loss:.4f}".replace(".", ",")
        text = f"{bar} {step}/{self.steps} · pérdida {number} · {elapsed:.0f} s"
        if self.output is not None:
            self.output.update({"text/plain": text}, raw=True)
        else:
            sys.stdout.write("\r" + text + ("\n" if step == self.steps else ""))
            sys.stdout.flush()


def _notebook_output() -> Any:
    """La salida actualizable de un cuaderno, o ``None`` fuera de ellos."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython.display import display

    return display({"text/plain": ""}, raw=True, display_id=True)  # type: ignore[no-untyped-call]
