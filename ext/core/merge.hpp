// Unir atenciones parciales de las mismas consultas sobre claves distintas (Ring Attention,
// FlashAttention-2):
//
//   L = log Σ_b e^{L_b}      w_b = e^{L_b − L}      O = Σ_b w_b O_b
//   dO_b = w_b dO            dL_b = w_b ((O_b − O) · dO + dL)
//
// Una parte sin nada que atender tiene L_b = −∞ y pesa cero: sus números no se leen. Los pesos de kLanes
// filas se calculan a la vez, y cada fila de salida se escribe de una pasada por todas las partes.
#pragma once
#include "arguments/merge.hpp"
#include "exponential.hpp"
#include "masks.hpp"
#include "tiles.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

constexpr index_t kMergeRows = 128;  // filas por tarea

template <class T>
index_t merge_scratch(index_t parts) {
    return parts * kLanes<T>;
}

// e^{L_b − shift} de `count` filas desde `row`, para cada parte, en weights[parte][fila]; devuelve su suma.
template <class T>
ATENCION_INLINE Vec<T> merge_weights(const MergeArgs<T>& a, index_t row, int count, Vec<T> shift,
                                     T* weights) {
    Vec<T> total = {};
    for (index_t b = 0; b < a.parts; ++b) {
        const Vec<T> w = exp2<T>((load_partial(a.logsumexps[b] + row, count) - shift) * T(kLog2e));
        store(weights + b * kLanes<T>, w);
        total += w;
    }
    return total;
}

// Una tarea: kMergeRows filas desde `first`.
template <class T>
void merge_forward(const MergeArgs<T>& a, index_t first, T* weights) {
    constexpr int W = kLanes<T>;
    const index_t last = smaller(first + kMergeRows, a.rows);
    for (index_t row = first; row < last; row += W) {
        const int count = int(smaller(W, last - row));
        Vec<T> top = splat(Limits<T>::lowest_maximum);
        for (index_t b = 0; b < a.parts; ++b) top = vmax<T>(load_partial(a.logsumexps[b] + row, count), top);
        const Vec<T> total = merge_weights(a, row, count, top, weights);
        const Vec<T> inverse = total == T(0) ? Vec<T>{} : T(1) / total;
        for (index_t b = 0; b < a.parts; ++b) store(weights + b * W, load(weights + b * W) * inverse);
        for (int r = 0; r < count; ++r) {
            a.logsumexp[row + r] = total[r] > T(0)    ? T(double(top[r]) + natural_log(total[r]))
                                   : total[r] == T(0) ? -Limits<T>::infinity
                                                      : total[r];
            const index_t start = (row + r) * a.d_v;
            for_column_panels<T>(a.d_v, [&](auto nv, auto tail, index_t c) __attribute__((always_inline)) {
                constexpr int NV = decltype(nv)::value;
                const int rest = int(a.d_v - c);
                Vec<T> sum[NV] = {};
                for (index_t b = 0; b < a.parts; ++b) {
                    const T w = weights[b * W + r], *p = a.outputs[b] + start + c;
                    if (w == T(0)) continue;
                    ATENCION_UNROLL
                    for (int v = 0; v < NV; ++v)
                        sum[v] += (tail.value ? load_partial(p, rest) : load(p + v * W)) * w;
                }
                ATENCION_UNROLL
                for (int v = 0; v < NV; ++v)
                    tail.value ? store_partial(a.output + start + c, sum[v], rest)
                               : store(a.output + start + c + v * W, sum[v]);
            });
        }
    }
}

// dO_b de una fila, si se pide; devuelve (O_b − O) · dO.
template <class T>
ATENCION_INLINE T merge_row_gradient(const T* part, const T* output, const T* grad, T w, index_t d_v,
                                     T* out) {
    Vec<T> dot = {};
    for_column_panels<T>(d_v, [&](auto nv, auto tail, index_t c) __attribute__((always_inline)) {
        const int rest = int(d_v - c);
        ATENCION_UNROLL
        for (int v = 0; v < nv.value; ++v) {
            const index_t at = c + v * kLanes<T>;
            const auto read = [&](const T* p) __attribute__((always_inline)) {
                return tail.value ? load_partial(p + at, rest) : load(p + at);
            };
            const Vec<T> g = read(grad);
            if (w != T(0)) dot += (read(part) - read(output)) * g;
            if (out) tail.value ? store_partial(out + at, g * w, rest) : store(out + at, g * w);
        }
    });
    return reduce_add<T>(dot);
}

template <class T>
void merge_backward(const MergeGradArgs<T>& g, index_t first, T* weights) {
    constexpr int W = kLanes<T>;
    const MergeArgs<T>& a = g.forward;
    const index_t last = smaller(first + kMergeRows, a.rows);
    for (index_t row = first; row < last; row += W) {
        const int count = int(smaller(W, last - row));
        const Vec<T> lse = load_partial(a.logsumexp + row, count);
        merge_weights(a, row, count, lse == -Limits<T>::infinity ? Vec<T>{} : lse, weights);
        for (index_t b = 0; b < a.parts; ++b)
            for (int r = 0; r < count; ++r) {
                const T w = weights[b * W + r];
                const index_t start = (row + r) * a.d_v;
                const T dot =
                    merge_row_gradient(a.outputs[b] + start, a.output + start, g.grad_output + start, w,
                                       a.d_v, g.grad_outputs[b] ? g.grad_outputs[b] + start : nullptr);
                if (!g.grad_logsumexps[b]) continue;
                const T arriving = w != T(0) && g.grad_logsumexp ? g.grad_logsumexp[row + r] : T(0);
                g.grad_logsumexps[b][row + r] = w * (dot + arriving);
            }
    }
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
