// Atención dispersa: reparto en tareas. Se compila una vez por juego de instrucciones.
#include "../../core/sparse_backward.hpp"
#include "../launch.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
double work(const SparseArgs<T>& a) {
    return 2.0 * double(a.batch) * double(a.heads) * double(a.edges.count) * double(a.d_k + a.d_v);
}

template <class T>
void forward(const SparseArgs<T>& a, int threads) {
    const index_t blocks = (a.n_query + kSparseQueries - 1) / kSparseQueries;
    parallel_tasks<T>(
        a.batch * a.heads * blocks, work(a), threads, sparse_scratch(a), [&](index_t task, T* scratch) {
            const index_t row = task / blocks;
            sparse_forward(a, row / a.heads, row % a.heads, task % blocks * kSparseQueries, scratch);
        });
}

template <class T>
void backward(const SparseGradArgs<T>& g, int threads) {
    const SparseArgs<T>& a = g.forward;
    parallel_tasks<T>(
        a.batch * a.kv_heads, 2.5 * work(a), threads, sparse_backward_scratch(a),
        [&](index_t task, T* scratch) { sparse_backward(g, task / a.kv_heads, task % a.kv_heads, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(SparseArgs, forward)
ATENCION_LAUNCH(SparseGradArgs, backward)

}  // namespace atencion
