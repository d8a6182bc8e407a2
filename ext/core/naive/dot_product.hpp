// Atención por producto escalar con bucles, tal como se escribe en la pizarra. Es el texto que enseñan los
// capítulos y el gemelo con el que se comparan los núcleos rápidos. Usa la exponencial de la biblioteca, no
// la nuestra.
//
// Coste: n_query · n_key · (d_k + d_v) operaciones y una fila de n_key pesos de memoria.
#pragma once
#include "../arguments/dot_product.hpp"
#include "softmax.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace naive {

// Pesos de una consulta: puntuar, sumar el sesgo, enmascarar y softmax. Devuelve el logsumexp.
template <class T>
T dot_product_weights(const DotProductArgs<T>& a, const HeadRestrictions<T>& r, const T* query, const T* key,
                      index_t i, T* p) {
    for (index_t j = 0; j < a.n_key; ++j) {
        p[j] = -Limits<T>::infinity;
        if (!r.allows(i, j)) continue;
        T dot = T(0);
        for (index_t d = 0; d < a.d_k; ++d) dot += query[d] * key[j * a.key.row + d];
        p[j] = dot * a.scale + r.extra(i, j);
    }
    return softmax(p, a.n_key);
}

template <class T>
void dot_product_forward(const DotProductArgs<T>& a, index_t batch, index_t head, T* p) {
    const HeadRestrictions<T> r(a.restrictions, batch, head, a.n_query, a.n_key);
    const index_t kv_head = head / (a.heads / a.kv_heads), row = (batch * a.heads + head) * a.n_query;
    const T *key = a.key.at(batch, kv_head), *value = a.value.at(batch, kv_head);
    for (index_t i = 0; i < a.n_query; ++i) {
        a.logsumexp[row + i] = dot_product_weights(a, r, a.query.at(batch, head, i), key, i, p);
        T* output = a.output.at(batch, head, i);
        for (index_t d = 0; d < a.d_v; ++d) {
            output[d] = T(0);
            for (index_t j = 0; j < r.key_end; ++j) output[d] += p[j] * value[j * a.value.row + d];
        }
        if (a.weights)
            for (index_t j = 0; j < a.n_key; ++j) a.weights[(row + i) * a.n_key + j] = p[j];
    }
}

// `p` tiene sitio para dos filas: los pesos y el gradiente de las puntuaciones.
template <class T>
void dot_product_backward(const DotProductGradArgs<T>& g, index_t batch, index_t kv_head, T* p) {
    const DotProductArgs<T>& a = g.forward;
    const index_t group = a.heads / a.kv_heads, kv_row = (batch * a.kv_heads + kv_head) * a.n_key;
    const T *key = a.key.at(batch, kv_head), *value = a.value.at(batch, kv_head);
    T *grad_key = g.grad_key + kv_row * a.d_k, *grad_value = g.grad_value + kv_row * a.d_v, *dS = p + a.n_key;
    for (index_t x = 0; x < a.n_key * a.d_k; ++x) grad_key[x] = T(0);
    for (index_t x = 0; x < a.n_key * a.d_v; ++x) grad_value[x] = T(0);
    for (index_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
        const HeadRestrictions<T> r(a.restrictions, batch, head, a.n_query, a.n_key);
        for (index_t i = 0; i < a.n_query; ++i) {
            const index_t row = (batch * a.heads + head) * a.n_query + i;
            const T *query = a.query.at(batch, head, i), *grad = g.grad_output.at(batch, head, i);
            dot_product_weights(a, r, query, key, i, p);
            T delta = g.grad_logsumexp ? -g.grad_logsumexp[row] : T(0);
            for (index_t j = 0; j < a.n_key; ++j) {
                dS[j] = g.grad_weights ? g.grad_weights[row * a.n_key + j] : T(0);
                for (index_t d = 0; d < a.d_v; ++d) dS[j] += grad[d] * value[j * a.value.row + d];
                delta += p[j] == T(0) ? T(0) : p[j] * dS[j];
            }
            for (index_t d = 0; d < a.d_k; ++d) g.grad_query[row * a.d_k + d] = T(0);
            for (index_t j = 0; j < a.n_key; ++j) {
                const T ds = r.allows(i, j) ? p[j] * (dS[j] - delta) : T(0);
                if (g.grad_bias) g.grad_bias[row * a.n_key + j] = ds;
                if (!r.allows(i, j)) continue;
                for (index_t d = 0; d < a.d_v; ++d) grad_value[j * a.d_v + d] += p[j] * grad[d];
                for (index_t d = 0; d < a.d_k; ++d) {
                    g.grad_query[row * a.d_k + d] += a.scale * ds * key[j * a.key.row + d];
                    grad_key[j * a.d_k + d] += a.scale * ds * query[d];
                }
            }
        }
    }
}

}  // namespace naive
}  // namespace ATENCION_KERNEL
}  // namespace atencion
