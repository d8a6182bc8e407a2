// Argumentos de la atención por producto escalar: punteros y pasos, sin dueño.
#pragma once
#include "view.hpp"

namespace atencion {

template <class T>
struct DotProductArgs {
    View4<const T> query, key, value;  // la última dimensión es contigua (column = 1)
    View4<T> output;
    T* logsumexp;  // contiguo
    T* weights;    // contiguo (batch, heads, n_query, n_key), o nullptr
    Restrictions<T> restrictions;
    index_t batch, heads, kv_heads, n_query, n_key, d_k, d_v;
    T scale;
};

template <class T>
struct DotProductGradArgs {
    DotProductArgs<T> forward;   // output, logsumexp y weights son los que dio la pasada hacia delante
    View4<const T> grad_output;  // última dimensión contigua
    const T* grad_logsumexp;     // contiguo (batch, heads, n_query) o nullptr
    const T* grad_weights;       // contiguo (batch, heads, n_query, n_key) o nullptr; exige forward.weights
    T *grad_query, *grad_key, *grad_value;  // contiguos, con las formas de query, key y value
    T* grad_bias;                           // contiguo (batch, heads, n_query, n_key) o nullptr
};

}  // namespace atencion
