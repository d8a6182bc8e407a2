// Piezas de la atención lineal: los rasgos φ de consultas y claves y el estado que resume las claves ya
// vistas.
//
//   elu (Katharopoulos)  φ(x) = elu(x) + 1 en consultas y claves.
//   softmax (Shen)       φ_k(k_j) = exp(k_j − máximo) / z, el softmax de cada rasgo sobre las claves;
//                        φ_q(q_i) = exp(q_i − máximo), que dividido por su suma es el softmax sobre los
//                        rasgos.
//
// Los rasgos se calculan por trozos de kLinearRows filas, que caben en la caché L1, con anchura múltiplo de
// kLanes: los de relleno son cero. Una clave prohibida tiene φ = 0 y su fila no se lee.
#pragma once
#include "arguments/linear.hpp"
#include "exponential.hpp"
#include "masks.hpp"
#include "tiles.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

constexpr index_t kLinearRows = 64;    // filas por trozo
constexpr index_t kCausalRows = 32;    // dentro de un trozo causal el coste es cuadrático
constexpr index_t kLinearBlock = 512;  // claves que comparten el máximo en Shen

// Estado y memoria de trabajo de una tarea.
template <class T>
struct LinearState {
    index_t d_k, d_v, ld;  // ld = d_k redondeado a vectores
    T *sum, *z;            // S = Σ_j φ(k_j) v_jᵀ, (d_k, d_v), y z = Σ_j φ(k_j), (ld,)
    T *top, *inverse;      // Shen: máximo de cada rasgo, en log2, e inverso de su suma, (ld,)
    T *query, *inverse_n;  // un trozo de φ(q_i) / n_i, y 1 / n_i
    T *key, *other;        // trozos de φ(k_j)
    T* value;              // trozo de valores sin los de las claves prohibidas
    T* prefix;             // z hasta cada fila de un trozo causal
    T *turned, *pairs;     // un trozo traspuesto, y los productos de un trozo con otro
    T* free;               // lo que sigue es de la pasada hacia atrás

    ATENCION_INLINE LinearState(const LinearArgs<T>& a, T* scratch)
        : d_k(a.d_k), d_v(a.d_v), ld(round_up(a.d_k, kLanes<T>)), free(scratch) {
        sum = zeros(ld * d_v), z = zeros(ld);
        top = take(ld), inverse = take(ld);
        query = take(kLinearRows * ld), inverse_n = take(kLinearRows);
        key = take(kLinearRows * ld), other = take(kLinearRows * ld);
        value = take(kLinearRows * d_v);
        prefix = take(kCausalRows * ld);
        turned = take(kLinearRows * larger(ld, d_v)), pairs = take(kLinearRows * kLinearRows);
        for (index_t c = 0; c < ld; ++c) top[c] = Limits<T>::lowest_maximum, inverse[c] = T(1);
    }
    ATENCION_INLINE T* take(index_t size) {
        T* mine = free;
        free += round_up(size, kLanes<T>);
        return mine;
    }
    ATENCION_INLINE T* zeros(index_t size) {
        T* mine = take(size);
        for (index_t i = 0; i < size; ++i) mine[i] = T(0);
        return mine;
    }
};
template <class T>
constexpr index_t linear_scratch(index_t d_k, index_t d_v) {
    const index_t width = d_k + d_v + 2 * kLanes<T>;  // no menos que ld ni que d_v, ya redondeados
    return width * width + (5 * kLinearRows + kCausalRows + 3) * width + kLinearRows * (kLinearRows + 1);
}

// Filas que se van a usar enseguida: acercarlas a la caché mientras se calculan rasgos tapa la espera.
template <class T>
struct Upcoming {
    const T* rows;
    index_t stride, columns;
    ATENCION_INLINE void prefetch(index_t row) const {
        for (index_t c = 0; c < columns; c += 64 / index_t(sizeof(T)))
            __builtin_prefetch(rows + row * stride + c);
    }
};

// Un vector de columnas; si la fila se acaba dentro de él (Tail), los demás carriles son menos infinito.
template <class T, int Tail>
ATENCION_INLINE Vec<T> load_columns(const T* row, index_t column, index_t columns) {
    if constexpr (!Tail) return load(row + column);
    const int count = int(columns - column);
    IntVec<T> lane;
    ATENCION_UNROLL
    for (int l = 0; l < kLanes<T>; ++l) lane[l] = l;
    return lane < Lane<T>(count) ? load_partial(row + column, count) : splat(Limits<T>::masked);
}

