// Las operaciones del núcleo rápido para un juego de instrucciones. setup.py compila este fichero una vez por
// cada uno, con -DATENCION_KERNEL=baseline, avx2 o avx512; aquí no hay matemáticas, solo el reparto en
// tareas.
#include "../core/additive_backward.hpp"
#include "../core/dot_product_backward.hpp"
#include "dispatch.hpp"
#include "parallel.hpp"

#define ATENCION_JOIN_(a, b) a##b
#define ATENCION_JOIN(a, b) ATENCION_JOIN_(a, b)
#define ATENCION_TEXT_(a) #a
#define ATENCION_TEXT(a) ATENCION_TEXT_(a)

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
double dot_product_work(const DotProductArgs<T>& a) {
    return 2.0 * double(a.batch) * double(a.heads) * double(a.n_query) * double(a.n_key) *
           double(a.d_k + a.d_v);
}
template <class T>
double additive_work(const AdditiveArgs<T>& a) {
    return 2.0 * double(a.batch) * double(a.n_query) * double(a.n_key) * double(4 * a.units + a.d_v);
}

template <class T>
void run_dot_product_forward(const DotProductArgs<T>& a, int threads) {
    const index_t blocks = (a.n_query + kQueryBlock<T> - 1) / kQueryBlock<T>;
    parallel_tasks<T>(a.batch * a.heads * blocks, dot_product_work(a), threads,
                      dot_product_scratch<T>(a.d_k, a.d_v), [&](index_t task, T* scratch) {
                          // Con máscara causal los últimos bloques son los más largos: van primero.
                          const index_t row = task / blocks, block = blocks - 1 - task % blocks;
                          dot_product_forward(a, row / a.heads, row % a.heads, block * kQueryBlock<T>,
                                              scratch);
                      });
}
template <class T>
void run_dot_product_backward(const DotProductGradArgs<T>& g, int threads) {
    const DotProductArgs<T>& a = g.forward;
    parallel_tasks<T>(a.batch * a.kv_heads, 2.5 * dot_product_work(a), threads,
                      dot_product_backward_scratch<T>(a.d_k, a.d_v), [&](index_t task, T* scratch) {
                          dot_product_backward(g, task / a.kv_heads, task % a.kv_heads, scratch);
                      });
}
template <class T>
void run_additive_forward(const AdditiveArgs<T>& a, int threads) {
    const index_t blocks = (a.n_query + kAdditiveQueries - 1) / kAdditiveQueries;
    parallel_tasks<T>(a.batch * blocks, additive_work(a), threads, additive_scratch<T>(a.n_key, a.units),
                      [&](index_t task, T* scratch) {
                          additive_forward(a, task / blocks, task % blocks * kAdditiveQueries, scratch);
                      });
}
template <class T>
void run_additive_backward(const AdditiveGradArgs<T>& g, int threads) {
    const AdditiveArgs<T>& a = g.forward;
    parallel_tasks<T>(a.batch, 2.5 * additive_work(a), threads,
                      additive_backward_scratch<T>(a.n_key, a.units),
                      [&](index_t task, T* scratch) { additive_backward(g, task, scratch); });
}

template <class T>
constexpr KernelOps<T> kOps = {run_dot_product_forward<T>, run_dot_product_backward<T>,
                               run_additive_forward<T>, run_additive_backward<T>};

}  // namespace
}  // namespace ATENCION_KERNEL

extern const KernelTable ATENCION_JOIN(kernel_table_, ATENCION_KERNEL);
const KernelTable ATENCION_JOIN(kernel_table_, ATENCION_KERNEL) = {ATENCION_TEXT(ATENCION_KERNEL),
                                                                   kOps<float>, kOps<double>};

}  // namespace atencion
