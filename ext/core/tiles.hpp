// Micronúcleos de producto de matrices: una tesela de MR × NV vectores vive entera en registros.
//
// Son los ladrillos de todos los mecanismos: puntuaciones (clave · consulta), suma de valores y gradientes
// son el mismo bucle con otros pasos. Los pasos constantes (LDA, LDB > 0) importan: con pasos de tiempo de
// ejecución GCC guarda direcciones en la pila y pierde una quinta parte de la velocidad.
#pragma once
#include "lanes.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

// Filas por tesela cuando hay 3 vectores por fila: 8 · 3 acumuladores caben en los 32 registros de AVX-512,
// 4 · 3 en los 16 de los demás.
constexpr int kTileRows = ATENCION_VECTOR_BYTES == 64 ? 8 : 4;

// acc[i][j] += Σ_k A(i, k) · B[k][j]; A(i, k) está en a[i·lda + k], o en a[k·lda + i] si ATransposed.
// Con Tail, de cada fila de B solo existen `tail` elementos (NV = 1) y no se lee ninguno más.
// Si Prefetch, acerca una línea de `next` en cada paso: la tesela siguiente llega a la caché mientras se
// calcula esta.
template <class T, int MR, int NV, bool ATransposed, int LDA = 0, int LDB = 0, bool Prefetch = false,
          bool Tail = false>
ATENCION_INLINE void multiply_tile(ptrdiff_t depth, const T* a, ptrdiff_t lda_, const T* b, ptrdiff_t ldb_,
                                   Vec<T> (&acc)[MR][NV], const T* next = nullptr, int tail = 0) {
    const ptrdiff_t lda = LDA ? LDA : lda_, ldb = LDB ? LDB : ldb_;
    constexpr int W = kLanes<T>;
    ATENCION_NO_UNROLL
    for (ptrdiff_t k = 0; k < depth; ++k) {
        Vec<T> row[NV];
        if constexpr (Prefetch) __builtin_prefetch(next + k * MR, 0, 3);
        ATENCION_UNROLL
        for (int j = 0; j < NV; ++j)
            row[j] = Tail ? load_partial(b + k * ldb, tail) : load(b + k * ldb + j * W);
        ATENCION_UNROLL
        for (int i = 0; i < MR; ++i) {
            const Vec<T> x = splat(ATransposed ? a[k * lda + i] : a[i * lda + k]);
            ATENCION_UNROLL
            for (int j = 0; j < NV; ++j) acc[i][j] += x * row[j];
        }
    }
}

template <class T, int MR, int NV>
ATENCION_INLINE void clear_tile(Vec<T> (&acc)[MR][NV]) {
    ATENCION_UNROLL
    for (int i = 0; i < MR; ++i) {
        ATENCION_UNROLL
        for (int j = 0; j < NV; ++j) acc[i][j] = Vec<T>{};
    }
}
template <class T, int MR, int NV>
ATENCION_INLINE void store_tile(const Vec<T> (&acc)[MR][NV], T* out, ptrdiff_t ld) {
    ATENCION_UNROLL
    for (int i = 0; i < MR; ++i) {
        ATENCION_UNROLL
        for (int j = 0; j < NV; ++j) store(out + i * ld + j * kLanes<T>, acc[i][j]);
    }
}

// Copia `count` filas de `depth` números a `out`, traspuestas (out[d·ld + fila]) y multiplicadas por factor.
// Las columnas que sobran hasta el siguiente múltiplo de kLanes quedan a cero.
template <class T>
__attribute__((noinline)) void pack_transposed(const T* rows, ptrdiff_t stride, ptrdiff_t count,
                                               ptrdiff_t depth, T factor, T* out, ptrdiff_t ld) {
    constexpr int W = kLanes<T>;
    for (ptrdiff_t first = 0; first < count; first += W)
        for (ptrdiff_t d = 0; d < depth; d += W) {
            const int n = int(depth - d < W ? depth - d : W);
            Vec<T> block[W];
            ATENCION_UNROLL
            for (int r = 0; r < W; ++r) {
                const T* p = rows + (first + r) * stride + d;
                block[r] = first + r >= count ? Vec<T>{} : (n == W ? load(p) : load_partial(p, n)) * factor;
            }
            transpose<T>(block);
            ATENCION_UNROLL
            for (int r = 0; r < W; ++r)
                if (r < n) store(out + (d + r) * ld + first, block[r]);
        }
}

