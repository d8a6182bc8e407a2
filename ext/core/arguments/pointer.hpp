// Lo que recibe la suma de punteros (pointer.hpp).
#pragma once
#include "view.hpp"

namespace atencion {

template <class T>
struct PointerArgs {
    View4<const T> query, key;        // (batch, d) y (batch, n_key, d); la última dimensión es contigua
    View4<const int64_t> token_ids;   // (batch, n_key), última dimensión contigua
    View4<const int64_t> candidates;  // (batch, n_output), última dimensión contigua
    bool vocabulary;                  // sin candidatos: la salida c es el token c
    T *output, *weights, *logsumexp;  // contiguos (batch, n_output), (batch, n_key) y (batch,)
    Restrictions<T> restrictions;     // máscara (batch, 1, n_key) y longitudes
    index_t batch, n_key, d, n_output;
};

template <class T>
struct PointerGradArgs {
    PointerArgs<T> forward;      // weights son los que dio la pasada hacia delante
    View4<const T> grad_output;  // (batch, n_output), última dimensión contigua
    const T* grad_weights;       // contiguo (batch, n_key) o nullptr
    const T* grad_logsumexp;     // contiguo (batch,) o nullptr
    T *grad_query, *grad_key;    // contiguos
};

}  // namespace atencion
