// El gemelo de bucles de la atención lineal.
#include "../../core/naive/linear.hpp"

#include "../launch.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
void forward(const LinearArgs<T>& a, int threads) {
    parallel_tasks<T>(a.batch * a.kv_heads, kAlwaysParallel, threads, naive::linear_scratch(a),
                      [&](index_t task, T* scratch) {
                          naive::linear_forward(a, task / a.kv_heads, task % a.kv_heads, scratch);
                      });
}

template <class T>
void backward(const LinearGradArgs<T>& g, int threads) {
    const LinearArgs<T>& a = g.forward;
    parallel_tasks<T>(a.batch * a.kv_heads, kAlwaysParallel, threads, naive::linear_backward_scratch(a),
                      [&](index_t task, T* scratch) {
                          naive::linear_backward(g, task / a.kv_heads, task % a.kv_heads, scratch);
                      });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(LinearArgs, forward)
ATENCION_LAUNCH(LinearGradArgs, backward)

}  // namespace atencion
