// Atención dispersa hacia delante: la de producto escalar, pero la consulta i solo ve las claves de su lista.
//
//   s_ie = scale · q_i · k_{j(e)}     p = softmax(s_i)     o_i = Σ_e p_ie v_{j(e)}
//
//   query (batch, heads, n_query, d_k)   key (batch, kv_heads, n_key, d_k)   value (batch, kv_heads, n_key,
//   d_v) output (batch, heads, n_query, d_v)  logsumexp (batch, heads, n_query)  weights (batch, heads,
//   n_edges)
//
// Trabajo y memoria proporcionales a las aristas. Las claves de una fila están salteadas, así que los
// carriles van por las características y las puntuaciones de kLanes claves se reducen juntas (gather.hpp).
#pragma once
#include "arguments/sparse.hpp"
#include "edges.hpp"
#include "gather.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

constexpr int kSparseQueries = 64;  // consultas por tarea

template <class T>
index_t sparse_scratch(const SparseArgs<T>& a) {
    return a.d_k + round_up(a.edges.longest, kLanes<T>);
}

template <class T>
void scale_row(const T* x, index_t n, T factor, T* out) {
    for (index_t d = 0; d < n; ++d) out[d] = x[d] * factor;
}

// Una tarea: hasta kSparseQueries consultas de una cabeza de un ejemplo.
template <class T>
void sparse_forward(const SparseArgs<T>& a, index_t batch, index_t head, index_t first, T* scratch) {
    const index_t kv_head = head / (a.heads / a.kv_heads), plane = batch * a.heads + head;
    T *S = scratch, *q = S + round_up(a.edges.longest, kLanes<T>);
    for (index_t i = first; i < smaller(first + kSparseQueries, a.n_query); ++i) {
        const index_t row = plane * a.n_query + i, begin = a.edges.offsets[i],
                      count = visible_edges(a.edges, i, a.key_lengths, batch);
        const int64_t* index = a.edges.keys + begin;
        scale_row(a.query.at(batch, head, i), a.d_k, a.scale, q);
        gathered_dot<T>(q, {a.key.at(batch, kv_head), a.key.row, index, count}, a.d_k, Limits<T>::masked, S);
        const RowTotal<T> total = exponentiate_row(S, round_up(count, kLanes<T>));
        const T inverse = total.inverse();
        a.logsumexp[row] = total.logsumexp();
        gathered_sum<T>(S, 1, {a.value.at(batch, kv_head), a.value.row, index, count}, a.d_v, inverse,
                        a.output + row * a.d_v);
        if (!a.weights) continue;
        T* weights = a.weights + plane * a.edges.count + begin;
        for (index_t e = 0; e < a.edges.offsets[i + 1] - begin; ++e)
            weights[e] = e < count ? S[e] * inverse : T(0);
    }
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
