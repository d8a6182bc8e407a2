// Saltos de memoria: reparto en tareas. Se compila una vez por juego de instrucciones.
#include "../../core/memory.hpp"

#include "../launch.hpp"
#include "../shared.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
double work(const MemoryArgs<T>& a) {
    return 4.0 * double(a.batch) * double(a.hops) * double(a.n_key + (a.transition ? a.d : 0)) * double(a.d);
}

template <class T>
void forward(const MemoryArgs<T>& a, int threads) {
    parallel_tasks<T>(a.batch, work(a), threads, 0, [&](index_t task, T*) { memory_forward(a, task); });
}

template <class T>
void backward(const MemoryGradArgs<T>& g, int threads) {
    const MemoryArgs<T>& a = g.forward;
    parallel_tasks<T>(parts_of(a.batch), 2.0 * work(a), threads,
                      memory_backward_scratch<T>(a.hops, a.n_key, a.d),
                      [&](index_t task, T* scratch) { memory_backward(g, task, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(MemoryArgs, forward)
ATENCION_LAUNCH(MemoryGradArgs, backward)

}  // namespace atencion
