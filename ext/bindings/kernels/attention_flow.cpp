// Flujo de atención: una tarea por ejemplo. Se compila una vez por juego de instrucciones.
#include "../../core/attention_flow_backward.hpp"
#include "../launch.hpp"
#include "../shared.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
double work(const AttentionFlowArgs<T>& a) {
    return 4.0 * double(a.batch) * double(a.context.length) * double(a.question.length) * double(a.width);
}

template <class T>
void forward(const AttentionFlowArgs<T>& a, int threads) {
    parallel_tasks<T>(a.batch, work(a), threads, attention_flow_scratch(a),
                      [&](index_t task, T* scratch) { attention_flow_forward(a, task, scratch); });
}

template <class T>
void backward(const AttentionFlowGradArgs<T>& g, int threads) {
    const AttentionFlowArgs<T>& a = g.forward;
    parallel_tasks<T>(a.batch, 3.0 * work(a), threads, attention_flow_backward_scratch(a),
                      [&](index_t task, T* scratch) { attention_flow_backward(g, task, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(AttentionFlowArgs, forward)
ATENCION_LAUNCH(AttentionFlowGradArgs, backward)

}  // namespace atencion
