// Atención por producto escalar, exacta, hacia delante: O = softmax(scale · Q Kᵀ + sesgo) V.
//
//   query (batch, heads, n_query, d_k)   key (batch, kv_heads, n_key, d_k)   value (batch, kv_heads, n_key,
//   d_v) output (batch, heads, n_query, d_v)  logsumexp (batch, heads, n_query)
//
// Memoria: O(n). La matriz de pesos no se forma nunca, salvo que alguien la pida (`weights`).
//
// La idea, frente a naive/dot_product.hpp: las consultas van en los carriles del vector. Un bloque de
// kBlockKeys claves se multiplica por 48 consultas traspuestas (AVX-512); el máximo y la suma del softmax
// salen verticales, sin reducir, y K y V se leen tal como están, sin reordenarlos. El softmax es el
// incremental de «online softmax»: máximo y suma corridos por consulta, y la salida se reescala cuando el
// máximo crece.
#pragma once
#include "arguments/dot_product.hpp"
#include "query_tiles.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

// Estado del softmax incremental de un sub-bloque de consultas.
template <class T>
struct SubBlock {
    index_t first, count;  // consultas
    index_t begin, end;    // claves que le tocan
    bool started;
    T *packed, *accumulated;
    T top[kSubBlock<T>], total[kSubBlock<T>];
};

template <class T>
constexpr index_t dot_product_scratch(index_t d_k, index_t d_v) {
    return kQueryBlock<T> * (d_k + d_v) + 2 * kBlockKeys * kSubBlock<T>;
}

// La anchura conocida al compilar solo compensa con varios vectores de consultas.
template <int NV, int D>
constexpr int kKnownWidth = NV > 1 ? D : 0;

// Un bloque de claves contra un sub-bloque de consultas.
template <class T, int NV, int D>
__attribute__((noinline)) void advance(const DotProductArgs<T>& a, const HeadRestrictions<T>& r,
                                       SubBlock<T>& s, const T* key, const T* value, index_t k0, index_t keys,
                                       T* S) {
    constexpr int W = kLanes<T>;
    const bool free_block = r.unrestricted(s.first, s.first + s.count - 1, k0, keys);
    Vec<T> top[NV], decay[NV], total[NV];
    for (int j = 0; j < NV; ++j) top[j] = load(s.top + j * W);
    if (free_block) {
        score_block<T, NV, D>(keys, a.d_k, key, a.key.row, s.packed, S, top);
    } else {
        Vec<T> unused[NV] = {};
        score_block<T, NV, D>(keys, a.d_k, key, a.key.row, s.packed, S, unused);
        restrict_block<T, NV>(r, s.first, s.count, k0, keys, S, S + kBlockKeys * kSubBlock<T>);
        for (index_t k = 0; k < keys; ++k)
            for (int j = 0; j < NV; ++j) top[j] = vmax<T>(top[j], load(S + (k * NV + j) * W));
    }
    for (int j = 0; j < NV; ++j) {
        decay[j] = exp2<T>(load(s.top + j * W) - top[j]);
        total[j] = Vec<T>{};
        store(s.top + j * W, top[j]);
    }
    for (index_t k = 0; k < keys; ++k) {
        for (index_t x = 0; x < a.d_v; x += 64 / index_t(sizeof(T)))
            __builtin_prefetch(value + k * a.value.row + x, 0, 3);
        ATENCION_UNROLL
        for (int j = 0; j < NV; ++j) {
            const Vec<T> p = exp2<T>(load(S + (k * NV + j) * W) - top[j]);
            total[j] += p;
            store(S + (k * NV + j) * W, p);
        }
    }
    for (int j = 0; j < NV; ++j) store(s.total + j * W, load(s.total + j * W) * decay[j] + total[j]);
    accumulate_block<T, NV, D>(keys, a.d_v, value, a.value.row, S, s.accumulated, decay, s.started);
    s.started = true;
}

// 1 / suma de cada consulta; cero en las que no atendieron a nada.
template <class T, int NV>
ATENCION_INLINE void inverse_totals(const SubBlock<T>& s, Vec<T>* inverse) {
    for (int j = 0; j < NV; ++j) {
        const Vec<T> total = load(s.total + j * kLanes<T>);
        inverse[j] = total == T(0) ? Vec<T>{} : T(1) / total;
    }
}

// Segunda pasada, solo si se piden los pesos: P = exp2(S − máximo) / suma, con los mismos números que la
// salida.
template <class T, int NV>
void write_weights(const DotProductArgs<T>& a, const HeadRestrictions<T>& r, const SubBlock<T>& s,
                   const T* key, T* weights, T* S) {
    constexpr int W = kLanes<T>, NQ = NV * W;
    Vec<T> unused[NV] = {}, inverse[NV];
    inverse_totals<T, NV>(s, inverse);
    for (index_t q = 0; q < s.count; ++q) {
        for (index_t k = 0; k < smaller(s.begin, a.n_key); ++k) weights[q * a.n_key + k] = T(0);
        for (index_t k = larger(s.begin, s.end); k < a.n_key; ++k) weights[q * a.n_key + k] = T(0);
    }
    for (index_t k0 = s.begin; k0 < s.end; k0 += kBlockKeys) {
        const index_t keys = smaller(kBlockKeys, s.end - k0);
        score_block<T, NV, 0>(keys, a.d_k, key + k0 * a.key.row, a.key.row, s.packed, S, unused);
        if (!r.unrestricted(s.first, s.first + s.count - 1, k0, keys))
            restrict_block<T, NV>(r, s.first, s.count, k0, keys, S, S + kBlockKeys * kSubBlock<T>);
        for (index_t k = 0; k < keys; ++k)
            for (int j = 0; j < NV; ++j) {
                T* cell = S + k * NQ + j * W;
                store(cell, exp2<T>(load(cell) - load(s.top + j * W)));
            }
        unpack_transposed<T, NV>(S, inverse, s.count, keys, weights + k0, a.n_key);
    }
}

