// Unir atenciones parciales con bucles: un softmax entre las partes, con sus logsumexp como puntuaciones.
#pragma once
#include "../arguments/merge.hpp"
#include "softmax.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace naive {

// w_b = e^{L_b} / Σ e^{L_b} de una fila; devuelve L.
template <class T>
T merge_weights(const MergeArgs<T>& a, index_t row, T* w) {
    for (index_t b = 0; b < a.parts; ++b) w[b] = a.logsumexps[b][row];
    return softmax(w, a.parts);
}

template <class T>
void merge_forward(const MergeArgs<T>& a, index_t row, T* w) {
    a.logsumexp[row] = merge_weights(a, row, w);
    for (index_t d = 0; d < a.d_v; ++d) {
        T sum = T(0);
        for (index_t b = 0; b < a.parts; ++b)
            if (w[b] != T(0)) sum += w[b] * a.outputs[b][row * a.d_v + d];
        a.output[row * a.d_v + d] = sum;
    }
}

template <class T>
void merge_backward(const MergeGradArgs<T>& g, index_t row, T* w) {
    const MergeArgs<T>& a = g.forward;
    merge_weights(a, row, w);
    for (index_t b = 0; b < a.parts; ++b) {
        T slope = w[b] != T(0) && g.grad_logsumexp ? g.grad_logsumexp[row] : T(0);
        for (index_t d = 0; d < a.d_v; ++d) {
            const index_t x = row * a.d_v + d;
            if (w[b] != T(0)) slope += (a.outputs[b][x] - a.output[x]) * g.grad_output[x];
            if (g.grad_outputs[b]) g.grad_outputs[b][x] = w[b] * g.grad_output[x];
        }
        if (g.grad_logsumexps[b]) g.grad_logsumexps[b][row] = w[b] * slope;
    }
}

}  // namespace naive
}  // namespace ATENCION_KERNEL
}  // namespace atencion
