// El gemelo de bucles de la coatención.
#include "../../core/naive/coattention.hpp"

#include "../launch.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
void forward(const CoattentionArgs<T>& a, int threads) {
    parallel_tasks<T>(a.batch, kAlwaysParallel, threads, naive::coattention_scratch(a),
                      [&](index_t task, T* scratch) { naive::coattention_forward(a, task, scratch); });
}

template <class T>
void backward(const CoattentionGradArgs<T>& g, int threads) {
    const CoattentionArgs<T>& a = g.forward;
    parallel_tasks<T>(a.batch, kAlwaysParallel, threads, naive::coattention_scratch(a),
                      [&](index_t task, T* scratch) { naive::coattention_backward(g, task, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(CoattentionArgs, forward)
ATENCION_LAUNCH(CoattentionGradArgs, backward)

}  // namespace atencion
