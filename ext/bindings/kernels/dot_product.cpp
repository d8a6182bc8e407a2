// Atención por producto escalar: reparto en tareas. Se compila una vez por juego de instrucciones.
#include <memory>

#include "../../core/dot_product_backward.hpp"
#include "../launch.hpp"
#include "../shared.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace {

template <class T>
double work(const DotProductArgs<T>& a) {
    return 2.0 * double(a.batch) * double(a.heads) * double(a.n_query) * double(a.n_key) *
           double(a.d_k + a.d_v);
}

template <class T>
void forward(const DotProductArgs<T>& a, int threads) {
    const index_t blocks = (a.n_query + kQueryBlock<T> - 1) / kQueryBlock<T>;
    parallel_tasks<T>(a.batch * a.heads * blocks, work(a), threads, dot_product_scratch<T>(a.d_k, a.d_v),
                      [&](index_t task, T* scratch) {
                          // Con máscara causal los últimos bloques son los más largos: van primero.
                          const index_t row = task / blocks, block = blocks - 1 - task % blocks;
                          dot_product_forward(a, row / a.heads, row % a.heads, block * kQueryBlock<T>,
                                              scratch);
                      });
}

// Con menos cabezas que hilos, cada una se parte; la primera parte escribe en el resultado y las demás,
// aparte.
template <class T>
void backward(const DotProductGradArgs<T>& g, int threads) {
    const DotProductArgs<T>& a = g.forward;
    const index_t heads = a.batch * a.kv_heads, blocks = (a.n_query + kSubBlock<T> - 1) / kSubBlock<T>;
    const bool spare = heads > 0 && heads < threads && work(a) > kParallelWork;
    const index_t parts = spare ? larger(1, smaller((threads + heads - 1) / heads, blocks)) : 1;
    const index_t key_size = a.n_key * a.d_k, value_size = a.n_key * a.d_v, size = key_size + value_size;
    const std::unique_ptr<T[]> extra(parts > 1 ? new T[size_t(heads * (parts - 1) * size)] : nullptr);
    parallel_tasks<T>(heads * parts, 2.5 * work(a), threads, dot_product_backward_scratch<T>(a.d_k, a.d_v),
                      [&](index_t task, T* scratch) {
                          const index_t head = task / parts, part = task % parts;
                          T* own = extra.get() + (head * (parts - 1) + part - 1) * size;
                          const GradPart<T> mine = {part, parts, part ? own : g.grad_key + head * key_size,
                                                    part ? own + key_size : g.grad_value + head * value_size};
                          dot_product_backward(g, head / a.kv_heads, head % a.kv_heads, mine, scratch);
                      });
    for (index_t head = 0; head < heads; ++head)
        for (index_t part = 1; part < parts; ++part) {
            const T* own = extra.get() + (head * (parts - 1) + part - 1) * size;
            for (index_t x = 0; x < key_size; ++x) g.grad_key[head * key_size + x] += own[x];
            for (index_t x = 0; x < value_size; ++x) g.grad_value[head * value_size + x] += own[key_size + x];
        }
}

}  // namespace
}  // namespace ATENCION_KERNEL

ATENCION_LAUNCH(DotProductArgs, forward)
ATENCION_LAUNCH(DotProductGradArgs, backward)

}  // namespace atencion
