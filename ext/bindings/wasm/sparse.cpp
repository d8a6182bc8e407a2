// Atención dispersa para la página.
#include "../../core/sparse.hpp"

#include "page.hpp"

namespace atencion {

// query (n_query, d_k)  key (n_key, d_k)  value (n_key, d_v)  offsets (n_query + 1,)  keys, weights
// (aristas,)
ATENCION_EXPORT bool sparse_attention(const float* query, const float* key, const float* value,
                                      const int32_t* offsets, const int32_t* keys, float* output,
                                      float* weights, float* logsumexp, int n_query, int n_key, int d_k,
                                      int d_v, float scale) {
    Loan memory;
    SparseArgs<float> a{};
    a.query = matrix(query, n_query, d_k), a.key = matrix(key, n_key, d_k),
    a.value = matrix(value, n_key, d_v);
    a.output = output, a.weights = weights, a.logsumexp = logsumexp;
    a.edges = make_edges(offsets, keys, n_query, memory);
    a.batch = a.heads = a.kv_heads = 1, a.n_query = n_query, a.n_key = n_key, a.d_k = d_k, a.d_v = d_v;
    a.scale = scale;
    return with_scratch(memory, sparse_scratch(a), [&](float* scratch) {
        for (index_t first = 0; first < n_query; first += kSparseQueries)
            sparse_forward(a, 0, 0, first, scratch);
    });
}

}  // namespace atencion
