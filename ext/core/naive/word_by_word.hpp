// Atención palabra a palabra (Rocktäschel et al., 2016) con bucles: cada palabra de la hipótesis mira la
// premisa sabiendo lo que ya se ha leído, r_{t−1}.
//
// Coste: n_query · (n_key · (units + d_v) + (units + d_v) · d_v).
#pragma once
#include "../arguments/word_by_word.hpp"
#include "softmax.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace naive {

// Un paso: z = query_t + Wʳ r_{t−1}, los pesos p de la palabra t y h = tanh(Wᵗ r_{t−1}). Devuelve el
// logsumexp. `previous` es r_{t−1}, o nullptr en el primer paso: r_0 = 0.
template <class T>
T word_by_word_step(const WordByWordArgs<T>& a, const HeadRestrictions<T>& r, index_t batch, index_t t,
                    const T* previous, T* z, T* p, T* h) {
    for (index_t u = 0; u < a.units; ++u) {
        z[u] = a.query.at(batch, 0, t)[u];
        for (index_t x = 0; previous && x < a.d_v; ++x)
            z[u] += a.query_recurrence[u * a.d_v + x] * previous[x];
    }
    for (index_t x = 0; x < a.d_v; ++x) {
        T sum = T(0);
        for (index_t y = 0; previous && y < a.d_v; ++y)
            sum += a.state_recurrence[x * a.d_v + y] * previous[y];
        h[x] = std::tanh(sum);
    }
    for (index_t j = 0; j < a.n_key; ++j) {
        p[j] = -Limits<T>::infinity;
        if (!r.allows(t, j)) continue;
        p[j] = T(0);
        for (index_t u = 0; u < a.units; ++u)
            p[j] += a.score_vector[u] * std::tanh(z[u] + a.key.at(batch, 0, j)[u]);
    }
    return softmax(p, a.n_key);
}

// `scratch` tiene sitio para z, p y h.
template <class T>
void word_by_word_forward(const WordByWordArgs<T>& a, index_t batch, T* scratch) {
    const HeadRestrictions<T> r(a.restrictions, batch, 0, a.n_query, a.n_key);
    T *z = scratch, *p = z + a.units, *h = p + a.n_key;
    const T* previous = nullptr;
    for (index_t t = 0; t < a.n_query; ++t) {
        const index_t row = batch * a.n_query + t;
        const bool padding = t >= a.steps(batch);
        T* state = a.output + row * a.d_v;
        a.logsumexp[row] =
            padding ? -Limits<T>::infinity : word_by_word_step(a, r, batch, t, previous, z, p, h);
        for (index_t x = 0; x < a.d_v; ++x) {
            state[x] = !padding ? h[x] : previous ? previous[x] : T(0);
            for (index_t j = 0; !padding && j < r.key_end; ++j) state[x] += p[j] * a.value.at(batch, 0, j)[x];
        }
        for (index_t j = 0; a.weights && j < a.n_key; ++j)
            a.weights[row * a.n_key + j] = padding ? T(0) : p[j];
        previous = state;
    }
}

// Un ejemplo, hacia atrás en el tiempo; suma en los gradientes de los parámetros. `dr` lleva el gradiente del
// estado.
template <class T>
void word_by_word_backward_example(const WordByWordGradArgs<T>& g, index_t batch, T* dw, T* dWr, T* dWt,
                                   T* scratch) {
    const WordByWordArgs<T>& a = g.forward;
    const HeadRestrictions<T> r(a.restrictions, batch, 0, a.n_query, a.n_key);
    T *z = scratch, *p = z + a.units, *h = p + a.n_key, *dS = h + a.d_v, *dr = dS + a.n_key;
    T *grad_key = g.grad_key + batch * a.n_key * a.units,
      *grad_value = g.grad_value + batch * a.n_key * a.d_v;
    for (index_t x = 0; x < a.n_key * a.units; ++x) grad_key[x] = T(0);
    for (index_t x = 0; x < a.n_key * a.d_v; ++x) grad_value[x] = T(0);
    for (index_t x = 0; x < a.d_v; ++x) dr[x] = T(0);
    for (index_t t = a.n_query - 1; t >= 0; --t) {
        const index_t row = batch * a.n_query + t;
        const T* previous = t > 0 ? a.output + (row - 1) * a.d_v : nullptr;
        T* dz = g.grad_query + row * a.units;
        for (index_t u = 0; u < a.units; ++u) dz[u] = T(0);
        for (index_t x = 0; x < a.d_v; ++x) dr[x] += g.grad_output.at(batch, 0, t)[x];
        if (t >= a.steps(batch)) continue;  // relleno: el estado pasó sin cambios
        word_by_word_step(a, r, batch, t, previous, z, p, h);
        T delta = g.grad_logsumexp ? -g.grad_logsumexp[row] : T(0);
        for (index_t j = 0; j < r.key_end; ++j) {
            dS[j] = g.grad_weights ? g.grad_weights[row * a.n_key + j] : T(0);
            for (index_t x = 0; x < a.d_v; ++x) dS[j] += dr[x] * a.value.at(batch, 0, j)[x];
            delta += p[j] * dS[j];
        }
        for (index_t j = 0; j < r.key_end; ++j) {
            if (!r.allows(t, j)) continue;
            const T ds = p[j] * (dS[j] - delta);
            for (index_t x = 0; x < a.d_v; ++x) grad_value[j * a.d_v + x] += p[j] * dr[x];
            for (index_t u = 0; u < a.units; ++u) {
                const T tangent = std::tanh(z[u] + a.key.at(batch, 0, j)[u]),
                        slope = ds * a.score_vector[u] * (T(1) - tangent * tangent);
                dz[u] += slope;
                grad_key[j * a.units + u] += slope;
                dw[u] += ds * tangent;
            }
        }
        if (!previous) continue;
        for (index_t x = 0; x < a.d_v; ++x)
            h[x] = dr[x] * (T(1) - h[x] * h[x]);  // el gradiente de Wᵗ r_{t−1}
        for (index_t x = 0; x < a.d_v; ++x) {
            dr[x] = T(0);
            for (index_t u = 0; u < a.units; ++u) {
                dr[x] += a.query_recurrence[u * a.d_v + x] * dz[u];
                dWr[u * a.d_v + x] += dz[u] * previous[x];
            }
            for (index_t y = 0; y < a.d_v; ++y) {
                dr[x] += a.state_recurrence[y * a.d_v + x] * h[y];
                dWt[y * a.d_v + x] += h[y] * previous[x];
            }
        }
    }
}

template <class T>
void word_by_word_backward(const WordByWordGradArgs<T>& g, index_t part, T* scratch) {
    const WordByWordArgs<T>& a = g.forward;
    T *dw = g.grad_score_vector + part * a.units, *dWr = g.grad_query_recurrence + part * a.units * a.d_v,
      *dWt = g.grad_state_recurrence + part * a.d_v * a.d_v;
    for (index_t u = 0; u < a.units; ++u) dw[u] = T(0);
    for (index_t x = 0; x < a.units * a.d_v; ++x) dWr[x] = T(0);
    for (index_t x = 0; x < a.d_v * a.d_v; ++x) dWt[x] = T(0);
    for (index_t b = part * kPartExamples; b < smaller(a.batch, (part + 1) * kPartExamples); ++b)
        word_by_word_backward_example(g, b, dw, dWr, dWt, scratch);
}

}  // namespace naive
}  // namespace ATENCION_KERNEL
}  // namespace atencion
