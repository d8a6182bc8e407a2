// El gemelo de bucles de la unión de atenciones parciales.
#include "../../core/naive/merge.hpp"

#include "../launch.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
void forward(const MergeArgs<T>& a, int threads) {
    parallel_tasks<T>(a.rows, kAlwaysParallel, threads, a.parts,
                      [&](index_t task, T* scratch) { naive::merge_forward(a, task, scratch); });
}

template <class T>
void backward(const MergeGradArgs<T>& g, int threads) {
    parallel_tasks<T>(g.forward.rows, kAlwaysParallel, threads, g.forward.parts,
                      [&](index_t task, T* scratch) { naive::merge_backward(g, task, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(MergeArgs, forward)
ATENCION_LAUNCH(MergeGradArgs, backward)

}  // namespace atencion
