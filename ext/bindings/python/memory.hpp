// Saltos de memoria: de los tensores de torch a los argumentos del núcleo.
#pragma once
#include "../../core/arguments/memory.hpp"
#include "restrictions.hpp"

namespace atencion {
namespace memory {

template <class T>
MemoryArgs<T> arguments(Call& call, py::handle query, py::handle key, py::handle value, py::handle transition,
                        py::handle mask, py::handle key_lengths, py::handle softmax) {
    MemoryArgs<T> a{};
    const Tensor k = call.rows(key, "key");
    if (k.axes != 4) reject("key", "cuatro ejes");
    a.batch = k.shape[0], a.hops = k.shape[1], a.n_key = k.shape[2], a.d = k.shape[3];
    a.query = vectors_view<const T>(call.rows(query, "query"), "query", a.batch, a.d);
    a.key = rows_view<const T>(k, "key", a.batch, a.hops, a.n_key, a.d);
    a.value = rows_view<const T>(call.rows(value, "value"), "value", a.batch, a.hops, a.n_key, a.d);
    a.transition = call.packed<T>(transition, "transition", {a.d, a.d});
    a.restrictions = read_restrictions<T>(call, {a.batch, -1, a.hops, a.n_key}, mask, key_lengths);
    a.softmax = read_flag(softmax, "softmax");
    return a;
}

// Los pesos son pocos, (batch, hops, n_key): se crean siempre y la vuelta los aprovecha.
inline py::tuple forward(py::handle query, py::handle key, py::handle value, py::handle transition,
                         py::handle mask, py::handle key_lengths, py::handle softmax, int threads) {
    Call call(query, "query");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        auto a = arguments<T>(call, query, key, value, transition, mask, key_lengths, softmax);
        a.output = call.create<T>(true, {a.batch, a.hops, a.d});
        a.weights = call.create<T>(true, {a.batch, a.hops, a.n_key});
        a.logsumexp = call.create<T>(true, {a.batch, a.hops});
        py::gil_scoped_release release;
        run(a, threads);
    });
    return call.results();
}

inline py::tuple backward(const py::tuple& grads, const py::tuple& outputs, const py::tuple&,
                          py::handle query, py::handle key, py::handle value, py::handle transition,
                          py::handle mask, py::handle key_lengths, py::handle softmax, int threads) {
    Call call(query, "query");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        MemoryGradArgs<T> g{};
        auto& a = g.forward = arguments<T>(call, query, key, value, transition, mask, key_lengths, softmax);
        const auto states = {a.batch, a.hops, a.d}, rows = {a.batch, a.hops, a.n_key};
        a.output = const_cast<T*>(call.required<T>(item(outputs, 0), "output", states));
        a.weights = const_cast<T*>(call.required<T>(item(outputs, 1), "weights", rows));
        const Tensor grad =
            call.gradient(item(grads, 0), "grad_output", call.rows(item(outputs, 0), "output"));
        g.grad_output = rows_view<const T>(grad, "grad_output", a.batch, 1, a.hops, a.d, false);
        g.grad_weights = call.packed<T>(item(grads, 1), "grad_weights", rows);
        g.grad_logsumexp = call.packed<T>(item(grads, 2), "grad_logsumexp", {a.batch, a.hops});
        g.grad_query = call.create<T>(true, {a.batch, a.d});
        g.grad_key = call.create<T>(true, {a.batch, a.hops, a.n_key, a.d});
        g.grad_value = call.create<T>(true, {a.batch, a.hops, a.n_key, a.d});
        // Con d = 0, torch da un puntero nulo a un tensor que sí está.
        g.grad_transition = call.create<T>(!transition.is_none(), {parts_of(a.batch), a.d, a.d});
        py::gil_scoped_release release;
        run(g, threads);
    });
    return call.results();
}

inline void bind(py::module_& m) {
    m.def("memory_forward", forward);
    m.def("memory_backward", backward);
}

}  // namespace memory
}  // namespace atencion
