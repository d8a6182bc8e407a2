// Atención aditiva: de los tensores de torch a los argumentos del núcleo.
#pragma once
#include "../../core/arguments/additive.hpp"
#include "restrictions.hpp"

namespace atencion {
namespace additive {

template <class T>
AdditiveArgs<T> arguments(Call& call, py::handle query, py::handle key, py::handle value,
                          py::handle score_vector, py::handle mask, py::handle key_lengths) {
    AdditiveArgs<T> a{};
    const Tensor q = call.rows(query, "query"), k = call.rows(key, "key"), v = call.rows(value, "value");
    if (q.axes != 3 || k.axes != 3 || v.axes != 3) reject("query, key, value", "tres ejes");
    a.batch = q.shape[0], a.n_query = q.shape[1], a.units = q.shape[2], a.n_key = k.shape[1],
    a.d_v = v.shape[2];
    a.query = rows_view<const T>(q, "query", a.batch, 1, a.n_query, a.units, false);
    a.key = rows_view<const T>(k, "key", a.batch, 1, a.n_key, a.units, false);
    a.value = rows_view<const T>(v, "value", a.batch, 1, a.n_key, a.d_v, false);
    a.score_vector = call.required<T>(score_vector, "score_vector", {a.units});
    a.restrictions = read_restrictions<T>(call, {a.batch, -1, a.n_query, a.n_key}, mask, key_lengths);
    return a;
}

// `band` limita las claves que ve cada consulta: con ella esta operación es también key_value_predict.
inline py::tuple forward_in_band(const Band& band, py::handle query, py::handle key, py::handle value,
                                 py::handle score_vector, py::handle mask, py::handle key_lengths,
                                 py::handle return_weights, int threads) {
    Call call(query, "query");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        auto a = arguments<T>(call, query, key, value, score_vector, mask, key_lengths);
        a.restrictions.band = band;
        const bool weights = read_flag(return_weights, "return_weights");
        a.output = call.create<T>(true, {a.batch, a.n_query, a.d_v});
        a.weights = call.create<T>(weights, {a.batch, a.n_query, a.n_key});
        a.logsumexp = call.create<T>(true, {a.batch, a.n_query});
        py::gil_scoped_release release;
        run(a, threads);
    });
    return call.results();
}

inline py::tuple backward_in_band(const Band& band, const py::tuple& grads, const py::tuple& outputs,
                                  py::handle query, py::handle key, py::handle value, py::handle score_vector,
                                  py::handle mask, py::handle key_lengths, int threads) {
    Call call(query, "query");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        AdditiveGradArgs<T> g{};
        auto& a = g.forward = arguments<T>(call, query, key, value, score_vector, mask, key_lengths);
        a.restrictions.band = band;
        const Tensor grad =
            call.gradient(item(grads, 0), "grad_output", call.rows(item(outputs, 0), "output"));
        g.grad_output = rows_view<const T>(grad, "grad_output", a.batch, 1, a.n_query, a.d_v, false);
        g.grad_weights = call.packed<T>(item(grads, 1), "grad_weights", {a.batch, a.n_query, a.n_key});
        g.grad_logsumexp = call.packed<T>(item(grads, 2), "grad_logsumexp", {a.batch, a.n_query});
        g.grad_query = call.create<T>(true, {a.batch, a.n_query, a.units});
        g.grad_key = call.create<T>(true, {a.batch, a.n_key, a.units});
        g.grad_value = call.create<T>(true, {a.batch, a.n_key, a.d_v});
        g.grad_score_vector = call.create<T>(true, {a.batch, a.units});
        py::gil_scoped_release release;
        run(g, threads);
    });
    return call.results();
}

inline py::tuple forward(py::handle query, py::handle key, py::handle value, py::handle score_vector,
                         py::handle mask, py::handle key_lengths, py::handle return_weights, int threads) {
    return forward_in_band({}, query, key, value, score_vector, mask, key_lengths, return_weights, threads);
}

inline py::tuple backward(const py::tuple& grads, const py::tuple& outputs, const py::tuple&,
                          py::handle query, py::handle key, py::handle value, py::handle score_vector,
                          py::handle mask, py::handle key_lengths, py::handle, int threads) {
    return backward_in_band({}, grads, outputs, query, key, value, score_vector, mask, key_lengths, threads);
}

inline void bind(py::module_& m) {
    m.def("additive_forward", forward);
    m.def("additive_backward", backward);
}

}  // namespace additive
}  // namespace atencion
