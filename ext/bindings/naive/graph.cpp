// El gemelo de bucles de la atención sobre grafos.
#include "../../core/naive/graph.hpp"

#include "../launch.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
void forward(const GraphArgs<T>& a, int threads) {
    parallel_tasks<T>(
        a.batch * a.heads, kAlwaysParallel, threads, a.edges.longest,
        [&](index_t task, T* scratch) { naive::graph_forward(a, task / a.heads, task % a.heads, scratch); });
}

template <class T>
void backward(const GraphGradArgs<T>& g, int threads) {
    const GraphArgs<T>& a = g.forward;
    parallel_tasks<T>(
        a.batch * a.heads, kAlwaysParallel, threads, 2 * a.edges.longest,
        [&](index_t task, T* scratch) { naive::graph_backward(g, task / a.heads, task % a.heads, scratch); });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(GraphArgs, forward)
ATENCION_LAUNCH(GraphGradArgs, backward)

}  // namespace atencion
