// Argumentos de la atención dispersa: punteros y pasos, sin dueño.
#pragma once
#include "edges.hpp"

namespace atencion {

template <class T>
struct SparseArgs {
    View4<const T> query, key, value;  // la última dimensión es contigua (column = 1)
    T *output, *logsumexp;             // contiguos
    T* weights;                        // contiguo (batch, heads, n_edges), o nullptr
    Edges edges;
    const int64_t* key_lengths;  // (batch,) o nullptr
    index_t batch, heads, kv_heads, n_query, n_key, d_k, d_v;
    T scale;
};

template <class T>
struct SparseGradArgs {
    SparseArgs<T> forward;                  // basta su logsumexp: output y weights no se leen
    View4<const T> grad_output;             // última dimensión contigua
    const T* grad_logsumexp;                // contiguo (batch, heads, n_query) o nullptr
    const T* grad_weights;                  // contiguo (batch, heads, n_edges) o nullptr
    T *grad_query, *grad_key, *grad_value;  // contiguos, con las formas de query, key y value
};

}  // namespace atencion
