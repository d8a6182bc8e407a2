// Atención lineal con bucles, como una red recurrente: el estado S = Σ_j φ(k_j) v_jᵀ y z = Σ_j φ(k_j) crece
// clave a clave, y cada consulta lee O_i = φ(q_i)ᵀ S / (φ(q_i)ᵀ z). La causal lee en cuanto entra la clave de
// su altura; la que no lo es, cuando han entrado todas.
//
// En Shen los rasgos de la clave son ρ_k, el softmax de cada rasgo sobre las claves, y el normalizador de la
// consulta es la suma de sus propios rasgos (z = 1).
#pragma once
#include "../arguments/linear.hpp"
#include "softmax.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace naive {

template <class T>
T elu_plus_one(T x) {
    return x > T(0) ? x + T(1) : std::exp(x);
}

// Memoria de trabajo: los rasgos de todas las claves y de una consulta, y el estado.
template <class T>
struct LinearLoops {
    const LinearArgs<T>& a;
    HeadRestrictions<T> r;
    const T *key, *value;
    T *B, *A, *S, *z, *column, *free;

    LinearLoops(const LinearArgs<T>& a_, index_t batch, index_t kv_head, T* scratch)
        : a(a_),
          r(a.restrictions, batch, kv_head, a.n_query, a.n_key),
          key(a.key.at(batch, kv_head)),
          value(a.value.at(batch, kv_head)) {
        B = scratch;
        A = B + a.n_key * a.d_k;
        S = A + a.d_k;
        z = S + a.d_k * a.d_v;
        column = z + a.d_k;
        free = column + a.n_key;
        for (index_t c = 0; c < a.d_k; ++c) key_column(c);
        clear_state();
    }
    bool keeps(index_t j) const { return j < r.key_end && !(r.mask && !r.mask[j * r.mask_column]); }
    // ¿Ha entrado la clave j cuando lee la consulta i?
    bool sees(index_t i, index_t j) const { return keeps(j) && (!r.causal || j <= i + r.offset); }

    // El rasgo c de todas las claves; cero en las prohibidas.
    void key_column(index_t c) {
        for (index_t j = 0; j < a.n_key; ++j) {
            column[j] = a.softmax ? -Limits<T>::infinity : T(0);
            if (keeps(j))
                column[j] = a.softmax ? key[j * a.key.row + c] : elu_plus_one(key[j * a.key.row + c]);
        }
        if (a.softmax) softmax(column, a.n_key);
        for (index_t j = 0; j < a.n_key; ++j) B[j * a.d_k + c] = column[j];
    }
    void clear_state() {
        for (index_t x = 0; x < a.d_k * a.d_v; ++x) S[x] = T(0);
        for (index_t c = 0; c < a.d_k; ++c) z[c] = a.softmax && r.key_end > 0 ? T(1) : T(0);
    }
    void enter(index_t j) {
        if (!keeps(j)) return;
        for (index_t c = 0; c < a.d_k; ++c) {
            for (index_t d = 0; d < a.d_v; ++d)
                S[c * a.d_v + d] += B[j * a.d_k + c] * value[j * a.value.row + d];
            if (!a.softmax) z[c] += B[j * a.d_k + c];
        }
    }
    // Entran las claves que ve la consulta i y aún no habían entrado.
    index_t enter_until(index_t i, index_t entered) {
        const index_t end = r.causal ? smaller(a.n_key, i + r.offset + 1) : a.n_key;
        for (; entered < end; ++entered) enter(entered);
        return entered;
    }
    // A = φ(q) / n; devuelve n = φ(q) · z.
    T read(const T* query) {
        T top = -Limits<T>::infinity, n = T(0);
        for (index_t c = 0; c < a.d_k; ++c) top = query[c] > top ? query[c] : top;
        for (index_t c = 0; c < a.d_k; ++c) {
            A[c] = a.softmax ? std::exp(query[c] - top) : elu_plus_one(query[c]);
            n += A[c] * z[c];
        }
        for (index_t c = 0; c < a.d_k; ++c) A[c] = n == T(0) ? T(0) : A[c] / n;
        return n;
    }
};
template <class T>
index_t linear_scratch(const LinearArgs<T>& a) {
    return (a.n_key + 2) * a.d_k + a.d_k * a.d_v + a.n_key;
}

