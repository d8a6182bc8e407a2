// Argumentos de la atención lineal: punteros y pasos, sin dueño.
#pragma once
#include "view.hpp"

namespace atencion {

template <class T>
struct LinearArgs {
    View4<const T> query, key, value;  // la última dimensión es contigua
    T *output, *logsumexp;             // contiguos
    T* weights;                        // contiguo (batch, heads, n_query, n_key), o nullptr
    Restrictions<T> restrictions;      // la máscara es de claves: pasos de cabeza y de fila 0
    index_t batch, heads, kv_heads, n_query, n_key, d_k, d_v;
    bool softmax;  // rasgos de Shen; si no, φ = elu + 1
};

template <class T>
struct LinearGradArgs {
    LinearArgs<T> forward;                  // output, logsumexp y weights no se leen
    View4<const T> grad_output;             // última dimensión contigua
    const T* grad_logsumexp;                // contiguo (batch, heads, n_query) o nullptr
    const T* grad_weights;                  // contiguo (batch, heads, n_query, n_key) o nullptr
    T *grad_query, *grad_key, *grad_value;  // contiguos, con las formas de query, key y value
};

}  // namespace atencion
