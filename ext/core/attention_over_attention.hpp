// Atención sobre atención (Cui et al., 2017), hacia delante y hacia atrás.
//
//   M = H Uᵀ    α = softmax de M sobre el documento    β = softmax de M sobre la pregunta
//   β̄_j = (1/|D|) Σ_i β_ij                             s_i = Σ_j α_ij β̄_j
//
// Una tarea es un ejemplo entero. Memoria por hilo: la de affinity.hpp.
#pragma once
#include "affinity.hpp"
#include "arguments/attention_over_attention.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

template <class T>
index_t attention_over_attention_scratch(const AttentionOverAttentionArgs<T>& a) {
    return Affinity<T>::scratch(a.document.length, a.question.length, a.width, a.width) +
           round_up(a.question.length, kLanes<T>);
}

// β̄, la media de β sobre las palabras válidas del documento; devuelve 1/|D|.
template <class T>
T mean_importance(const Affinity<T>& m, T* importance) {
    const index_t words = m.document.count();
    const T inverse = words == 0 ? T(0) : T(1) / T(words);
    clear(importance, m.ld);
    for_spans(m.document, [&](index_t first, index_t count) {
        add_rows<T>(count, m.ld, m.over_question + first * m.ld, m.ld, nullptr, importance);
    });
    for (index_t j = 0; j < m.ld; ++j) importance[j] *= inverse;
    return inverse;
}

template <class T>
void attention_over_attention_forward(const AttentionOverAttentionArgs<T>& a, index_t batch, T* scratch) {
    Arena<T> memory{scratch};
    const Affinity<T> m(a.document, a.question, batch, a.width, a.width, memory);
    const index_t n_document = a.document.length, n_question = a.question.length,
                  pairs = batch * n_document * n_question;
    T *importance = memory.take(m.ld), *output = a.output + batch * n_document;
    mean_importance(m, importance);
    for (index_t i = 0; i < n_document; ++i)
        output[i] = m.document.valid(i) ? dot_row(m.ld, m.over_document + i * m.ld, importance) : T(0);
    scatter(m.question, importance, 1, 1, a.question_importance + batch * n_question);
    if (a.document_weights)
        write_weights(m.document, m.question, m.over_document, m.ld, a.document_weights + pairs);
    if (a.question_weights)
        write_weights(m.document, m.question, m.over_question, m.ld, a.question_weights + pairs);
}

template <class T>
index_t attention_over_attention_backward_scratch(const AttentionOverAttentionArgs<T>& a) {
    return Affinity<T>::scratch(a.document.length, a.question.length, a.width, a.width) +
           (2 * kSpan + 3) * round_up(a.question.length, kLanes<T>) +
           round_up(a.question.length * a.width, kLanes<T>);
}

// ds_i llega a α_ij por β̄_j, y a β̄_j por Σ_i α_ij ds_i; de β̄_j, a cada β_ij dividido entre |D|.
template <class T>
void attention_over_attention_backward(const AttentionOverAttentionGradArgs<T>& g, index_t batch,
                                       T* scratch) {
    const AttentionOverAttentionArgs<T>& a = g.forward;
    Arena<T> memory{scratch};
    const Affinity<T> m(a.document, a.question, batch, a.width, a.width, memory);
    const index_t n_document = a.document.length, n_question = a.question.length, ld = m.ld,
                  pairs = batch * n_document * n_question;
    const T *grad_output = g.grad_output ? g.grad_output + batch * n_document : nullptr,
            *grad_alpha = g.grad_document_weights ? g.grad_document_weights + pairs : nullptr,
            *grad_beta = g.grad_question_weights ? g.grad_question_weights + pairs : nullptr;
    T *importance = memory.take(ld), *grad_importance = memory.take(ld), *delta = memory.take(ld),
      *dA = memory.take(kSpan * ld), *dB = memory.take(kSpan * ld),
      *grad_rows = memory.take(n_question * a.width),
      *grad_document = g.grad_document + batch * n_document * a.width;
    clear(grad_rows, m.columns * a.width);
    clear(grad_document, n_document * a.width);
    clear(grad_importance, ld);
    const T inverse = mean_importance(m, importance);
    if (grad_output)
        for_spans(m.document, [&](index_t first, index_t count) {
            add_rows(count, ld, m.over_document + first * ld, ld, grad_output + first, grad_importance);
        });
    for (index_t j = 0; j < ld; ++j) delta[j] = importance[j] * grad_importance[j];
    m.add_delta(grad_alpha, dA, delta);
    if (g.grad_question_importance) {
        gather(m.question, g.grad_question_importance + batch * n_question, 1, 1, dA, 1);
        for (index_t j = 0; j < m.columns; ++j) grad_importance[j] += dA[j];
    }
    for_spans(m.document, [&](index_t first, index_t count) {
        read_weight_gradient(m.question, grad_alpha, first, count, ld, dA);
        read_weight_gradient(m.question, grad_beta, first, count, ld, dB);
        for (index_t i = 0; i < count; ++i)
            for (index_t j = 0; j < ld; j += kLanes<T>) {
                T *alpha = dA + i * ld + j, *beta = dB + i * ld + j;
                if (grad_output) store(alpha, load(alpha) + load(importance + j) * grad_output[first + i]);
                store(beta, load(beta) + load(grad_importance + j) * inverse);
            }
        m.descend(first, count, dA, dB, delta, grad_document, grad_rows);
    });
    scatter(m.question, grad_rows, a.width, a.width, g.grad_question + batch * n_question * a.width);
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
