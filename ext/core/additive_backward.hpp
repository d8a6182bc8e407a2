// Atención aditiva hacia atrás. Se recalculan las puntuaciones por grupos de filas; P = exp(e − logsumexp).
//
//   dP = dO Vᵀ + dPesos       de = P ∘ (dP − Σ_j P dP + dlogsumexp)       dV = Pᵀ dO
//   dq_iu = v_u Σ_j de_ij (1 − tanh²)      dk_ju = v_u Σ_i de_ij (1 − tanh²)      dv_u = Σ_ij de_ij tanh
//
// Con r = 1 / (1 + e^{2(q + k)}): tanh = 1 − 2r y 1 − tanh² = 4 (r − r²). Una tarea es un ejemplo entero:
// nadie más escribe en su dK y su dV. El gradiente de score_vector sale por ejemplo, en (batch, units), y se
// suma fuera en orden fijo: el resultado no depende del número de hilos. Memoria: O(n · units) por hilo.
#pragma once
#include "additive.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

template <class T>
index_t additive_backward_scratch(index_t n_key, index_t units) {
    return (2 * kAdditiveRows + 2 * n_key + 2) * padded_units<T>(units) + 2 * kAdditiveRows * n_key;
}

// Reparte de (rows × keys) entre dq, dk y dv; dq y dk quedan sin el factor 4 v, y dv acumula Σ de · r.
template <class T, bool Direct>
void scatter_score_grad(const T* q, const T* k, const T* dS, index_t ld, index_t rows, index_t keys,
                        index_t padded, T* dq, T* dk, T* dv) {
    constexpr int W = kLanes<T>;
    for_pair_tiles(rows, keys, [&](auto tr, auto tc, index_t i, index_t j) __attribute__((always_inline)) {
        constexpr int R = decltype(tr)::value, C = decltype(tc)::value;
        for (index_t u = 0; u < padded; u += W) {
            Vec<T> q_row[R], dq_row[R], dv_row = load(dv + u);
            ATENCION_UNROLL
            for (int r = 0; r < R; ++r) {
                q_row[r] = load(q + (i + r) * padded + u);
                dq_row[r] = load(dq + (i + r) * padded + u);
            }
            ATENCION_UNROLL
            for (int c = 0; c < C; ++c) {
                const Vec<T> k_row = load(k + (j + c) * padded + u);
                Vec<T> dk_row = load(dk + (j + c) * padded + u);
                ATENCION_UNROLL
                for (int r = 0; r < R; ++r) {
                    const Vec<T> reciprocal_ = reciprocal(denominator<T, Direct>(q_row[r], k_row));
                    const Vec<T> share = dS[(i + r) * ld + j + c] * reciprocal_,
                                 slope = share - share * reciprocal_;
                    dv_row += share;
                    dq_row[r] += slope;
                    dk_row += slope;
                }
                store(dk + (j + c) * padded + u, dk_row);
            }
            ATENCION_UNROLL
            for (int r = 0; r < R; ++r) store(dq + (i + r) * padded + u, dq_row[r]);
            store(dv + u, dv_row);
        }
    });
}

template <class T>
void scale_rows(const T* in, index_t padded, index_t rows, index_t units, const T* v, T* out) {
    for (index_t r = 0; r < rows; ++r)
        for (index_t u = 0; u < units; ++u) out[r * units + u] = T(4) * v[u] * in[r * padded + u];
}

template <class T, bool Direct>
void additive_backward_task(const AdditiveGradArgs<T>& g, const HeadRestrictions<T>& r, index_t batch,
                            KeyRange keys, T* scratch) {
    const AdditiveArgs<T>& a = g.forward;
    const index_t padded = padded_units<T>(a.units), n = a.n_key, group = rows_per_group(r);
    T *q = scratch, *dq = q + kAdditiveRows * padded, *k = dq + kAdditiveRows * padded, *dk = k + n * padded;
    T *v = dk + n * padded, *dv = v + padded, *P = dv + padded, *dS = P + kAdditiveRows * n;
    T* grad_value = g.grad_value + batch * n * a.d_v;
    T shift = 0, total = 0;
    for (index_t u = 0; u < a.units; ++u) shift += a.score_vector[u];
    for (index_t i = 0; i < n * padded; ++i) dk[i] = T(0);
    for (index_t u = 0; u < padded; ++u) dv[u] = T(0);
    for (index_t i = 0; i < n * a.d_v; ++i) grad_value[i] = T(0);
    make_factors<T, Direct>(a.key.at(batch, 0, keys.first), a.key.row, keys.count, a.units,
                            k + keys.first * padded);
    pad_score_vector(a.score_vector, a.units, T(-2), v);
    for (index_t first = 0; first < a.n_query; first += group) {
        const index_t rows = smaller(group, a.n_query - first), row = batch * a.n_query + first;
        const KeyRange seen = visible_keys(r, first, rows);
        const T* grad = g.grad_output.at(batch, 0, first);
        const T* key = k + seen.first * padded;
        make_factors<T, Direct>(a.query.at(batch, 0, first), a.query.row, rows, a.units, q);
        for (index_t i = 0; i < rows * padded; ++i) dq[i] = T(0);
        additive_scores<T, Direct>(q, key, v, rows, seen.count, padded, shift, P, n);
        pairwise_dot(grad, g.grad_output.row, a.value.at(batch, 0, seen.first), a.value.row, rows, seen.count,
                     a.d_v, dS, n);
        for (index_t t = 0; t < rows; ++t) {
            T *p = P + t * n, *d = dS + t * n;
            softmax_row<T>(r, first + t, seen.first, seen.count, p);
            if (g.grad_weights)
                for (index_t j = 0; j < seen.count; ++j)
                    d[j] += g.grad_weights[(row + t) * n + seen.first + j];
            total +=
                softmax_row_backward(p, seen.count, g.grad_logsumexp ? g.grad_logsumexp[row + t] : T(0), d);
        }
        accumulate_product<T, true>(seen.count, a.d_v, rows, P, n, grad, g.grad_output.row,
                                    grad_value + seen.first * a.d_v, a.d_v);
        scatter_score_grad<T, Direct>(q, key, dS, n, rows, seen.count, padded, dq, dk + seen.first * padded,
                                      dv);
        scale_rows(dq, padded, rows, a.units, a.score_vector, g.grad_query + row * a.units);
    }
    scale_rows(dk, padded, n, a.units, a.score_vector, g.grad_key + batch * n * a.units);
    for (index_t u = 0; u < a.units; ++u) g.grad_score_vector[batch * a.units + u] = total - T(2) * dv[u];
}

template <class T>
void additive_backward(const AdditiveGradArgs<T>& g, index_t batch, T* scratch) {
    const AdditiveArgs<T>& a = g.forward;
    const HeadRestrictions<T> r(a.restrictions, batch, 0, a.n_query, a.n_key);
    const KeyRange keys = visible_keys(r, 0, a.n_query);
    const bool factors = factorable(a.query.at(batch, 0), a.query.row, a.n_query, a.units) &&
                         factorable(a.key.at(batch, 0, keys.first), a.key.row, keys.count, a.units);
    if (factors)
        additive_backward_task<T, false>(g, r, batch, keys, scratch);
    else
        additive_backward_task<T, true>(g, r, batch, keys, scratch);
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
