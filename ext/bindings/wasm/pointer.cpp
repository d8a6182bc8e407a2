// Suma de punteros para la página.
#include "../../core/pointer.hpp"

#include "page.hpp"

namespace atencion {

// query (d,)  key (n_key, d)  token_ids (n_key,)  mask (n_key,)  candidates (n_output,), o nullptr: el
// vocabulario
ATENCION_EXPORT bool pointer_sum(const float* query, const float* key, const int32_t* token_ids,
                                 const int32_t* candidates, const uint8_t* mask, float* output,
                                 float* weights, float* logsumexp, int n_key, int d, int n_output,
                                 int key_length) {
    const int64_t length = key_length;
    Loan memory;
    PointerArgs<float> a{};
    a.query = row(query), a.key = matrix(key, n_key, d);
    a.token_ids = row(widen(token_ids, n_key, memory));
    a.vocabulary = !candidates;
    if (candidates) a.candidates = row(widen(candidates, n_output, memory));
    a.output = output, a.weights = weights, a.logsumexp = logsumexp;
    a.restrictions = unrestricted();
    a.restrictions.mask = row(mask), a.restrictions.key_lengths = &length;
    a.batch = 1, a.n_key = n_key, a.d = d, a.n_output = n_output;
    return with_scratch(memory, pointer_scratch(a), [&](float* scratch) { pointer_forward(a, 0, scratch); });
}

}  // namespace atencion
