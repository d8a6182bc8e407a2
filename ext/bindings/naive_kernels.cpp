// Los gemelos de bucles, con la misma tabla que los núcleos rápidos: se eligen con ATENCION_KERNEL=naive.
#include "../core/naive/additive.hpp"
#include "../core/naive/dot_product.hpp"
#include "dispatch.hpp"
#include "parallel.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

constexpr double kAlwaysParallel = 2 * kParallelWork;

template <class T>
void run_dot_product_forward(const DotProductArgs<T>& a, int threads) {
    parallel_tasks<T>(a.batch * a.heads, kAlwaysParallel, threads, a.n_key, [&](index_t task, T* scratch) {
        naive::dot_product_forward(a, task / a.heads, task % a.heads, scratch);
    });
}
template <class T>
void run_dot_product_backward(const DotProductGradArgs<T>& g, int threads) {
    const DotProductArgs<T>& a = g.forward;
    parallel_tasks<T>(a.batch * a.kv_heads, kAlwaysParallel, threads, 2 * a.n_key,
                      [&](index_t task, T* scratch) {
                          naive::dot_product_backward(g, task / a.kv_heads, task % a.kv_heads, scratch);
                      });
}
template <class T>
void run_additive_forward(const AdditiveArgs<T>& a, int threads) {
    parallel_tasks<T>(a.batch, kAlwaysParallel, threads, a.n_key,
                      [&](index_t task, T* scratch) { naive::additive_forward(a, task, scratch); });
}
template <class T>
void run_additive_backward(const AdditiveGradArgs<T>& g, int threads) {
    parallel_tasks<T>(g.forward.batch, kAlwaysParallel, threads, 2 * g.forward.n_key,
                      [&](index_t task, T* scratch) { naive::additive_backward(g, task, scratch); });
}

template <class T>
constexpr KernelOps<T> kOps = {run_dot_product_forward<T>, run_dot_product_backward<T>,
                               run_additive_forward<T>, run_additive_backward<T>};

}  // namespace
}  // namespace ATENCION_KERNEL

extern const KernelTable kernel_table_naive;
const KernelTable kernel_table_naive = {"naive", kOps<float>, kOps<double>};

}  // namespace atencion
