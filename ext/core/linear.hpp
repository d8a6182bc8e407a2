// Atención lineal hacia delante: O_i = φ_q(q_i)ᵀ S / (φ_q(q_i)ᵀ z), con S = Σ_j φ_k(k_j) v_jᵀ y z = Σ_j
// φ_k(k_j).
//
//   query (batch, heads, n_query, d_k)   key (batch, kv_heads, n_key, d_k)   value (batch, kv_heads, n_key,
//   d_v) output (batch, heads, n_query, d_v)  logsumexp (batch, heads, n_query)
//
// La matriz n × n no existe, salvo que alguien la pida (`weights`): el tiempo es O(n · d_k · d_v) y la
// memoria, O(d_k · d_v) por hilo. En Shen z = 1, y la fórmula es E = ρ_q (ρ_kᵀ V). La causal (solo elu)
// avanza por trozos: lo anterior al trozo está en S y z; lo de dentro se calcula con la matriz de ese trozo.
#pragma once
#include "linear_features.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

template <class T>
void scale_row(T* row, index_t columns, T factor) {
    constexpr int W = kLanes<T>;
    index_t c = 0;
    for (; c + W <= columns; c += W) store(row + c, load(row + c) * factor);
    const int rest = int(columns - c);
    if (rest) store_partial(row + c, load_partial(row + c, rest) * factor, rest);
}

// Sube el máximo de cada rasgo a lo que traen estas claves y reescala lo ya sumado: el softmax incremental.
template <class T>
void raise_top(const HeadRestrictions<T>& r, const T* rows, index_t stride, index_t first, index_t count,
               const LinearState<T>& s) {
    constexpr int W = kLanes<T>;
    const index_t d_k = s.d_k;
    for_column_panels<T>(d_k, [&](auto nv, auto tail, index_t c) __attribute__((always_inline)) {
        constexpr int NV = decltype(nv)::value;
        Vec<T> top[NV];
        for (int v = 0; v < NV; ++v) top[v] = splat(Limits<T>::lowest_maximum);
        for (index_t j = 0; j < count; ++j) {
            if (!kept(r, first + j)) continue;
            ATENCION_UNROLL
            for (int v = 0; v < NV; ++v)
                top[v] = vmax<T>(load_columns<T, tail.value>(rows + j * stride, c + v * W, d_k), top[v]);
        }
        for (int v = 0; v < NV; ++v) {
            const index_t at = c + v * W;
            const Vec<T> before = load(s.top + at), after = vmax<T>(before, top[v] * T(kLog2e));
            const Vec<T> decay = exp2<T>(before - after);
            store(s.top + at, after);
            store(s.z + at, load(s.z + at) * decay);
            for (index_t x = 0; x < W && at + x < d_k; ++x)
                scale_row(s.sum + (at + x) * s.d_v, s.d_v, decay[x]);
        }
    });
}

// Los rasgos de un trozo, ya en s.key, y sus valores, a S.
template <class T>
void accumulate_state(index_t keys, const T* value, index_t stride, const LinearState<T>& s) {
    accumulate_product<T, true>(s.d_k, s.d_v, keys, s.key, s.ld, value, stride, s.sum, s.d_v);
}

// Claves que ven todas las consultas; con causal, las que preceden a la primera.
template <class T>
index_t common_keys(const HeadRestrictions<T>& r) {
    return r.causal ? larger(0, smaller(r.key_end, r.offset)) : r.key_end;
}

// S y z de las claves comunes. En Shen, φ_k pasa a ser ρ_k y el normalizador de una consulta, la suma de sus
// rasgos.
template <class T, bool Softmax>
void absorb_common_keys(const LinearArgs<T>& a, const HeadRestrictions<T>& r, const T* key, const T* value,
                        const LinearState<T>& s) {
    const index_t last = common_keys(r);
    for (index_t block = 0; block < last; block += kLinearBlock) {
        const index_t end = smaller(block + kLinearBlock, last);
        if (Softmax) raise_top(r, key + block * a.key.row, a.key.row, block, end - block, s);
        for (index_t k = block; k < end; k += kLinearRows) {
            const index_t keys = smaller(kLinearRows, end - k);
            index_t stride = a.value.row;
            key_features<T, Softmax>(r, key + k * a.key.row, a.key.row, k, keys, s, s.key, s.z,
                                     {value + k * stride, stride, s.d_v});
            const T* rows = kept_values(r, value + k * stride, stride, k, keys, s);
            accumulate_state(keys, rows, stride, s);
        }
    }
    if (!Softmax) return;
    for (index_t c = 0; c < s.d_k; ++c) {
        s.inverse[c] = s.z[c] == T(0) ? T(0) : T(1) / s.z[c];
        scale_row(s.sum + c * s.d_v, s.d_v, s.inverse[c]);
    }
    for (index_t c = 0; c < s.ld; ++c) s.z[c] = r.key_end > 0 ? T(1) : T(0);
}

// Un trozo de consultas y, si es causal, las claves que entran a su altura.
template <class T>
struct LinearChunk {
    index_t first, count, key, keys;
    const T *value, *z;  // valores de esas claves; z que ve cada consulta, con su paso
    index_t value_row, z_row;

