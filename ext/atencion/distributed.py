"""Atención en anillo: una secuencia repartida entre procesos, sin que ninguno la tenga entera.

Cada proceso guarda sus consultas; los bloques de claves y valores dan la vuelta al anillo. Mientras un bloque viaja, se
calcula con el anterior, y los resultados parciales se unen con ``ops.merge_attention``. En la vuelta, cada bloque viaja
acompañado de su gradiente, al que todos los procesos suman su parte.

    paso 0      paso 1      paso 2          proceso 1, causal: su bloque es el de la diagonal, el 0 es pasado
    K₀ K₁ K₂ →  K₂ K₀ K₁ →  K₁ K₂ K₀        y se ve entero, y el 2 es futuro y no se mira
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor
from torch.autograd.function import once_differentiable

from . import _core
from .errors import value_error
from .ops import Attention, dot_product_attention, merge_attention
from .ops._checks import check_bool, check_heads, check_key_lengths, check_scale

__all__ = ["ring_attention"]

BLOCK, GRADIENT = 0, 1  # lo que viaja, para que no se confundan los mensajes


def ring_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    causal: bool = False,
    key_lengths: Tensor | None = None,
    scale: float | None = None,
    group: dist.ProcessGroup | None = None,
) -> Attention:
    """Atención por producto escalar de una secuencia repartida entre los procesos de un grupo, en orden.

    Fórmula: la de ``ops.dot_product_attention`` sobre la secuencia entera. Cada proceso la calcula para sus consultas,
    con ``O(n / procesos)`` de memoria. La han de llamar todos los procesos del grupo, y todos han de pedir la vuelta.

    Argumentos:
        query: ``(batch, heads, n_query, d_k)``, el trozo de este proceso, float32 o float64, en la CPU.
        key: ``(batch, kv_heads, n_key, d_k)``, su trozo de claves; los trozos pueden medir distinto.
        value: ``(batch, kv_heads, n_key, d_v)``.
        causal: cada consulta solo ve su pasado, contado en la secuencia entera. Pide ``n_query = n_key`` en cada
            proceso: el trozo de consultas y el de claves son las mismas posiciones.
        key_lengths: ``(batch,)`` enteros, claves válidas de la secuencia **entera**; el mismo en todos los procesos.
        scale: por omisión ``1 / √d_k``.
        group: grupo de procesos; por omisión, el de todos.

    Devuelve:
        ``Attention(output, None, logsumexp)`` de las consultas de este proceso, con gradiente en ``query``, ``key`` y
        ``value``.

    Errores:
        ``ValueError`` si no hay grupo de procesos, o las formas no encajan, también entre procesos; ``TypeError`` si un
        dtype no vale.

    Referencia: Liu, Zaharia y Abbeel (2024), Ring Attention.
    """
    check_heads(query, key, value)
    batch, n_query, n_key = query.shape[0], query.shape[2], key.shape[2]
    if query.device.type != "cpu":
        raise value_error("query", "un tensor en la CPU", query.device)
    check_bool("causal", causal)
    check_scale(scale, query.shape[3])
    if causal and n_query != n_key:
        raise value_error("causal", f"tantas consultas como claves en cada proceso, n_query = {n_key}", n_query)
    ring = _Ring.join(group, (*key.shape[:2], query.shape[1], key.shape[3], value.shape[3]), n_key)
    total = ring.starts[-1]
    if key_lengths is not None:
        key_lengths = check_key_lengths(key_lengths, batch, total, query)
        if bool(((key_lengths < 0) | (key_lengths > total)).any()):
            raise value_error("key_lengths", f"valores de 0 a {total}", key_lengths.tolist())
    output, logsumexp = _RingAttention.apply(ring, query, key, value, causal, key_lengths, scale)  # type: ignore[no-untyped-call]
    return Attention(output, None, logsumexp)


@dataclass(frozen=True)
class _Ring:
    """El lugar de este proceso en el anillo y dónde empieza el trozo de claves de cada uno."""

    group: dist.ProcessGroup
    rank: int
    size: int
    width: int  # números por clave: los de key y los de value, de todas las cabezas y ejemplos
    starts: tuple[int, ...]  # size + 1: el último es la longitud total

    @classmethod
    def join(cls, group: dist.ProcessGroup | None, shape: Sequence[int], n_key: int) -> _Ring:
        """Intercambia los tamaños; las demás medidas han de ser las mismas en todos los procesos."""
        if not (dist.is_available() and dist.is_initialized()):
            raise value_error("group", "un grupo iniciado con torch.distributed.init_process_group", "ninguno")
        group = cast("dist.ProcessGroup", group or dist.group.WORLD)
        rank, size = dist.get_rank(group), dist.get_world_size(group)
        if rank < 0:
            raise value_error("group", "un grupo al que pertenezca este proceso", "otro")
        mine = torch.tensor([*shape, n_key])
        everyone = [torch.empty_like(mine) for _ in range(size)]
        dist.all_gather(everyone, mine, group=group)
        shapes = {tuple(measures[:-1].tolist()) for measures in everyone}
        if len(shapes) > 1:
            raise value_error("key", "(batch, kv_heads, heads, d_k, d_v) iguales en todos los procesos", sorted(shapes))
        batch, kv_heads, _, d_k, d_v = shape
        lengths = [int(measures[-1]) for measures in everyone]
        starts = tuple(itertools.accumulate(lengths, initial=0))
        return cls(group, rank, size, batch * kv_heads * (d_k + d_v), starts)

    def source(self, step: int) -> int:
        """De quién es el bloque que se tiene en el paso ``step``."""
        return (self.rank - step) % self.size

    def length(self, source: int) -> int:
        return self.starts[source + 1] - self.starts[source]

    def local_lengths(self, key_lengths: Tensor | None, source: int) -> Tensor | None:
        """Claves válidas de un bloque, de las de la secuencia entera."""
        return None if key_lengths is None else (key_lengths - self.starts[source]).clamp(0, self.length(source))

    def rotate(self, block: Tensor, step: int, tag: int) -> tuple[Tensor, list[dist.Work]]:
        """Empieza a mandar ``block`` al siguiente y a recibir del anterior el del paso que viene; no espera."""
        if self.size == 1 or (tag == BLOCK and step + 1 == self.size):
            return block, []  # nadie más lo necesita
        arriving = block.new_empty(self.width * self.length(self.source(step + 1)))
        neighbours = (dist.isend, block, self.rank + 1), (dist.irecv, arriving, self.rank - 1)
        transfers = [
            dist.P2POp(way, tensor, dist.get_global_rank(self.group, peer % self.size), self.group, tag)
            for way, tensor, peer in neighbours
            if tensor.numel() > 0
        ]
        return arriving, dist.batch_isend_irecv(transfers) if transfers else []


def _wait(transfers: Sequence[dist.Work]) -> None:
    for transfer in transfers:
        transfer.wait()


def _packed(key: Tensor, value: Tensor) -> Tensor:
    """Claves y valores en un solo mensaje."""
    return torch.cat([key.reshape(-1), value.reshape(-1)])


def _unpacked(block: Tensor, key: Tensor, value: Tensor, n_key: int) -> tuple[Tensor, Tensor]:
    """Las claves y los valores de un mensaje, con las cabezas y anchuras de ``key`` y ``value``."""
    keys, values = ((*tensor.shape[:2], n_key, tensor.shape[3]) for tensor in (key, value))
    size = math.prod(keys)
    return block[:size].view(keys), block[size:].view(values)


class _RingAttention(torch.autograd.Function):
    """Ida y vuelta del anillo."""

    @staticmethod
    def forward(
        ctx: Any,
        ring: _Ring,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        causal: bool,
        key_lengths: Tensor | None,
        scale: float | None,
    ) -> tuple[Tensor, Tensor]:
        block, found = _packed(key, value), None
        for step in range(ring.size):
            source = ring.source(step)
            arriving, transfers = ring.rotate(block, step, BLOCK)
            if not (causal and source > ring.rank):
                part = dot_product_attention(
                    query, *_unpacked(block, key, value, ring.length(source)), causal=causal and source == ring.rank,
                    key_lengths=ring.local_lengths(key_lengths, source), scale=scale,
                )  # fmt: skip
                found = part if found is None else merge_attention([found, part])
            _wait(transfers)
            block = arriving
        assert found is not None  # el primer bloque es el propio, que siempre se ve
        ctx.ring, ctx.causal, ctx.scale = ring, causal, scale
        ctx.save_for_backward(query, key, value, found.output, found.logsumexp, key_lengths)
        ctx.set_materialize_grads(False)
        return found.output, found.logsumexp

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_output: Tensor | None, grad_logsumexp: Tensor | None) -> tuple[Tensor | None, ...]:
        """Con el logsumexp de toda la secuencia, cada bloque da su parte exacta de los tres gradientes."""
        ring: _Ring = ctx.ring
        query, key, value, output, logsumexp, key_lengths = ctx.saved_tensors
        block, grad_query = _packed(key, value), torch.zeros_like(query)
        grad_block, returning = torch.zeros_like(block), list[dist.Work]()
        for step in range(ring.size):
            source = ring.source(step)
            arriving, transfers = ring.rotate(block, step, BLOCK)
            grads: list[Tensor] = []
            if not (ctx.causal and source > ring.rank):
                found = _core.dot_product_backward(
                    (grad_output, None, grad_logsumexp), (output, None, logsumexp), (True, True, True, False),
                    query, *_unpacked(block, key, value, ring.length(source)), None, None,
                    ring.local_lengths(key_lengths, source), None, ctx.causal and source == ring.rank, None,
                    ctx.scale, False, torch.get_num_threads(),
                )  # fmt: skip
                more_query, *grads = cast("tuple[Tensor, ...]", found[:3])
                grad_query += more_query
            _wait(returning)  # llega lo que han sumado a este bloque los procesos anteriores
            for total, mine in zip(_unpacked(grad_block, key, value, ring.length(source)), grads, strict=False):
                total += mine
            grad_block, returning = ring.rotate(grad_block, step, GRADIENT)
            _wait(transfers)
            block = arriving
        _wait(returning)  # tras la última vuelta, el gradiente está en casa de su dueño
        grad_key, grad_value = _unpacked(grad_block, key, value, key.shape[2])
        return None, grad_query, grad_key, grad_value, None, None, None
