"""Registro de las operaciones en torch: esquema, CPU, otros dispositivos, tensores falsos y gradiente.

Cada mecanismo declara dos operaciones, la de ida y la de vuelta. En la CPU corre el núcleo compilado; en cualquier otro
dispositivo, ``reference.py``, con los mismos resultados.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

LIBRARY: Any = torch.library.Library("atencion", "DEF")  # type: ignore[no-untyped-call]

Tensors = tuple[Tensor, ...]


def register(
    name: str,
    schema: str,
    *,
    cpu: Callable[..., Tensors],
    other: Callable[..., Tensors],
    fake: Callable[..., Tensors],
) -> Callable[..., Tensors]:
    """Define ``atencion::name`` y devuelve la operación ya resuelta, que es lo que menos tarda en llamarse."""
    LIBRARY.define(f"{name}{schema}")
    LIBRARY.impl(name, cpu, "CPU")
    LIBRARY.impl(name, other, "CompositeExplicitAutograd")
    torch.library.register_fake(f"atencion::{name}", fake, lib=LIBRARY)
    operation: Callable[..., Tensors] = getattr(torch.ops.atencion, name).default
    return operation


def connect_gradient(name: str, function: type[torch.autograd.Function], forward: Callable[..., Tensors]) -> None:
    """Une ``function``, que sabe ir y volver, a la operación ``atencion::name``.

    ``torch.library.register_autograd`` haría lo mismo, pero añade unos 30 µs por llamada: en un decodificador que llama
    a la atención en cada paso es más que la propia atención.
    """

    def with_gradient(*arguments: Any) -> Tensors:
        if torch.is_grad_enabled() and any(isinstance(a, Tensor) and a.requires_grad for a in arguments):
            outputs: Tensors = function.apply(*arguments)  # type: ignore[no-untyped-call]
            return outputs
        return below_gradient(forward, *arguments)

    LIBRARY.impl(name, with_gradient, "Autograd")


def below_gradient(operation: Callable[..., Tensors], *arguments: Any) -> Tensors:
    """Llama a una operación saltando su capa de gradiente, que ya está en marcha."""
    with torch._C._AutoDispatchBelowAutograd():
        return operation(*arguments)


_dispatch_modes: Callable[[], int] = getattr(torch._C, "_len_torch_dispatch_stack", lambda: 1)


def callable_directly(*tensors: Tensor | None) -> bool:
    """¿Son tensores corrientes de la CPU y nadie está trazando? Entonces se puede ir al núcleo sin pasar por torch.

    Quien traza (``torch.compile``, ``torch.jit.trace``, tensores falsos, modos y subclases) ha de ver la operación
    registrada; y un signo que torch aún no ha aplicado lo resuelve su despachador.
    """
    if torch.compiler.is_compiling() or _dispatch_modes() != 0 or torch._C._get_tracing_state() is not None:
        return False
    return all(
        t is None or ((type(t) is Tensor or type(t) is torch.nn.Parameter) and t.is_cpu and not t.is_neg())
        for t in tensors
    )


def rows(tensor: Tensor) -> Tensor:
    """El núcleo admite cualquier paso salvo en la última dimensión, que ha de ser contigua; si no lo es, copia."""
    return tensor if tensor.stride(-1) == 1 or tensor.shape[-1] <= 1 else tensor.contiguous()


def optional_contiguous(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else tensor.contiguous()


def gradients(inputs: list[Tensor], outputs: Callable[..., Tensors], grad_outputs: list[Tensor | None]) -> list[Tensor]:
    """Gradiente de ``outputs(*inputs)`` por torch; lo usan los dispositivos sin núcleo compilado."""
    with torch.enable_grad():
        leaves = [tensor.detach().requires_grad_() for tensor in inputs]
        results = outputs(*leaves)
        pairs = [(r, g) for r, g in zip(results, grad_outputs, strict=True) if g is not None and r.requires_grad]
        if not pairs:
            return [torch.zeros_like(leaf) for leaf in leaves]
        found = torch.autograd.grad([r for r, _ in pairs], leaves, [g for _, g in pairs], allow_unused=True)
    return [torch.zeros_like(leaf) if g is None else g.contiguous() for leaf, g in zip(leaves, found, strict=True)]
