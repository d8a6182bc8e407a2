// Argumentos de la unión de atenciones parciales: punteros, sin dueño. Todo es contiguo.
#pragma once
#include "view.hpp"

namespace atencion {

template <class T>
struct MergeArgs {
    const T *const *outputs, *const *logsumexps;  // de cada parte, (rows, d_v) y (rows,)
    T *output, *logsumexp;
    index_t parts, rows, d_v;
};

template <class T>
struct MergeGradArgs {
    MergeArgs<T> forward;                             // output y logsumexp son los que dio la ida
    const T *grad_output, *grad_logsumexp;            // el segundo puede ser nullptr
    T *const *grad_outputs, *const *grad_logsumexps;  // nullptr el que no se pide
};

}  // namespace atencion