// elu(x) + 1 = x + 1 si x > 0, e^x si no: así un x muy negativo no se redondea a cero.
template <class T>
ATENCION_INLINE Vec<T> elu_plus_one(Vec<T> x) {
    return x > T(0) ? x + T(1) : exp2<T>(vmin<T>(Vec<T>{}, x) * T(kLog2e));
}

template <class T>
ATENCION_INLINE bool kept(const HeadRestrictions<T>& r, index_t key) {
    return !r.mask || r.mask[key * r.mask_column];
}

// φ_k de `count` claves, desde la clave `first`; si se pide, su suma se añade a `sum`.
template <class T, bool Softmax>
void key_features(const HeadRestrictions<T>& r, const T* rows, index_t stride, index_t first, index_t count,
                  const LinearState<T>& s, T* out, T* sum = nullptr, Upcoming<T> next = {}) {
    constexpr int W = kLanes<T>;
    const index_t d_k = s.d_k, ld = s.ld;
    for_column_panels<T>(d_k, [&](auto nv, auto tail, index_t c) __attribute__((always_inline)) {
        constexpr int NV = decltype(nv)::value;
        Vec<T> total[NV] = {}, top[NV], inverse[NV];
        for (int v = 0; v < NV; ++v)
            top[v] = load(s.top + c + v * W), inverse[v] = load(s.inverse + c + v * W);
        for (index_t j = 0; j < count; ++j) {
            const T* row = rows + j * stride;
            const bool visible = kept(r, first + j);
            next.prefetch(j);
            ATENCION_UNROLL
            for (int v = 0; v < NV; ++v) {
                Vec<T> f = {};
                __builtin_prefetch(row + kLinearBlock * stride + c + v * W, 0, 2);  // el bloque siguiente
                if (visible) {
                    const Vec<T> x = load_columns<T, tail.value>(row, c + v * W, d_k);
                    if constexpr (Softmax)
                        f = exp2<T>(x * T(kLog2e) - top[v]) * inverse[v];
                    else
                        f = elu_plus_one<T>(x);
                }
                total[v] += f;
                store(out + j * ld + c + v * W, f);
            }
        }
        for (int v = 0; sum && v < NV; ++v) store(sum + c + v * W, load(sum + c + v * W) + total[v]);
    });
}

// Reúne en un vector la suma, o el máximo, de los carriles de kLanes vectores.
template <class T, bool Maximum>
ATENCION_INLINE Vec<T> reduce_rows(Vec<T>* rows) {
    transpose<T>(rows);
    Vec<T> total = rows[0];
    ATENCION_UNROLL
    for (int i = 1; i < kLanes<T>; ++i) total = Maximum ? vmax<T>(total, rows[i]) : total + rows[i];
    return total;
}

