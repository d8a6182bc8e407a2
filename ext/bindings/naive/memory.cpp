// El gemelo de bucles de los saltos de memoria.
#include "../../core/naive/memory.hpp"

#include "../launch.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
void forward(const MemoryArgs<T>& a, int threads) {
    parallel_tasks<T>(a.batch, kAlwaysParallel, threads, 0,
                      [&](index_t task, T*) { naive::memory_forward(a, task); });
}

template <class T>
void backward(const MemoryGradArgs<T>& g, int threads) {
    const MemoryArgs<T>& a = g.forward;
    parallel_tasks<T>(parts_of(a.batch), kAlwaysParallel, threads, 2 * a.d + a.n_key,
                      [&](index_t task, T* scratch) { naive::memory_backward(g, task, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(MemoryArgs, forward)
ATENCION_LAUNCH(MemoryGradArgs, backward)

}  // namespace atencion
