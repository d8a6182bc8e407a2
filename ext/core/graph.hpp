// Atención sobre grafos (GATv2, y GAT con units = 1) hacia delante, con las aristas de un patrón:
//
//   e_ij = aᵀ LeakyReLU(q_i + k_j)     α_i = softmax(e_i) entre los vecinos de i     o_i = Σ_j α_ij v_j
//
//   query (batch, n_query, heads, units)   key (batch, n_key, heads, units)   value (batch, n_key, heads,
//   d_v) score_vector (heads, units)   output (batch, n_query, heads, d_v)   logsumexp (batch, heads,
//   n_query)
//
// Un nodo se resuelve con todas sus cabezas a la vez: las puntuaciones van como [arista][cabeza], y el
// softmax las recorre seguidas. Con pocas cabezas un vector lleva varias aristas, y los carriles de una misma
// cabeza se juntan al final. Con units = 1 también las puntuaciones salen así; si no, los carriles van por
// las unidades.
#pragma once
#include "arguments/graph.hpp"
#include "gather.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

constexpr int kGraphNodes = 64;  // nodos por tarea

template <class T>
ATENCION_INLINE Vec<T> leaky_relu(Vec<T> x, T slope) {
    return x > T(0) ? x : x * slope;
}

// Sitio de las cabezas de una arista: la menor potencia de dos, o vectores enteros.
template <class T>
index_t head_slots(index_t heads) {
    index_t slots = 1;
    while (slots < heads && slots < kLanes<T>) slots *= 2;
    return slots < heads ? round_up(heads, kLanes<T>) : slots;
}

// La última arista se copia con un vector entero, que puede asomar: de ahí el vector de más.
template <class T>
index_t graph_scratch(const GraphArgs<T>& a) {
    const index_t slots = head_slots<T>(a.heads), period = round_up(slots, kLanes<T>);
    return 4 * period + round_up(a.edges.longest * slots, kLanes<T>) + kLanes<T>;
}

// Las cabezas de un nodo, puestas en sus sitios y repetidas hasta llenar vectores enteros.
template <class T>
void repeat_heads(const T* x, index_t heads, index_t slots, T* out) {
    for (index_t first = 0; first < round_up(slots, kLanes<T>); first += slots)
        for (index_t h = 0; h < slots; ++h) out[first + h] = h < heads ? x[h] : T(0);
}

// S[arista][cabeza] con units = 1: e = a · LeakyReLU(s_i + t_j), con muchas aristas y cabezas por vector.
template <class T>
void unit_scores(const GraphArgs<T>& a, index_t batch, index_t i, const int64_t* index, index_t count,
                 index_t slots, T* query, const T* vector, T* S) {
    constexpr int W = kLanes<T>;
    const index_t period = round_up(slots, W), total = round_up(count * slots, W);
    for (index_t e = 0; e < count; ++e) {
        const T* key = a.key.at(batch, 0, index[e]);
        for (index_t h = 0; h < a.heads; h += W) {
            const int n = int(smaller(W, a.heads - h));
            store(S + e * slots + h, n == W ? load(key + h) : load_partial(key + h, n));
        }
    }
    repeat_heads(a.query.at(batch, 0, i), a.heads, slots, query);
    for (index_t v = 0; v < period; v += W)
        for (index_t k = v; k < total; k += period)
            store(S + k, load(vector + v) * leaky_relu(load(S + k) + load(query + v), a.negative_slope));
    for (index_t k = count * slots; k < total; ++k) S[k] = Limits<T>::masked;
}

// Puntuaciones de una cabeza con cualquier número de unidades: emit(e, n, vector de n aristas).
template <class T, class Emit>
ATENCION_INLINE void head_scores(const GraphArgs<T>& a, index_t batch, index_t head, index_t i,
                                 const int64_t* index, index_t count, Emit&& emit) {
    const T *query = a.query.at(batch, head, i), *vector = a.score_vector + head * a.units;
    reduce_gathered<T>(
        {a.key.at(batch, head), a.key.row, index, count}, a.units,
        [&](Vec<T>& sum, index_t u, auto n, Vec<T> key) __attribute__((always_inline)) {
            sum += load_lanes<T>(vector + u, n) *
                   leaky_relu(load_lanes<T>(query + u, n) + key, a.negative_slope);
        },
        emit);
}

// P = exp(e − máximo) en S, sin normalizar; máximo y suma de cada cabeza.
template <class T>
void softmax_heads(index_t count, index_t slots, T* S, T* top, T* total) {
    constexpr int W = kLanes<T>;
    const index_t period = round_up(slots, W), end = round_up(count * slots, W);
    for (index_t v = 0; v < period; v += W) {
        Vec<T> tops = splat(Limits<T>::lowest_maximum), totals = {};
        for (index_t k = v; k < end; k += period) tops = vmax<T>(tops, load(S + k));
        tops = fold_max<T>(tops, slots);
        for (index_t k = v; k < end; k += period) {
            const Vec<T> p = exp2<T>((load(S + k) - tops) * T(kLog2e));
            totals += p;
            store(S + k, p);
        }
        store(top + v, tops);
        store(total + v, fold_add<T>(totals, slots));
    }
}

// Una tarea: hasta kGraphNodes nodos de un ejemplo, con todas sus cabezas.
template <class T>
void graph_forward(const GraphArgs<T>& a, index_t batch, index_t first, T* scratch) {
    const index_t slots = head_slots<T>(a.heads), period = round_up(slots, kLanes<T>);
    T *query = scratch, *vector = query + period, *top = vector + period, *total = top + period,
      *S = total + period;
    if (a.units == 1) repeat_heads(a.score_vector, a.heads, slots, vector);
    for (index_t i = first; i < smaller(first + kGraphNodes, a.n_query); ++i) {
        const index_t begin = a.edges.offsets[i], count = a.edges.offsets[i + 1] - begin;
        const int64_t* index = a.edges.keys + begin;
        if (a.units == 1) {
            unit_scores(a, batch, i, index, count, slots, query, vector, S);
        } else {
            for (index_t k = 0; k < round_up(count * slots, kLanes<T>); ++k) S[k] = Limits<T>::masked;
            for (index_t h = 0; h < a.heads; ++h)
                head_scores(a, batch, h, i, index, count, [&](index_t e, int n, Vec<T> scores) {
                    for (int l = 0; l < n; ++l) S[(e + l) * slots + h] = scores[l];
                });
        }
        softmax_heads(count, slots, S, top, total);
        for (index_t h = 0; h < a.heads; ++h) {
            const RowTotal<T> sum = {top[h], total[h]};
            const index_t plane = batch * a.heads + h;
            a.logsumexp[plane * a.n_query + i] = sum.logsumexp();
            gathered_sum<T>(S + h, slots, {a.value.at(batch, h), a.value.row, index, count}, a.d_v,
                            sum.inverse(), a.output + ((batch * a.n_query + i) * a.heads + h) * a.d_v);
            if (a.weights)
                for (index_t e = 0; e < count; ++e)
                    a.weights[plane * a.edges.count + begin + e] = S[e * slots + h] * sum.inverse();
        }
    }
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
