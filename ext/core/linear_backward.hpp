// Atención lineal hacia atrás, con A_i = φ_q(q_i) / n_i, B_j = φ_k(k_j) y W_ij = A_i · B_j. No se guardó
// nada: S y z se recalculan. Con G = dO,
//
//   Y_i = S G_i + Σ_j dW_ij B_j           δ_i = A_i · Y_i − dlogsumexp_i          dA_i = (Y_i − δ_i z_i) /
//   n_i R = Σ_i A_i G_iᵀ                      dV_j = Rᵀ B_j                           dB_j = R V_j + r + Σ_i
//   dW_ij A_i
//
//   elu      r = −Σ_i δ_i A_i      dq = dA ∘ φ′(q)      dk = dB ∘ φ′(k), con φ′ = min(φ, 1)
//   softmax  r = −Σ_i A_i ∘ Y_i    dq = A ∘ (Y − δ)     dk = B ∘ dB
//
// Como 1/n_i entra en A, los dos casos son dq = min(A, techo) ∘ (Y − δ z) y dk = min(B, techo) ∘ dB, con
// techos 1/n_i y 1 en elu, e infinito en Shen. Causal: S y z avanzan por trozos con las consultas; R y r
// retroceden con las claves.
//
// Una tarea es una cabeza de clave y valor con todas las de consulta que la comparten: nadie más escribe en
// su dK y su dV. Memoria: O(d_k · d_v + n) por hilo.
#pragma once
#include "linear.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

// Lo que la vuelta añade al estado.
template <class T>
struct LinearGradState {
    T *sum, *r;            // R, (d_k, d_v), y r, (ld,)
    T* turned;             // Sᵀ, y después Rᵀ, (d_v, ld)
    T* rows;               // un trozo de Y o de dB, (kLinearRows, ld)
    T *delta, *inverse_n;  // δ_i y 1/n_i de todas las consultas de la tarea

    ATENCION_INLINE LinearGradState(const LinearArgs<T>& a, LinearState<T>& s) {
        const index_t queries = a.heads / a.kv_heads * a.n_query;
        sum = s.zeros(s.ld * s.d_v), r = s.zeros(s.ld);
        turned = s.zeros(s.ld * s.d_v);
        rows = s.take(kLinearRows * s.ld);
        delta = s.take(queries), inverse_n = s.take(queries);
    }
};
template <class T>
index_t linear_backward_scratch(const LinearArgs<T>& a) {
    const index_t width = a.d_k + a.d_v + 2 * kLanes<T>, queries = a.heads / a.kv_heads * a.n_query;
    return linear_scratch<T>(a.d_k, a.d_v) + 2 * width * width + (kLinearRows + 1) * width +
           2 * round_up(queries, kLanes<T>);
}

// El trozo de dW de unas consultas y unas claves en s.pairs, con ceros donde la consulta no ve la clave.
template <class T>
void load_weight_grad(const LinearArgs<T>& a, const HeadRestrictions<T>& r, const T* grad, index_t first,
                      index_t count, index_t key, index_t keys, const LinearState<T>& s) {
    for (index_t i = 0; i < count; ++i)
        for (index_t j = 0; j < keys; ++j) {
            const bool sees = !r.causal || key + j <= first + i + r.offset;
            s.pairs[i * kLinearRows + j] = sees ? grad[i * a.n_key + key + j] : T(0);
        }
}

template <class T>
ATENCION_INLINE void store_columns(T* row, index_t column, index_t columns, Vec<T> v) {
    const int count = int(smaller(kLanes<T>, columns - column));
    count == kLanes<T> ? store(row + column, v) : store_partial(row + column, v, count);
}

