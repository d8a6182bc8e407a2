// Atención aditiva: reparto en tareas. Se compila una vez por juego de instrucciones.
#include "../../core/additive_backward.hpp"
#include "../launch.hpp"
#include "../shared.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
double work(const AdditiveArgs<T>& a) {
    const index_t seen = smaller(a.n_key, a.restrictions.band.last - a.restrictions.band.first + 1);
    return 2.0 * double(a.batch) * double(a.n_query) * double(seen) * double(4 * a.units + a.d_v);
}

template <class T>
void forward(const AdditiveArgs<T>& a, int threads) {
    const index_t blocks = (a.n_query + kAdditiveQueries - 1) / kAdditiveQueries;
    parallel_tasks<T>(a.batch * blocks, work(a), threads, additive_scratch<T>(a.n_key, a.units),
                      [&](index_t task, T* scratch) {
                          additive_forward(a, task / blocks, task % blocks * kAdditiveQueries, scratch);
                      });
}

template <class T>
void backward(const AdditiveGradArgs<T>& g, int threads) {
    const AdditiveArgs<T>& a = g.forward;
    parallel_tasks<T>(a.batch, 2.5 * work(a), threads, additive_backward_scratch<T>(a.n_key, a.units),
                      [&](index_t task, T* scratch) { additive_backward(g, task, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(AdditiveArgs, forward)
ATENCION_LAUNCH(AdditiveGradArgs, backward)

}  // namespace atencion
