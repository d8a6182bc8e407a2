// Atención aditiva (Bahdanau) con bucles, tal como se escribe en la pizarra: un tanh por consulta, clave y
// unidad.
//
// Coste: n_query · n_key · units tangentes. Frente a ella, additive.hpp cambia cada tangente por un
// recíproco.
#pragma once
#include "../arguments/additive.hpp"
#include "softmax.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace naive {

// Pesos de una consulta y su logsumexp.
template <class T>
T additive_weights(const AdditiveArgs<T>& a, const HeadRestrictions<T>& r, const T* query, const T* key,
                   index_t i, T* p) {
    for (index_t j = 0; j < a.n_key; ++j) p[j] = -Limits<T>::infinity;
    for (index_t j = r.begin(i); j < r.end(i); ++j) {
        if (!r.allows(i, j)) continue;
        p[j] = T(0);
        for (index_t u = 0; u < a.units; ++u)
            p[j] += a.score_vector[u] * std::tanh(query[u] + key[j * a.key.row + u]);
    }
    return softmax(p, a.n_key);
}

template <class T>
void additive_forward(const AdditiveArgs<T>& a, index_t batch, T* p) {
    const HeadRestrictions<T> r(a.restrictions, batch, 0, a.n_query, a.n_key);
    for (index_t i = 0; i < a.n_query; ++i) {
        const index_t row = batch * a.n_query + i;
        a.logsumexp[row] = additive_weights(a, r, a.query.at(batch, 0, i), a.key.at(batch, 0), i, p);
        for (index_t d = 0; d < a.d_v; ++d) {
            T sum = T(0);
            for (index_t j = r.begin(i); j < r.end(i); ++j) sum += p[j] * a.value.at(batch, 0, j)[d];
            a.output[row * a.d_v + d] = sum;
        }
        if (a.weights)
            for (index_t j = 0; j < a.n_key; ++j) a.weights[row * a.n_key + j] = p[j];
    }
}

// `p` tiene sitio para dos filas: los pesos y el gradiente de las puntuaciones.
template <class T>
void additive_backward(const AdditiveGradArgs<T>& g, index_t batch, T* p) {
    const AdditiveArgs<T>& a = g.forward;
    const HeadRestrictions<T> r(a.restrictions, batch, 0, a.n_query, a.n_key);
    T *dS = p + a.n_key, *dv = g.grad_score_vector + batch * a.units;
    T *grad_key = g.grad_key + batch * a.n_key * a.units,
      *grad_value = g.grad_value + batch * a.n_key * a.d_v;
    for (index_t x = 0; x < a.n_key * a.units; ++x) grad_key[x] = T(0);
    for (index_t x = 0; x < a.n_key * a.d_v; ++x) grad_value[x] = T(0);
    for (index_t u = 0; u < a.units; ++u) dv[u] = T(0);
    for (index_t i = 0; i < a.n_query; ++i) {
        const index_t row = batch * a.n_query + i;
        const T *query = a.query.at(batch, 0, i), *grad = g.grad_output.at(batch, 0, i);
        T* grad_query = g.grad_query + row * a.units;
        additive_weights(a, r, query, a.key.at(batch, 0), i, p);
        T delta = g.grad_logsumexp ? -g.grad_logsumexp[row] : T(0);
        for (index_t j = r.begin(i); j < r.end(i); ++j) {
            dS[j] = g.grad_weights ? g.grad_weights[row * a.n_key + j] : T(0);
            for (index_t d = 0; d < a.d_v; ++d) dS[j] += grad[d] * a.value.at(batch, 0, j)[d];
            delta += p[j] == T(0) ? T(0) : p[j] * dS[j];
        }
        for (index_t u = 0; u < a.units; ++u) grad_query[u] = T(0);
        for (index_t j = r.begin(i); j < r.end(i); ++j) {
            if (!r.allows(i, j)) continue;
            const T ds = p[j] * (dS[j] - delta);
            for (index_t d = 0; d < a.d_v; ++d) grad_value[j * a.d_v + d] += p[j] * grad[d];
            for (index_t u = 0; u < a.units; ++u) {
                const T t = std::tanh(query[u] + a.key.at(batch, 0, j)[u]),
                        slope = ds * a.score_vector[u] * (T(1) - t * t);
                grad_query[u] += slope;
                grad_key[j * a.units + u] += slope;
                dv[u] += ds * t;
            }
        }
    }
}

}  // namespace naive
}  // namespace ATENCION_KERNEL
}  // namespace atencion
