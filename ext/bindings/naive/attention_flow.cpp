// El gemelo de bucles del flujo de atención.
#include "../../core/naive/attention_flow.hpp"

#include "../launch.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
void forward(const AttentionFlowArgs<T>& a, int threads) {
    parallel_tasks<T>(a.batch, kAlwaysParallel, threads, naive::attention_flow_scratch(a),
                      [&](index_t task, T* scratch) { naive::attention_flow_forward(a, task, scratch); });
}

template <class T>
void backward(const AttentionFlowGradArgs<T>& g, int threads) {
    const AttentionFlowArgs<T>& a = g.forward;
    parallel_tasks<T>(a.batch, kAlwaysParallel, threads, naive::attention_flow_scratch(a),
                      [&](index_t task, T* scratch) { naive::attention_flow_backward(g, task, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(AttentionFlowArgs, forward)
ATENCION_LAUNCH(AttentionFlowGradArgs, backward)

}  // namespace atencion
