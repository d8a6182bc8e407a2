// Atención palabra a palabra: de los tensores de torch a los argumentos del núcleo.
#pragma once
#include "../../core/arguments/word_by_word.hpp"
#include "restrictions.hpp"

namespace atencion {
namespace word_by_word {

struct Inputs {
    py::handle query, key, value, score_vector, query_recurrence, state_recurrence;
};
struct Options {
    py::handle mask, key_lengths, query_lengths;
};

template <class T>
WordByWordArgs<T> arguments(Call& call, const Inputs& inputs, const Options& options) {
    WordByWordArgs<T> a{};
    const Tensor q = call.rows(inputs.query, "query"), k = call.rows(inputs.key, "key"),
                 v = call.rows(inputs.value, "value");
    if (q.axes != 3 || k.axes != 3 || v.axes != 3) reject("query, key, value", "tres ejes");
    a.batch = q.shape[0], a.n_query = q.shape[1], a.units = q.shape[2], a.n_key = k.shape[1],
    a.d_v = v.shape[2];
    a.query = rows_view<const T>(q, "query", a.batch, 1, a.n_query, a.units, false);
    a.key = rows_view<const T>(k, "key", a.batch, 1, a.n_key, a.units, false);
    a.value = rows_view<const T>(v, "value", a.batch, 1, a.n_key, a.d_v, false);
    a.score_vector = call.required<T>(inputs.score_vector, "score_vector", {a.units});
    a.query_recurrence = call.required<T>(inputs.query_recurrence, "query_recurrence", {a.units, a.d_v});
    a.state_recurrence = call.required<T>(inputs.state_recurrence, "state_recurrence", {a.d_v, a.d_v});
    a.restrictions =
        read_restrictions<T>(call, {a.batch, -1, a.n_query, a.n_key}, options.mask, options.key_lengths);
    a.query_lengths = read_lengths(call, options.query_lengths, "query_lengths", a.batch, a.n_query);
    return a;
}

inline py::tuple forward(py::handle query, py::handle key, py::handle value, py::handle score_vector,
                         py::handle query_recurrence, py::handle state_recurrence, py::handle mask,
                         py::handle key_lengths, py::handle query_lengths, py::handle return_weights,
                         int threads) {
    Call call(query, "query");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        auto a = arguments<T>(call, {query, key, value, score_vector, query_recurrence, state_recurrence},
                              {mask, key_lengths, query_lengths});
        const bool weights = read_flag(return_weights, "return_weights");
        a.output = call.create<T>(true, {a.batch, a.n_query, a.d_v});
        a.weights = call.create<T>(weights, {a.batch, a.n_query, a.n_key});
        a.logsumexp = call.create<T>(true, {a.batch, a.n_query});
        py::gil_scoped_release release;
        run(a, threads);
    });
    return call.results();
}

inline py::tuple backward(const py::tuple& grads, const py::tuple& outputs, const py::tuple&,
                          py::handle query, py::handle key, py::handle value, py::handle score_vector,
                          py::handle query_recurrence, py::handle state_recurrence, py::handle mask,
                          py::handle key_lengths, py::handle query_lengths, py::handle, int threads) {
    Call call(query, "query");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        WordByWordGradArgs<T> g{};
        auto& a = g.forward =
            arguments<T>(call, {query, key, value, score_vector, query_recurrence, state_recurrence},
                         {mask, key_lengths, query_lengths});
        const auto states = {a.batch, a.n_query, a.d_v};
        a.output = const_cast<T*>(call.required<T>(item(outputs, 0), "output", states));
        const Tensor grad =
            call.gradient(item(grads, 0), "grad_output", call.rows(item(outputs, 0), "output"));
        g.grad_output = rows_view<const T>(grad, "grad_output", a.batch, 1, a.n_query, a.d_v, false);
        g.grad_weights = call.packed<T>(item(grads, 1), "grad_weights", {a.batch, a.n_query, a.n_key});
        g.grad_logsumexp = call.packed<T>(item(grads, 2), "grad_logsumexp", {a.batch, a.n_query});
        const index_t parts = parts_of(a.batch);
        g.grad_query = call.create<T>(true, {a.batch, a.n_query, a.units});
        g.grad_key = call.create<T>(true, {a.batch, a.n_key, a.units});
        g.grad_value = call.create<T>(true, {a.batch, a.n_key, a.d_v});
        g.grad_score_vector = call.create<T>(true, {parts, a.units});
        g.grad_query_recurrence = call.create<T>(true, {parts, a.units, a.d_v});
        g.grad_state_recurrence = call.create<T>(true, {parts, a.d_v, a.d_v});
        py::gil_scoped_release release;
        run(g, threads);
    });
    return call.results();
}

inline void bind(py::module_& m) {
    m.def("word_by_word_forward", forward);
    m.def("word_by_word_backward", backward);
}

}  // namespace word_by_word
}  // namespace atencion
