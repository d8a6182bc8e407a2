"""El núcleo dentro de los modelos de ``transformers`` (Hugging Face).

    from atencion.integrations.transformers import register

    register()
    model = AutoModel.from_pretrained("…", attn_implementation="atencion")
    model.set_attn_implementation("atencion")  # o así, si el modelo ya está cargado
    model(**inputs, output_attentions=True).attentions  # una matriz (batch, heads, n_query, n_key) por capa

Da lo mismo que ``"eager"``, pesos y gradientes incluidos, con dos diferencias. Una consulta que no puede atender a nada
(el relleno por la izquierda) da ceros, no una media de basura. Y la matriz de pesos solo se forma si se pide.

Detalles:
    dropout: al entrenar con *dropout*, el núcleo da los pesos y torch los apaga y suma los valores. Con la misma
        semilla salen los números de ``"eager"``.
    dtype: float16 y bfloat16 se calculan en float32 y se devuelven en su tipo.
    máscaras: las de relleno, causales y ventanas llegan ya unidas en una booleana; una tuya de cuatro ejes puede ser
        booleana (``True`` = puede atender) o de números que se suman (−∞ o ``finfo.min`` tapan).
    T5 y GPT-OSS: entran el sesgo de posición y los sumideros. El tope de puntuaciones de Gemma 2, no: da un error.
"""

from __future__ import annotations

import sys
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import dtype_error, value_error
from ..ops import dot_product_attention
from ..ops._checks import FLOATS

__all__ = ["attention_forward", "register"]

NAME = "atencion"
UNSUPPORTED = ("softcap", "sinks", "block_indices", "cache")  # cambiarían el resultado: mejor un error que ignorarlos


def register() -> None:
    """Da de alta el núcleo en ``transformers`` con el nombre ``"atencion"``. Llamarla otra vez no cambia nada.

    Errores:
        ``ImportError`` si falta ``transformers`` o es anterior a la 5.2.
    """
    try:
        from transformers import AttentionInterface, AttentionMaskInterface
        from transformers.masking_utils import sdpa_mask
    except ImportError as error:
        raise ImportError("Falta transformers 5.2 o posterior: pip install 'atencion[transformers]'") from error
    AttentionInterface.register(NAME, attention_forward)
    AttentionMaskInterface.register(NAME, sdpa_mask)  # la que llega booleana, o None si basta con is_causal


def attention_forward(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float | None = None,
    dropout: float = 0.0,
    is_causal: bool | None = None,
    position_bias: Tensor | None = None,
    s_aux: Tensor | None = None,
    **options: Any,
) -> tuple[Tensor, Tensor | None]:
    """La atención que llama cada capa de un modelo de ``transformers``; no hace falta llamarla a mano.

    Argumentos:
        module: la capa; dice si es causal y si se está entrenando.
        query: ``(batch, heads, n_query, d_k)``.
        key: ``(batch, kv_heads, n_key, d_k)``.
        value: ``(batch, kv_heads, n_key, d_v)``.
        attention_mask: bool (``True`` = puede atender) o sumando, difundible a ``(batch, heads, n_query, n_key)``. Con
            ``None`` y varias consultas manda ``is_causal``, alineado al principio, como en ``"sdpa"``.
        scaling: la escala de las puntuaciones; por omisión ``1 / √d_k``.
        dropout: probabilidad de apagar cada peso; la capa da 0 si no se entrena.
        is_causal: por omisión, ``module.is_causal``.
        position_bias: sesgo que se suma a las puntuaciones (T5).
        s_aux: ``(heads,)``, puntuación de un sumidero que recibe peso y no aporta valor (GPT-OSS).
        options: lo demás que pasa el modelo; la ventana ya viene en la máscara.

    Devuelve:
        La salida, ``(batch, n_query, heads, d_v)``, y los pesos si se pidieron, como ``"eager"``.

    Errores:
        ``ValueError`` si el modelo pide algo que el núcleo no hace; ``TypeError`` si la máscara no es bool ni float.
    """
    for name in UNSUPPORTED:
        if options.get(name) is not None:
            raise value_error(name, f"None con attn_implementation='{NAME}' (usa 'eager')", options[name])
    training = dropout > 0.0 and module.training
    dtype = query.dtype if query.dtype in FLOATS else torch.float32
    given, query, key, value = query.dtype, query.to(dtype), key.to(dtype), value.to(dtype)
    mask, bias = _mask_and_bias(attention_mask, position_bias, dtype)
    n_query, n_key = query.shape[2], key.shape[2]
    if is_causal is None:
        is_causal = getattr(module, "is_causal", True)
    causal = bool(is_causal) and attention_mask is None and n_query > 1
    if causal and n_query != n_key:  # una caché de tamaño fijo aún vacía: las consultas son las primeras posiciones
        mask, causal = torch.ones(n_query, n_key, dtype=torch.bool, device=query.device).tril(), False
    wanted = training or _weights_wanted(options)
    output, weights, logsumexp = dot_product_attention(
        query, key, value, mask=mask, causal=causal, bias=bias, scale=scaling, return_weights=wanted
    )
    if s_aux is not None:  # un sumando más en el denominador: e^lse / (e^lse + e^s)
        kept = torch.sigmoid(logsumexp - s_aux[:, None].to(dtype))[..., None]
        output, weights = output * kept, None if weights is None else weights * kept
    if training:
        assert weights is not None
        weights = F.dropout(weights, dropout)
        output = weights @ value.repeat_interleave(query.shape[1] // value.shape[1], dim=1)
    return output.transpose(1, 2).contiguous().to(given), None if weights is None else weights.to(given)


def _mask_and_bias(
    attention_mask: Tensor | None, position_bias: Tensor | None, dtype: torch.dtype
) -> tuple[Tensor | None, Tensor | None]:
    """Separa lo que tapa (bool) de lo que se suma (float)."""
    bias = None if position_bias is None else position_bias.to(dtype)
    if attention_mask is None or attention_mask.dtype == torch.bool:
        return attention_mask, bias
    if not attention_mask.is_floating_point():
        raise dtype_error("attention_mask", "bool o float", attention_mask.dtype)
    added = attention_mask.to(dtype)
    return None, added if bias is None else added + bias


def _weights_wanted(options: dict[str, Any]) -> bool:
    """¿Ha pedido alguien las atenciones? Muchos modelos no lo dicen: quien las recoge es el propio ``transformers``."""
    if options.get("output_attentions") is not None:
        return bool(options["output_attentions"])
    recorder = sys.modules.get("transformers.utils.output_capturing")
    collector = getattr(recorder, "_active_collector", None)
    collected = None if collector is None else collector.get()
    # Fuera de un modelo, o en versiones que no dejan saberlo, se dan: como «eager».
    return collected is None or any("attentions" in name for name in collected)
