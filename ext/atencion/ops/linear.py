"""Atención lineal (Shen, Katharopoulos): comprueba los argumentos y llama al núcleo."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from .. import _core, reference
from ..errors import value_error
from ..reference import Attention
from ._checks import check_bool, check_heads, check_key_lengths, check_mask
from ._library import Operation, Outputs, Shape

__all__ = ["linear_attention"]

FEATURE_MAPS = ("softmax", "elu")


def linear_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    feature_map: str = "softmax",
    causal: bool = False,
    mask: Tensor | None = None,
    key_lengths: Tensor | None = None,
    return_weights: bool = False,
) -> Attention:
    r"""Atención de coste lineal: primero se juntan claves y valores, ``φ(K)ᵀ V``, y después lee cada consulta.

    Fórmula: ``output_i = φ_q(q_i)ᵀ S / (φ_q(q_i)ᵀ z)``, con ``S = Σ_j φ_k(k_j) v_jᵀ`` y ``z = Σ_j φ_k(k_j)``.

    - ``feature_map="elu"`` (Katharopoulos): ``φ(x) = elu(x) + 1`` en consultas y claves.
    - ``feature_map="softmax"`` (Shen): ``output = ρ_q(Q) (ρ_k(K)ᵀ V)``, con ``ρ_q`` la softmax sobre los rasgos de cada
      consulta y ``ρ_k`` la softmax de cada rasgo sobre las claves.

    Ninguna de las dos aproxima ``softmax(Q Kᵀ)``: son otro núcleo. Tiempo ``O(n · d_k · d_v)`` en la ida y en la
    vuelta; se guardan ``O(n)`` números, y ninguna matriz ``n × n``.

    Argumentos:
        query: ``(batch, heads, n_query, d_k)``, float32 o float64, con cualquier paso.
        key: ``(batch, kv_heads, n_key, d_k)``; ``kv_heads`` divide a ``heads``.
        value: ``(batch, kv_heads, n_key, d_v)``.
        feature_map: ``"softmax"`` o ``"elu"``.
        causal: cada consulta solo ve su pasado, alineado al final. Solo con ``"elu"``: ``ρ_k`` usa todas las claves.
        mask: bool difundible a ``(batch, n_key)``; ``True`` = se puede atender a esa clave. Una máscara de consultas
            y claves no es posible: todas las consultas leen el mismo ``S``.
        key_lengths: ``(batch,)`` enteros de 0 a ``n_key``; las claves siguientes son relleno.
        return_weights: si ``True``, llena también la matriz implícita ``φ_q(q_i)ᵀ φ_k(k_j) / (φ_q(q_i)ᵀ z)``, exacta,
            que sí cuesta ``n_query · n_key``.

    Devuelve:
        ``Attention(output, weights, logsumexp)`` con formas ``(batch, heads, n_query, d_v)``,
        ``(batch, heads, n_query, n_key)`` o ``None``, y ``(batch, heads, n_query)``. ``logsumexp`` es el logaritmo del
        denominador en ``"elu"`` y 0 en ``"softmax"``, cuyas filas ya suman uno. Una fila sin nada que atender da ceros,
        gradiente cero y ``logsumexp = −∞``: por eso el denominador no lleva el 1e-6 del código de los autores.

    Errores:
        ``TypeError`` si un dtype no vale; ``ValueError`` si una forma, un valor o un dispositivo no vale, o si se pide
        ``causal`` con ``"softmax"``.

    Ejemplo:
        >>> q = k = torch.zeros(1, 1, 2, 3)
        >>> linear_attention(q, k, torch.eye(2)[None, None], feature_map="elu", causal=True).output[0, 0].tolist()
        [[1.0, 0.0], [0.5, 0.5]]

    Referencia: Shen et al. (2021), ec. 3; Katharopoulos et al. (2020), ecs. 7 y 18–20, donde ``output`` es ``V′``.
    """
    result = _operation.direct(query, key, value, mask, key_lengths, feature_map, causal, return_weights)
    if result is None:
        check_heads(query, key, value)
        batch, n_key = key.shape[0], key.shape[2]
        if not isinstance(feature_map, str) or feature_map not in FEATURE_MAPS:
            raise value_error("feature_map", " o ".join(map(repr, FEATURE_MAPS)), repr(feature_map))
        check_bool("causal", causal)
        if causal and feature_map == "softmax":
            raise value_error("causal", "False con feature_map='softmax', que normaliza sobre todas las claves", causal)
        if mask is not None:
            check_mask(mask, ("batch", "n_key"), (batch, n_key), query)
        if key_lengths is not None:
            key_lengths = check_key_lengths(key_lengths, batch, n_key, query)
        check_bool("return_weights", return_weights)
        result = _operation(query, key, value, mask, key_lengths, feature_map, causal, return_weights)
    return Attention(*result)


def _reference(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, key_lengths: Tensor | None, feature_map: str,
    causal: bool, return_weights: bool,
) -> Outputs:  # fmt: skip
    return reference.linear_attention(
        query, key, value, feature_map=feature_map, causal=causal, mask=mask, key_lengths=key_lengths,
        return_weights=return_weights,
    )  # fmt: skip


def _shapes(query: Tensor, key: Tensor, value: Tensor, *options: Any) -> tuple[Shape | None, ...]:
    rows = tuple(query.shape[:3])
    return (*rows, value.shape[3]), (*rows, key.shape[2]) if options[-1] else None, rows


_operation = Operation(
    "linear_attention",
    inputs=("query", "key", "value"),
    options="Tensor? mask, Tensor? key_lengths, str feature_map, bool causal, bool return_weights",
    forward=_core.linear_forward,
    backward=_core.linear_backward,
    reference=_reference,
    shapes=_shapes,
)