// Reparte `rows` filas en teselas de Rows, y el resto en teselas de 4, 2 y 1: tile(Int<MR>, primera fila).
template <int Rows, class F>
ATENCION_INLINE void for_row_tiles(ptrdiff_t rows, F&& tile) {
    ptrdiff_t i = 0;
    for (; i + Rows <= rows; i += Rows) tile(Int<Rows>{}, i);
    if constexpr (Rows > 4)
        if (rows - i >= 4) tile(Int<4>{}, i), i += 4;
    if constexpr (Rows > 2)
        if (rows - i >= 2) tile(Int<2>{}, i), i += 2;
    if (rows - i >= 1) tile(Int<1>{}, i);
}

// Reparte `vectors` vectores de columnas en grupos de 4 (salvo si kCompact), 2 y 1: panel(Int<NV>, primer
// vector).
template <class F>
ATENCION_INLINE void for_vector_panels(ptrdiff_t vectors, F&& panel) {
    ptrdiff_t j = 0;
    constexpr int Most = kCompact ? 2 : 4;
    for (; j + Most <= vectors; j += Most) panel(Int<Most>{}, j);
    if constexpr (Most > 2)
        if (vectors - j >= 2) panel(Int<2>{}, j), j += 2;
    if (vectors - j >= 1) panel(Int<1>{}, j);
}

// Reparte las columnas de una fila en grupos de vectores enteros y, si sobran, un vector incompleto:
// panel(Int<vectores>, Int<¿incompleto?>, primera columna).
template <class T, class F>
ATENCION_INLINE void for_column_panels(ptrdiff_t columns, F&& panel) {
    constexpr int W = kLanes<T>;
    const ptrdiff_t whole = columns / W;
    for_vector_panels(
        whole, [&](auto nv, ptrdiff_t v) __attribute__((always_inline)) { panel(nv, Int<0>{}, v * W); });
    if (whole * W < columns) panel(Int<1>{}, Int<1>{}, whole * W);
}

// C (rows × columns) += A · B, con las columnas de C en los carriles. El producto se suma aparte y se añade
// al final: en una C que acumula muchos, cada término pasa por pocas sumas y el redondeo no crece con su
// número. Si `columns` no es múltiplo de kLanes, la última columna de vectores se lee y se escribe a trozos,
// sin salir de las filas. A(i, k) está en a[i·lda
// + k], o en a[k·lda + i] si ATransposed.
template <class T, bool ATransposed>
__attribute__((noinline)) void accumulate_product(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth,
                                                  const T* a, ptrdiff_t lda, const T* b, ptrdiff_t ldb, T* c,
                                                  ptrdiff_t ldc) {
    constexpr int W = kLanes<T>;
    const ptrdiff_t whole = columns / W;
    const int rest = int(columns % W);
    for_vector_panels(whole, [&](auto nv, ptrdiff_t j) __attribute__((always_inline)) {
        constexpr int NV = decltype(nv)::value;
        constexpr int MR = NV == 4 ? (kTileRows == 8 ? 6 : 3) : kTileRows;
        for_row_tiles<MR>(rows, [&](auto mr, ptrdiff_t i) __attribute__((always_inline)) {
            Vec<T> acc[decltype(mr)::value][NV];
            T* out = c + i * ldc + j * W;
            clear_tile<T>(acc);
            multiply_tile<T, decltype(mr)::value, NV, ATransposed>(depth, a + (ATransposed ? i : i * lda),
                                                                   lda, b + j * W, ldb, acc);
            ATENCION_UNROLL
            for (int r = 0; r < decltype(mr)::value; ++r) {
                ATENCION_UNROLL
                for (int v = 0; v < NV; ++v) acc[r][v] += load(out + r * ldc + v * W);
            }
            store_tile<T>(acc, out, ldc);
        });
    });
    if (rest == 0) return;
    for_row_tiles<kTileRows>(rows, [&](auto mr, ptrdiff_t i) __attribute__((always_inline)) {
        Vec<T> acc[decltype(mr)::value][1];
        T* out = c + i * ldc + whole * W;
        clear_tile<T>(acc);
        multiply_tile<T, decltype(mr)::value, 1, ATransposed, 0, 0, false, true>(
            depth, a + (ATransposed ? i : i * lda), lda, b + whole * W, ldb, acc, nullptr, rest);
        for (int r = 0; r < decltype(mr)::value; ++r)
            store_partial(out + r * ldc, acc[r][0] + load_partial(out + r * ldc, rest), rest);
    });
}

// Recorre una matriz de pares (filas × columnas) en teselas de 4, 2 y 1 (las filas, de 2 y 1 si kCompact):
// tile(Int<Rows>, Int<Columns>, fila, columna).
template <class F>
ATENCION_INLINE void for_pair_tiles(ptrdiff_t rows, ptrdiff_t columns, F&& tile) {
    for_row_tiles<kCompact ? 2 : 4>(rows, [&](auto tr, ptrdiff_t r) __attribute__((always_inline)) {
        for_row_tiles<4>(columns,
                         [&](auto tc, ptrdiff_t c) __attribute__((always_inline)) { tile(tr, tc, r, c); });
    });
}

