// Intercambios entre los carriles de un vector: transposición, y sumas y máximos de uno o de varios a la vez.
#pragma once
#include "simd.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

// Transpone en registros un bloque de kLanes × kLanes: log2(kLanes) rondas de intercambios.
template <class T, int Step, int Rows = kLanes<T>>
ATENCION_INLINE void transpose_round(Vec<T>* rows) {
    constexpr int W = kLanes<T>;
    ATENCION_UNROLL
    for (int i = 0; i < Rows; ++i) {
        if (i & Step) continue;
        const Vec<T> x = rows[i], y = rows[i + Step];
#if defined(__clang__)
        Vec<T> low, high;
        ATENCION_UNROLL
        for (int l = 0; l < W; ++l) {
            low[l] = (l & Step) ? y[l - Step] : x[l];
            high[l] = (l & Step) ? y[l] : x[l + Step];
        }
#else
        IntVec<T> pick_low, pick_high;
        ATENCION_UNROLL
        for (int l = 0; l < W; ++l) {
            pick_low[l] = (l & Step) ? W + l - Step : l;
            pick_high[l] = (l & Step) ? W + l : l + Step;
        }
        const Vec<T> low = __builtin_shuffle(x, y, pick_low), high = __builtin_shuffle(x, y, pick_high);
#endif
        rows[i] = low;
        rows[i + Step] = high;
    }
}
template <class T>
ATENCION_INLINE void transpose(Vec<T>* rows) {
    if constexpr (kLanes<T> >= 16) transpose_round<T, 8>(rows);
    if constexpr (kLanes<T> >= 8) transpose_round<T, 4>(rows);
    if constexpr (kLanes<T> >= 4) transpose_round<T, 2>(rows);
    transpose_round<T, 1>(rows);
}

// v con los carriles l y l ^ Step cambiados entre sí.
template <class T, int Step>
ATENCION_INLINE Vec<T> swap_lanes(Vec<T> v) {
#if defined(__clang__)
    Vec<T> swapped;
    ATENCION_UNROLL
    for (int l = 0; l < kLanes<T>; ++l) swapped[l] = v[l ^ Step];
    return swapped;
#else
    IntVec<T> pick;
    ATENCION_UNROLL
    for (int l = 0; l < kLanes<T>; ++l) pick[l] = l ^ Step;
    return __builtin_shuffle(v, pick);
#endif
}

// Combina en árbol los carriles que distan un múltiplo de `period` (potencia de dos); el resultado queda
// repetido en todos ellos.
template <class T, int Step = kLanes<T> / 2, class Op>
ATENCION_INLINE Vec<T> fold_lanes(Vec<T> v, ptrdiff_t period, Op&& op) {
    if constexpr (Step > 0) {
        if (Step >= period) v = op(v, swap_lanes<T, Step>(v));
        return fold_lanes<T, Step / 2>(v, period, op);
    } else {
        return v;
    }
}
template <class T>
ATENCION_INLINE Vec<T> fold_add(Vec<T> v, ptrdiff_t period = 1) {
    return fold_lanes<T>(v, period, [](Vec<T> a, Vec<T> b) __attribute__((always_inline)) { return a + b; });
}
template <class T>
ATENCION_INLINE Vec<T> fold_max(Vec<T> v, ptrdiff_t period = 1) {
    return fold_lanes<T>(v, period,
                         [](Vec<T> a, Vec<T> b) __attribute__((always_inline)) { return vmax<T>(a, b); });
}
template <class T>
ATENCION_INLINE T reduce_add(Vec<T> v) {
    return fold_add<T>(v)[0];
}
template <class T>
ATENCION_INLINE T reduce_max(Vec<T> v) {
    return fold_max<T>(v)[0];
}

// Suma los carriles de N vectores a la vez (N potencia de dos, ≤ kLanes): en el carril i del resultado, la
// suma de rows[i]. Como transponer y sumar, pero cada ronda deja la mitad de vectores. Con N = kLanes da los
// mismos números que reduce_add, que suma con el mismo árbol. `rows` se pierde.
template <class T, int N = kLanes<T>, int Step = N / 2>
ATENCION_INLINE Vec<T> sum_rows(Vec<T>* rows) {
    if constexpr (Step == 0) {
        return fold_add<T>(rows[0], N);
    } else {
        transpose_round<T, Step, 2 * Step>(rows);
        ATENCION_UNROLL
        for (int i = 0; i < Step; ++i) rows[i] += rows[i + Step];
        return sum_rows<T, N, Step / 2>(rows);
    }
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
