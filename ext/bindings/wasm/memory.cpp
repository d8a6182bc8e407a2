// Saltos de memoria para la página.
#include "../../core/memory.hpp"

#include "page.hpp"

namespace atencion {

// query (d,)  key, value (hops, n_key, d)  transition (d, d)  mask (n_key,)
ATENCION_EXPORT bool memory_attention(const float* query, const float* key, const float* value,
                                      const float* transition, const uint8_t* mask, float* output,
                                      float* weights, float* logsumexp, int hops, int n_key, int d,
                                      bool softmax) {
    MemoryArgs<float> a{};
    a.query = row(query), a.key = matrix(key, n_key, d), a.value = matrix(value, n_key, d);
    a.transition = transition;
    a.output = output, a.weights = weights, a.logsumexp = logsumexp;
    a.restrictions = unrestricted();
    a.restrictions.mask = row(mask);
    a.batch = 1, a.hops = hops, a.n_key = n_key, a.d = d, a.softmax = softmax;
    memory_forward(a, 0);
    return true;
}

}  // namespace atencion