    ATENCION_INLINE LinearChunk(const HeadRestrictions<T>& r, index_t first_, index_t n_query)
        : first(first_),
          count(smaller(r.causal ? kCausalRows : kLinearRows, n_query - first_)),
          key(first_ + r.offset),
          keys(0) {
        if (r.causal && key < 0)
            count = smaller(count, -key);  // aún no hay claves
        else if (r.causal)
            keys = larger(0, smaller(count, r.key_end - key));
    }
    // Sus claves pasan al estado, para los trozos siguientes.
    ATENCION_INLINE void leave(const LinearState<T>& s) const {
        if (keys == 0) return;
        accumulate_state(keys, value, value_row, s);
        for (index_t c = 0; c < s.ld; ++c) s.z[c] = s.prefix[(count - 1) * s.ld + c];
    }
    // Deja en s.key los rasgos de sus claves, y en s.prefix, z_i = z + Σ_{j ≤ i} φ(k_j).
    ATENCION_INLINE void enter(const LinearArgs<T>& a, const HeadRestrictions<T>& r, const T* key_rows,
                               const T* value_rows, const LinearState<T>& s) {
        z = s.z, z_row = 0, value = nullptr, value_row = 0;
        if (keys == 0) return;
        value_row = a.value.row;
        key_features<T, false>(r, key_rows + key * a.key.row, a.key.row, key, keys, s, s.key);
        value = kept_values(r, value_rows + key * value_row, value_row, key, keys, s);
        for (index_t c = 0; c < s.ld; c += kLanes<T>) {
            Vec<T> sum = {};
            for (index_t i = 0; i < count; ++i) {
                if (i < keys) sum += load(s.key + i * s.ld + c);
                store(s.prefix + i * s.ld + c, load(s.z + c) + sum);
            }
        }
        z = s.prefix, z_row = s.ld;
    }
};

// Los pesos que la forma lineal lleva implícitos, W_ij = φ_q(q_i) · φ_k(k_j) / n_i: esto sí cuesta n × n.
template <class T, bool Softmax>
void write_linear_weights(const LinearArgs<T>& a, const HeadRestrictions<T>& r, const T* key, index_t first,
                          index_t count, const LinearState<T>& s, T* weights) {
    const index_t end = r.end(first + count - 1);
    for (index_t i = 0; i < count * a.n_key; ++i) weights[i] = T(0);
    for (index_t k = 0; k < end; k += kLinearRows) {
        const index_t keys = smaller(kLinearRows, end - k);
        key_features<T, Softmax>(r, key + k * a.key.row, a.key.row, k, keys, s, s.other);
        pair_products(s.query, s.ld, count, s.other, s.ld, keys, s.d_k,
                      r.causal ? first + r.offset - k : a.n_key, s);
        for (index_t i = 0; i < count; ++i)
            for (index_t j = 0; j < keys; ++j) weights[i * a.n_key + k + j] = s.pairs[i * kLinearRows + j];
    }
}

// Una tarea: las cabezas de consulta que comparten una de clave y valor, en un ejemplo.
template <class T, bool Softmax>
void linear_task(const LinearArgs<T>& a, index_t batch, index_t kv_head, T* scratch) {
    const HeadRestrictions<T> r(a.restrictions, batch, kv_head, a.n_query, a.n_key);
    const LinearState<T> s(a, scratch);
    const T *key = a.key.at(batch, kv_head), *value = a.value.at(batch, kv_head);
    const index_t group = a.heads / a.kv_heads;
    absorb_common_keys<T, Softmax>(a, r, key, value, s);
    for (index_t first = 0, count; first < a.n_query; first += count) {
        LinearChunk<T> chunk(r, first, a.n_query);
        chunk.enter(a, r, key, value, s);
        count = chunk.count;
        for (index_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
            const index_t row = (batch * a.heads + head) * a.n_query + first;
            T* out = a.output + row * a.d_v;
            query_features<T, Softmax>(a.query.at(batch, head, first), a.query.row, count, chunk.z,
                                       chunk.z_row, s, a.logsumexp + row, nullptr, {out, a.d_v, a.d_v});
            for (index_t x = 0; x < count * a.d_v; ++x) out[x] = T(0);
            accumulate_product<T, false>(count, a.d_v, a.d_k, s.query, s.ld, s.sum, a.d_v, out, a.d_v);
            if (chunk.keys > 0) {
                pair_products(s.query, s.ld, count, s.key, s.ld, chunk.keys, a.d_k, 0, s);
                accumulate_product<T, false>(count, a.d_v, chunk.keys, s.pairs, kLinearRows, chunk.value,
                                             chunk.value_row, out, a.d_v);
            }
            if (a.weights)
                write_linear_weights<T, Softmax>(a, r, key, first, count, s, a.weights + row * a.n_key);
        }
        chunk.leave(s);
    }
}

template <class T>
void linear_forward(const LinearArgs<T>& a, index_t batch, index_t kv_head, T* scratch) {
    if (a.softmax)
        linear_task<T, true>(a, batch, kv_head, scratch);
    else
        linear_task<T, false>(a, batch, kv_head, scratch);
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