// De Y, δ y dq.
template <class T, bool Softmax>
void finish_queries(const LinearChunk<T>& chunk, const T* grad_logsumexp, const LinearState<T>& s,
                    const LinearGradState<T>& b, T* delta, T* grad_query) {
    constexpr int W = kLanes<T>;
    for (index_t i = 0; i < chunk.count; ++i) {
        const T *A = s.query + i * s.ld, *Y = b.rows + i * s.ld, *z = chunk.z + i * chunk.z_row;
        Vec<T> dot = {};
        for (index_t c = 0; c < s.ld; c += W) dot += load(A + c) * load(Y + c);
        delta[i] = reduce_add<T>(dot) - (!Softmax && grad_logsumexp ? grad_logsumexp[i] : T(0));
        const Vec<T> ceiling = splat(Softmax ? Limits<T>::infinity : s.inverse_n[i]);
        for (index_t c = 0; c < s.ld; c += W) {
            const Vec<T> a = load(A + c), y = load(Y + c);
            const Vec<T> grad = vmin<T>(ceiling, a) * (y - delta[i] * load(z + c));
            store_columns(grad_query + i * s.d_k, c, s.d_k, grad);
        }
    }
}

// Lo que un trozo de consultas, con A en s.query, aporta a R y r.
template <class T, bool Softmax>
void accumulate_gradient_state(index_t count, const T* grad, index_t grad_row, const T* delta,
                               const LinearState<T>& s, const LinearGradState<T>& b) {
    accumulate_product<T, true>(s.d_k, s.d_v, count, s.query, s.ld, grad, grad_row, b.sum, s.d_v);
    for (index_t c = 0; c < s.ld; c += kLanes<T>) {
        Vec<T> sum = {};
        for (index_t i = 0; i < count; ++i)
            sum += load(s.query + i * s.ld + c) * (Softmax ? load(b.rows + i * s.ld + c) : splat(delta[i]));
        store(b.r + c, load(b.r + c) - sum);
    }
}
// Un trozo de claves con B en s.key: dV = B R y dB = V Rᵀ + r, a falta de lo que no pasa por R.
template <class T>
void begin_keys(index_t keys, const T* value, index_t value_row, const LinearState<T>& s,
                const LinearGradState<T>& b, T* grad_value) {
    for (index_t i = 0; i < keys * s.d_v; ++i) grad_value[i] = T(0);
    for (index_t j = 0; j < keys; ++j)
        for (index_t c = 0; c < s.ld; c += kLanes<T>) store(b.rows + j * s.ld + c, load(b.r + c));
    accumulate_product<T, false>(keys, s.d_v, s.d_k, s.key, s.ld, b.sum, s.d_v, grad_value, s.d_v);
    accumulate_product<T, false>(keys, s.ld, s.d_v, value, value_row, b.turned, s.ld, b.rows, s.ld);
}

// dB += dWᵀ A, si llega dW, y de dB, dk.
template <class T, bool Softmax>
void finish_keys(const LinearGradArgs<T>& g, const HeadRestrictions<T>& r, index_t batch, index_t kv_head,
                 index_t key, index_t keys, const LinearState<T>& s, const LinearGradState<T>& b,
                 T* grad_key) {
    constexpr int W = kLanes<T>;
    const LinearArgs<T>& a = g.forward;
    for (index_t x = 0, group = a.heads / a.kv_heads; g.grad_weights && x < group; ++x)
        for (index_t first = 0; first < a.n_query; first += kLinearRows) {
            const index_t count = smaller(kLinearRows, a.n_query - first), head = kv_head * group + x;
            const index_t row = (batch * a.heads + head) * a.n_query + first;
            if (r.causal && first + count - 1 + r.offset < key) continue;
            query_features<T, Softmax>(a.query.at(batch, head, first), a.query.row, count, s.z, 0, s, nullptr,
                                       b.inverse_n + x * a.n_query + first);
            load_weight_grad(a, r, g.grad_weights + row * a.n_key, first, count, key, keys, s);
            accumulate_product<T, true>(keys, s.ld, count, s.pairs, kLinearRows, s.query, s.ld, b.rows, s.ld);
        }
    const Vec<T> ceiling = splat(Softmax ? Limits<T>::infinity : T(1));
    for (index_t j = 0; j < keys; ++j)
        for (index_t c = 0; c < a.d_k; c += W) {
            const Vec<T> B = load(s.key + j * s.ld + c),
                         grad = vmin<T>(ceiling, B) * load(b.rows + j * s.ld + c);
            store_columns(grad_key + j * a.d_k, c, a.d_k, grad);
        }
}

