// Atención dispersa: de los tensores de torch a los argumentos del núcleo.
#pragma once
#include "../../core/arguments/sparse.hpp"
#include "edges.hpp"

namespace atencion {
namespace sparse {

struct Options {
    py::handle offsets, keys, key_lengths, scale;
};

template <class T>
SparseArgs<T> arguments(Call& call, py::handle query, py::handle key, py::handle value,
                        const Options& options) {
    SparseArgs<T> a{};
    const Tensor q = call.rows(query, "query"), k = call.rows(key, "key"), v = call.rows(value, "value");
    if (q.axes != 4 || k.axes != 4 || v.axes != 4) reject("query, key, value", "cuatro ejes");
    a.batch = q.shape[0], a.heads = q.shape[1], a.n_query = q.shape[2], a.d_k = q.shape[3];
    a.kv_heads = k.shape[1], a.n_key = k.shape[2], a.d_v = v.shape[3];
    if (a.kv_heads < 1 || a.heads % a.kv_heads != 0) reject("key", "kv_heads divisor de heads");
    a.query = rows_view<const T>(q, "query", a.batch, a.heads, a.n_query, a.d_k);
    a.key = rows_view<const T>(k, "key", a.batch, a.kv_heads, a.n_key, a.d_k);
    a.value = rows_view<const T>(v, "value", a.batch, a.kv_heads, a.n_key, a.d_v);
    a.edges = read_edges(call, options.offsets, options.keys, a.n_query, a.n_key);
    a.key_lengths = read_lengths(call, options.key_lengths, "key_lengths", a.batch, a.n_key);
    if (options.scale.is_none() && a.d_k == 0) reject("scale", "un número si d_k = 0");
    a.scale = T(read_optional_number(options.scale, "scale", 1.0 / std::sqrt(double(a.d_k))));
    return a;
}

inline py::tuple forward(py::handle query, py::handle key, py::handle value, py::handle offsets,
                         py::handle keys, py::handle key_lengths, py::handle scale, py::handle return_weights,
                         int threads) {
    Call call(query, "query");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        auto a = arguments<T>(call, query, key, value, {offsets, keys, key_lengths, scale});
        const bool weights = read_flag(return_weights, "return_weights");
        a.output = call.create<T>(true, {a.batch, a.heads, a.n_query, a.d_v});
        a.weights = call.create<T>(weights, {a.batch, a.heads, a.edges.count});
        a.logsumexp = call.create<T>(true, {a.batch, a.heads, a.n_query});
        py::gil_scoped_release release;
        run(a, threads);
    });
    return call.results();
}

inline py::tuple backward(const py::tuple& grads, const py::tuple& outputs, const py::tuple&,
                          py::handle query, py::handle key, py::handle value, py::handle offsets,
                          py::handle keys, py::handle key_lengths, py::handle scale, py::handle,
                          int threads) {
    Call call(query, "query");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        SparseGradArgs<T> g{};
        auto& a = g.forward = arguments<T>(call, query, key, value, {offsets, keys, key_lengths, scale});
        const auto rows = {a.batch, a.heads, a.n_query};
        a.logsumexp = const_cast<T*>(call.required<T>(item(outputs, 2), "logsumexp", rows));
        const Tensor grad =
            call.gradient(item(grads, 0), "grad_output", call.rows(item(outputs, 0), "output"));
        g.grad_output = rows_view<const T>(grad, "grad_output", a.batch, a.heads, a.n_query, a.d_v);
        g.grad_weights = call.packed<T>(item(grads, 1), "grad_weights", {a.batch, a.heads, a.edges.count});
        g.grad_logsumexp = call.packed<T>(item(grads, 2), "grad_logsumexp", rows);
        g.grad_query = call.create<T>(true, {a.batch, a.heads, a.n_query, a.d_k});
        g.grad_key = call.create<T>(true, {a.batch, a.kv_heads, a.n_key, a.d_k});
        g.grad_value = call.create<T>(true, {a.batch, a.kv_heads, a.n_key, a.d_v});
        py::gil_scoped_release release;
        run(g, threads);
    });
    return call.results();
}

inline void bind(py::module_& m) {
    m.def("sparse_forward", forward);
    m.def("sparse_backward", backward);
}

}  // namespace sparse
}  // namespace atencion
