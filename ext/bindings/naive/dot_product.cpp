// El gemelo de bucles de la atención por producto escalar.
#include "../../core/naive/dot_product.hpp"

#include "../launch.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
void forward(const DotProductArgs<T>& a, int threads) {
    parallel_tasks<T>(a.batch * a.heads, kAlwaysParallel, threads, a.n_key, [&](index_t task, T* scratch) {
        naive::dot_product_forward(a, task / a.heads, task % a.heads, scratch);
    });
}

template <class T>
void backward(const DotProductGradArgs<T>& g, int threads) {
    const DotProductArgs<T>& a = g.forward;
    parallel_tasks<T>(a.batch * a.kv_heads, kAlwaysParallel, threads, 2 * a.n_key,
                      [&](index_t task, T* scratch) {
                          naive::dot_product_backward(g, task / a.kv_heads, task % a.kv_heads, scratch);
                      });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(DotProductArgs, forward)
ATENCION_LAUNCH(DotProductGradArgs, backward)

}  // namespace atencion
