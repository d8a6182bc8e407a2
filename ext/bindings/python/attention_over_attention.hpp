// Atención sobre atención: de los tensores de torch a los argumentos del núcleo.
#pragma once
#include "../../core/arguments/attention_over_attention.hpp"
#include "sequence.hpp"

namespace atencion {
namespace attention_over_attention {

template <class T>
AttentionOverAttentionArgs<T> arguments(Call& call, py::handle document, py::handle question,
                                        py::handle document_mask, py::handle question_mask,
                                        py::handle document_lengths, py::handle question_lengths) {
    AttentionOverAttentionArgs<T> a{};
    const Tensor d = call.rows(document, "document"), q = call.rows(question, "question");
    a.batch = d.shape[0], a.width = d.shape[d.axes - 1];
    a.document = read_sequence<T>(call, d, kDocument, a.batch, a.width, document_mask, document_lengths);
    a.question = read_sequence<T>(call, q, kQuestion, a.batch, a.width, question_mask, question_lengths);
    return a;
}

inline py::tuple forward(py::handle document, py::handle question, py::handle document_mask,
                         py::handle question_mask, py::handle document_lengths, py::handle question_lengths,
                         py::handle return_weights, int threads) {
    Call call(document, "document");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        auto a = arguments<T>(call, document, question, document_mask, question_mask, document_lengths,
                              question_lengths);
        const index_t n_document = a.document.length, n_question = a.question.length;
        const bool weights = read_flag(return_weights, "return_weights");
        a.output = call.create<T>(true, {a.batch, n_document});
        a.document_weights = call.create<T>(weights, {a.batch, n_document, n_question});
        a.question_weights = call.create<T>(weights, {a.batch, n_document, n_question});
        a.question_importance = call.create<T>(true, {a.batch, n_question});
        py::gil_scoped_release release;
        run(a, threads);
    });
    return call.results();
}

inline py::tuple backward(const py::tuple& grads, const py::tuple&, const py::tuple&, py::handle document,
                          py::handle question, py::handle document_mask, py::handle question_mask,
                          py::handle document_lengths, py::handle question_lengths, py::handle, int threads) {
    Call call(document, "document");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        AttentionOverAttentionGradArgs<T> g{};
        auto& a = g.forward = arguments<T>(call, document, question, document_mask, question_mask,
                                           document_lengths, question_lengths);
        const index_t n_document = a.document.length, n_question = a.question.length;
        g.grad_output = call.packed<T>(item(grads, 0), "grad_output", {a.batch, n_document});
        g.grad_document_weights =
            call.packed<T>(item(grads, 1), "grad_document_weights", {a.batch, n_document, n_question});
        g.grad_question_weights =
            call.packed<T>(item(grads, 2), "grad_question_weights", {a.batch, n_document, n_question});
        g.grad_question_importance =
            call.packed<T>(item(grads, 3), "grad_question_importance", {a.batch, n_question});
        g.grad_document = call.create<T>(true, {a.batch, n_document, a.width});
        g.grad_question = call.create<T>(true, {a.batch, n_question, a.width});
        py::gil_scoped_release release;
        run(g, threads);
    });
    return call.results();
}

inline void bind(py::module_& m) {
    m.def("attention_over_attention_forward", forward);
    m.def("attention_over_attention_backward", backward);
}

}  // namespace attention_over_attention
}  // namespace atencion
