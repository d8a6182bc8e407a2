// Atención por producto escalar, hacia atrás. No se guardó ninguna matriz n × n: las puntuaciones se
// recalculan por bloques y P = exp(S − logsumexp) sale ya normalizada.
//
//   dV = Pᵀ dO          dP = dO Vᵀ + dPesos          δ_i = Σ_j P_ij dP_ij − dlogsumexp_i = dO_i · O_i + …
//   dS = P ∘ (dP − δ)   dQ = scale · dS K            dK = scale · dSᵀ Q            dsesgo = dS
//
// Una tarea es una cabeza de clave y valor de un ejemplo, con todas las cabezas de consulta que la comparten:
// así nadie más escribe en su dK y su dV. Si hay menos cabezas que hilos, sus consultas se reparten en
// partes, cada una con un dK y un dV propios que se suman después. Memoria: O(n).
#pragma once
#include "dot_product.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

template <class T>
constexpr index_t dot_product_backward_scratch(index_t d_k, index_t d_v) {
    return kSubBlock<T> * (2 * d_k + d_v + 3 * kBlockKeys);
}

// Lo que un sub-bloque de consultas necesita en todos los bloques de claves.
template <class T>
struct GradSubBlock {
    index_t first, count;
    T *packed_query, *packed_grad;    // traspuestos, [d][consulta]
    const T *query_rows, *grad_rows;  // las mismas filas, tal como están
    index_t grad_stride;
    T* grad_query;  // acumulado, [d][consulta]
    T *P, *dS, *temporary;
    T lse[kSubBlock<T>], delta[kSubBlock<T>];
    const T* grad_weights;
    T* grad_bias;
    bool started;
};

template <class T, int NV, int D>
__attribute__((noinline)) void retreat(const DotProductArgs<T>& a, const HeadRestrictions<T>& r,
                                       GradSubBlock<T>& s, const T* key, const T* value, T* grad_key,
                                       T* grad_value, index_t k0, index_t keys) {
    constexpr int W = kLanes<T>, NQ = NV * W;
    Vec<T> unused[NV] = {}, one[NV];
    score_block<T, NV, D>(keys, a.d_k, key, a.key.row, s.packed_query, s.P, unused);
    if (!r.unrestricted(s.first, s.first + s.count - 1, k0, keys))
        restrict_block<T, NV>(r, s.first, s.count, k0, keys, s.P, s.dS);
    score_block<T, NV, D>(keys, a.d_v, value, a.value.row, s.packed_grad, s.dS, unused);
    if (s.grad_weights) {
        pack_transposed<T>(s.grad_weights + k0, a.n_key, s.count, keys, T(1), s.temporary, NQ);
        for (index_t x = 0; x < keys * NQ; x += W) store(s.dS + x, load(s.dS + x) + load(s.temporary + x));
    }
    for (index_t k = 0; k < keys; ++k) {
        ATENCION_UNROLL
        for (int j = 0; j < NV; ++j) {
            const index_t cell = k * NQ + j * W;
            const Vec<T> p = exp2<T>(load(s.P + cell) - load(s.lse + j * W));
            store(s.P + cell, p);
            store(s.dS + cell, p * (load(s.dS + cell) - load(s.delta + j * W)));
        }
    }
    for (int j = 0; j < NV; ++j) one[j] = splat(T(1));
    if (s.grad_bias) unpack_transposed<T, NV>(s.dS, one, s.count, keys, s.grad_bias + k0, a.n_key);
    accumulate_product<T, false>(keys, a.d_v, s.count, s.P, NQ, s.grad_rows, s.grad_stride, grad_value,
                                 a.d_v);
    accumulate_product<T, false>(keys, a.d_k, s.count, s.dS, NQ, s.query_rows, a.query.row, grad_key, a.d_k);
    accumulate_block<T, NV, D>(keys, a.d_k, key, a.key.row, s.dS, s.grad_query, one, s.started);
    s.started = true;
}

// δ y logsumexp (en log2) de cada consulta. Las filas vacías y los carriles sobrantes llevan +∞: su P es
// cero.
template <class T>
void prepare_rows(const DotProductGradArgs<T>& g, GradSubBlock<T>& s, index_t batch, index_t head,
                  index_t row) {
    const DotProductArgs<T>& a = g.forward;
    for (index_t q = 0; q < kSubBlock<T>; ++q) {
        s.lse[q] = -Limits<T>::masked;
        s.delta[q] = T(0);
        if (q >= s.count) continue;
        const T lse = a.logsumexp[row + s.first + q];
        if (lse != -Limits<T>::infinity) s.lse[q] = lse * T(kLog2e);
        const T *out = a.output.at(batch, head, s.first + q),
                *grad = g.grad_output.at(batch, head, s.first + q);
        Vec<T> sum = {};
        index_t d = 0;
        for (; d + kLanes<T> <= a.d_v; d += kLanes<T>) sum += load(out + d) * load(grad + d);
        T delta = reduce_add<T>(sum);
        for (; d < a.d_v; ++d) delta += out[d] * grad[d];
        if (g.grad_weights) {
            const T *w = a.weights + (row + s.first + q) * a.n_key,
                    *dw = g.grad_weights + (row + s.first + q) * a.n_key;
            for (index_t k = 0; k < a.n_key; ++k) delta += w[k] * dw[k];
        }
        if (g.grad_logsumexp) delta -= g.grad_logsumexp[row + s.first + q];
        s.delta[q] = delta;
    }
}

