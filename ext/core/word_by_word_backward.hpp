// Atención palabra a palabra hacia atrás en el tiempo. De la ida solo se guardan los estados r_t: las
// consultas z_t = Wʰ h_t + Wʳ r_{t−1}, los estados tanh(Wᵗ r_{t−1}) y las puntuaciones se recalculan por
// grupos de pasos.
//
//   dα_t = Y dr_t     de_t = α_t ∘ (dα_t − Σ α_t dα_t)     dz_t = Σ_j de_tj w ∘ (1 − tanh²)     dY += α_t
//   dr_t da_t = dr_t ∘ (1 − tanh²(Wᵗ r_{t−1}))     dr_{t−1} += Wʳᵀ dz_t + Wᵗᵀ da_t dWʳ = Σ_t dz_t ⊗ r_{t−1}
//   dWᵗ = Σ_t da_t ⊗ r_{t−1}
#pragma once
#include "additive_backward.hpp"
#include "word_by_word.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

template <class T>
index_t word_by_word_backward_scratch(index_t n_key, index_t units, index_t d_v) {
    return StepScores<T>::scratch(n_key, units) + (n_key + kAdditiveRows + 1) * padded_units<T>(units) +
           kAdditiveRows * (2 * n_key + units + 2 * d_v) + d_v;
}

// Los gradientes de los parámetros, que suman todos los ejemplos de una parte. `tanh` acumula Σ de · r por
// unidad y `scores` Σ de: con tanh = 1 − 2r, dw = scores − 2 tanh.
template <class T>
struct ParameterGrads {
    T *query_recurrence, *state_recurrence, *reciprocals, scores;
};

template <class T>
void word_by_word_backward_example(const WordByWordGradArgs<T>& g, index_t batch,
                                   ParameterGrads<T>& parameters, T* scratch) {
    const WordByWordArgs<T>& a = g.forward;
    const HeadRestrictions<T> r(a.restrictions, batch, 0, a.n_query, a.n_key);
    const index_t keys = r.key_end, steps = a.steps(batch), d_v = a.d_v, units = a.units, n = a.n_key;
    const index_t padded = padded_units<T>(units);
    StepScores<T> scores(a, batch, keys, scratch);
    T *dk = scratch + StepScores<T>::scratch(n, units), *dq = dk + n * padded;
    T *P = dq + kAdditiveRows * padded, *dS = P + kAdditiveRows * n, *query = dS + kAdditiveRows * n;
    T *inner = query + kAdditiveRows * units, *dr = inner + kAdditiveRows * d_v,
      *carry = dr + kAdditiveRows * d_v;
    const T *value = a.value.at(batch, 0), *states = a.output + batch * a.n_query * d_v;
    T *grad_query = g.grad_query + batch * a.n_query * units, *grad_value = g.grad_value + batch * n * d_v;
    clear(dk, n * padded);
    clear(grad_value, n * d_v);
    clear(grad_query + steps * units, (a.n_query - steps) * units);
    clear(carry, d_v);
    for (index_t t = steps; t < a.n_query; ++t)  // los pasos de relleno repiten el último estado
        for (index_t x = 0; x < d_v; ++x) carry[x] += g.grad_output.at(batch, 0, t)[x];
    for (index_t first = (steps - 1) / kAdditiveRows * kAdditiveRows; first >= 0 && steps > 0;
         first -= kAdditiveRows) {
        const index_t rows = smaller(kAdditiveRows, steps - first), skip = first == 0;  // r_0 = 0 no da nada
        const T* previous = states + (first - 1 + skip) * d_v;
        clear(query, skip * units);
        clear(inner, skip * d_v);
        pairwise_dot(previous, d_v, a.query_recurrence, d_v, rows - skip, units, d_v, query + skip * units,
                     units);
        pairwise_dot(previous, d_v, a.state_recurrence, d_v, rows - skip, d_v, d_v, inner + skip * d_v, d_v);
        tanh_row(inner, rows * d_v);
        for (index_t t = 0; t < rows; ++t)
            for (index_t u = 0; u < units; ++u) query[t * units + u] += a.query.at(batch, 0, first + t)[u];
        scores(query, rows, P);
        clear(dq, rows * padded);
        for (index_t t = rows - 1; t >= 0; --t) {
            const index_t row = batch * a.n_query + first + t;
            const T* grad = g.grad_output.at(batch, 0, first + t);
            T *p = P + t * n, *ds = dS + t * n, *dr_t = dr + t * d_v, *da = inner + t * d_v;
            T* dz = grad_query + (first + t) * units;
            for (index_t x = 0; x < d_v; ++x) {
                dr_t[x] = carry[x] + grad[x];
                da[x] = dr_t[x] * (T(1) - da[x] * da[x]);
            }
            softmax_row(r, first + t, 0, keys, p);
            pairwise_dot(dr_t, 0, value, a.value.row, 1, keys, d_v, ds, 0);
            if (g.grad_weights)
                for (index_t j = 0; j < keys; ++j) ds[j] += g.grad_weights[row * n + j];
            parameters.scores +=
                softmax_row_backward(p, keys, g.grad_logsumexp ? g.grad_logsumexp[row] : T(0), ds);
            const auto scatter = scores.direct ? scatter_score_grad<T, true> : scatter_score_grad<T, false>;
            scatter(scores.query + t * padded, scores.key, ds, n, 1, keys, padded, dq + t * padded, dk,
                    parameters.reciprocals);
            scale_rows(dq + t * padded, padded, 1, units, a.score_vector, dz);
            if (first + t == 0) break;
            clear(carry, d_v);
            accumulate_row<T>(d_v, units, dz, a.query_recurrence, d_v, carry);
            accumulate_row<T>(d_v, d_v, da, a.state_recurrence, d_v, carry);
        }
        accumulate_product<T, true>(keys, d_v, rows, P, n, dr, d_v, grad_value, d_v);
        accumulate_product<T, true>(units, d_v, rows - skip, grad_query + (first + skip) * units, units,
                                    previous, d_v, parameters.query_recurrence, d_v);
        accumulate_product<T, true>(d_v, d_v, rows - skip, inner + skip * d_v, d_v, previous, d_v,
                                    parameters.state_recurrence, d_v);
    }
    scale_rows(dk, padded, n, units, a.score_vector, g.grad_key + batch * n * units);
}

// Una tarea: los ejemplos de una parte.
template <class T>
void word_by_word_backward(const WordByWordGradArgs<T>& g, index_t part, T* scratch) {
    const WordByWordArgs<T>& a = g.forward;
    const index_t padded = padded_units<T>(a.units), first = part * kPartExamples;
    ParameterGrads<T> parameters = {g.grad_query_recurrence + part * a.units * a.d_v,
                                    g.grad_state_recurrence + part * a.d_v * a.d_v, scratch, T(0)};
    clear(parameters.query_recurrence, a.units * a.d_v);
    clear(parameters.state_recurrence, a.d_v * a.d_v);
    clear(parameters.reciprocals, padded);
    for (index_t b = first; b < smaller(a.batch, first + kPartExamples); ++b)
        word_by_word_backward_example(g, b, parameters, scratch + padded);
    for (index_t u = 0; u < a.units; ++u)
        g.grad_score_vector[part * a.units + u] = parameters.scores - T(2) * parameters.reciprocals[u];
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
