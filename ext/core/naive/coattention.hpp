// Coatención con bucles: A^Q (α) resume el documento para cada palabra de la pregunta, y A^D (β) reparte a
// cada palabra del documento la pregunta y esos resúmenes.
#pragma once
#include "../arguments/coattention.hpp"
#include "affinity.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace naive {

template <class T>
index_t coattention_scratch(const CoattentionArgs<T>& a) {
    const index_t m = a.document.length, n = a.question.length;
    return 4 * m * n + m + 2 * n * a.width;
}

// C^Q_j = Σ_i α_ij d_i.
template <class T>
void question_contexts(const Sequence<T>& document, index_t n, index_t width, const T* alpha, T* contexts) {
    for (index_t j = 0; j < n; ++j)
        for (index_t d = 0; d < width; ++d) {
            T sum = T(0);
            for (index_t i = 0; i < document.length; ++i)
                if (document.valid(i)) sum += alpha[i * n + j] * document.row(i)[d];
            contexts[j * width + d] = sum;
        }
}

template <class T>
void coattention_forward(const CoattentionArgs<T>& a, index_t batch, T* p) {
    const Sequence<T> document(a.document, batch), question(a.question, batch);
    const index_t m = document.length, n = question.length, width = a.width;
    T *alpha = p, *beta = alpha + m * n, *contexts = beta + m * n;
    affinity_weights(document, question, width, alpha, beta, contexts);
    question_contexts(document, n, width, alpha, contexts);
    for (index_t i = 0; i < a.n_output(); ++i) {
        T* output = a.output + (batch * a.n_output() + i) * 2 * width;
        for (index_t d = 0; d < width; ++d) {
            T words = T(0), summaries = T(0);
            for (index_t j = 0; j < n; ++j) {
                if (!question.valid(j)) continue;
                words += beta[i * n + j] * question.row(j)[d];
                summaries += beta[i * n + j] * contexts[j * width + d];
            }
            output[d] = words;
            output[width + d] = summaries;
        }
    }
    for (index_t x = 0; x < m * n; ++x) {
        if (a.document_weights) a.document_weights[batch * m * n + x] = alpha[x];
        if (a.question_weights) a.question_weights[batch * m * n + x] = beta[x];
    }
}

template <class T>
void coattention_backward(const CoattentionGradArgs<T>& g, index_t batch, T* p) {
    const CoattentionArgs<T>& a = g.forward;
    const Sequence<T> document(a.document, batch), question(a.question, batch);
    const index_t m = document.length, n = question.length, width = a.width, pairs = batch * m * n;
    T *alpha = p, *beta = alpha + m * n, *grad_alpha = beta + m * n, *grad_beta = grad_alpha + m * n,
      *contexts = grad_beta + m * n, *grad_contexts = contexts + n * width;
    T *grad_document = g.grad_document + batch * m * width,
      *grad_question = g.grad_question + batch * n * width;
    affinity_weights(document, question, width, alpha, beta, contexts);
    question_contexts(document, n, width, alpha, contexts);
    for (index_t x = 0; x < m * width; ++x) grad_document[x] = T(0);
    for (index_t x = 0; x < n * width; ++x) grad_question[x] = grad_contexts[x] = T(0);
    for (index_t x = 0; x < m * n; ++x) {
        grad_alpha[x] = g.grad_document_weights ? g.grad_document_weights[pairs + x] : T(0);
        grad_beta[x] = g.grad_question_weights ? g.grad_question_weights[pairs + x] : T(0);
    }
    for (index_t i = 0; i < a.n_output(); ++i) {
        if (!document.valid(i)) continue;
        const T* grad = g.grad_output.at(batch, 0, i);
        for (index_t j = 0; j < n; ++j) {
            if (!question.valid(j)) continue;
            for (index_t d = 0; d < width; ++d) {
                grad_beta[i * n + j] +=
                    grad[d] * question.row(j)[d] + grad[width + d] * contexts[j * width + d];
                grad_question[j * width + d] += beta[i * n + j] * grad[d];
                grad_contexts[j * width + d] += beta[i * n + j] * grad[width + d];
            }
        }
    }
    for (index_t i = 0; i < m; ++i) {
        if (!document.valid(i)) continue;
        for (index_t j = 0; j < n; ++j)
            for (index_t d = 0; d < width; ++d) {
                grad_alpha[i * n + j] += document.row(i)[d] * grad_contexts[j * width + d];
                grad_document[i * width + d] += alpha[i * n + j] * grad_contexts[j * width + d];
            }
    }
    affinity_gradient(document, question, width, alpha, beta, grad_alpha, grad_beta, grad_document,
                      grad_question);
}

}  // namespace naive
}  // namespace ATENCION_KERNEL
}  // namespace atencion