// La parte `part` de `parts`: un sub-bloque de consultas de cada `parts`, que con máscara causal reparte bien
// el trabajo. `grad_key` y `grad_value` son suyos.
template <class T>
struct GradPart {
    index_t part, parts;
    T *grad_key, *grad_value;
};

template <class T, int D>
void dot_product_backward_task(const DotProductGradArgs<T>& g, index_t batch, index_t kv_head,
                               const GradPart<T>& mine, T* scratch) {
    constexpr index_t NQ = kSubBlock<T>;
    const DotProductArgs<T>& a = g.forward;
    const index_t group = a.heads / a.kv_heads;
    const T *key = a.key.at(batch, kv_head), *value = a.value.at(batch, kv_head);
    T *grad_key = mine.grad_key, *grad_value = mine.grad_value;
    for (index_t i = 0; i < a.n_key * a.d_k; ++i) grad_key[i] = T(0);
    for (index_t i = 0; i < a.n_key * a.d_v; ++i) grad_value[i] = T(0);
    GradSubBlock<T> s;
    s.packed_query = scratch;
    s.grad_query = s.packed_query + NQ * a.d_k;
    s.packed_grad = s.grad_query + NQ * a.d_k;
    s.P = s.packed_grad + NQ * a.d_v;
    s.dS = s.P + kBlockKeys * NQ;
    s.temporary = s.dS + kBlockKeys * NQ;
    for (index_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
        const HeadRestrictions<T> r(a.restrictions, batch, head, a.n_query, a.n_key);
        const index_t row = (batch * a.heads + head) * a.n_query;
        for (index_t first = mine.part * NQ; first < a.n_query; first += mine.parts * NQ) {
            s.first = first;
            s.count = smaller(NQ, a.n_query - first);
            s.started = false;
            s.grad_weights = g.grad_weights ? g.grad_weights + (row + first) * a.n_key : nullptr;
            s.grad_bias = g.grad_bias ? g.grad_bias + (row + first) * a.n_key : nullptr;
            const index_t begin = smaller(r.begin(first), a.n_key),
                          end = larger(begin, r.end(first + s.count - 1));
            if (s.grad_bias)  // fuera del intervalo no llega ningún bloque
                for (index_t i = 0; i < s.count * a.n_key; ++i) s.grad_bias[i] = T(0);
            prepare_rows(g, s, batch, head, row);
            s.query_rows = a.query.at(batch, head, first);
            s.grad_rows = g.grad_output.at(batch, head, first);
            s.grad_stride = g.grad_output.row;
            with_query_vectors(s.count, kLanes<T>, [&](auto nv) {
                constexpr int NV = decltype(nv)::value;
                pack_transposed<T>(s.query_rows, a.query.row, s.count, a.d_k, a.scale * T(kLog2e),
                                   s.packed_query, NV * kLanes<T>);
                pack_transposed<T>(s.grad_rows, s.grad_stride, s.count, a.d_v, T(1), s.packed_grad,
                                   NV * kLanes<T>);
                for (index_t k0 = begin; k0 < end; k0 += kBlockKeys)
                    retreat<T, NV, kKnownWidth<NV, D>>(
                        a, r, s, key + k0 * a.key.row, value + k0 * a.value.row, grad_key + k0 * a.d_k,
                        grad_value + k0 * a.d_v, k0, smaller(kBlockKeys, end - k0));
                if (!s.started)
                    for (index_t i = 0; i < a.d_k * NV * kLanes<T>; ++i) s.grad_query[i] = T(0);
                Vec<T> scale[NV];
                for (int j = 0; j < NV; ++j) scale[j] = splat(a.scale);
                unpack_transposed<T, NV>(s.grad_query, scale, s.count, a.d_k,
                                         g.grad_query + (row + first) * a.d_k, a.d_k);
            });
        }
    }
    for (index_t i = 0; i < a.n_key * a.d_k; ++i) grad_key[i] *= a.scale;
}

template <class T>
void dot_product_backward(const DotProductGradArgs<T>& g, index_t batch, index_t kv_head,
                          const GradPart<T>& mine, T* scratch) {
    const DotProductArgs<T>& a = g.forward;
    if constexpr (sizeof(T) == 4)
        if (a.d_k == a.d_v && a.key.row == a.d_k && a.value.row == a.d_v) {
            if (a.d_k == 32) return dot_product_backward_task<T, 32>(g, batch, kv_head, mine, scratch);
            if (a.d_k == 64) return dot_product_backward_task<T, 64>(g, batch, kv_head, mine, scratch);
            if (a.d_k == 128) return dot_product_backward_task<T, 128>(g, batch, kv_head, mine, scratch);
        }
    dot_product_backward_task<T, 0>(g, batch, kv_head, mine, scratch);
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
