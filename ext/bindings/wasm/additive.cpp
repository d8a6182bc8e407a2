// Atención aditiva para la página.
#include "../../core/additive.hpp"

#include "page.hpp"

namespace atencion {

// query (n_query, units)  key (n_key, units)  value (n_key, d_v)  score_vector (units,)  mask (n_query,
// n_key)
ATENCION_EXPORT bool additive_attention(const float* query, const float* key, const float* value,
                                        const float* score_vector, const uint8_t* mask, float* output,
                                        float* weights, float* logsumexp, int n_query, int n_key, int units,
                                        int d_v, int key_length) {
    const int64_t length = key_length;
    AdditiveArgs<float> a{};
    a.query = matrix(query, n_query, units), a.key = matrix(key, n_key, units),
    a.value = matrix(value, n_key, d_v);
    a.score_vector = score_vector;
    a.output = output, a.weights = weights, a.logsumexp = logsumexp;
    a.restrictions = unrestricted();
    a.restrictions.mask = matrix(mask, n_query, n_key), a.restrictions.key_lengths = &length;
    a.batch = 1, a.n_query = n_query, a.n_key = n_key, a.units = units, a.d_v = d_v;
    Loan memory;
    return with_scratch(memory, additive_scratch<float>(n_key, units), [&](float* scratch) {
        for (index_t first = 0; first < n_query; first += kAdditiveQueries)
            additive_forward(a, 0, first, scratch);
    });
}

}  // namespace atencion
