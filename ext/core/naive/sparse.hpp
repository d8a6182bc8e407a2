// Atención dispersa con bucles: la de siempre, pero cada consulta solo recorre las claves de su lista.
//
// Coste: n_edges · (d_k + d_v) operaciones, no n_query · n_key.
#pragma once
#include "../arguments/sparse.hpp"
#include "../edges.hpp"
#include "softmax.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace naive {

template <class T>
T dot(const T* x, const T* y, index_t n) {
    T sum = T(0);
    for (index_t d = 0; d < n; ++d) sum += x[d] * y[d];
    return sum;
}

template <class T>
void sparse_forward(const SparseArgs<T>& a, index_t batch, index_t head, T* p) {
    const index_t kv_head = head / (a.heads / a.kv_heads), plane = batch * a.heads + head;
    for (index_t i = 0; i < a.n_query; ++i) {
        const index_t first = a.edges.offsets[i], row = plane * a.n_query + i,
                      count = visible_edges(a.edges, i, a.key_lengths, batch);
        const int64_t* keys = a.edges.keys + first;
        for (index_t e = 0; e < count; ++e)
            p[e] = a.scale * dot(a.query.at(batch, head, i), a.key.at(batch, kv_head, keys[e]), a.d_k);
        a.logsumexp[row] = softmax(p, count);
        for (index_t d = 0; d < a.d_v; ++d) {
            T sum = T(0);
            for (index_t e = 0; e < count; ++e) sum += p[e] * a.value.at(batch, kv_head, keys[e])[d];
            a.output[row * a.d_v + d] = sum;
        }
        if (a.weights)
            for (index_t e = 0; e < a.edges.offsets[i + 1] - first; ++e)
                a.weights[plane * a.edges.count + first + e] = e < count ? p[e] : T(0);
    }
}

// `p` tiene sitio para dos filas: los pesos y el gradiente de las puntuaciones.
template <class T>
void sparse_backward(const SparseGradArgs<T>& g, index_t batch, index_t kv_head, T* p) {
    const SparseArgs<T>& a = g.forward;
    const index_t group = a.heads / a.kv_heads, kv_row = (batch * a.kv_heads + kv_head) * a.n_key;
    T *grad_key = g.grad_key + kv_row * a.d_k, *grad_value = g.grad_value + kv_row * a.d_v;
    T* dS = p + a.edges.longest;
    for (index_t x = 0; x < a.n_key * a.d_k; ++x) grad_key[x] = T(0);
    for (index_t x = 0; x < a.n_key * a.d_v; ++x) grad_value[x] = T(0);
    for (index_t head = kv_head * group; head < (kv_head + 1) * group; ++head)
        for (index_t i = 0; i < a.n_query; ++i) {
            const index_t plane = batch * a.heads + head, row = plane * a.n_query + i,
                          first = a.edges.offsets[i], count = visible_edges(a.edges, i, a.key_lengths, batch);
            const T *query = a.query.at(batch, head, i), *grad = g.grad_output.at(batch, head, i);
            T delta = g.grad_logsumexp ? -g.grad_logsumexp[row] : T(0);
            for (index_t e = 0; e < count; ++e)
                p[e] = a.scale * dot(query, a.key.at(batch, kv_head, a.edges.keys[first + e]), a.d_k);
            softmax(p, count);
            for (index_t e = 0; e < count; ++e) {
                dS[e] = dot(grad, a.value.at(batch, kv_head, a.edges.keys[first + e]), a.d_v);
                if (g.grad_weights) dS[e] += g.grad_weights[plane * a.edges.count + first + e];
                delta += p[e] * dS[e];
            }
            for (index_t d = 0; d < a.d_k; ++d) g.grad_query[row * a.d_k + d] = T(0);
            for (index_t e = 0; e < count; ++e) {
                const index_t j = a.edges.keys[first + e];
                const T ds = a.scale * p[e] * (dS[e] - delta);
                for (index_t d = 0; d < a.d_v; ++d) grad_value[j * a.d_v + d] += p[e] * grad[d];
                for (index_t d = 0; d < a.d_k; ++d) {
                    g.grad_query[row * a.d_k + d] += ds * a.key.at(batch, kv_head, j)[d];
                    grad_key[j * a.d_k + d] += ds * query[d];
                }
            }
        }
}

}  // namespace naive
}  // namespace ATENCION_KERNEL
}  // namespace atencion
