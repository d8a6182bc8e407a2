"""Llama a las operaciones públicas con argumentos al azar, muchos de ellos imposibles, y juzga lo que pasa.

Una llamada está bien si da lo mismo que el oráculo o si falla con un error de Python cuyo texto es nuestro. Nunca puede
tumbar el proceso ni colgarse; por eso ``test_fuzz.py`` corre esto en otro. Para repetir una llamada que falló:

    PYTHONPATH=tests python -m ops.fuzz dot_product_attention 1234
"""

from __future__ import annotations

import faulthandler
import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import atencion
import torch
from atencion import ops, reference
from atencion.masks import MASKING_BIAS
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map

from . import hostile
from .arguments import OPERATIONS, World

PATIENCE = 60  # segundos por llamada, con la máquina muy ocupada: más es haberse colgado
TOLERANCE = {torch.float32: (1e-2, 5e-3), torch.float64: (1e-8, 1e-9)}
NUMBERS = ("scale", "negative_slope", "n_tokens")  # aquí un entero enorme sí cuenta; en una ventana es «todo»
MASKED = ("bias", "parts")  # aquí lo muy negativo tapa
OURS = re.compile(r"^[\w, .\[\]]+: (se esperaba |no hay memoria )")


def problem_with(error: Exception) -> str | None:
    """¿Qué tiene de malo este error? ``None`` si es de los prometidos y lo hemos escrito nosotros."""
    text = str(error)
    if not isinstance(error, (TypeError, ValueError, RuntimeError, MemoryError)) or not OURS.search(text):
        return f"el error no es nuestro: {type(error).__name__}: {text[:300]}"
    return None


def run(function: Callable[..., Any], arguments: dict[str, Any], seed: int) -> dict[str, Tensor]:
    """Salidas y, si algo lleva gradiente, gradientes, con gradientes de llegada al azar."""
    outputs = {name: item for name, item in function(**arguments)._asdict().items() if item is not None}
    results = {name: item.detach() for name, item in outputs.items()}
    leaves = [leaf for leaf in tree_leaves(arguments) if isinstance(leaf, Tensor) and leaf.requires_grad]
    roots = [item for item in outputs.values() if item.requires_grad]
    if leaves and torch.is_grad_enabled():
        generator = torch.Generator().manual_seed(seed)
        arriving = [torch.randint(-4, 5, r.shape, generator=generator).to(r.dtype) for r in roots]
        found = (
            torch.autograd.grad(roots, leaves, arriving, materialize_grads=True)
            if roots
            else map(torch.zeros_like, leaves)
        )
        results |= {f"gradiente {i}": grad for i, grad in enumerate(found)}
    return results


def exact(argument: Any) -> Any:
    """El argumento en float64, contiguo y en memoria propia."""
    if not isinstance(argument, Tensor):
        return argument
    plain = argument.detach().clone(memory_format=torch.contiguous_format)
    return (plain.double() if plain.is_floating_point() else plain).requires_grad_(argument.requires_grad)


def comparable(arguments: dict[str, Any]) -> bool:
    """Con infinitos, NaN o números enormes la operación ha de acabar bien, pero no hay con qué compararla."""

    def tame(name: str, leaf: Any) -> bool:
        if isinstance(leaf, Tensor) and leaf.is_floating_point():
            small = leaf.detach().abs() < 100
            return bool((small | (leaf <= MASKING_BIAS) if name in MASKED else small).all())
        return not (isinstance(leaf, float) or name in NUMBERS) or abs(leaf or 0) < 100

    return all(tame(name, leaf) for name, argument in arguments.items() for leaf in tree_leaves(argument))


def difference(actual: dict[str, Tensor], expected: dict[str, Tensor]) -> str | None:
    if actual.keys() != expected.keys():
        return f"da {sorted(actual)} y el oráculo {sorted(expected)}"
    for name, wanted in expected.items():
        found = actual[name]
        relative, absolute = TOLERANCE[found.dtype]
        scale = max(float(wanted.abs().nan_to_num(posinf=0.0).max()), 1.0) if wanted.numel() else 1.0
        try:
            torch.testing.assert_close(found.double(), wanted, rtol=relative, atol=absolute * scale, equal_nan=True)
        except AssertionError as error:
            return f"{name} no es lo que da el oráculo: {' '.join(str(error).split())[:300]}"
    return None


def call(name: str, seed: int, operation: Callable[..., Any] | None = None) -> tuple[str, str | None]:
    """Una llamada: cómo acabó («resultado» o «error») y qué tiene de malo, o ``None``."""
    world = World(seed)
    operation = operation or getattr(ops, name)
    arguments = {argument: strategy(world) for argument, strategy in OPERATIONS[name].items()}
    for _ in range(world.random.choice([0, 0, 0, 1, 1, 2])):
        victim = world.random.choice(list(arguments))
        arguments[victim] = hostile.instead_of(arguments[victim], world)
    torch.set_num_threads(world.random.choice([1, 1, 2, 3]))
    gradient = world.random.random() < 0.7
    with atencion.use_kernel(world.random.choice(atencion.available_kernels())), torch.set_grad_enabled(gradient):
        try:
            actual = run(operation, arguments, seed)
        except Exception as error:
            return "error", problem_with(error)
        if not comparable(arguments):
            return "resultado", None
        try:
            expected = run(getattr(reference, name), tree_map(exact, arguments), seed)
        except Exception as error:
            return "resultado", f"se aceptó lo que el oráculo no admite: {type(error).__name__}: {str(error)[:200]}"
        return "resultado", difference(actual, expected)


def campaign(count: int, first: int, journal: int) -> int:
    """``count`` llamadas repartidas entre las operaciones; apunta cada una en ``journal`` antes de hacerla."""
    ends: Counter[tuple[str, str]] = Counter()
    failures = 0
    for seed in range(first, first + count):
        name = list(OPERATIONS)[seed % len(OPERATIONS)]
        os.pwrite(journal, f"{name} {seed}".ljust(80).encode(), 0)
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        end, problem = call(name, seed)
        faulthandler.cancel_dump_traceback_later()
        ends[name, end] += 1
        if problem is not None and (failures := failures + 1) <= 20:
            print(f"{name} {seed}: {problem}", flush=True)
    print(dict(ends))
    return failures


if __name__ == "__main__":
    print(*call(sys.argv[1], int(sys.argv[2])), sep="\n")
