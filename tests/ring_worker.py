"""Un proceso del anillo: compara ``ring_attention`` con la operación de un solo proceso. Véase ``test_distributed``."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Sequence

import pytest
import torch
import torch.distributed as dist
from atencion import ops
from atencion.distributed import ring_attention
from torch import Tensor

BATCH, HEADS, KV_HEADS, D_K, D_V = 2, 4, 2, 7, 5
FIRST_SHARD = {"equal": 6, "unequal": 3, "empty": 0}  # lo que mide el trozo del proceso 0; los demás crecen de él


def shard_lengths(kind: str, size: int) -> list[int]:
    return [FIRST_SHARD[kind] + (0 if kind == "equal" else 2 * rank) for rank in range(size)]


def gradients(attention: ops.Attention, leaves: Sequence[Tensor], rows: slice) -> list[Tensor]:
    """Con gradientes de llegada fijos, por la salida y por el logsumexp."""
    output, _, logsumexp = attention
    generator = torch.Generator().manual_seed(5)
    arriving = torch.randn(BATCH, HEADS, 64, D_V + 1, generator=generator, dtype=torch.float64).to(output.dtype)[
        :, :, rows
    ]
    arriving_lse = arriving[..., -1].masked_fill(logsumexp.isinf(), 0.0)
    return list(torch.autograd.grad([output, logsumexp], leaves, [arriving[..., :-1], arriving_lse]))


def compare(kind: str, causal: bool, lengths: bool, dtype: torch.dtype, group: dist.ProcessGroup | None = None) -> None:
    rank, size = dist.get_rank(group), dist.get_world_size(group)
    shards = shard_lengths(kind, size)
    start, stop, total = sum(shards[:rank]), sum(shards[: rank + 1]), sum(shards)
    generator = torch.Generator().manual_seed(3)
    shapes = (HEADS, D_K), (KV_HEADS, D_K), (KV_HEADS, D_V)
    whole = [
        torch.randn(BATCH, heads, total, width, generator=generator, dtype=torch.float64).to(dtype)
        for heads, width in shapes
    ]
    options = {
        "causal": causal,
        "key_lengths": torch.tensor([total - 2, 1]) if lengths else None,
        "scale": 0.4 if causal else None,
    }
    rows = slice(start, stop)
    mine = [t[:, :, rows].detach().requires_grad_() for t in whole]
    leaves = [t.requires_grad_() for t in whole]
    alone = ops.dot_product_attention(*leaves, **options)
    ring = ring_attention(*mine, **options, group=group)
    expected = [alone.output[:, :, rows], alone.logsumexp[:, :, rows]]
    expected += [gradient[:, :, rows] for gradient in gradients(alone, leaves, slice(0, total))]
    found = [ring.output, ring.logsumexp, *gradients(ring, mine, rows)]
    tolerance = 1e-12 if dtype == torch.float64 else 2e-5
    for actual, wanted in zip(found, expected, strict=True):
        torch.testing.assert_close(actual, wanted, rtol=tolerance, atol=tolerance)
    assert ring.weights is None


def expect(error: type[Exception], text: str, **arguments: object) -> None:
    tensors = {name: torch.zeros(1, 1, 2, 3) for name in ("query", "key", "value")}
    with pytest.raises(error, match=re.escape(text)):
        ring_attention(**{**tensors, **arguments})  # type: ignore[arg-type]


def main() -> None:
    expect(
        ValueError, "group: se esperaba un grupo iniciado con torch.distributed.init_process_group; se recibió ninguno"
    )
    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
    for kind, causal, lengths in itertools.product(FIRST_SHARD, (False, True), (False, True)):
        for dtype in (torch.float32, torch.float64):
            compare(kind, causal, lengths, dtype)
    halves = [dist.new_group([r for r in range(size) if r % 2 == half]) for half in range(2)]
    compare("unequal", True, True, torch.float64, halves[rank % 2])
    expect(ValueError, "causal: se esperaba tantas consultas como claves", causal=True, query=torch.zeros(1, 1, 3, 3))
    expect(ValueError, "group: se esperaba un grupo al que pertenezca este proceso", group=halves[1 - rank % 2])
    expect(
        ValueError,
        "key: se esperaba (batch, kv_heads, heads, d_k, d_v) iguales en todos los procesos",
        value=torch.zeros(1, 1, 2, 3 + rank),
    )
    expect(ValueError, f"key_lengths: se esperaba valores de 0 a {2 * size}", key_lengths=torch.tensor([2 * size + 1]))
    dist.destroy_process_group()
    sys.stdout.write("bien\n")


if __name__ == "__main__":
    main()
