// Suma de punteros: reparto en tareas. Se compila una vez por juego de instrucciones.
#include "../../core/pointer.hpp"

#include "../launch.hpp"
#include "../shared.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
double work(const PointerArgs<T>& a) {
    return 2.0 * double(a.batch) * (double(a.n_key) * double(a.d) + double(a.n_output));
}

template <class T>
void forward(const PointerArgs<T>& a, int threads) {
    parallel_tasks<T>(a.batch, work(a), threads, pointer_scratch(a),
                      [&](index_t task, T* scratch) { pointer_forward(a, task, scratch); });
}

template <class T>
void backward(const PointerGradArgs<T>& g, int threads) {
    parallel_tasks<T>(g.forward.batch, 2.0 * work(g.forward), threads, pointer_scratch(g.forward),
                      [&](index_t task, T* scratch) { pointer_backward(g, task, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(PointerArgs, forward)
ATENCION_LAUNCH(PointerGradArgs, backward)

}  // namespace atencion
