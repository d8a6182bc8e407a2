// Atención sobre grafos: de los tensores de torch a los argumentos del núcleo.
#pragma once
#include <utility>

#include "../../core/arguments/graph.hpp"
#include "edges.hpp"

namespace atencion {
namespace graph {

// Un tensor (batch, nodos, heads, d) visto como (batch, heads, nodos, d).
inline Tensor heads_first(Tensor t) {
    std::swap(t.shape[1], t.shape[2]);
    std::swap(t.strides[1], t.strides[2]);
    return t;
}

struct Options {
    py::handle offsets, keys, negative_slope;
};

template <class T>
GraphArgs<T> arguments(Call& call, py::handle query, py::handle key, py::handle value,
                       py::handle score_vector, const Options& options) {
    GraphArgs<T> a{};
    const Tensor q = call.optional(query, "query"), k = call.optional(key, "key"),
                 v = call.rows(value, "value");
    if (q.axes != 4 || k.axes != 4 || v.axes != 4) reject("query, key, value", "cuatro ejes");
    a.batch = q.shape[0], a.n_query = q.shape[1], a.heads = q.shape[2], a.units = q.shape[3];
    a.n_key = k.shape[1], a.d_v = v.shape[3];
    // Las cabezas de un nodo van seguidas: con units = 1 se leen como un vector.
    const auto nodes = [&](py::handle object, const char* name, index_t count) {
        const index_t row = a.heads * a.units;
        return View4<const T>{call.required<T>(object, name, {a.batch, count, a.heads, a.units}), count * row,
                              a.units, row, 1};
    };
    a.query = nodes(query, "query", a.n_query);
    a.key = nodes(key, "key", a.n_key);
    a.value = rows_view<const T>(heads_first(v), "value", a.batch, a.heads, a.n_key, a.d_v);
    a.score_vector = call.required<T>(score_vector, "score_vector", {a.heads, a.units});
    a.edges = read_edges(call, options.offsets, options.keys, a.n_query, a.n_key);
    const double slope = read_optional_number(options.negative_slope, "negative_slope", NAN);
    if (!std::isfinite(slope)) reject("negative_slope", "un número finito");
    a.negative_slope = T(slope);
    return a;
}

inline py::tuple forward(py::handle query, py::handle key, py::handle value, py::handle score_vector,
                         py::handle offsets, py::handle keys, py::handle negative_slope,
                         py::handle return_weights, int threads) {
    Call call(query, "query");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        auto a = arguments<T>(call, query, key, value, score_vector, {offsets, keys, negative_slope});
        const bool weights = read_flag(return_weights, "return_weights");
        a.output = call.create<T>(true, {a.batch, a.n_query, a.heads, a.d_v});
        a.weights = call.create<T>(weights, {a.batch, a.heads, a.edges.count});
        a.logsumexp = call.create<T>(true, {a.batch, a.heads, a.n_query});
        py::gil_scoped_release release;
        run(a, threads);
    });
    return call.results();
}

inline py::tuple backward(const py::tuple& grads, const py::tuple& outputs, const py::tuple&,
                          py::handle query, py::handle key, py::handle value, py::handle score_vector,
                          py::handle offsets, py::handle keys, py::handle negative_slope, py::handle,
                          int threads) {
    Call call(query, "query");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        GraphGradArgs<T> g{};
        auto& a = g.forward =
            arguments<T>(call, query, key, value, score_vector, {offsets, keys, negative_slope});
        const auto rows = {a.batch, a.heads, a.n_query};
        a.logsumexp = const_cast<T*>(call.required<T>(item(outputs, 2), "logsumexp", rows));
        const Tensor grad =
            call.gradient(item(grads, 0), "grad_output", call.rows(item(outputs, 0), "output"));
        if (grad.axes != 4) reject("grad_output", "cuatro ejes");
        g.grad_output =
            rows_view<const T>(heads_first(grad), "grad_output", a.batch, a.heads, a.n_query, a.d_v);
        g.grad_weights = call.packed<T>(item(grads, 1), "grad_weights", {a.batch, a.heads, a.edges.count});
        g.grad_logsumexp = call.packed<T>(item(grads, 2), "grad_logsumexp", rows);
        g.grad_query = call.create<T>(true, {a.batch, a.n_query, a.heads, a.units});
        g.grad_key = call.create<T>(true, {a.batch, a.n_key, a.heads, a.units});
        g.grad_value = call.create<T>(true, {a.batch, a.n_key, a.heads, a.d_v});
        g.grad_score_vector = call.create<T>(true, {a.batch, a.heads, a.units});
        py::gil_scoped_release release;
        run(g, threads);
    });
    return call.results();
}

inline void bind(py::module_& m) {
    m.def("graph_forward", forward);
    m.def("graph_backward", backward);
}

}  // namespace graph
}  // namespace atencion
