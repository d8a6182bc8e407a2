// Coatención: de los tensores de torch a los argumentos del núcleo.
#pragma once
#include "../../core/arguments/coattention.hpp"
#include "sequence.hpp"

namespace atencion {
namespace coattention {

template <class T>
CoattentionArgs<T> arguments(Call& call, py::handle document, py::handle question, py::handle document_mask,
                             py::handle question_mask, py::handle document_lengths,
                             py::handle question_lengths, py::handle document_sentinel,
                             py::handle question_sentinel) {
    CoattentionArgs<T> a{};
    const Tensor d = call.rows(document, "document"), q = call.rows(question, "question");
    a.batch = d.shape[0], a.width = d.shape[d.axes - 1];
    a.document = read_sequence<T>(call, d, kDocument, a.batch, a.width, document_mask, document_lengths,
                                  read_flag(document_sentinel, "document_sentinel"));
    a.question = read_sequence<T>(call, q, kQuestion, a.batch, a.width, question_mask, question_lengths,
                                  read_flag(question_sentinel, "question_sentinel"));
    return a;
}

inline py::tuple forward(py::handle document, py::handle question, py::handle document_mask,
                         py::handle question_mask, py::handle document_lengths, py::handle question_lengths,
                         py::handle document_sentinel, py::handle question_sentinel,
                         py::handle return_weights, int threads) {
    Call call(document, "document");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        auto a = arguments<T>(call, document, question, document_mask, question_mask, document_lengths,
                              question_lengths, document_sentinel, question_sentinel);
        const bool weights = read_flag(return_weights, "return_weights");
        a.output = call.create<T>(true, {a.batch, a.n_output(), 2 * a.width});
        a.document_weights = call.create<T>(weights, {a.batch, a.document.length, a.question.length});
        a.question_weights = call.create<T>(weights, {a.batch, a.document.length, a.question.length});
        py::gil_scoped_release release;
        run(a, threads);
    });
    return call.results();
}

inline py::tuple backward(const py::tuple& grads, const py::tuple& outputs, const py::tuple&,
                          py::handle document, py::handle question, py::handle document_mask,
                          py::handle question_mask, py::handle document_lengths, py::handle question_lengths,
                          py::handle document_sentinel, py::handle question_sentinel, py::handle,
                          int threads) {
    Call call(document, "document");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        CoattentionGradArgs<T> g{};
        auto& a = g.forward =
            arguments<T>(call, document, question, document_mask, question_mask, document_lengths,
                         question_lengths, document_sentinel, question_sentinel);
        const index_t n_document = a.document.length, n_question = a.question.length;
        const Tensor grad =
            call.gradient(item(grads, 0), "grad_output", call.rows(item(outputs, 0), "output"));
        g.grad_output = rows_view<const T>(grad, "grad_output", a.batch, 1, a.n_output(), 2 * a.width, false);
        g.grad_document_weights =
            call.packed<T>(item(grads, 1), "grad_document_weights", {a.batch, n_document, n_question});
        g.grad_question_weights =
            call.packed<T>(item(grads, 2), "grad_question_weights", {a.batch, n_document, n_question});
        g.grad_document = call.create<T>(true, {a.batch, n_document, a.width});
        g.grad_question = call.create<T>(true, {a.batch, n_question, a.width});
        py::gil_scoped_release release;
        run(g, threads);
    });
    return call.results();
}

inline void bind(py::module_& m) {
    m.def("coattention_forward", forward);
    m.def("coattention_backward", backward);
}

}  // namespace coattention
}  // namespace atencion
