// Atención por producto escalar: reparto en tareas. Se compila una vez por juego de instrucciones.
#include "../../core/dot_product_backward.hpp"
#include "../launch.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
double work(const DotProductArgs<T>& a) {
    return 2.0 * double(a.batch) * double(a.heads) * double(a.n_query) * double(a.n_key) *
           double(a.d_k + a.d_v);
}

template <class T>
void forward(const DotProductArgs<T>& a, int threads) {
    const index_t blocks = (a.n_query + kQueryBlock<T> - 1) / kQueryBlock<T>;
    parallel_tasks<T>(a.batch * a.heads * blocks, work(a), threads, dot_product_scratch<T>(a.d_k, a.d_v),
                      [&](index_t task, T* scratch) {
                          // Con máscara causal los últimos bloques son los más largos: van primero.
                          const index_t row = task / blocks, block = blocks - 1 - task % blocks;
                          dot_product_forward(a, row / a.heads, row % a.heads, block * kQueryBlock<T>,
                                              scratch);
                      });
}

template <class T>
void backward(const DotProductGradArgs<T>& g, int threads) {
    const DotProductArgs<T>& a = g.forward;
    parallel_tasks<T>(a.batch * a.kv_heads, 2.5 * work(a), threads,
                      dot_product_backward_scratch<T>(a.d_k, a.d_v), [&](index_t task, T* scratch) {
                          dot_product_backward(g, task / a.kv_heads, task % a.kv_heads, scratch);
                      });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(DotProductArgs, forward)
ATENCION_LAUNCH(DotProductGradArgs, backward)

}  // namespace atencion
