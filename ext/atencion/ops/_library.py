"""Registro de las operaciones en torch: esquema, CPU, otros dispositivos, tensores falsos y gradiente.

Cada mecanismo declara una ``Operation``. En la CPU corre el núcleo compilado; en cualquier otro dispositivo,
``reference``, con los mismos resultados.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.autograd.function import once_differentiable

from .. import _core

LIBRARY: Any = torch.library.Library("atencion", "DEF")  # type: ignore[no-untyped-call]

Tensors = tuple[Tensor, ...]
Outputs = tuple[Any, ...]  # tensores, o None la salida que no se pidió
Shape = tuple[int, ...]

_dispatch_modes: Callable[[], int] = getattr(torch._C, "_len_torch_dispatch_stack", lambda: 1)


class Operation:
    """Un mecanismo registrado como ``atencion::name``, con su vuelta ``atencion::name_backward``.

    Sus argumentos van siempre en el mismo orden: los tensores con gradiente (``inputs``) y luego las opciones, primero
    las que son tensores.

    Argumentos:
        name: nombre de la función pública.
        inputs: nombres de los tensores float que llevan gradiente, en orden; con ``?`` al final si pueden faltar. Un
            solo nombre, en vez de una lista, es un número cualquiera de tensores: el esquema los recibe en un
            ``Tensor[]`` y no puede haber más opciones.
        options: el resto del esquema de torch, con los tensores delante: ``"Tensor? mask, bool return_weights"``.
        forward: función del núcleo: ``(*inputs, *options, threads)`` → una tupla con las salidas, ``None`` la que no se
            pidió.
        backward: función del núcleo: ``(grads, outputs, needs, *inputs, *options, threads)`` → un gradiente por input.
            ``grads`` y ``outputs`` siguen el orden de las salidas (``None`` si falta) y ``needs`` dice qué inputs lo
            piden.
        reference: el oráculo: ``(*inputs, *options)`` → las salidas.
        shapes: ``(*inputs, *options)`` → la forma de cada salida, ``None`` la que no se pidió.
        reduced: inputs cuyo gradiente llega con ejes de más o difundidos y hay que sumar a su forma.
    """

    def __init__(
        self,
        name: str,
        *,
        inputs: Sequence[str] | str,
        options: str,
        forward: Callable[..., Outputs],
        backward: Callable[..., Outputs],
        reference: Callable[..., Outputs],
        shapes: Callable[..., Sequence[Shape | None]],
        outputs: int = 3,
        reduced: Sequence[str] = (),
    ) -> None:
        listed = isinstance(inputs, str)
        self.inputs = sys.maxsize if listed else len(inputs)
        self.tensors = self.inputs + sum(option.strip().startswith("Tensor") for option in options.split(","))
        self.outputs = outputs
        self.core_forward, self.core_backward = forward, backward
        self.reference, self.shapes = reference, shapes
        self.reduced = [i for i, item in enumerate(inputs) if item.rstrip("?") in reduced]
        self.function: Any = type(name.title().replace("_", ""), (_Gradient,), {})
        # Lo que hay debajo de Function.apply, que antes repasa los argumentos por si torch.func los envolvió.
        self.apply: Callable[..., Outputs] = super(torch.autograd.Function, self.function).apply  # type: ignore[misc]
        named = (f"Tensor{'?' * item.endswith('?')} {item.rstrip('?')}" for item in inputs)
        arguments = f"Tensor[] {inputs}" if listed else ", ".join([*named, options])
        self.registered = _define(
            name, f"({arguments}) -> ({', '.join(['Tensor'] * outputs)})",
            cpu=self._forward_cpu, other=self._forward_other, fake=self._forward_fake, autograd=self._forward_autograd,
            list_at=0 if listed else None,
        )  # fmt: skip
        self.registered_backward = _define(
            f"{name}_backward", f"(Tensor?[] grads, Tensor?[] outputs, bool[] needs, {arguments}) -> Tensor[]",
            cpu=self._backward_cpu, other=self._backward_other, fake=self._backward_fake, list_at=3 if listed else None,
        )  # fmt: skip

    def direct(self, *arguments: Any) -> Outputs | None:
        """Va derecho al núcleo, sin despachador; ``None`` si hay que comprobar los argumentos o pasar por torch.

        El núcleo rechaza lo que no encaje y entonces la función pública dice qué está mal. Quien traza
        (``torch.compile``, ``torch.jit.trace``, tensores falsos, modos y subclases) ha de ver la operación registrada.
        """
        if (
            torch.compiler.is_compiling()
            or _dispatch_modes() != 0
            or torch._C._get_tracing_state() is not None
            or torch._C._are_functorch_transforms_active()
            or forward_ad._current_level >= 0
        ):
            return None
        route = _core.route(arguments, self.tensors, self.inputs)
        if route == 0:
            return None
        try:
            if route == 2 and torch.is_grad_enabled():
                return self.apply(self, True, arguments[self.inputs :], *arguments[: self.inputs])
            return self.core_forward(*arguments, torch.get_num_threads())
        except (TypeError, ValueError, MemoryError):
            return None

    def __call__(self, *arguments: Any) -> Outputs:
        """Llama a la operación registrada, con los argumentos ya comprobados."""
        outputs = self.registered(*arguments)
        return tuple(
            None if shape is None else output for output, shape in zip(outputs, self.shapes(*arguments), strict=True)
        )

    def _forward_cpu(self, *arguments: Any) -> Tensors:
        outputs = self.core_forward(*arguments, torch.get_num_threads())
        return tuple(arguments[0].new_empty(0) if output is None else output for output in outputs)

    def _forward_other(self, *arguments: Any) -> Tensors:
        outputs = self.reference(*arguments)
        return tuple(arguments[0].new_empty(0) if output is None else output.contiguous() for output in outputs)

    def _forward_fake(self, *arguments: Any) -> Tensors:
        return tuple(arguments[0].new_empty((0,) if shape is None else shape) for shape in self.shapes(*arguments))

    def _forward_autograd(self, *arguments: Any) -> Outputs:
        """``torch.library.register_autograd`` haría lo mismo, pero añade unos 30 µs por llamada."""
        if torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in arguments[: self.inputs]):
            outputs: Outputs = self.function.apply(self, False, arguments[self.inputs :], *arguments[: self.inputs])
            return outputs
        return _below_gradient(self.registered, *arguments)

    def _backward_cpu(self, grads: Outputs, outputs: Outputs, needs: Sequence[bool], *arguments: Any) -> list[Tensor]:
        found = self.core_backward(tuple(grads), tuple(outputs), tuple(needs), *arguments, torch.get_num_threads())
        return [arguments[0].new_empty(0) if grad is None else grad for grad in self._reduce(found, arguments)]

    def _backward_other(self, grads: Outputs, outputs: Outputs, needs: Sequence[bool], *arguments: Any) -> list[Tensor]:
        """Por torch: se deriva el oráculo."""
        with torch.enable_grad():
            leaves = [
                t.detach().requires_grad_() if need and t is not None else t
                for t, need in zip(arguments[: self.inputs], needs, strict=True)
            ]
            results = self.reference(*leaves, *arguments[self.inputs :])
            wanted = [leaf for leaf, need in zip(leaves, needs, strict=True) if need]
            pairs = [
                (r, g)
                for r, g in zip(results, grads, strict=True)
                if r is not None and g is not None and r.requires_grad
            ]
            found = torch.autograd.grad(
                [r for r, _ in pairs], wanted, [g for _, g in pairs], allow_unused=True, materialize_grads=True
            ) if pairs else [torch.zeros_like(leaf) for leaf in wanted]  # fmt: skip
        remaining = iter(found)
        return [next(remaining).contiguous() if need else arguments[0].new_empty(0) for need in needs]

    def _backward_fake(self, grads: Outputs, outputs: Outputs, needs: Sequence[bool], *arguments: Any) -> list[Tensor]:
        return [
            t.new_empty(t.shape) if need else arguments[0].new_empty(0)
            for t, need in zip(arguments[: self.inputs], needs, strict=True)
        ]

    def _reduce(self, grads: Outputs, arguments: Sequence[Any]) -> Outputs:
        if not self.reduced:
            return grads
        found = list(grads)
        for i in self.reduced:
            grad = found[i]
            found[i] = None if grad is None else grad.sum_to_size(arguments[i].shape)
        return tuple(found)


class _Gradient(torch.autograd.Function):
    """Ida y vuelta de una operación, para tensores con gradiente; cada operación tiene su subclase."""

    @staticmethod
    def forward(ctx: Any, operation: Operation, direct: bool, options: tuple[Any, ...], *inputs: Tensor) -> Outputs:
        if direct:
            outputs = operation.core_forward(*inputs, *options, torch.get_num_threads())
        else:
            outputs = _below_gradient(operation.registered, *inputs, *options)
        tensors = operation.tensors - operation.inputs
        ctx.save_for_backward(*outputs, *inputs, *options[:tensors])
        ctx.call = operation, direct, options[tensors:]
        ctx.set_materialize_grads(False)
        return outputs

    @staticmethod
    @once_differentiable  # su derivada no está escrita: pedirla es un error
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        operation: Operation = ctx.call[0]
        direct, scalars = ctx.call[1:]
        saved = ctx.saved_tensors
        outputs, arguments = saved[: operation.outputs], (*saved[operation.outputs :], *scalars)
        needs = ctx.needs_input_grad[3:]
        if direct and _core.route(grads, len(grads), 0):
            found = operation.core_backward(grads, outputs, needs, *arguments, torch.get_num_threads())
            found = operation._reduce(found, arguments)
        else:
            absent = [shape is None for shape in operation.shapes(*arguments)]
            outputs = [None if gone else output for output, gone in zip(outputs, absent, strict=True)]
            # El despachador no aplica los signos pendientes de una lista de tensores opcionales.
            grads = tuple(
                None if gone or grad is None else grad.resolve_neg() for grad, gone in zip(grads, absent, strict=True)
            )
            found = operation.registered_backward(grads, outputs, needs, *arguments)
        return None, None, None, *(grad if need else None for grad, need in zip(found, needs, strict=True))


def _define(name: str, schema: str, *, list_at: int | None, **keys: Callable[..., Any]) -> Callable[..., Any]:
    """Define ``atencion::name`` y devuelve la operación ya resuelta, que es lo que menos tarda en llamarse.

    Si el esquema recibe una lista de tensores, en la posición ``list_at``, aquí se junta y se reparte: el resto del
    módulo los ve siempre sueltos.
    """
    LIBRARY.define(f"{name}{schema}")
    if list_at is not None:
        keys = {key: _spread(function) for key, function in keys.items()}
    LIBRARY.impl(name, keys["cpu"], "CPU")
    LIBRARY.impl(name, keys["other"], "CompositeExplicitAutograd")
    torch.library.register_fake(f"atencion::{name}", keys["fake"], lib=LIBRARY)
    if "autograd" in keys:
        LIBRARY.impl(name, keys["autograd"], "Autograd")
    operation: Callable[..., Any] = getattr(torch.ops.atencion, name).default
    return operation if list_at is None else lambda *a: operation(*a[:list_at], list(a[list_at:]))


def _spread(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments: function(*arguments[:-1], *arguments[-1])


def _below_gradient(operation: Callable[..., Outputs], *arguments: Any) -> Outputs:
    """Llama a una operación saltando su capa de gradiente, que ya está en marcha."""
    with torch._C._AutoDispatchBelowAutograd():
        return operation(*arguments)