template <class T, int NV>
void finish(const DotProductArgs<T>& a, SubBlock<T>& s, T* output, T* logsumexp) {
    constexpr int W = kLanes<T>;
    Vec<T> inverse[NV];
    inverse_totals<T, NV>(s, inverse);
    if (!s.started)
        for (index_t i = 0; i < a.d_v * NV * W; ++i) s.accumulated[i] = T(0);
    unpack_transposed<T, NV>(s.accumulated, inverse, s.count, a.d_v, output, a.output.row);
    for (index_t q = 0; q < s.count; ++q) {
        const T total = s.total[q];
        logsumexp[q] = total > T(0)    ? T(s.top[q] * kLn2 + natural_log(total))
                       : total == T(0) ? -Limits<T>::infinity
                                       : total;  // NaN se ve, no se esconde
    }
}

// Una tarea: hasta kQueryBlock consultas de una cabeza de un ejemplo.
template <class T, int D>
void dot_product_task(const DotProductArgs<T>& a, index_t batch, index_t head, index_t first, T* scratch) {
    constexpr int NQ = kSubBlock<T>;
    const HeadRestrictions<T> r(a.restrictions, batch, head, a.n_query, a.n_key);
    const index_t kv_head = head / (a.heads / a.kv_heads);
    const T *key = a.key.at(batch, kv_head), *value = a.value.at(batch, kv_head);
    T* S = scratch + kQueryBlock<T> * (a.d_k + a.d_v);
    SubBlock<T> blocks[kQuerySubBlocks];
    int used = 0;
    index_t begin = a.n_key, end = 0;
    for (index_t q = first; q < a.n_query && used < kQuerySubBlocks; q += NQ, ++used) {
        SubBlock<T>& s = blocks[used];
        s.first = q;
        s.count = smaller(NQ, a.n_query - q);
        s.begin = r.begin(q);
        s.end = r.end(q + s.count - 1);
        s.started = false;
        s.packed = scratch + used * NQ * (a.d_k + a.d_v);
        s.accumulated = s.packed + NQ * a.d_k;
        for (int i = 0; i < NQ; ++i) s.top[i] = Limits<T>::lowest_maximum, s.total[i] = T(0);
        begin = smaller(begin, s.begin);
        end = larger(end, s.end);
        pack_transposed<T>(a.query.at(batch, head, q), a.query.row, s.count, a.d_k, a.scale * T(kLog2e),
                           s.packed, round_up(s.count, kLanes<T>));
    }
    for (index_t k0 = begin; k0 < end; k0 += kBlockKeys)
        for (int i = 0; i < used; ++i) {
            SubBlock<T>& s = blocks[i];
            const index_t from = larger(k0, s.begin), to = smaller(k0 + kBlockKeys, s.end);
            if (from >= to) continue;
            with_query_vectors(s.count, kLanes<T>, [&](auto nv) {
                advance<T, decltype(nv)::value, kKnownWidth<decltype(nv)::value, D>>(
                    a, r, s, key + from * a.key.row, value + from * a.value.row, from, to - from, S);
            });
        }
    const index_t row = (batch * a.heads + head) * a.n_query;
    for (int i = 0; i < used; ++i)
        with_query_vectors(blocks[i].count, kLanes<T>, [&](auto nv) {
            constexpr int NV = decltype(nv)::value;
            SubBlock<T>& s = blocks[i];
            finish<T, NV>(a, s, a.output.at(batch, head, s.first), a.logsumexp + row + s.first);
            if (a.weights) write_weights<T, NV>(a, r, s, key, a.weights + (row + s.first) * a.n_key, S);
        });
}

// Elige la versión con la anchura conocida al compilar cuando K y V son filas contiguas de 32, 64 o 128
// números.
template <class T>
void dot_product_forward(const DotProductArgs<T>& a, index_t batch, index_t head, index_t first, T* scratch) {
    if constexpr (sizeof(T) == 4 && !kCompact)
        if (a.d_k == a.d_v && a.key.row == a.d_k && a.value.row == a.d_v) {
            if (a.d_k == 32) return dot_product_task<T, 32>(a, batch, head, first, scratch);
            if (a.d_k == 64) return dot_product_task<T, 64>(a, batch, head, first, scratch);
            if (a.d_k == 128) return dot_product_task<T, 128>(a, batch, head, first, scratch);
        }
    dot_product_task<T, 0>(a, batch, head, first, scratch);
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
