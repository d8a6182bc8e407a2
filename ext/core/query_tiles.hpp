// Bloques con las consultas en los carriles del vector: las piezas comunes de dot_product.hpp y su gradiente.
//
// Un sub-bloque son hasta 3 vectores de consultas (48 en AVX-512, 24 en AVX2, 12 en SSE; 8 en la página). Las
// consultas se trasponen una vez por sub-bloque; claves y valores se leen tal como están. Así el máximo y la
// suma del softmax son verticales.
#pragma once
#include "exponential.hpp"
#include "masks.hpp"
#include "tiles.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

constexpr int kBlockKeys = 96;  // claves por bloque: puntuaciones y K caben juntas en la caché L1/L2
constexpr int kQueryVectors = kCompact ? 2 : 3;  // vectores de consultas por sub-bloque
constexpr int kQuerySubBlocks = 4;               // sub-bloques que comparten cada pasada por K y V
template <class T>
constexpr int kSubBlock = kQueryVectors * kLanes<T>;
template <class T>
constexpr int kQueryBlock = kQuerySubBlocks * kSubBlock<T>;

template <class F>
ATENCION_INLINE void with_query_vectors(index_t queries, int lanes, F&& f) {
    switch ((queries + lanes - 1) / lanes) {
        case 1:
            return f(Int<1>{});
        case 2:
            return f(Int<2>{});
        default:
            return f(Int<kQueryVectors>{});
    }
}

// El camino inverso de pack_transposed: escribe `count` filas de `depth` números desde `in[d][consulta]`,
// cada consulta por su factor.
template <class T, int NV>
__attribute__((noinline)) void unpack_transposed(const T* in, const Vec<T>* factor, index_t count,
                                                 index_t depth, T* rows, index_t stride) {
    constexpr int W = kLanes<T>, NQ = NV * W;
    for (int j = 0; j < NV; ++j)
        for (index_t d = 0; d < depth; d += W) {
            const int n = int(smaller(W, depth - d));
            Vec<T> block[W];
            ATENCION_UNROLL
            for (int r = 0; r < W; ++r)
                block[r] = r < n ? load(in + (d + r) * NQ + j * W) * factor[j] : Vec<T>{};
            transpose<T>(block);
            ATENCION_UNROLL
            for (int r = 0; r < W; ++r) {
                if (j * W + r >= count) continue;
                T* p = rows + (j * W + r) * stride + d;
                if (n == W)
                    store(p, block[r]);
                else
                    store_partial(p, block[r], n);
            }
        }
}

// S[clave][consulta] = clave · consulta para `keys` claves; actualiza el máximo de cada consulta.
template <class T, int NV, int D>
ATENCION_INLINE void score_block(index_t keys, index_t depth, const T* key, index_t stride, const T* packed,
                                 T* S, Vec<T>* top) {
    constexpr int W = kLanes<T>, NQ = NV * W;
    for_row_tiles<kTileRows>(keys, [&](auto mr, index_t i) __attribute__((always_inline)) {
        constexpr int MR = decltype(mr)::value;
        Vec<T> acc[MR][NV];
        clear_tile<T>(acc);
        const T* row = key + i * stride;
        multiply_tile<T, MR, NV, false, D, NQ, true>(D ? D : depth, row, stride, packed, NQ, acc,
                                                     row + MR * stride);
        store_tile<T>(acc, S + i * NQ, NQ);
        ATENCION_UNROLL
        for (int r = 0; r < MR; ++r) {
            ATENCION_UNROLL
            for (int j = 0; j < NV; ++j) top[j] = vmax<T>(top[j], acc[r][j]);
        }
    });
}

// out[d][consulta] += Σ_clave rows[clave][d] · P[clave][consulta], tras multiplicar lo acumulado por `decay`.
template <class T, int NV, int D>
ATENCION_INLINE void accumulate_block(index_t keys, index_t depth, const T* rows, index_t stride, const T* P,
                                      T* out, const Vec<T>* decay, bool started) {
    constexpr int W = kLanes<T>, NQ = NV * W;
    for_row_tiles<kTileRows>(D ? D : depth, [&](auto mr, index_t d) __attribute__((always_inline)) {
        constexpr int MR = decltype(mr)::value;
        Vec<T> acc[MR][NV];
        clear_tile<T>(acc);
        multiply_tile<T, MR, NV, true, D, NQ>(keys, rows + d, stride, P, NQ, acc);
        for (int r = 0; r < MR && started;
             ++r) {  // lo anterior se suma al final: menos redondeo en filas largas
            ATENCION_UNROLL
            for (int j = 0; j < NV; ++j) acc[r][j] += load(out + (d + r) * NQ + j * W) * decay[j];
        }
        store_tile<T>(acc, out + d * NQ, NQ);
    });
}

