// Argumentos de la atención aditiva: punteros y pasos, sin dueño.
#pragma once
#include "view.hpp"

namespace atencion {

template <class T>
struct AdditiveArgs {
    View4<const T> query, key, value;  // paso de cabeza 0; la última dimensión es contigua
    const T* score_vector;             // contiguo
    T *output, *logsumexp;             // contiguos
    T* weights;                        // contiguo (batch, n_query, n_key), o nullptr
    Restrictions<T> restrictions;      // sin sesgo ni ALiBi
    index_t batch, n_query, n_key, units, d_v;
};

template <class T>
struct AdditiveGradArgs {
    AdditiveArgs<T> forward;                // basta su logsumexp: output y weights no se leen
    View4<const T> grad_output;             // última dimensión contigua
    const T* grad_logsumexp;                // contiguo (batch, n_query) o nullptr
    const T* grad_weights;                  // contiguo (batch, n_query, n_key) o nullptr
    T *grad_query, *grad_key, *grad_value;  // contiguos
    T* grad_score_vector;                   // contiguo (batch, units)
};

}  // namespace atencion
