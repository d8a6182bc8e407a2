// Atención sobre grafos para la página.
#include "../../core/graph.hpp"

#include "page.hpp"

namespace atencion {

// query (n_query, heads, units)  key (n_key, heads, units)  value (n_key, heads, d_v)  score_vector (heads,
// units) offsets (n_query + 1,)  keys (aristas,)  output (n_query, heads, d_v)  weights (heads, aristas)
ATENCION_EXPORT bool graph_attention(const float* query, const float* key, const float* value,
                                     const float* score_vector, const int32_t* offsets, const int32_t* keys,
                                     float* output, float* weights, float* logsumexp, int heads, int n_query,
                                     int n_key, int units, int d_v, float negative_slope) {
    Loan memory;
    GraphArgs<float> a{};
    a.query = {query, 0, units, heads * units, 1}, a.key = {key, 0, units, heads * units, 1};
    a.value = {value, 0, d_v, heads * d_v, 1};
    a.score_vector = score_vector;
    a.output = output, a.weights = weights, a.logsumexp = logsumexp;
    a.edges = make_edges(offsets, keys, n_query, memory);
    a.batch = 1, a.heads = heads, a.n_query = n_query, a.n_key = n_key, a.units = units, a.d_v = d_v;
    a.negative_slope = negative_slope;
    return with_scratch(memory, graph_scratch(a), [&](float* scratch) {
        for (index_t first = 0; first < n_query; first += kGraphNodes) graph_forward(a, 0, first, scratch);
    });
}

}  // namespace atencion
