// El gemelo de bucles de la atención dispersa.
#include "../../core/naive/sparse.hpp"

#include "../launch.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
void forward(const SparseArgs<T>& a, int threads) {
    parallel_tasks<T>(
        a.batch * a.heads, kAlwaysParallel, threads, a.edges.longest,
        [&](index_t task, T* scratch) { naive::sparse_forward(a, task / a.heads, task % a.heads, scratch); });
}

template <class T>
void backward(const SparseGradArgs<T>& g, int threads) {
    const SparseArgs<T>& a = g.forward;
    parallel_tasks<T>(a.batch * a.kv_heads, kAlwaysParallel, threads, 2 * a.edges.longest,
                      [&](index_t task, T* scratch) {
                          naive::sparse_backward(g, task / a.kv_heads, task % a.kv_heads, scratch);
                      });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(SparseArgs, forward)
ATENCION_LAUNCH(SparseGradArgs, backward)

}  // namespace atencion
