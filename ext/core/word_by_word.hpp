// Atención palabra a palabra (Rocktäschel et al., 2016). Para cada palabra t de la hipótesis:
//
//   M_t = tanh(Wʸ Y + Wʰ h_t + Wʳ r_{t−1})   α_t = softmax(wᵀ M_t)   r_t = Y α_t + tanh(Wᵗ r_{t−1})   r_0 = 0
//
//   query Wʰ h (batch, n_query, units)   key Wʸ Y (batch, n_key, units)   value Y (batch, n_key, d_v)
//   score_vector w (units,)   query_recurrence Wʳ (units, d_v)   state_recurrence Wᵗ (d_v, d_v)
//   output r (batch, n_query, d_v)   weights α (batch, n_query, n_key)   logsumexp (batch, n_query)
//
// Los pasos de un ejemplo van en serie; lo paralelo son los ejemplos. Las tangentes de las puntuaciones se
// factorizan como en additive.hpp, así que las exponenciales de las claves sirven para todos los pasos. Una
// consulta Wʰ h_t + Wʳ r_{t−1} solo se conoce al llegar a ella: si se sale de lo factorizable, el ejemplo
// sigue desde ahí por el camino directo.
#pragma once
#include "additive.hpp"
#include "arguments/word_by_word.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

template <class T>
void tanh_row(T* x, index_t count) {
    for_vectors<T>(count, [&](index_t i, int n) __attribute__((always_inline)) {
        const Vec<T> denominators = denominator<T, true>(load_some(x + i, n), Vec<T>{});
        store_some(x + i, T(1) - T(2) * reciprocal(denominators), n);
    });
}

// Claves y consultas de un ejemplo, con la forma de sumarlas: factores e^{2x}, o x tal cual en el camino
// directo.
template <class T>
class StepScores {
  public:
    static index_t scratch(index_t n_key, index_t units) {
        return (n_key + kAdditiveRows + 1) * padded_units<T>(units);
    }
    StepScores(const WordByWordArgs<T>& a, index_t batch, index_t keys, T* scratch)
        : a_(a), raw_keys_(a.key.at(batch, 0)), keys_(keys), padded_(padded_units<T>(a.units)) {
        key = scratch, query = key + a.n_key * padded_, vector_ = query + kAdditiveRows * padded_;
        pad_score_vector(a.score_vector, a.units, T(-2), vector_);
        for (index_t u = 0; u < a.units; ++u) shift_ += a.score_vector[u];
        direct = !factorable(raw_keys_, a.key.row, keys, a.units);
        make_key_factors();
    }
    // Puntuaciones de `rows` consultas seguidas, que deja en `query` con su forma.
    void operator()(const T* queries, index_t rows, T* scores) {
        if (!direct && !factorable(queries, a_.units, rows, a_.units)) {
            direct = true;
            make_key_factors();
        }
        if (direct)
            score<true>(queries, rows, scores);
        else
            score<false>(queries, rows, scores);
    }
    T *key, *query;
    bool direct;

  private:
    template <bool Direct>
    void score(const T* queries, index_t rows, T* scores) {
        make_factors<T, Direct>(queries, a_.units, rows, a_.units, query);
        additive_scores<T, Direct>(query, key, vector_, rows, keys_, padded_, shift_, scores, a_.n_key);
    }
    void make_key_factors() {
        if (direct)
            make_factors<T, true>(raw_keys_, a_.key.row, keys_, a_.units, key);
        else
            make_factors<T, false>(raw_keys_, a_.key.row, keys_, a_.units, key);
    }
    const WordByWordArgs<T>& a_;
    const T* raw_keys_;
    index_t keys_, padded_;
    T *vector_, shift_ = 0;
};

template <class T>
index_t word_by_word_scratch(index_t n_key, index_t units) {
    return StepScores<T>::scratch(n_key, units) + n_key + units;
}

// Una tarea: un ejemplo.
template <class T>
void word_by_word_forward(const WordByWordArgs<T>& a, index_t batch, T* scratch) {
    const HeadRestrictions<T> r(a.restrictions, batch, 0, a.n_query, a.n_key);
    const index_t keys = r.key_end, steps = a.steps(batch), d_v = a.d_v;
    T *query = scratch + StepScores<T>::scratch(a.n_key, a.units), *p = query + a.units;
    StepScores<T> scores(a, batch, keys, scratch);
    T *state = a.output + batch * a.n_query * d_v, *logsumexp = a.logsumexp + batch * a.n_query;
    for (index_t t = 0; t < a.n_query; ++t, state += d_v) {
        T* weights = a.weights ? a.weights + (batch * a.n_query + t) * a.n_key : nullptr;
        if (weights) clear(weights, a.n_key);
        if (t >= steps) {  // relleno: el estado se repite
            for (index_t x = 0; x < d_v; ++x) state[x] = t > 0 ? state[x - d_v] : T(0);
            logsumexp[t] = -Limits<T>::infinity;
            continue;
        }
        clear(query, a.units);
        clear(state, d_v);
        if (t > 0) {
            pairwise_dot(state - d_v, 0, a.query_recurrence, d_v, 1, a.units, d_v, query, 0);
            pairwise_dot(state - d_v, 0, a.state_recurrence, d_v, 1, d_v, d_v, state, 0);
            tanh_row(state, d_v);
        }
        for (index_t u = 0; u < a.units; ++u) query[u] += a.query.at(batch, 0, t)[u];
        scores(query, 1, p);
        logsumexp[t] = softmax_row(r, t, 0, keys, p);
        for (index_t j = 0; weights && j < keys; ++j) weights[j] = p[j];
        accumulate_row<T>(d_v, keys, p, a.value.at(batch, 0), a.value.row, state);
    }
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
