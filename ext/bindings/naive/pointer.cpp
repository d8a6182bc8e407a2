// El gemelo de bucles de la suma de punteros.
#include "../../core/naive/pointer.hpp"

#include "../launch.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
void forward(const PointerArgs<T>& a, int threads) {
    parallel_tasks<T>(a.batch, kAlwaysParallel, threads, 0,
                      [&](index_t task, T*) { naive::pointer_forward(a, task); });
}

template <class T>
void backward(const PointerGradArgs<T>& g, int threads) {
    parallel_tasks<T>(g.forward.batch, kAlwaysParallel, threads, g.forward.n_key,
                      [&](index_t task, T* scratch) { naive::pointer_backward(g, task, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(PointerArgs, forward)
ATENCION_LAUNCH(PointerGradArgs, backward)

}  // namespace atencion