// Suma los carriles de cada acumulador de una tesela y los escribe en out[r·ld + c]; `shift` se suma a todos.
template <class T, int R, int C>
ATENCION_INLINE void reduce_tile(Vec<T> (&acc)[R * C], T shift, T* out, ptrdiff_t ld) {
    constexpr int N = R * C < kLanes<T> ? R * C : kLanes<T>;
    ATENCION_UNROLL
    for (int g = 0; g < R * C; g += N) {
        const Vec<T> sums = sum_rows<T, N>(acc + g) + shift;
        for (int i = 0; i < N; ++i) out[(g + i) / C * ld + (g + i) % C] = sums[i];
    }
}

// out[i][j] = Σ_d x[i][d] · y[j][d], es decir, out = x · yᵀ.
template <class T>
void pairwise_dot(const T* x, ptrdiff_t x_row, const T* y, ptrdiff_t y_row, ptrdiff_t rows, ptrdiff_t columns,
                  ptrdiff_t depth, T* out, ptrdiff_t ld) {
    constexpr int W = kLanes<T>;
    for_pair_tiles(rows, columns,
                   [&](auto tr, auto tc, ptrdiff_t i, ptrdiff_t j) __attribute__((always_inline)) {
                       constexpr int R = decltype(tr)::value, C = decltype(tc)::value;
                       Vec<T> acc[R * C] = {};
                       for (ptrdiff_t d = 0; d < depth; d += W) {
                           const int n = int(depth - d < W ? depth - d : W);
                           Vec<T> xs[R];
                           ATENCION_UNROLL
                           for (int r = 0; r < R; ++r) {
                               const T* p = x + (i + r) * x_row + d;
                               xs[r] = n == W ? load(p) : load_partial(p, n);
                           }
                           ATENCION_UNROLL
                           for (int c = 0; c < C; ++c) {
                               const T* p = y + (j + c) * y_row + d;
                               const Vec<T> ys = n == W ? load(p) : load_partial(p, n);
                               ATENCION_UNROLL
                               for (int r = 0; r < R; ++r) acc[r * C + c] += xs[r] * ys;
                           }
                       }
                       reduce_tile<T, R, C>(acc, T(0), out + i * ld + j, ld);
                   });
}

// out[x] += Σ_k p[k] · rows[k][x]: accumulate_product de una sola fila. Con una fila no hay bastantes sumas
// independientes que ocupen la máquina, así que las claves van de cuatro en cuatro.
template <class T>
__attribute__((noinline)) void accumulate_row(ptrdiff_t columns, ptrdiff_t depth, const T* p, const T* rows,
                                              ptrdiff_t stride, T* out) {
    constexpr int W = kLanes<T>;
    for (ptrdiff_t x = 0; x < columns; x += 2 * W) {
        const ptrdiff_t left = columns - x;
        const int count[2] = {int(left < W ? left : W), int(left < W ? 0 : left < 2 * W ? left - W : W)};
        Vec<T> acc[4][2] = {};
        const auto add = [&](int way, ptrdiff_t k) __attribute__((always_inline)) {
            const T* row = rows + k * stride + x;
            acc[way][0] += load_some(row, count[0]) * p[k];
            if (count[1]) acc[way][1] += load_some(row + W, count[1]) * p[k];
        };
        ptrdiff_t k = 0;
        for (; k + 4 <= depth; k += 4) {
            ATENCION_UNROLL
            for (int way = 0; way < 4; ++way) add(way, k + way);
        }
        for (; k < depth; ++k) add(0, k);
        for (int v = 0; v < 2; ++v) {
            T* to = out + x + v * W;
            const Vec<T> sum = (acc[0][v] + acc[1][v]) + (acc[2][v] + acc[3][v]);
            if (count[v]) store_some(to, load_some(to, count[v]) + sum, count[v]);
        }
    }
}

// out[i][j] = x[i] · y[j], con las filas de out contiguas.
template <class T>
void outer_product(const T* x, ptrdiff_t rows, const T* y, ptrdiff_t columns, T* out) {
    for (ptrdiff_t i = 0; i < rows; ++i)
        for_vectors<T>(columns, [&](ptrdiff_t j, int n) __attribute__((always_inline)) {
            store_some(out + i * columns + j, load_some(y + j, n) * x[i], n);
        });
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
