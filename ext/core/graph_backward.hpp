// Atención sobre grafos hacia atrás. Los pesos se recalculan nodo a nodo: P = exp(e − logsumexp).
//
//   dP_ij = dO_i · v_j + dPesos_ij      δ_i = Σ_j P dP − dlogsumexp_i      de = P ∘ (dP − δ)
//   g_iju = de_ij a_u LeakyReLU'(x_iju), con x = q_i + k_j y LeakyReLU'(0) = negative_slope
//   dq_iu = Σ_j g_iju      dk_ju = Σ_i g_iju      da_u = Σ_ij de_ij LeakyReLU(x_iju)      dv_j = Σ_i P_ij
//   dO_i
//
// Una tarea son unas cabezas de un ejemplo: nadie más escribe en su dK y su dV, y ninguna suma junta cabezas,
// así que el resultado no depende del reparto. El gradiente de score_vector sale por ejemplo y se suma fuera.
#pragma once
#include "graph.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

template <class T>
index_t graph_backward_scratch(const GraphArgs<T>& a) {
    return 2 * round_up(a.edges.longest, kLanes<T>);
}

// Reparte de entre dq (se escribe), dk y da (se acumulan).
template <class T>
void scatter_leaky_grad(const T* dS, const T* query, const T* vector, T slope, index_t units,
                        const GatheredRows<const T>& key, const GatheredRows<T>& grad_key, T* grad_query,
                        T* grad_vector) {
    constexpr int W = kLanes<T>;
    for_depth_panels<T>(units, [&](auto nv, index_t u, auto n) __attribute__((always_inline)) {
        constexpr int NV = decltype(nv)::value;
        Vec<T> q[NV], a[NV], dq[NV] = {}, da[NV] = {};
        ATENCION_UNROLL
        for (int v = 0; v < NV; ++v) {
            q[v] = load_lanes<T>(query + u + v * W, n);
            a[v] = load_lanes<T>(vector + u + v * W, n);
        }
        for (index_t e = 0; e < key.count; ++e) {
            const T *k = key[e] + u, de = dS[e];
            T* dk = grad_key[e] + u;
            ATENCION_UNROLL
            for (int v = 0; v < NV; ++v) {
                const Vec<T> x = q[v] + load_lanes<T>(k + v * W, n),
                             derivative = (x > T(0) ? splat(T(1)) : splat(slope)) * de, g = derivative * a[v];
                dq[v] += g;
                da[v] += derivative * x;
                store_lanes<T>(dk + v * W, load_lanes<T>(dk + v * W, n) + g, n);
            }
        }
        ATENCION_UNROLL
        for (int v = 0; v < NV; ++v) {
            store_lanes<T>(grad_query + u + v * W, dq[v], n);
            store_lanes<T>(grad_vector + u + v * W, load_lanes<T>(grad_vector + u + v * W, n) + da[v], n);
        }
    });
}

// Cabezas de `begin` a `end` de un ejemplo, nodo a nodo: los vecinos se traen a la caché una vez para todas.
template <class T>
void graph_backward(const GraphGradArgs<T>& g, index_t batch, index_t begin, index_t end, T* scratch) {
    const GraphArgs<T>& a = g.forward;
    const index_t unit_row = a.heads * a.units, value_row = a.heads * a.d_v;
    T *S = scratch, *dS = S + round_up(a.edges.longest, kLanes<T>);
    T *grad_query = g.grad_query + batch * a.n_query * unit_row,
      *grad_key = g.grad_key + batch * a.n_key * unit_row,
      *grad_value = g.grad_value + batch * a.n_key * value_row,
      *grad_vector = g.grad_score_vector + batch * unit_row;
    for (index_t u = begin * a.units; u < end * a.units; ++u) grad_vector[u] = T(0);
    for (index_t j = 0; j < a.n_key; ++j) {
        for (index_t u = begin * a.units; u < end * a.units; ++u) grad_key[j * unit_row + u] = T(0);
        for (index_t d = begin * a.d_v; d < end * a.d_v; ++d) grad_value[j * value_row + d] = T(0);
    }
    for (index_t i = 0; i < a.n_query; ++i) {
        const index_t first = a.edges.offsets[i], count = a.edges.offsets[i + 1] - first;
        const int64_t* index = a.edges.keys + first;
        for (index_t h = begin; h < end; ++h) {
            const index_t plane = batch * a.heads + h, row = plane * a.n_query + i;
            const T* grad = g.grad_output.at(batch, h, i);
            head_scores(a, batch, h, i, index, count, [&](index_t e, int n, Vec<T> scores) {
                store(S + e, first_lanes<T>(scores, n, Limits<T>::masked));
            });
            gathered_dot<T>(grad, {a.value.at(batch, h), a.value.row, index, count}, a.d_v, T(0), dS);
            if (g.grad_weights)
                for (index_t e = 0; e < count; ++e)
                    dS[e] += g.grad_weights[plane * a.edges.count + first + e];
            softmax_row_gradient(S, dS, round_up(count, kLanes<T>), a.logsumexp[row],
                                 g.grad_logsumexp ? g.grad_logsumexp[row] : T(0));
            scattered_add<T>(S, grad, a.d_v, {grad_value + h * a.d_v, value_row, index, count});
            scatter_leaky_grad<T>(dS, a.query.at(batch, h, i), a.score_vector + h * a.units, a.negative_slope,
                                  a.units, {a.key.at(batch, h), a.key.row, index, count},
                                  {grad_key + h * a.units, unit_row, index, count},
                                  grad_query + i * unit_row + h * a.units, grad_vector + h * a.units);
        }
    }
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
