// Atención lineal: de los tensores de torch a los argumentos del núcleo.
#pragma once
#include "../../core/arguments/linear.hpp"
#include "restrictions.hpp"

namespace atencion {
namespace linear {

struct Options {
    py::handle mask, key_lengths, feature_map, causal;
};

inline bool read_feature_map(py::handle name) {
    if (!PyUnicode_Check(name.ptr())) throw py::type_error("feature_map: se esperaba un texto");
    const bool softmax = PyUnicode_CompareWithASCIIString(name.ptr(), "softmax") == 0;
    if (!softmax && PyUnicode_CompareWithASCIIString(name.ptr(), "elu") != 0)
        reject("feature_map", "'softmax' o 'elu'");
    return softmax;
}

template <class T>
LinearArgs<T> arguments(Call& call, py::handle query, py::handle key, py::handle value,
                        const Options& options) {
    LinearArgs<T> a{};
    const Tensor q = call.rows(query, "query"), k = call.rows(key, "key"), v = call.rows(value, "value");
    if (q.axes != 4 || k.axes != 4 || v.axes != 4) reject("query, key, value", "cuatro ejes");
    a.batch = q.shape[0], a.heads = q.shape[1], a.n_query = q.shape[2], a.d_k = q.shape[3];
    a.kv_heads = k.shape[1], a.n_key = k.shape[2], a.d_v = v.shape[3];
    if (a.kv_heads < 1 || a.heads % a.kv_heads != 0) reject("key", "kv_heads divisor de heads");
    a.query = rows_view<const T>(q, "query", a.batch, a.heads, a.n_query, a.d_k);
    a.key = rows_view<const T>(k, "key", a.batch, a.kv_heads, a.n_key, a.d_k);
    a.value = rows_view<const T>(v, "value", a.batch, a.kv_heads, a.n_key, a.d_v);
    a.restrictions =
        read_restrictions<T>(call, {a.batch, a.heads, a.n_query, a.n_key}, py::none(), options.key_lengths);
    if (const Tensor t = call.optional(options.mask, "mask", 'b')) {
        if (t.axes > 2) reject("mask", "dos ejes");
        const auto keys = view<const uint8_t>(t, "mask", 1, 1, a.batch, a.n_key);
        a.restrictions.mask = {keys.data, keys.row, 0, 0, keys.column};
    }
    a.softmax = read_feature_map(options.feature_map);
    a.restrictions.causal = read_flag(options.causal, "causal");
    if (a.softmax && a.restrictions.causal) reject("causal", "False con feature_map='softmax'");
    return a;
}

inline py::tuple forward(py::handle query, py::handle key, py::handle value, py::handle mask,
                         py::handle key_lengths, py::handle feature_map, py::handle causal,
                         py::handle return_weights, int threads) {
    Call call(query, "query");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        auto a = arguments<T>(call, query, key, value, {mask, key_lengths, feature_map, causal});
        const bool weights = read_flag(return_weights, "return_weights");
        a.output = call.create<T>(true, {a.batch, a.heads, a.n_query, a.d_v});
        a.weights = call.create<T>(weights, {a.batch, a.heads, a.n_query, a.n_key});
        a.logsumexp = call.create<T>(true, {a.batch, a.heads, a.n_query});
        py::gil_scoped_release release;
        run(a, threads);
    });
    return call.results();
}

inline py::tuple backward(const py::tuple& grads, const py::tuple& outputs, const py::tuple&,
                          py::handle query, py::handle key, py::handle value, py::handle mask,
                          py::handle key_lengths, py::handle feature_map, py::handle causal, py::handle,
                          int threads) {
    Call call(query, "query");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        LinearGradArgs<T> g{};
        auto& a = g.forward = arguments<T>(call, query, key, value, {mask, key_lengths, feature_map, causal});
        const Tensor grad =
            call.gradient(item(grads, 0), "grad_output", call.rows(item(outputs, 0), "output"));
        g.grad_output = rows_view<const T>(grad, "grad_output", a.batch, a.heads, a.n_query, a.d_v);
        g.grad_weights =
            call.packed<T>(item(grads, 1), "grad_weights", {a.batch, a.heads, a.n_query, a.n_key});
        g.grad_logsumexp = call.packed<T>(item(grads, 2), "grad_logsumexp", {a.batch, a.heads, a.n_query});
        g.grad_query = call.create<T>(true, {a.batch, a.heads, a.n_query, a.d_k});
        g.grad_key = call.create<T>(true, {a.batch, a.kv_heads, a.n_key, a.d_k});
        g.grad_value = call.create<T>(true, {a.batch, a.kv_heads, a.n_key, a.d_v});
        py::gil_scoped_release release;
        run(g, threads);
    });
    return call.results();
}

inline void bind(py::module_& m) {
    m.def("linear_forward", forward);
    m.def("linear_backward", backward);
}

}  // namespace linear
}  // namespace atencion
