// El gemelo de bucles de la atención aditiva.
#include "../../core/naive/additive.hpp"

#include "../launch.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
void forward(const AdditiveArgs<T>& a, int threads) {
    parallel_tasks<T>(a.batch, kAlwaysParallel, threads, a.n_key,
                      [&](index_t task, T* scratch) { naive::additive_forward(a, task, scratch); });
}

template <class T>
void backward(const AdditiveGradArgs<T>& g, int threads) {
    parallel_tasks<T>(g.forward.batch, kAlwaysParallel, threads, 2 * g.forward.n_key,
                      [&](index_t task, T* scratch) { naive::additive_backward(g, task, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(AdditiveArgs, forward)
ATENCION_LAUNCH(AdditiveGradArgs, backward)

}  // namespace atencion
