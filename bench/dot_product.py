"""Producto escalar frente a ``scaled_dot_product_attention`` y, donde están, ``flex_attention`` y OpenVINO."""

from __future__ import annotations

import importlib.util
import math
from functools import partial

import torch
from atencion import ops, reference
from case import Attend, Case
from torch import Tensor
from torch.nn import functional


def eager(query: Tensor, key: Tensor, value: Tensor, *, allowed: Tensor | None = None) -> Tensor:
    """La atención escrita con operaciones sueltas de torch."""
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
    if allowed is not None:
        scores = scores.masked_fill(~allowed, -math.inf)
    return torch.softmax(scores, -1) @ value


def openvino_attention(shape: tuple[int, ...], causal: bool) -> Attend | None:
    """La atención de OpenVINO en float32, si está instalado."""
    if importlib.util.find_spec("openvino") is None:
        return None
    import openvino as ov
    from openvino import opset13

    nodes = [opset13.parameter(list(shape), dtype="f32") for _ in range(3)]
    attention = opset13.scaled_dot_product_attention(*nodes, causal=causal)
    model = ov.Model([attention], nodes)
    hints = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
    request = ov.Core().compile_model(model, "CPU", hints).create_infer_request()

    def run(*tensors: Tensor) -> Tensor:
        result = request.infer([t.numpy() for t in tensors], share_inputs=True, share_outputs=True)
        return torch.from_numpy(next(iter(result.values())))

    return run


def dense(
    batch: int, heads: int, length: int, width: int, *, causal: bool = False, threads: tuple[int, ...] = (1,),
    against_eager: bool = False, openvino: bool = False,
) -> Case:  # fmt: skip
    """Atención completa o causal."""
    shape = (batch, heads, length, width)
    allowed = torch.ones(length, length, dtype=torch.bool).tril() if causal else None
    peers: dict[str, Attend] = {"SDPA": partial(functional.scaled_dot_product_attention, is_causal=causal)}
    if against_eager:
        peers["eager"] = partial(eager, allowed=allowed)
    if openvino and (run := openvino_attention(shape, causal)):
        peers["OpenVINO"] = run
    pairs = length * (length + 1) / 2 if causal else length * length
    return Case(
        f"producto escalar {shape}{' causal' if causal else ''}",
        tuple(torch.randn(*shape) for _ in range(3)),
        lambda q, k, v: ops.dot_product_attention(q, k, v, causal=causal).output,
        lambda q, k, v: reference.dot_product_attention(q, k, v, causal=causal).output,
        peers,
        forward_only=("OpenVINO",),
        work=4.0 * batch * heads * pairs * width,
        threads=threads,
    )


def padded(batch: int, heads: int, length: int, width: int) -> Case:
    """Relleno: a cada ejemplo le sobran claves del final."""
    lengths = torch.linspace(length // 2, length, batch).long()
    allowed = (torch.arange(length) < lengths[:, None])[:, None, None]
    return Case(
        f"relleno (key_lengths) {(batch, heads, length, width)}",
        tuple(torch.randn(batch, heads, length, width) for _ in range(3)),
        lambda q, k, v: ops.dot_product_attention(q, k, v, key_lengths=lengths).output,
        lambda q, k, v: reference.dot_product_attention(q, k, v, key_lengths=lengths).output,
        {"SDPA": partial(functional.scaled_dot_product_attention, attn_mask=allowed)},
    )


def masked(batch: int, heads: int, length: int, width: int) -> Case:
    """Una máscara cualquiera."""
    allowed = torch.rand(batch, 1, length, length) > 0.3
    return Case(
        f"máscara densa {(batch, heads, length, width)}",
        tuple(torch.randn(batch, heads, length, width) for _ in range(3)),
        lambda q, k, v: ops.dot_product_attention(q, k, v, mask=allowed).output,
        lambda q, k, v: reference.dot_product_attention(q, k, v, mask=allowed).output,
        {"SDPA": partial(functional.scaled_dot_product_attention, attn_mask=allowed)},
    )


def windowed(length: int, window: int, *, flex: bool) -> Case:
    """Ventana deslizante; ``flex_attention`` compilada es el rival que también se salta lo que no ve."""
    shape = (1, 8, length, 64)
    positions = torch.arange(length)
    allowed = (positions[:, None] - positions[None]).abs() <= window
    peers: dict[str, Attend] = {"SDPA": partial(functional.scaled_dot_product_attention, attn_mask=allowed)}
    if flex:
        from torch.nn.attention.flex_attention import create_block_mask, flex_attention

        def near(b: Tensor, h: Tensor, q: Tensor, k: Tensor) -> Tensor:
            return (q - k).abs() <= window

        blocks = create_block_mask(near, None, None, length, length, device="cpu")
        peers["flex_attention"] = torch.compile(partial(flex_attention, block_mask=blocks), dynamic=False)
    pairs = float(allowed.sum())
    return Case(
        f"ventana {window} {shape}",
        tuple(torch.randn(*shape) for _ in range(3)),
        lambda q, k, v: ops.dot_product_attention(q, k, v, window=window).output,
        lambda q, k, v: reference.dot_product_attention(q, k, v, window=window).output,
        peers,
        forward_only=("flex_attention",),
        work=4.0 * 8 * pairs * 64,
    )


def cases() -> list[Case]:
    """Las filas de la tabla."""
    return [
        dense(1, 1, 4, 16),
        dense(32, 8, 20, 32, against_eager=True),
        dense(32, 8, 20, 32, causal=True),
        dense(1, 8, 512, 32),
        dense(1, 8, 512, 64, threads=(1, 2), against_eager=True, openvino=True),
        dense(1, 8, 512, 64, causal=True, threads=(1, 2)),
        dense(1, 8, 512, 128),
        dense(1, 8, 2048, 64, against_eager=True, openvino=True),
        dense(1, 8, 2048, 64, causal=True),
        dense(1, 2, 8192, 64, causal=True),
        padded(4, 8, 512, 64),
        masked(2, 8, 512, 64),
        windowed(2048, 256, flex=True),
        windowed(8192, 256, flex=True),
    ]
