// Lo que reciben los saltos de memoria (memory.hpp).
#pragma once
#include "parts.hpp"

namespace atencion {

template <class T>
struct MemoryArgs {
    View4<const T> query;             // (batch, d); la última dimensión es contigua en los tres
    View4<const T> key, value;        // (batch, hops, n_key, d): «head» es el salto
    const T* transition;              // contiguo (d, d), o nullptr: la identidad
    T *output, *weights, *logsumexp;  // contiguos (batch, hops, d), (batch, hops, n_key) y (batch, hops)
    Restrictions<T> restrictions;     // máscara (batch, hops, n_key) y longitudes
    index_t batch, hops, n_key, d;
    bool softmax;  // false: los pesos son las puntuaciones («linear start»)
};

template <class T>
struct MemoryGradArgs {
    MemoryArgs<T> forward;                  // output y weights son los que dio la pasada hacia delante
    View4<const T> grad_output;             // (batch, hops, d), última dimensión contigua
    const T* grad_weights;                  // contiguo (batch, hops, n_key) o nullptr
    const T* grad_logsumexp;                // contiguo (batch, hops) o nullptr
    T *grad_query, *grad_key, *grad_value;  // contiguos
    T* grad_transition;                     // contiguo (partes, d, d), o nullptr si no hay transition
};

}  // namespace atencion
