// Argumentos de la atención sobre grafos. Las filas del patrón son los nodos que reciben.
#pragma once
#include "edges.hpp"

namespace atencion {

template <class T>
struct GraphArgs {
    View4<const T> query, key;  // (batch, nodo, cabeza, units): las cabezas de un nodo van seguidas
    View4<const T> value;       // (batch, nodo, cabeza, d_v): última dimensión contigua
    const T* score_vector;      // contiguo (heads, units)
    T* output;                  // contiguo (batch, n_query, heads, d_v)
    T* logsumexp;               // contiguo (batch, heads, n_query)
    T* weights;                 // contiguo (batch, heads, n_edges), o nullptr
    Edges edges;
    index_t batch, heads, n_query, n_key, units, d_v;
    T negative_slope;
};

template <class T>
struct GraphGradArgs {
    GraphArgs<T> forward;                   // basta su logsumexp: output y weights no se leen
    View4<const T> grad_output;             // última dimensión contigua
    const T* grad_logsumexp;                // contiguo (batch, heads, n_query) o nullptr
    const T* grad_weights;                  // contiguo (batch, heads, n_edges) o nullptr
    T *grad_query, *grad_key, *grad_value;  // contiguos, con las formas de query, key y value
    T* grad_score_vector;                   // contiguo (batch, heads, units): cada ejemplo deja el suyo
};

}  // namespace atencion
