// Lo que recibe la atención palabra a palabra (word_by_word.hpp).
#pragma once
#include "parts.hpp"

namespace atencion {

template <class T>
struct WordByWordArgs {
    View4<const T> query, key, value;              // (batch, n, …); la última dimensión es contigua
    const T* score_vector;                         // contiguo (units,)
    const T *query_recurrence, *state_recurrence;  // contiguos: Wʳ (units, d_v) y Wᵗ (d_v, d_v)
    T *output, *logsumexp;                         // contiguos
    T* weights;                                    // contiguo (batch, n_query, n_key), o nullptr
    Restrictions<T> restrictions;  // máscara (batch, n_query, n_key) y longitudes de las claves
    const int64_t* query_lengths;  // (batch,) o nullptr: los pasos siguientes no cambian el estado
    index_t batch, n_query, n_key, units, d_v;

    __attribute__((always_inline)) index_t steps(index_t b) const {
        return query_lengths ? index_t(query_lengths[b]) : n_query;
    }
};

template <class T>
struct WordByWordGradArgs {
    WordByWordArgs<T> forward;              // basta su output: logsumexp y weights no se leen
    View4<const T> grad_output;             // última dimensión contigua
    const T* grad_weights;                  // contiguo (batch, n_query, n_key) o nullptr
    const T* grad_logsumexp;                // contiguo (batch, n_query) o nullptr
    T *grad_query, *grad_key, *grad_value;  // contiguos
    // Contiguos y sumados por partes: (partes, units), (partes, units, d_v) y (partes, d_v, d_v).
    T *grad_score_vector, *grad_query_recurrence, *grad_state_recurrence;
};

}  // namespace atencion
