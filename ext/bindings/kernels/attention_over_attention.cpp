// Atención sobre atención: una tarea por ejemplo. Se compila una vez por juego de instrucciones.
#include "../../core/attention_over_attention.hpp"

#include "../launch.hpp"
#include "../shared.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
double work(const AttentionOverAttentionArgs<T>& a) {
    return 2.0 * double(a.batch) * double(a.document.length) * double(a.question.length) * double(a.width);
}

template <class T>
void forward(const AttentionOverAttentionArgs<T>& a, int threads) {
    parallel_tasks<T>(a.batch, work(a), threads, attention_over_attention_scratch(a),
                      [&](index_t task, T* scratch) { attention_over_attention_forward(a, task, scratch); });
}

template <class T>
void backward(const AttentionOverAttentionGradArgs<T>& g, int threads) {
    const AttentionOverAttentionArgs<T>& a = g.forward;
    parallel_tasks<T>(a.batch, 3.0 * work(a), threads, attention_over_attention_backward_scratch(a),
                      [&](index_t task, T* scratch) { attention_over_attention_backward(g, task, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(AttentionOverAttentionArgs, forward)
ATENCION_LAUNCH(AttentionOverAttentionGradArgs, backward)

}  // namespace atencion
