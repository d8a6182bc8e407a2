// Softmax de una fila de puntuaciones y su gradiente: la fila son las claves [first, first + keys) de una
// consulta. Lo usan los mecanismos que puntúan fila a fila; dot_product.hpp lleva el suyo, por bloques.
#pragma once
#include "exponential.hpp"
#include "lanes.hpp"
#include "masks.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

// exp(S − logsumexp) en una fila; devuelve el logsumexp. Lo prohibido queda en cero exacto.
template <class T>
T softmax_row(const HeadRestrictions<T>& r, index_t query, index_t first, index_t keys, T* row) {
    constexpr int W = kLanes<T>;
    if (r.mask || r.banded)
        for (index_t k = 0; k < keys; ++k)
            if (!r.allows(query, first + k)) row[k] = Limits<T>::masked;
    const index_t whole = keys / W * W;
    const int left = int(keys - whole);
    // La cola no pasa por memoria hasta el final: releer lo que se acaba de escribir a trozos es lento.
    Vec<T> tail = first_lanes(load_partial(row + whole, left), left, Limits<T>::masked);
    Vec<T> tops = vmax<T>(tail, splat(Limits<T>::lowest_maximum));  // un NaN no tapa al máximo
    for (index_t k = 0; k < whole; k += W) tops = vmax<T>(load(row + k), tops);
    const T top = reduce_max<T>(tops);
    tail = exp2<T>((tail - top) * T(kLog2e));
    Vec<T> sums = tail;
    for (index_t k = 0; k < whole; k += W) {
        const Vec<T> p = exp2<T>((load(row + k) - top) * T(kLog2e));
        store(row + k, p);
        sums += p;
    }
    const T total = reduce_add<T>(sums), inverse = total == T(0) ? T(0) : T(1) / total;
    for (index_t k = 0; k < whole; k += W) store(row + k, load(row + k) * inverse);
    store_partial(row + whole, tail * inverse, left);
    return total > T(0) ? T(double(top) + natural_log(total)) : total == T(0) ? -Limits<T>::infinity : total;
}

// Del gradiente de los pesos, d, al de las puntuaciones: d ← p ∘ (d − Σ p d + grad_logsumexp). Devuelve su
// suma.
template <class T>
T softmax_row_backward(const T* p, index_t keys, T grad_logsumexp, T* d) {
    Vec<T> dot = {}, sum = {};
    for_vectors<T>(keys, [&](index_t k, int n) __attribute__((always_inline)) {
        dot += load_some(p + k, n) * load_some(d + k, n);
    });
    const T delta = reduce_add<T>(dot) - grad_logsumexp;
    for_vectors<T>(keys, [&](index_t k, int n) __attribute__((always_inline)) {
        const Vec<T> ds = load_some(p + k, n) * (load_some(d + k, n) - delta);
        store_some(d + k, ds, n);
        sum += ds;
    });
    return reduce_add<T>(sum);
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
