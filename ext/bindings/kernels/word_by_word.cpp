// Atención palabra a palabra: reparto en tareas. Se compila una vez por juego de instrucciones.
#include "../../core/word_by_word_backward.hpp"
#include "../launch.hpp"
#include "../shared.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
double work(const WordByWordArgs<T>& a) {
    const double recurrence = double(a.units + a.d_v) * double(a.d_v);
    return 2.0 * double(a.batch) * double(a.n_query) *
           (double(a.n_key) * double(4 * a.units + a.d_v) + recurrence);
}

template <class T>
void forward(const WordByWordArgs<T>& a, int threads) {
    parallel_tasks<T>(a.batch, work(a), threads, word_by_word_scratch<T>(a.n_key, a.units),
                      [&](index_t task, T* scratch) { word_by_word_forward(a, task, scratch); });
}

template <class T>
void backward(const WordByWordGradArgs<T>& g, int threads) {
    const WordByWordArgs<T>& a = g.forward;
    parallel_tasks<T>(parts_of(a.batch), 2.5 * work(a), threads,
                      word_by_word_backward_scratch<T>(a.n_key, a.units, a.d_v),
                      [&](index_t task, T* scratch) { word_by_word_backward(g, task, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(WordByWordArgs, forward)
ATENCION_LAUNCH(WordByWordGradArgs, backward)

}  // namespace atencion
