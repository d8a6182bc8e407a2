// Flujo de atención: de los tensores de torch a los argumentos del núcleo.
#pragma once
#include "../../core/arguments/attention_flow.hpp"
#include "sequence.hpp"

namespace atencion {
namespace attention_flow {

template <class T>
AttentionFlowArgs<T> arguments(Call& call, py::handle context, py::handle question, py::handle score_weights,
                               py::handle context_mask, py::handle question_mask, py::handle context_lengths,
                               py::handle question_lengths) {
    AttentionFlowArgs<T> a{};
    const Tensor c = call.rows(context, "context"), q = call.rows(question, "question");
    a.batch = c.shape[0], a.width = c.shape[c.axes - 1];
    a.context = read_sequence<T>(call, c, kContext, a.batch, a.width, context_mask, context_lengths);
    a.question = read_sequence<T>(call, q, kQuestion, a.batch, a.width, question_mask, question_lengths);
    a.score_weights = call.required<T>(score_weights, "score_weights", {3 * a.width});
    return a;
}

inline py::tuple forward(py::handle context, py::handle question, py::handle score_weights,
                         py::handle context_mask, py::handle question_mask, py::handle context_lengths,
                         py::handle question_lengths, py::handle return_weights, int threads) {
    Call call(context, "context");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        auto a = arguments<T>(call, context, question, score_weights, context_mask, question_mask,
                              context_lengths, question_lengths);
        const index_t n_context = a.context.length;
        const bool weights = read_flag(return_weights, "return_weights");
        a.output = call.create<T>(true, {a.batch, n_context, 4 * a.width});
        a.context_to_question = call.create<T>(weights, {a.batch, n_context, a.question.length});
        a.question_to_context = call.create<T>(true, {a.batch, n_context});
        py::gil_scoped_release release;
        run(a, threads);
    });
    return call.results();
}

inline py::tuple backward(const py::tuple& grads, const py::tuple& outputs, const py::tuple&,
                          py::handle context, py::handle question, py::handle score_weights,
                          py::handle context_mask, py::handle question_mask, py::handle context_lengths,
                          py::handle question_lengths, py::handle, int threads) {
    Call call(context, "context");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        AttentionFlowGradArgs<T> g{};
        auto& a = g.forward = arguments<T>(call, context, question, score_weights, context_mask,
                                           question_mask, context_lengths, question_lengths);
        const index_t n_context = a.context.length, n_question = a.question.length;
        const Tensor grad =
            call.gradient(item(grads, 0), "grad_output", call.rows(item(outputs, 0), "output"));
        g.grad_output = rows_view<const T>(grad, "grad_output", a.batch, 1, n_context, 4 * a.width, false);
        g.grad_context_to_question =
            call.packed<T>(item(grads, 1), "grad_context_to_question", {a.batch, n_context, n_question});
        g.grad_question_to_context =
            call.packed<T>(item(grads, 2), "grad_question_to_context", {a.batch, n_context});
        g.question_to_context =
            call.required<T>(item(outputs, 2), "question_to_context", {a.batch, n_context});
        g.grad_context = call.create<T>(true, {a.batch, n_context, a.width});
        g.grad_question = call.create<T>(true, {a.batch, n_question, a.width});
        g.grad_score_weights = call.create<T>(true, {a.batch, 3 * a.width});
        py::gil_scoped_release release;
        run(g, threads);
    });
    return call.results();
}

inline void bind(py::module_& m) {
    m.def("attention_flow_forward", forward);
    m.def("attention_flow_backward", backward);
}

}  // namespace attention_flow
}  // namespace atencion
