// Atención sobre grafos (GATv2) con bucles: cada nodo puntúa a sus vecinos con aᵀ LeakyReLU(q_i + k_j).
//
// Coste: n_edges · heads · (units + d_v) operaciones.
#pragma once
#include "../arguments/graph.hpp"
#include "softmax.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace naive {

template <class T>
T leaky_relu(T x, T negative_slope) {
    return x > T(0) ? x : negative_slope * x;
}

// Pesos del nodo i sobre sus vecinos, en una cabeza. Devuelve el logsumexp.
template <class T>
T graph_weights(const GraphArgs<T>& a, index_t batch, index_t head, index_t i, T* p) {
    const int64_t* keys = a.edges.keys + a.edges.offsets[i];
    const index_t count = a.edges.offsets[i + 1] - a.edges.offsets[i];
    const T *query = a.query.at(batch, head, i), *vector = a.score_vector + head * a.units;
    for (index_t e = 0; e < count; ++e) {
        const T* key = a.key.at(batch, head, keys[e]);
        p[e] = T(0);
        for (index_t u = 0; u < a.units; ++u)
            p[e] += vector[u] * leaky_relu(query[u] + key[u], a.negative_slope);
    }
    return softmax(p, count);
}

template <class T>
void graph_forward(const GraphArgs<T>& a, index_t batch, index_t head, T* p) {
    const index_t plane = batch * a.heads + head;
    for (index_t i = 0; i < a.n_query; ++i) {
        const index_t first = a.edges.offsets[i], count = a.edges.offsets[i + 1] - first;
        T* output = a.output + ((batch * a.n_query + i) * a.heads + head) * a.d_v;
        a.logsumexp[plane * a.n_query + i] = graph_weights(a, batch, head, i, p);
        for (index_t d = 0; d < a.d_v; ++d) {
            output[d] = T(0);
            for (index_t e = 0; e < count; ++e)
                output[d] += p[e] * a.value.at(batch, head, a.edges.keys[first + e])[d];
        }
        if (a.weights)
            for (index_t e = 0; e < count; ++e) a.weights[plane * a.edges.count + first + e] = p[e];
    }
}

// `p` tiene sitio para dos filas: los pesos y el gradiente de las puntuaciones.
template <class T>
void graph_backward(const GraphGradArgs<T>& g, index_t batch, index_t head, T* p) {
    const GraphArgs<T>& a = g.forward;
    const index_t plane = batch * a.heads + head;
    const T* vector = a.score_vector + head * a.units;
    T *dS = p + a.edges.longest, *grad_vector = g.grad_score_vector + plane * a.units;
    for (index_t u = 0; u < a.units; ++u) grad_vector[u] = T(0);
    for (index_t j = 0; j < a.n_key; ++j) {
        const index_t node = (batch * a.n_key + j) * a.heads + head;
        for (index_t u = 0; u < a.units; ++u) g.grad_key[node * a.units + u] = T(0);
        for (index_t d = 0; d < a.d_v; ++d) g.grad_value[node * a.d_v + d] = T(0);
    }
    for (index_t i = 0; i < a.n_query; ++i) {
        const index_t first = a.edges.offsets[i], count = a.edges.offsets[i + 1] - first;
        const T *query = a.query.at(batch, head, i), *grad = g.grad_output.at(batch, head, i);
        T* grad_query = g.grad_query + ((batch * a.n_query + i) * a.heads + head) * a.units;
        T delta = g.grad_logsumexp ? -g.grad_logsumexp[plane * a.n_query + i] : T(0);
        graph_weights(a, batch, head, i, p);
        for (index_t e = 0; e < count; ++e) {
            const T* value = a.value.at(batch, head, a.edges.keys[first + e]);
            dS[e] = g.grad_weights ? g.grad_weights[plane * a.edges.count + first + e] : T(0);
            for (index_t d = 0; d < a.d_v; ++d) dS[e] += grad[d] * value[d];
            delta += p[e] * dS[e];
        }
        for (index_t u = 0; u < a.units; ++u) grad_query[u] = T(0);
        for (index_t e = 0; e < count; ++e) {
            const index_t j = a.edges.keys[first + e], node = (batch * a.n_key + j) * a.heads + head;
            const T ds = p[e] * (dS[e] - delta);
            for (index_t d = 0; d < a.d_v; ++d) g.grad_value[node * a.d_v + d] += p[e] * grad[d];
            for (index_t u = 0; u < a.units; ++u) {
                const T x = query[u] + a.key.at(batch, head, j)[u],
                        slope = ds * vector[u] * (x > T(0) ? T(1) : a.negative_slope);
                grad_query[u] += slope;
                g.grad_key[node * a.units + u] += slope;
                grad_vector[u] += ds * leaky_relu(x, a.negative_slope);
            }
        }
    }
}

}  // namespace naive
}  // namespace ATENCION_KERNEL
}  // namespace atencion
