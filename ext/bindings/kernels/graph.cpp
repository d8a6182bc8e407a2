// Atención sobre grafos: reparto en tareas. Se compila una vez por juego de instrucciones.
#include "../../core/graph_backward.hpp"
#include "../launch.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
double work(const GraphArgs<T>& a) {
    return 2.0 * double(a.batch) * double(a.heads) * double(a.edges.count) * double(2 * a.units + a.d_v);
}

template <class T>
void forward(const GraphArgs<T>& a, int threads) {
    const index_t blocks = (a.n_query + kGraphNodes - 1) / kGraphNodes;
    parallel_tasks<T>(a.batch * blocks, work(a), threads, graph_scratch(a), [&](index_t task, T* scratch) {
        graph_forward(a, task / blocks, task % blocks * kGraphNodes, scratch);
    });
}

template <class T>
void backward(const GraphGradArgs<T>& g, int threads) {
    const GraphArgs<T>& a = g.forward;
    // Cuantas más cabezas lleve una tarea, mejor aprovecha cada vecino: se parten las justas para todos los
    // hilos.
    const index_t groups = smaller(a.heads, (threads + a.batch - 1) / larger(a.batch, 1));
    parallel_tasks<T>(a.batch * groups, 2.5 * work(a), threads, graph_backward_scratch(a),
                      [&](index_t task, T* scratch) {
                          const index_t group = task % groups;
                          graph_backward(g, task / groups, group * a.heads / groups,
                                         (group + 1) * a.heads / groups, scratch);
                      });
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(GraphArgs, forward)
ATENCION_LAUNCH(GraphGradArgs, backward)

}  // namespace atencion
