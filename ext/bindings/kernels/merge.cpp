// Unión de atenciones parciales: reparto en tareas. Se compila una vez por juego de instrucciones.
#include "../../core/merge.hpp"

#include "../launch.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
double work(const MergeArgs<T>& a) {
    return 2.0 * double(a.parts) * double(a.rows) * double(a.d_v);
}

template <class T>
void forward(const MergeArgs<T>& a, int threads) {
    parallel_tasks<T>((a.rows + kMergeRows - 1) / kMergeRows, work(a), threads, merge_scratch<T>(a.parts),
                      [&](index_t task, T* scratch) { merge_forward(a, task * kMergeRows, scratch); });
}

template <class T>
void backward(const MergeGradArgs<T>& g, int threads) {
    const MergeArgs<T>& a = g.forward;
    parallel_tasks<T>((a.rows + kMergeRows - 1) / kMergeRows, 2.0 * work(a), threads,
                      merge_scratch<T>(a.parts),
                      [&](index_t task, T* scratch) { merge_backward(g, task * kMergeRows, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(MergeArgs, forward)
ATENCION_LAUNCH(MergeGradArgs, backward)

}  // namespace atencion
