// Saltos de una red de memoria (MemN2N, Sukhbaatar et al., 2015), todos en una llamada:
//
//   p^k = softmax_i(u^k · m_i^k)     o^k = Σ_i p_i^k c_i^k     u^{k+1} = H u^k + o^k
//
//   query u¹ (batch, d)   key m, value c (batch, hops, n_key, d)   transition H (d, d), o la identidad
//   output u² … u^{K+1} (batch, hops, d)   weights p (batch, hops, n_key)   logsumexp (batch, hops)
//
// Un salto no puede empezar hasta que acaba el anterior: lo paralelo son los ejemplos. Los pesos, que ocupan
// lo que una memoria de anchura 1, se guardan siempre y ahorran a la vuelta recalcular las puntuaciones.
#pragma once
#include "arguments/memory.hpp"
#include "softmax.hpp"
#include "tiles.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

// Una tarea: los saltos de un ejemplo.
template <class T>
void memory_forward(const MemoryArgs<T>& a, index_t batch) {
    const HeadRestrictions<T> r(a.restrictions, batch, 0, a.hops, a.n_key);
    const index_t keys = r.key_end;
    const T* u = a.query.at(batch, 0);
    for (index_t hop = 0; hop < a.hops; ++hop) {
        const index_t row = batch * a.hops + hop;
        T *p = a.weights + row * a.n_key, *next = a.output + row * a.d;
        pairwise_dot(u, 0, a.key.at(batch, hop), a.key.row, 1, keys, a.d, p, 0);
        a.logsumexp[row] = a.softmax ? softmax_row(r, hop, 0, keys, p) : T(0);
        for (index_t j = 0; j < a.n_key; ++j)
            if (!r.allows(hop, j)) p[j] = T(0);
        if (a.transition)
            pairwise_dot(u, 0, a.transition, a.d, 1, a.d, a.d, next, 0);
        else
            for (index_t x = 0; x < a.d; ++x) next[x] = u[x];
        accumulate_row<T>(a.d, keys, p, a.value.at(batch, hop), a.value.row, next);
        u = next;
    }
}

template <class T>
index_t memory_backward_scratch(index_t hops, index_t n_key, index_t d) {
    return (hops + 1) * d + n_key;
}

// Un ejemplo hacia atrás. du guarda el gradiente de cada estado: la fila k es la de u^{k+1}.
//
//   do = du^{k+1}     dp_i = c_i · do     dm_i = ds_i u^k     dc_i = p_i do
//   du^k = Hᵀ du^{k+1} + Σ_i ds_i m_i     dH = Σ_k du^{k+1} ⊗ u^k
template <class T>
void memory_backward_example(const MemoryGradArgs<T>& g, index_t batch, T* grad_transition, T* scratch) {
    const MemoryArgs<T>& a = g.forward;
    const HeadRestrictions<T> r(a.restrictions, batch, 0, a.hops, a.n_key);
    const index_t keys = r.key_end, d = a.d;
    const T *query = a.query.at(batch, 0), *output = a.output + batch * a.hops * d;
    T *du = scratch, *dS = du + (a.hops + 1) * d;
    clear(du + a.hops * d, d);
    for (index_t hop = a.hops - 1; hop >= 0; --hop) {
        const index_t row = batch * a.hops + hop;
        const T *p = a.weights + row * a.n_key, *u = hop ? output + (hop - 1) * d : query;
        const T *key = a.key.at(batch, hop), *grad = g.grad_output.at(batch, 0, hop);
        T *from = du + (hop + 1) * d, *to = du + hop * d;
        T *grad_key = g.grad_key + row * a.n_key * d, *grad_value = g.grad_value + row * a.n_key * d;
        for (index_t x = 0; x < d; ++x) from[x] += grad[x];
        pairwise_dot(from, 0, a.value.at(batch, hop), a.value.row, 1, keys, d, dS, 0);
        if (g.grad_weights)
            for (index_t j = 0; j < keys; ++j) dS[j] += g.grad_weights[row * a.n_key + j];
        if (a.softmax)
            softmax_row_backward(p, keys, g.grad_logsumexp ? g.grad_logsumexp[row] : T(0), dS);
        else
            for (index_t j = 0; j < keys; ++j)
                if (!r.allows(hop, j)) dS[j] = T(0);
        outer_product(p, keys, from, d, grad_value);
        outer_product(dS, keys, u, d, grad_key);
        clear(grad_value + keys * d, (a.n_key - keys) * d);
        clear(grad_key + keys * d, (a.n_key - keys) * d);
        for (index_t x = 0; x < d; ++x) to[x] = a.transition ? T(0) : from[x];
        if (a.transition) accumulate_row<T>(d, d, from, a.transition, d, to);
        accumulate_row<T>(d, keys, dS, key, a.key.row, to);
    }
    for (index_t x = 0; x < d; ++x) g.grad_query[batch * d + x] = du[x];
    if (!a.transition || a.hops == 0) return;
    accumulate_product<T, true>(d, d, 1, du + d, d, query, d, grad_transition, d);
    accumulate_product<T, true>(d, d, a.hops - 1, du + 2 * d, d, output, d, grad_transition, d);
}

// Una tarea: los ejemplos de una parte, que suman en el mismo grad_transition.
template <class T>
void memory_backward(const MemoryGradArgs<T>& g, index_t part, T* scratch) {
    const MemoryArgs<T>& a = g.forward;
    T* grad_transition = a.transition ? g.grad_transition + part * a.d * a.d : nullptr;
    if (a.transition) clear(grad_transition, a.d * a.d);
    const index_t first = part * kPartExamples, last = smaller(a.batch, first + kPartExamples);
    for (index_t b = first; b < last; ++b) memory_backward_example(g, b, grad_transition, scratch);
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
