// Atención dispersa hacia atrás. Los pesos se recalculan fila a fila: P = exp(S − logsumexp).
//
//   dP_ie = dO_i · v_{j(e)} + dPesos_ie     δ_i = Σ_e P dP − dlogsumexp_i     dS = P ∘ (dP − δ)
//   dq_i = scale Σ_e dS_ie k_{j(e)}         dk_{j(e)} += scale dS_ie q_i      dv_{j(e)} += P_ie dO_i
//
// Una tarea es una cabeza de clave y valor de un ejemplo, con las cabezas de consulta que la comparten: nadie
// más escribe en su dK y su dV, y el resultado no depende del número de hilos. Memoria: una fila de aristas.
#pragma once
#include "sparse.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

template <class T>
index_t sparse_backward_scratch(const SparseArgs<T>& a) {
    return a.d_k + 2 * round_up(a.edges.longest, kLanes<T>);
}

template <class T>
void sparse_backward(const SparseGradArgs<T>& g, index_t batch, index_t kv_head, T* scratch) {
    const SparseArgs<T>& a = g.forward;
    const index_t group = a.heads / a.kv_heads, kv_row = (batch * a.kv_heads + kv_head) * a.n_key,
                  longest = round_up(a.edges.longest, kLanes<T>);
    const T *key = a.key.at(batch, kv_head), *value = a.value.at(batch, kv_head);
    T *grad_key = g.grad_key + kv_row * a.d_k, *grad_value = g.grad_value + kv_row * a.d_v;
    T *S = scratch, *dS = S + longest, *q = dS + longest;
    for (index_t x = 0; x < a.n_key * a.d_k; ++x) grad_key[x] = T(0);
    for (index_t x = 0; x < a.n_key * a.d_v; ++x) grad_value[x] = T(0);
    for (index_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
        const index_t plane = batch * a.heads + head;
        for (index_t i = 0; i < a.n_query; ++i) {
            const index_t row = plane * a.n_query + i, begin = a.edges.offsets[i],
                          count = visible_edges(a.edges, i, a.key_lengths, batch);
            const int64_t* index = a.edges.keys + begin;
            const T* grad = g.grad_output.at(batch, head, i);
            scale_row(a.query.at(batch, head, i), a.d_k, a.scale, q);
            gathered_dot<T>(q, {key, a.key.row, index, count}, a.d_k, Limits<T>::masked, S);
            gathered_dot<T>(grad, {value, a.value.row, index, count}, a.d_v, T(0), dS);
            if (g.grad_weights)
                for (index_t e = 0; e < count; ++e)
                    dS[e] += g.grad_weights[plane * a.edges.count + begin + e];
            softmax_row_gradient(S, dS, round_up(count, kLanes<T>), a.logsumexp[row],
                                 g.grad_logsumexp ? g.grad_logsumexp[row] : T(0));
            scattered_add<T>(S, grad, a.d_v, {grad_value, a.d_v, index, count});
            scattered_add<T>(dS, q, a.d_k, {grad_key, a.d_k, index, count});
            gathered_sum<T>(dS, 1, {key, a.key.row, index, count}, a.d_k, a.scale,
                            g.grad_query + row * a.d_k);
        }
    }
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
