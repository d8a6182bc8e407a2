// Operaciones con filas salteadas, elegidas por una lista de índices: los ladrillos de la atención dispersa y
// de la atención sobre grafos.
//
// Los carriles van por las características de cada fila. Las listas de puntuaciones tienen sitio hasta el
// siguiente múltiplo de kLanes: así se recorren por vectores enteros, y lo que sobra lleva un valor neutro.
#pragma once
#include "exponential.hpp"
#include "masks.hpp"
#include "tiles.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

// Un vector entero o un trozo, según el tipo de n: lo entero se decide al compilar.
template <class T>
ATENCION_INLINE Vec<T> load_lanes(const T* p, Int<kLanes<T>>) {
    return load(p);
}
template <class T>
ATENCION_INLINE Vec<T> load_lanes(const T* p, int n) {
    return load_partial(p, n);
}
template <class T>
ATENCION_INLINE void store_lanes(T* p, Vec<T> v, Int<kLanes<T>>) {
    store(p, v);
}
template <class T>
ATENCION_INLINE void store_lanes(T* p, Vec<T> v, int n) {
    store_partial(p, v, n);
}

// Filas dispersas: la e-ésima empieza en data + index[e] · stride.
template <class T>
struct GatheredRows {
    T* data;
    index_t stride;
    const int64_t* index;
    index_t count;
    ATENCION_INLINE T* operator[](index_t e) const { return data + index[e] * stride; }
};

// emit(e, n, v): el carril l de v es Σ_d term(d, n_d, fila e + l, desde d) para n filas, de kLanes en kLanes.
// Las sumas de kLanes filas se reducen juntas, siempre en el mismo orden.
template <class T, class Term, class Emit>
ATENCION_INLINE void reduce_gathered(const GatheredRows<const T>& rows, index_t depth, Term&& term,
                                     Emit&& emit) {
    constexpr int W = kLanes<T>, R = W < 4 ? W : 4;  // R filas a la vez
    const index_t whole = depth / W * W;
    const int rest = int(depth - whole);
    for (index_t e = 0; e < rows.count; e += W) {
        const int n = int(smaller(W, rows.count - e));
        Vec<T> sums[W] = {};
        ATENCION_UNROLL
        for (int i = 0; i < W; i += R) {
            if (i >= n) break;
            const T* row[R];
            ATENCION_UNROLL
            for (int r = 0; r < R; ++r) row[r] = rows[e + (i + r < n ? i + r : n - 1)];
            for (index_t d = 0; d < whole; d += W) {
                ATENCION_UNROLL
                for (int r = 0; r < R; ++r) term(sums[i + r], d, Int<W>{}, load(row[r] + d));
            }
            if (rest == 0) continue;
            ATENCION_UNROLL
            for (int r = 0; r < R; ++r) term(sums[i + r], whole, rest, load_partial(row[r] + whole, rest));
        }
        emit(e, n, sum_rows<T>(sums));
    }
}

// out[e] = x · fila e; lo que sobra hasta el múltiplo de kLanes vale `filler`.
template <class T>
__attribute__((noinline)) void gathered_dot(const T* x, const GatheredRows<const T>& rows, index_t depth,
                                            T filler, T* out) {
    reduce_gathered<T>(
        rows, depth,
        [&](Vec<T>& sum, index_t d, auto n, Vec<T> row)
            __attribute__((always_inline)) { sum += row * load_lanes<T>(x + d, n); },
        [&](index_t e, int n, Vec<T> sums)
            __attribute__((always_inline)) { store(out + e, first_lanes<T>(sums, n, filler)); });
}

// Recorre `depth` números por grupos de hasta 4 vectores: panel(Int<NV>, primer número, números del último).
template <class T, class F>
ATENCION_INLINE void for_depth_panels(index_t depth, F&& panel) {
    constexpr int W = kLanes<T>;
    for_vector_panels(depth / W,
                      [&](auto nv, index_t j) __attribute__((always_inline)) { panel(nv, j * W, Int<W>{}); });
    if (depth % W) panel(Int<1>{}, depth / W * W, int(depth % W));
}

