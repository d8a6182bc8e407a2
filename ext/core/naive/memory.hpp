// Saltos de una red de memoria (MemN2N) con bucles, tal como se escriben en la pizarra: puntuar la memoria
// con el estado, repartir, leer y sumar lo leído al estado.
//
// Coste: hops · n_key · d productos, más hops · d² si hay transition.
#pragma once
#include "../arguments/memory.hpp"
#include "softmax.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace naive {

template <class T>
void memory_forward(const MemoryArgs<T>& a, index_t batch) {
    const HeadRestrictions<T> r(a.restrictions, batch, 0, a.hops, a.n_key);
    const T* u = a.query.at(batch, 0);
    for (index_t k = 0; k < a.hops; ++k) {
        const index_t row = batch * a.hops + k;
        T *p = a.weights + row * a.n_key, *next = a.output + row * a.d;
        for (index_t i = 0; i < a.n_key; ++i) {
            p[i] = a.softmax ? -Limits<T>::infinity : T(0);
            if (!r.allows(k, i)) continue;
            p[i] = T(0);
            for (index_t x = 0; x < a.d; ++x) p[i] += u[x] * a.key.at(batch, k, i)[x];
        }
        a.logsumexp[row] = a.softmax ? softmax(p, a.n_key) : T(0);
        for (index_t x = 0; x < a.d; ++x) {
            next[x] = a.transition ? T(0) : u[x];
            for (index_t y = 0; a.transition && y < a.d; ++y) next[x] += a.transition[x * a.d + y] * u[y];
            for (index_t i = 0; i < r.key_end; ++i) next[x] += p[i] * a.value.at(batch, k, i)[x];
        }
        u = next;
    }
}

// Suma en grad_transition, que comparten los ejemplos. `scratch`: el gradiente del estado que sale de un
// salto, el del que entra, y el de las puntuaciones.
template <class T>
void memory_backward_example(const MemoryGradArgs<T>& g, index_t batch, T* grad_transition, T* scratch) {
    const MemoryArgs<T>& a = g.forward;
    const HeadRestrictions<T> r(a.restrictions, batch, 0, a.hops, a.n_key);
    T *from = scratch, *to = from + a.d, *dS = to + a.d;
    for (index_t x = 0; x < a.d; ++x) from[x] = T(0);
    for (index_t k = a.hops - 1; k >= 0; --k) {
        const index_t row = batch * a.hops + k;
        const T *p = a.weights + row * a.n_key, *u = k ? a.output + (row - 1) * a.d : a.query.at(batch, 0);
        T *grad_key = g.grad_key + row * a.n_key * a.d, *grad_value = g.grad_value + row * a.n_key * a.d;
        T delta = g.grad_logsumexp ? -g.grad_logsumexp[row] : T(0);
        for (index_t x = 0; x < a.d; ++x) from[x] += g.grad_output.at(batch, 0, k)[x];
        for (index_t i = 0; i < r.key_end; ++i) {
            dS[i] = g.grad_weights ? g.grad_weights[row * a.n_key + i] : T(0);
            for (index_t x = 0; x < a.d; ++x) dS[i] += from[x] * a.value.at(batch, k, i)[x];
            delta += p[i] * dS[i];
        }
        for (index_t x = 0; x < a.d; ++x) {
            to[x] = a.transition ? T(0) : from[x];
            for (index_t y = 0; a.transition && y < a.d; ++y) {
                to[x] += a.transition[y * a.d + x] * from[y];
                grad_transition[x * a.d + y] += from[x] * u[y];
            }
        }
        for (index_t i = 0; i < a.n_key; ++i) {
            const T ds = !r.allows(k, i) ? T(0) : a.softmax ? p[i] * (dS[i] - delta) : dS[i];
            for (index_t x = 0; x < a.d; ++x) {
                grad_value[i * a.d + x] = p[i] * from[x];
                grad_key[i * a.d + x] = ds * u[x];
                if (r.allows(k, i)) to[x] += ds * a.key.at(batch, k, i)[x];
            }
        }
        for (index_t x = 0; x < a.d; ++x) from[x] = to[x];
    }
    for (index_t x = 0; x < a.d; ++x) g.grad_query[batch * a.d + x] = from[x];
}

template <class T>
void memory_backward(const MemoryGradArgs<T>& g, index_t part, T* scratch) {
    const index_t size = g.forward.d * g.forward.d, first = part * kPartExamples;
    T* grad_transition = g.forward.transition ? g.grad_transition + part * size : nullptr;
    for (index_t x = 0; grad_transition && x < size; ++x) grad_transition[x] = T(0);
    for (index_t b = first; b < smaller(g.forward.batch, first + kPartExamples); ++b)
        memory_backward_example(g, b, grad_transition, scratch);
}

}  // namespace naive
}  // namespace ATENCION_KERNEL
}  // namespace atencion