// Las consultas, de la primera a la última: dq, δ y, si no es causal, R y r.
template <class T, bool Softmax>
void query_pass(const LinearGradArgs<T>& g, const HeadRestrictions<T>& r, index_t batch, index_t kv_head,
                const LinearState<T>& s, const LinearGradState<T>& b) {
    const LinearArgs<T>& a = g.forward;
    const T *key = a.key.at(batch, kv_head), *value = a.value.at(batch, kv_head);
    const index_t group = a.heads / a.kv_heads;
    transpose_matrix(s.sum, a.d_v, a.d_k, a.d_v, b.turned, s.ld);
    for (index_t first = 0, count; first < a.n_query; first += count) {
        LinearChunk<T> chunk(r, first, a.n_query);
        chunk.enter(a, r, key, value, s);
        count = chunk.count;
        for (index_t head = 0; head < group; ++head) {
            const index_t row = (batch * a.heads + kv_head * group + head) * a.n_query + first;
            const index_t mine = head * a.n_query + first;
            const T* grad = g.grad_output.at(batch, kv_head * group + head, first);
            query_features<T, Softmax>(a.query.at(batch, kv_head * group + head, first), a.query.row, count,
                                       chunk.z, chunk.z_row, s);
            for (index_t i = 0; i < count * s.ld; ++i) b.rows[i] = T(0);
            for (index_t i = 0; i < count; ++i) b.inverse_n[mine + i] = s.inverse_n[i];
            accumulate_product<T, false>(count, s.ld, a.d_v, grad, g.grad_output.row, b.turned, s.ld, b.rows,
                                         s.ld);
            if (chunk.keys > 0) {
                pair_products(grad, g.grad_output.row, count, chunk.value, chunk.value_row, chunk.keys, a.d_v,
                              0, s);
                accumulate_product<T, false>(count, s.ld, chunk.keys, s.pairs, kLinearRows, s.key, s.ld,
                                             b.rows, s.ld);
            }
            for (index_t k = 0, end = g.grad_weights ? r.end(first + count - 1) : 0; k < end;
                 k += kLinearRows) {
                const index_t keys = smaller(kLinearRows, end - k);
                key_features<T, Softmax>(r, key + k * a.key.row, a.key.row, k, keys, s, s.other);
                load_weight_grad(a, r, g.grad_weights + row * a.n_key, first, count, k, keys, s);
                accumulate_product<T, false>(count, s.ld, keys, s.pairs, kLinearRows, s.other, s.ld, b.rows,
                                             s.ld);
            }
            finish_queries<T, Softmax>(chunk, g.grad_logsumexp ? g.grad_logsumexp + row : nullptr, s, b,
                                       b.delta + mine, g.grad_query + row * a.d_k);
            if (!r.causal)
                accumulate_gradient_state<T, Softmax>(count, grad, g.grad_output.row, b.delta + mine, s, b);
        }
        if (chunk.keys == 0) continue;
        chunk.leave(s);
        transpose_matrix(s.sum, a.d_v, a.d_k, a.d_v, b.turned, s.ld);
    }
}

