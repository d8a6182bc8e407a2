// El gemelo de bucles de la atención palabra a palabra.
#include "../../core/naive/word_by_word.hpp"

#include "../launch.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
void forward(const WordByWordArgs<T>& a, int threads) {
    parallel_tasks<T>(a.batch, kAlwaysParallel, threads, a.units + a.n_key + a.d_v,
                      [&](index_t task, T* scratch) { naive::word_by_word_forward(a, task, scratch); });
}

template <class T>
void backward(const WordByWordGradArgs<T>& g, int threads) {
    const WordByWordArgs<T>& a = g.forward;
    parallel_tasks<T>(parts_of(a.batch), kAlwaysParallel, threads, a.units + 2 * a.n_key + 2 * a.d_v,
                      [&](index_t task, T* scratch) { naive::word_by_word_backward(g, task, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(WordByWordArgs, forward)
ATENCION_LAUNCH(WordByWordGradArgs, backward)

}  // namespace atencion
