// Coatención: una tarea por ejemplo. Se compila una vez por juego de instrucciones.
#include "../../core/coattention.hpp"

#include "../launch.hpp"
#include "../shared.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
double work(const CoattentionArgs<T>& a) {
    return 8.0 * double(a.batch) * double(a.document.length) * double(a.question.length) * double(a.width);
}

template <class T>
void forward(const CoattentionArgs<T>& a, int threads) {
    parallel_tasks<T>(a.batch, work(a), threads, coattention_scratch(a),
                      [&](index_t task, T* scratch) { coattention_forward(a, task, scratch); });
}

template <class T>
void backward(const CoattentionGradArgs<T>& g, int threads) {
    const CoattentionArgs<T>& a = g.forward;
    parallel_tasks<T>(a.batch, 3.0 * work(a), threads, coattention_backward_scratch(a),
                      [&](index_t task, T* scratch) { coattention_backward(g, task, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(CoattentionArgs, forward)
ATENCION_LAUNCH(CoattentionGradArgs, backward)

}  // namespace atencion
