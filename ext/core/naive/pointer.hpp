// Suma de punteros (Attention Sum Reader) con bucles: la probabilidad de una palabra es la suma de los pesos
// de las posiciones donde aparece.
//
// Coste: n_key · (d + n_output). Frente a ella, pointer.hpp no compara cada posición con cada candidato.
#pragma once
#include "../arguments/pointer.hpp"
#include "softmax.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace naive {

// ¿Cuenta la posición i para la salida c? Sin candidatos, la salida c es el token c.
template <class T>
bool points_to(const PointerArgs<T>& a, const HeadRestrictions<T>& r, index_t batch, index_t i, index_t c) {
    const int64_t wanted = a.vocabulary ? int64_t(c) : a.candidates.at(batch, 0)[c];
    return r.allows(0, i) && a.token_ids.at(batch, 0)[i] == wanted;
}

template <class T>
void pointer_forward(const PointerArgs<T>& a, index_t batch) {
    const HeadRestrictions<T> r(a.restrictions, batch, 0, 1, a.n_key);
    T* s = a.weights + batch * a.n_key;
    for (index_t i = 0; i < a.n_key; ++i) {
        s[i] = -Limits<T>::infinity;
        if (!r.allows(0, i)) continue;
        s[i] = T(0);
        for (index_t x = 0; x < a.d; ++x) s[i] += a.query.at(batch, 0)[x] * a.key.at(batch, 0, i)[x];
    }
    a.logsumexp[batch] = softmax(s, a.n_key);
    for (index_t c = 0; c < a.n_output; ++c) {
        T sum = T(0);
        for (index_t i = 0; i < a.n_key; ++i)
            if (points_to(a, r, batch, i, c)) sum += s[i];
        a.output[batch * a.n_output + c] = sum;
    }
}

// `dS` tiene sitio para una fila: el gradiente de los pesos y luego el de las puntuaciones.
template <class T>
void pointer_backward(const PointerGradArgs<T>& g, index_t batch, T* dS) {
    const PointerArgs<T>& a = g.forward;
    const HeadRestrictions<T> r(a.restrictions, batch, 0, 1, a.n_key);
    const T* s = a.weights + batch * a.n_key;
    T delta = g.grad_logsumexp ? -g.grad_logsumexp[batch] : T(0);
    for (index_t i = 0; i < a.n_key; ++i) {
        if (!r.allows(0, i)) continue;
        dS[i] = g.grad_weights ? g.grad_weights[batch * a.n_key + i] : T(0);
        for (index_t c = 0; c < a.n_output; ++c)
            if (points_to(a, r, batch, i, c)) dS[i] += g.grad_output.at(batch, 0)[c];
        delta += s[i] * dS[i];
    }
    for (index_t x = 0; x < a.d; ++x) g.grad_query[batch * a.d + x] = T(0);
    for (index_t i = 0; i < a.n_key; ++i)
        for (index_t x = 0; x < a.d; ++x) {
            T& grad_key = g.grad_key[(batch * a.n_key + i) * a.d + x];
            grad_key = T(0);
            if (!r.allows(0, i)) continue;
            const T ds = s[i] * (dS[i] - delta);
            grad_key = ds * a.query.at(batch, 0)[x];
            g.grad_query[batch * a.d + x] += ds * a.key.at(batch, 0, i)[x];
        }
}

}  // namespace naive
}  // namespace ATENCION_KERNEL
}  // namespace atencion