// φ_q(q_i) / n_i de `count` consultas en s.query, con n_i = φ_q(q_i) · z_i y z_i en z[i·z_row]. Sin nada que
// atender, n_i = 0 y la fila queda a cero. Deja 1 / n_i en s.inverse_n, o lo toma de `known`; y log n_i en
// `logsumexp`, si se pide.
template <class T, bool Softmax>
void query_features(const T* rows, index_t stride, index_t count, const T* z, index_t z_row,
                    const LinearState<T>& s, T* logsumexp = nullptr, const T* known = nullptr,
                    Upcoming<T> next = {}) {
    constexpr int W = kLanes<T>;
    const index_t d_k = s.d_k, ld = s.ld;
    for (index_t first = 0; first < count; first += W) {  // en grupos, para reducir en vertical
        const int group = int(smaller(W, count - first));
        Vec<T> lanes[W] = {};
        T top[W];
        if constexpr (Softmax) {
            for (int r = 0; r < group; ++r) {
                const T* row = rows + (first + r) * stride;
                Vec<T> largest = splat(Limits<T>::lowest_maximum);
                for_column_panels<T>(d_k, [&](auto nv, auto tail, index_t c) __attribute__((always_inline)) {
                    ATENCION_UNROLL
                    for (int v = 0; v < nv.value; ++v)
                        largest = vmax<T>(load_columns<T, tail.value>(row, c + v * W, d_k), largest);
                });
                lanes[r] = largest;
            }
            store(top, reduce_rows<T, true>(lanes) * T(kLog2e));
        }
        for (int r = 0; r < group; ++r) {
            const T *row = rows + (first + r) * stride, *zi = z + (first + r) * z_row;
            T* out = s.query + (first + r) * ld;
            Vec<T> dot = {};
            next.prefetch(first + r);
            for_column_panels<T>(d_k, [&](auto nv, auto tail, index_t c) __attribute__((always_inline)) {
                ATENCION_UNROLL
                for (int v = 0; v < nv.value; ++v) {
                    const Vec<T> x = load_columns<T, tail.value>(row, c + v * W, d_k);
                    const Vec<T> f = Softmax ? exp2<T>(x * T(kLog2e) - top[r]) : elu_plus_one<T>(x);
                    __builtin_prefetch(row + kLinearRows * stride + c + v * W, 0, 2);  // el trozo siguiente
                    dot += f * load(zi + c + v * W);
                    store(out + c + v * W, f);
                }
            });
            lanes[r] = dot;
        }
        const Vec<T> total = reduce_rows<T, false>(lanes);
        const Vec<T> inverse = total == T(0) ? Vec<T>{} : T(1) / total;
        store(s.inverse_n + first, known ? load_partial(known + first, group) : inverse);
        for (int r = 0; r < group; ++r) {
            T *row = s.query + (first + r) * ld, n = total[r];
            for (index_t c = 0; c < ld; c += W) store(row + c, load(row + c) * s.inverse_n[first + r]);
            if (logsumexp)
                logsumexp[first + r] = n == T(0)                ? -Limits<T>::infinity
                                       : Softmax || !(n > T(0)) ? n - n  // 0, o NaN si n lo es
                                                                : T(natural_log(n));
        }
    }
}

// Las filas de V de un trozo. Con máscara se copian, y las prohibidas son ceros: un NaN no ha de pasar.
template <class T>
const T* kept_values(const HeadRestrictions<T>& r, const T* rows, index_t& stride, index_t first,
                     index_t count, const LinearState<T>& s) {
    if (!r.mask) return rows;
    for (index_t j = 0; j < count; ++j)
        for (index_t d = 0; d < s.d_v; ++d)
            s.value[j * s.d_v + d] = kept(r, first + j) ? rows[j * stride + d] : T(0);
    stride = s.d_v;
    return s.value;
}

// out[c][r] = in[r][c]
template <class T>
__attribute__((noinline)) void transpose_matrix(const T* in, index_t ld_in, index_t rows, index_t columns,
                                                T* out, index_t ld_out) {
    constexpr int W = kLanes<T>;
    for (index_t r0 = 0; r0 < rows; r0 += W)
        for (index_t c0 = 0; c0 < columns; c0 += W) {
            const int height = int(smaller(W, rows - r0)), width = int(smaller(W, columns - c0));
            Vec<T> block[W];
            ATENCION_UNROLL
            for (int r = 0; r < W; ++r) {
                const T* p = in + (r0 + r) * ld_in + c0;
                block[r] = r >= height ? Vec<T>{} : width == W ? load(p) : load_partial(p, width);
            }
            transpose<T>(block);
            ATENCION_UNROLL
            for (int c = 0; c < W; ++c) {
                if (c >= width) continue;
                T* p = out + (c0 + c) * ld_out + r0;
                height == W ? store(p, block[c]) : store_partial(p, block[c], height);
            }
        }
}

// s.pairs[i][j] = x_i · y_j entre dos trozos, solo donde j ≤ i + reach; el resto, cero.
template <class T>
void pair_products(const T* x, index_t x_row, index_t rows, const T* y, index_t y_row, index_t columns,
                   index_t depth, index_t reach, const LinearState<T>& s) {
    constexpr index_t ld = kLinearRows;
    transpose_matrix(y, y_row, columns, depth, s.turned, ld);
    for (index_t i = 0; i < rows * ld; ++i) s.pairs[i] = T(0);
    accumulate_product<T, false>(rows, columns, depth, x, x_row, s.turned, ld, s.pairs, ld);
    for (index_t i = 0; i < rows; ++i)
        for (index_t j = larger(0, i + reach + 1); j < columns; ++j) s.pairs[i * ld + j] = T(0);
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