// out = factor · Σ_e p[e · step] · fila e. Varias filas a la vez, para no esperar a cada suma.
template <class T>
__attribute__((noinline)) void gathered_sum(const T* p, index_t step, const GatheredRows<const T>& rows,
                                            index_t depth, T factor, T* out) {
    constexpr int W = kLanes<T>;
    for_depth_panels<T>(depth, [&](auto nv, index_t d, auto n) __attribute__((always_inline)) {
        constexpr int NV = decltype(nv)::value, Together = 8 / NV;
        Vec<T> sums[Together][NV] = {};
        index_t e = 0;
        for (; e + Together <= rows.count; e += Together) {
            ATENCION_UNROLL
            for (int r = 0; r < Together; ++r) {
                const T* row = rows[e + r] + d;
                ATENCION_UNROLL
                for (int v = 0; v < NV; ++v) sums[r][v] += p[(e + r) * step] * load_lanes<T>(row + v * W, n);
            }
        }
        for (; e < rows.count; ++e) {
            const T* row = rows[e] + d;
            ATENCION_UNROLL
            for (int v = 0; v < NV; ++v) sums[0][v] += p[e * step] * load_lanes<T>(row + v * W, n);
        }
        ATENCION_UNROLL
        for (int v = 0; v < NV; ++v) {
            ATENCION_UNROLL
            for (int r = 1; r < Together; ++r) sums[0][v] += sums[r][v];
            store_lanes<T>(out + d + v * W, sums[0][v] * factor, n);
        }
    });
}

// fila e += p[e] · x.
template <class T>
__attribute__((noinline)) void scattered_add(const T* p, const T* x, index_t depth,
                                             const GatheredRows<T>& rows) {
    constexpr int W = kLanes<T>;
    for_depth_panels<T>(depth, [&](auto nv, index_t d, auto n) __attribute__((always_inline)) {
        constexpr int NV = decltype(nv)::value;
        Vec<T> xs[NV];
        ATENCION_UNROLL
        for (int v = 0; v < NV; ++v) xs[v] = load_lanes<T>(x + d + v * W, n);
        for (index_t e = 0; e < rows.count; ++e) {
            T* row = rows[e] + d;
            ATENCION_UNROLL
            for (int v = 0; v < NV; ++v)
                store_lanes<T>(row + v * W, load_lanes<T>(row + v * W, n) + p[e] * xs[v], n);
        }
    });
}

// P = exp(S − máximo), sin normalizar, en el sitio de las puntuaciones; máximo y suma de una fila de `padded`
// puntuaciones, las que sobran a Limits::masked.
template <class T>
struct RowTotal {
    T top, total;
    ATENCION_INLINE T inverse() const { return total == T(0) ? T(0) : T(1) / total; }
    ATENCION_INLINE T logsumexp() const {
        return total > T(0)    ? T(double(top) + natural_log(total))
               : total == T(0) ? -Limits<T>::infinity
                               : total;  // NaN se ve, no se esconde
    }
};
template <class T>
RowTotal<T> exponentiate_row(T* row, index_t padded) {
    constexpr int W = kLanes<T>;
    Vec<T> tops = splat(Limits<T>::lowest_maximum), totals = {};
    for (index_t e = 0; e < padded; e += W) tops = vmax<T>(tops, load(row + e));
    const T top = reduce_max<T>(tops);
    for (index_t e = 0; e < padded; e += W) {
        const Vec<T> p = exp2<T>((load(row + e) - top) * T(kLog2e));
        totals += p;
        store(row + e, p);
    }
    return {top, reduce_add<T>(totals)};
}

// Con las puntuaciones en S y dP en dS: P = exp(S − logsumexp) en S, y P ∘ (dP − δ) en dS, con
// δ = Σ P dP − dlogsumexp. Lo que sobra hasta `padded` lleva Limits::masked y cero.
template <class T>
void softmax_row_gradient(T* S, T* dS, index_t padded, T logsumexp, T grad_logsumexp) {
    constexpr int W = kLanes<T>;
    const T lse = logsumexp == -Limits<T>::infinity ? -Limits<T>::masked : logsumexp;
    Vec<T> sums = {};
    for (index_t e = 0; e < padded; e += W) {
        const Vec<T> p = exp2<T>((load(S + e) - lse) * T(kLog2e));
        sums += p * load(dS + e);
        store(S + e, p);
    }
    const T delta = reduce_add<T>(sums) - grad_logsumexp;
    for (index_t e = 0; e < padded; e += W) store(dS + e, load(S + e) * (load(dS + e) - delta));
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
