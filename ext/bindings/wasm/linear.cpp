// Atención lineal para la página.
#include "../../core/linear.hpp"

#include "page.hpp"

namespace atencion {

// query (n_query, d_k)  key (n_key, d_k)  value (n_key, d_v)  key_mask (n_key,)
ATENCION_EXPORT bool linear_attention(const float* query, const float* key, const float* value,
                                      const uint8_t* key_mask, float* output, float* weights,
                                      float* logsumexp, int n_query, int n_key, int d_k, int d_v,
                                      bool softmax, bool causal) {
    if (d_k + d_v > 8192) return false;  // su estado, de d_k · d_v números, no cabría en la memoria
    LinearArgs<float> a{};
    a.query = matrix(query, n_query, d_k), a.key = matrix(key, n_key, d_k),
    a.value = matrix(value, n_key, d_v);
    a.output = output, a.weights = weights, a.logsumexp = logsumexp;
    a.restrictions = unrestricted();
    a.restrictions.mask = row(key_mask), a.restrictions.causal = causal;
    a.batch = a.heads = a.kv_heads = 1, a.n_query = n_query, a.n_key = n_key, a.d_k = d_k, a.d_v = d_v;
    a.softmax = softmax;
    Loan memory;
    return with_scratch(memory, linear_scratch<float>(d_k, d_v),
                        [&](float* scratch) { linear_forward(a, 0, 0, scratch); });
}

}  // namespace atencion
