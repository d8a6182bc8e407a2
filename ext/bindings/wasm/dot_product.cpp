// Atención por producto escalar para la página.
#include "../../core/dot_product.hpp"

#include "page.hpp"

namespace atencion {

// query (heads, n_query, d_k)  key (kv_heads, n_key, d_k)  value (kv_heads, n_key, d_v)
// mask (mask_heads, n_query, n_key), con mask_heads 1 o heads  bias (n_query, n_key)  alibi_slopes (heads,)
ATENCION_EXPORT bool dot_product_attention(const float* query, const float* key, const float* value,
                                           const uint8_t* mask, const float* bias, const float* alibi_slopes,
                                           float* output, float* weights, float* logsumexp, int heads,
                                           int kv_heads, int n_query, int n_key, int d_k, int d_v,
                                           int mask_heads, int key_length, int window, bool causal,
                                           float scale) {
    const int64_t length = key_length;
    DotProductArgs<float> a{};
    a.query = matrix(query, n_query, d_k), a.key = matrix(key, n_key, d_k),
    a.value = matrix(value, n_key, d_v);
    a.output = matrix(output, n_query, d_v), a.weights = weights, a.logsumexp = logsumexp;
    a.restrictions = unrestricted();
    a.restrictions.mask = matrix(mask, n_query, n_key), a.restrictions.bias = matrix(bias, n_query, n_key);
    if (mask_heads == 1) a.restrictions.mask.head = 0;
    a.restrictions.bias.head = 0;
    a.restrictions.key_lengths = &length, a.restrictions.alibi_slopes = alibi_slopes;
    a.restrictions.causal = causal, a.restrictions.window = window;
    a.batch = 1, a.heads = heads, a.kv_heads = kv_heads, a.n_query = n_query, a.n_key = n_key;
    a.d_k = d_k, a.d_v = d_v, a.scale = scale;
    Loan memory;
    return with_scratch(memory, dot_product_scratch<float>(d_k, d_v), [&](float* scratch) {
        for (index_t head = 0; head < heads; ++head)
            for (index_t first = 0; first < n_query; first += kQueryBlock<float>)
                dot_product_forward(a, 0, head, first, scratch);
    });
}

}  // namespace atencion
