// Atención lineal: reparto en tareas. Se compila una vez por juego de instrucciones.
#include "../../core/linear_backward.hpp"
#include "../launch.hpp"
#include "../shared.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
double work(const LinearArgs<T>& a) {
    const index_t pairs = a.weights ? a.n_query * a.n_key : 0;
    return 2.0 * double(a.batch) * double(a.heads) * double(a.d_k) *
           (double(a.n_query + a.n_key) * double(a.d_v) + double(pairs));
}

template <class T>
void forward(const LinearArgs<T>& a, int threads) {
    parallel_tasks<T>(
        a.batch * a.kv_heads, work(a), threads, linear_scratch<T>(a.d_k, a.d_v),
        [&](index_t task, T* scratch) { linear_forward(a, task / a.kv_heads, task % a.kv_heads, scratch); });
}

template <class T>
void backward(const LinearGradArgs<T>& g, int threads) {
    const LinearArgs<T>& a = g.forward;
    parallel_tasks<T>(
        a.batch * a.kv_heads, 2.5 * work(a), threads, linear_backward_scratch(a),
        [&](index_t task, T* scratch) { linear_backward(g, task / a.kv_heads, task % a.kv_heads, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(LinearArgs, forward)
ATENCION_LAUNCH(LinearGradArgs, backward)

}  // namespace atencion
