// Atención por producto escalar: de los tensores de torch a los argumentos del núcleo.
#pragma once
#include "../../core/arguments/dot_product.hpp"
#include "restrictions.hpp"

namespace atencion {
namespace dot_product {

struct Options {
    py::handle mask, key_lengths, alibi_slopes, causal, window, scale;
};

template <class T>
DotProductArgs<T> arguments(Call& call, py::handle query, py::handle key, py::handle value, py::handle bias,
                            const Options& options) {
    DotProductArgs<T> a{};
    const Tensor q = call.rows(query, "query"), k = call.rows(key, "key"), v = call.rows(value, "value");
    if (q.axes != 4 || k.axes != 4 || v.axes != 4) reject("query, key, value", "cuatro ejes");
    a.batch = q.shape[0], a.heads = q.shape[1], a.n_query = q.shape[2], a.d_k = q.shape[3];
    a.kv_heads = k.shape[1], a.n_key = k.shape[2], a.d_v = v.shape[3];
    if (a.kv_heads < 1 || a.heads % a.kv_heads != 0) reject("key", "kv_heads divisor de heads");
    a.query = rows_view<const T>(q, "query", a.batch, a.heads, a.n_query, a.d_k);
    a.key = rows_view<const T>(k, "key", a.batch, a.kv_heads, a.n_key, a.d_k);
    a.value = rows_view<const T>(v, "value", a.batch, a.kv_heads, a.n_key, a.d_v);
    a.restrictions =
        read_restrictions<T>(call, {a.batch, a.heads, a.n_query, a.n_key}, options.mask, options.key_lengths);
    if (const Tensor t = call.optional(bias, "bias"))
        a.restrictions.bias = view<const T>(t, "bias", a.batch, a.heads, a.n_query, a.n_key);
    a.restrictions.alibi_slopes = call.packed<T>(options.alibi_slopes, "alibi_slopes", {a.heads});
    a.restrictions.causal = read_flag(options.causal, "causal");
    a.restrictions.window = read_optional_count(options.window, "window");
    if (options.scale.is_none() && a.d_k == 0) reject("scale", "un número si d_k = 0");
    a.scale = T(read_optional_number(options.scale, "scale", 1.0 / std::sqrt(double(a.d_k))));
    return a;
}

inline py::tuple forward(py::handle query, py::handle key, py::handle value, py::handle bias, py::handle mask,
                         py::handle key_lengths, py::handle alibi_slopes, py::handle causal,
                         py::handle window, py::handle scale, py::handle return_weights, int threads) {
    Call call(query, "query");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        auto a = arguments<T>(call, query, key, value, bias,
                              {mask, key_lengths, alibi_slopes, causal, window, scale});
        const bool weights = read_flag(return_weights, "return_weights");
        a.output = {call.create<T>(true, {a.batch, a.heads, a.n_query, a.d_v}), a.heads * a.n_query * a.d_v,
                    a.n_query * a.d_v, a.d_v, 1};
        a.weights = call.create<T>(weights, {a.batch, a.heads, a.n_query, a.n_key});
        a.logsumexp = call.create<T>(true, {a.batch, a.heads, a.n_query});
        py::gil_scoped_release release;
        run(a, threads);
    });
    return call.results();
}

inline py::tuple backward(const py::tuple& grads, const py::tuple& outputs, const py::tuple& needs,
                          py::handle query, py::handle key, py::handle value, py::handle bias,
                          py::handle mask, py::handle key_lengths, py::handle alibi_slopes, py::handle causal,
                          py::handle window, py::handle scale, py::handle, int threads) {
    Call call(query, "query");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        DotProductGradArgs<T> g{};
        auto& a = g.forward = arguments<T>(call, query, key, value, bias,
                                           {mask, key_lengths, alibi_slopes, causal, window, scale});
        const auto rows = {a.batch, a.heads, a.n_query};
        const auto matrix = {a.batch, a.heads, a.n_query, a.n_key};
        const Tensor output = call.rows(item(outputs, 0), "output");
        a.output = rows_view<T>(output, "output", a.batch, a.heads, a.n_query, a.d_v);
        a.weights = const_cast<T*>(call.packed<T>(item(outputs, 1), "weights", matrix));
        a.logsumexp = const_cast<T*>(call.required<T>(item(outputs, 2), "logsumexp", rows));
        const Tensor grad = call.gradient(item(grads, 0), "grad_output", output);
        g.grad_output = rows_view<const T>(grad, "grad_output", a.batch, a.heads, a.n_query, a.d_v);
        g.grad_weights = call.packed<T>(item(grads, 1), "grad_weights", matrix);
        g.grad_logsumexp = call.packed<T>(item(grads, 2), "grad_logsumexp", rows);
        if (g.grad_weights && !a.weights) reject("weights", "los pesos, porque llega su gradiente");
        g.grad_query = call.create<T>(true, {a.batch, a.heads, a.n_query, a.d_k});
        g.grad_key = call.create<T>(true, {a.batch, a.kv_heads, a.n_key, a.d_k});
        g.grad_value = call.create<T>(true, {a.batch, a.kv_heads, a.n_key, a.d_v});
        g.grad_bias = call.create<T>(item(needs, 3).ptr() == Py_True, matrix);
        py::gil_scoped_release release;
        run(g, threads);
    });
    return call.results();
}

inline void bind(py::module_& m) {
    m.def("dot_product_forward", forward);
    m.def("dot_product_backward", backward);
}

}  // namespace dot_product
}  // namespace atencion