// Suma el sesgo a un bloque de puntuaciones (en log2). Un sesgo ≤ kMaskingBias es una máscara; un NaN se ve.
template <class T, int NV>
__attribute__((noinline)) void add_bias(const HeadRestrictions<T>& r, index_t query, index_t queries,
                                        index_t key, index_t keys, T* S, T* temporary) {
    constexpr int W = kLanes<T>, NQ = NV * W;
    const T* bias = r.bias + query * r.bias_row + key * r.bias_column;
    if (r.bias_column == 1)
        pack_transposed<T>(bias, r.bias_row, queries, keys, T(kLog2e), temporary, NV * kLanes<T>);
    else
        for (index_t k = 0; k < keys; ++k)
            for (index_t q = 0; q < NQ; ++q)
                temporary[k * NQ + q] =
                    q < queries ? bias[q * r.bias_row + k * r.bias_column] * T(kLog2e) : T(0);
    const Vec<T> masked = splat(Limits<T>::masked), threshold = splat(T(kMaskingBias * kLog2e));
    for (index_t x = 0; x < keys * NQ; x += W) {
        const Vec<T> b = load(temporary + x);
        store(S + x, b <= threshold ? masked : load(S + x) + b);
    }
}

// ALiBi, causal y ventana: dependen solo de la distancia entre la clave y la consulta.
template <class T, int NV>
__attribute__((noinline)) void restrict_distance(const HeadRestrictions<T>& r, index_t query, index_t key,
                                                 index_t keys, T* S) {
    constexpr int W = kLanes<T>;
    const Vec<T> masked = splat(Limits<T>::masked), slope = splat(r.slope * T(kLog2e));
    const Lane<T> first = Lane<T>(r.band.first - r.offset), last = Lane<T>(r.band.last - r.offset);
    const IntVec<T> lane = lane_index<T>();
    for (index_t k = 0; k < keys; ++k)
        for (int j = 0; j < NV; ++j) {
            T* cell = S + (k * NV + j) * W;
            const IntVec<T> distance = Lane<T>(key + k - r.offset - query - j * W) - lane;
            Vec<T> s =
                load(cell) - slope * __builtin_convertvector(distance < 0 ? -distance : distance, Vec<T>);
            s = ((distance > last) | (distance < first)) ? masked : s;
            store(cell, s);
        }
}

// ¿Son verdaderos los `count` octetos de cada fila? Lo corriente en una máscara de relleno.
inline bool all_true(const uint8_t* rows, index_t stride, index_t row_count, index_t count) {
    for (index_t q = 0; q < row_count; ++q) {
        uint8_t all = 1;
        for (index_t k = 0; k < count; ++k) all &= rows[q * stride + k];
        if (!all) return false;
    }
    return true;
}

template <class T, int NV>
__attribute__((noinline)) void apply_mask(const HeadRestrictions<T>& r, index_t query, index_t queries,
                                          index_t key, index_t keys, T* S) {
    constexpr int W = kLanes<T>, NQ = NV * W;
    typedef uint8_t Bytes __attribute__((vector_size(W), aligned(1), may_alias));
    const Vec<T> masked = splat(Limits<T>::masked);
    const uint8_t* mask = r.mask + query * r.mask_row + key * r.mask_column;
    if (r.mask_row == 0) {  // igual para todas las consultas
        for (index_t k = 0; k < keys; ++k)
            for (int j = 0; j < NV && !mask[k * r.mask_column]; ++j) store(S + (k * NV + j) * W, masked);
        return;
    }
    if (r.mask_column == 1 && all_true(mask, r.mask_row, queries, keys)) return;
    for (int j = 0; j < NV; ++j)
        for (index_t k = 0; k < keys; k += W) {  // W claves × W consultas, que se trasponen en registros
            Vec<T> block[W];
            const index_t columns = smaller(W, keys - k);
            for (int l = 0; l < W; ++l) {
                const uint8_t* row = mask + (j * W + l) * r.mask_row + k * r.mask_column;
                if (j * W + l >= queries) {
                    block[l] = Vec<T>{};
                } else if (columns == W && r.mask_column == 1) {
                    block[l] = __builtin_convertvector(*(const Bytes*)row, Vec<T>);
                } else {
                    block[l] = Vec<T>{};
                    for (index_t c = 0; c < columns; ++c) block[l][c] = T(row[c * r.mask_column]);
                }
            }
            transpose<T>(block);
            for (index_t c = 0; c < columns; ++c) {
                T* cell = S + (k + c) * NQ + j * W;
                store(cell, block[c] == T(0) ? masked : load(cell));
            }
        }
}

// Aplica las restricciones a un bloque de puntuaciones (en log2): lo prohibido pasa a Limits::masked.
// `temporary` tiene el tamaño del bloque.
template <class T, int NV>
ATENCION_INLINE void restrict_block(const HeadRestrictions<T>& r, index_t query, index_t queries, index_t key,
                                    index_t keys, T* S, T* temporary) {
    if (r.bias) add_bias<T, NV>(r, query, queries, key, keys, S, temporary);
    if (r.banded || r.slope != T(0)) restrict_distance<T, NV>(r, query, key, keys, S);
    if (r.mask) apply_mask<T, NV>(r, query, queries, key, keys, S);
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
