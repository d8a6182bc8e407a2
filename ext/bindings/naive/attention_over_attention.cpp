// El gemelo de bucles de la atención sobre atención.
#include "../../core/naive/attention_over_attention.hpp"

#include "../launch.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
void forward(const AttentionOverAttentionArgs<T>& a, int threads) {
    parallel_tasks<T>(
        a.batch, kAlwaysParallel, threads, naive::attention_over_attention_scratch(a),
        [&](index_t task, T* scratch) { naive::attention_over_attention_forward(a, task, scratch); });
}

template <class T>
void backward(const AttentionOverAttentionGradArgs<T>& g, int threads) {
    const AttentionOverAttentionArgs<T>& a = g.forward;
    parallel_tasks<T>(
        a.batch, kAlwaysParallel, threads, naive::attention_over_attention_scratch(a),
        [&](index_t task, T* scratch) { naive::attention_over_attention_backward(g, task, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(AttentionOverAttentionArgs, forward)
ATENCION_LAUNCH(AttentionOverAttentionGradArgs, backward)

}  // namespace atencion