template <class T>
void linear_forward(const LinearArgs<T>& a, index_t batch, index_t kv_head, T* scratch) {
    LinearLoops<T> s(a, batch, kv_head, scratch);
    const index_t group = a.heads / a.kv_heads;
    for (index_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
        s.clear_state();
        for (index_t i = 0, entered = 0; i < a.n_query; ++i) {
            entered = s.enter_until(i, entered);
            const index_t row = (batch * a.heads + head) * a.n_query + i;
            const T n = s.read(a.query.at(batch, head, i));
            a.logsumexp[row] = n == T(0) ? -Limits<T>::infinity : a.softmax ? n - n : std::log(n);
            for (index_t d = 0; d < a.d_v; ++d) {
                T sum = T(0);
                for (index_t c = 0; c < a.d_k; ++c) sum += s.A[c] * s.S[c * a.d_v + d];
                a.output[row * a.d_v + d] = sum;
            }
            for (index_t j = 0; a.weights && j < a.n_key; ++j) {
                T sum = T(0);
                for (index_t c = 0; s.sees(i, j) && c < a.d_k; ++c) sum += s.A[c] * s.B[j * a.d_k + c];
                a.weights[row * a.n_key + j] = sum;
            }
        }
    }
}

template <class T>
index_t linear_backward_scratch(const LinearArgs<T>& a) {
    return linear_scratch(a) + a.n_key * a.d_k + a.d_k;
}

// Como si la matriz existiera: dP_ij = (G_i · v_j + dW_ij − δ_i) es lo que llega a φ(q_i) · φ(k_j) / n_i.
// Cuesta n × n, pero dice lo mismo que los estados R y r de linear_backward.hpp.
template <class T>
void linear_backward(const LinearGradArgs<T>& g, index_t batch, index_t kv_head, T* scratch) {
    const LinearArgs<T>& a = g.forward;
    LinearLoops<T> s(a, batch, kv_head, scratch);
    const index_t group = a.heads / a.kv_heads, kv_row = (batch * a.kv_heads + kv_head) * a.n_key;
    T *dB = s.free, *dA = dB + a.n_key * a.d_k;
    T *grad_key = g.grad_key + kv_row * a.d_k, *grad_value = g.grad_value + kv_row * a.d_v;
    for (index_t x = 0; x < a.n_key * a.d_k; ++x) dB[x] = T(0);
    for (index_t x = 0; x < a.n_key * a.d_v; ++x) grad_value[x] = T(0);
    for (index_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
        s.clear_state();
        for (index_t i = 0, entered = 0; i < a.n_query; ++i) {
            entered = s.enter_until(i, entered);
            const index_t row = (batch * a.heads + head) * a.n_query + i;
            const T *query = a.query.at(batch, head, i), *grad = g.grad_output.at(batch, head, i);
            const T n = s.read(query);
            T delta = g.grad_logsumexp && !a.softmax ? -g.grad_logsumexp[row] : T(0);
            for (index_t c = 0; c < a.d_k; ++c) dA[c] = T(0);
            for (index_t j = 0; j < a.n_key; ++j) {
                if (!s.sees(i, j)) continue;
                T dP = g.grad_weights ? g.grad_weights[row * a.n_key + j] : T(0), weight = T(0);
                for (index_t d = 0; d < a.d_v; ++d) dP += grad[d] * s.value[j * a.value.row + d];
                for (index_t c = 0; c < a.d_k; ++c) {
                    weight += s.A[c] * s.B[j * a.d_k + c];
                    dA[c] += dP * s.B[j * a.d_k + c];
                    dB[j * a.d_k + c] += dP * s.A[c];
                }
                for (index_t d = 0; d < a.d_v; ++d) grad_value[j * a.d_v + d] += weight * grad[d];
                delta += dP * weight;
            }
            for (index_t j = 0; !a.softmax && j < a.n_key; ++j)
                for (index_t c = 0; s.sees(i, j) && c < a.d_k; ++c) dB[j * a.d_k + c] -= delta * s.A[c];
            for (index_t c = 0; c < a.d_k; ++c) {
                const T slope = a.softmax   ? s.A[c]
                                : n == T(0) ? T(0)
                                            : (query[c] > T(0) ? T(1) : std::exp(query[c])) / n;
                g.grad_query[row * a.d_k + c] = slope * (dA[c] - delta * s.z[c]);
            }
        }
    }
    for (index_t c = 0; c < a.d_k; ++c) {
        T mean = T(0);  // Shen: el softmax de cada rasgo resta a dB su media, ponderada por B
        for (index_t j = 0; a.softmax && j < a.n_key; ++j) mean += s.B[j * a.d_k + c] * dB[j * a.d_k + c];
        for (index_t j = 0; j < a.n_key; ++j) {
            const T x = s.keeps(j) ? s.key[j * a.key.row + c] : T(0);
            const T slope = a.softmax ? s.B[j * a.d_k + c] : x > T(0) ? T(1) : std::exp(x);
            grad_key[j * a.d_k + c] = s.keeps(j) ? slope * (dB[j * a.d_k + c] - mean) : T(0);
        }
    }
}

}  // namespace naive
}  // namespace ATENCION_KERNEL
}  // namespace atencion