// Causal: las claves, de la última a la primera, con el R y el r de las consultas posteriores.
template <class T>
void causal_key_pass(const LinearGradArgs<T>& g, const HeadRestrictions<T>& r, index_t batch, index_t kv_head,
                     const LinearState<T>& s, const LinearGradState<T>& b, T* grad_key, T* grad_value) {
    const LinearArgs<T>& a = g.forward;
    const index_t group = a.heads / a.kv_heads, origin = larger(0, -r.offset), ld = kLinearRows;
    const index_t last = (a.n_query - 1 - origin) / kCausalRows * kCausalRows;
    for (index_t first = origin + last; first >= origin; first -= kCausalRows) {
        LinearChunk<T> chunk(r, first, a.n_query);
        chunk.enter(a, r, a.key.at(batch, kv_head), a.value.at(batch, kv_head), s);
        transpose_matrix(b.sum, a.d_v, a.d_k, a.d_v, b.turned, s.ld);
        T* chunk_value = grad_value + chunk.key * a.d_v;
        begin_keys(chunk.keys, chunk.value, chunk.value_row, s, b, chunk_value);
        for (index_t x = 0; x < group; ++x) {
            const index_t head = kv_head * group + x, count = chunk.count, grad_row = g.grad_output.row;
            const T *grad = g.grad_output.at(batch, head, first), *delta = b.delta + x * a.n_query + first;
            query_features<T, false>(a.query.at(batch, head, first), a.query.row, count, s.z, 0, s, nullptr,
                                     b.inverse_n + x * a.n_query + first);
            pair_products(s.query, s.ld, count, s.key, s.ld, chunk.keys, a.d_k, 0, s);
            accumulate_product<T, true>(chunk.keys, a.d_v, count, s.pairs, ld, grad, grad_row, chunk_value,
                                        a.d_v);
            pair_products(grad, grad_row, count, chunk.value, chunk.value_row, chunk.keys, a.d_v, 0, s);
            for (index_t i = 0; i < count; ++i)
                for (index_t j = 0; j <= i && j < chunk.keys; ++j) s.pairs[i * ld + j] -= delta[i];
            accumulate_product<T, true>(chunk.keys, s.ld, count, s.pairs, ld, s.query, s.ld, b.rows, s.ld);
            accumulate_gradient_state<T, false>(count, grad, grad_row, delta, s, b);
        }
        finish_keys<T, false>(g, r, batch, kv_head, chunk.key, chunk.keys, s, b,
                              grad_key + chunk.key * a.d_k);
    }
}

template <class T, bool Softmax>
void linear_backward_task(const LinearGradArgs<T>& g, index_t batch, index_t kv_head, T* scratch) {
    const LinearArgs<T>& a = g.forward;
    const HeadRestrictions<T> r(a.restrictions, batch, kv_head, a.n_query, a.n_key);
    LinearState<T> s(a, scratch);
    const LinearGradState<T> b(a, s);
    const index_t row = (batch * a.kv_heads + kv_head) * a.n_key, common = common_keys(r);
    const T *key = a.key.at(batch, kv_head), *value = a.value.at(batch, kv_head);
    T *grad_key = g.grad_key + row * a.d_k, *grad_value = g.grad_value + row * a.d_v;
    for (index_t i = r.key_end * a.d_k; i < a.n_key * a.d_k; ++i) grad_key[i] = T(0);
    for (index_t i = r.key_end * a.d_v; i < a.n_key * a.d_v; ++i) grad_value[i] = T(0);
    absorb_common_keys<T, Softmax>(a, r, key, value, s);
    query_pass<T, Softmax>(g, r, batch, kv_head, s, b);
    if (r.causal) causal_key_pass(g, r, batch, kv_head, s, b, grad_key, grad_value);
    transpose_matrix(b.sum, a.d_v, a.d_k, a.d_v, b.turned, s.ld);
    for (index_t k = 0; k < common; k += kLinearRows) {
        const index_t keys = smaller(kLinearRows, common - k);
        index_t value_row = a.value.row;
        key_features<T, Softmax>(r, key + k * a.key.row, a.key.row, k, keys, s, s.key);
        const T* rows = kept_values(r, value + k * value_row, value_row, k, keys, s);
        begin_keys(keys, rows, value_row, s, b, grad_value + k * a.d_v);
        finish_keys<T, Softmax>(g, r, batch, kv_head, k, keys, s, b, grad_key + k * a.d_k);
    }
}

template <class T>
void linear_backward(const LinearGradArgs<T>& g, index_t batch, index_t kv_head, T* scratch) {
    if (g.forward.softmax)
        linear_backward_task<T, true>(g, batch, kv_head, scratch);
    else
        linear_backward_task<T, false>(g, batch, kv_head, scratch);
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
