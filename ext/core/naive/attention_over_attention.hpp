// Atención sobre atención con bucles: α, β, la media β̄ de β y s = α β̄.
#pragma once
#include "../arguments/attention_over_attention.hpp"
#include "affinity.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace naive {

template <class T>
index_t attention_over_attention_scratch(const AttentionOverAttentionArgs<T>& a) {
    const index_t m = a.document.length, n = a.question.length;
    return 4 * m * n + m + 2 * n;
}

// β̄_j = (1/|D|) Σ_i β_ij, sobre las palabras válidas del documento. Devuelve |D|.
template <class T>
index_t mean_importance(const Sequence<T>& document, index_t n, const T* beta, T* importance) {
    const index_t words = document.count();
    for (index_t j = 0; j < n; ++j) {
        importance[j] = T(0);
        for (index_t i = 0; i < document.length; ++i) importance[j] += beta[i * n + j];
        if (words > 0) importance[j] /= T(words);
    }
    return words;
}

template <class T>
void attention_over_attention_forward(const AttentionOverAttentionArgs<T>& a, index_t batch, T* p) {
    const Sequence<T> document(a.document, batch), question(a.question, batch);
    const index_t m = document.length, n = question.length;
    T *alpha = p, *beta = alpha + m * n, *importance = a.question_importance + batch * n;
    affinity_weights(document, question, a.width, alpha, beta, beta + m * n);
    mean_importance(document, n, beta, importance);
    for (index_t i = 0; i < m; ++i) {
        T sum = T(0);
        for (index_t j = 0; j < n; ++j) sum += alpha[i * n + j] * importance[j];
        a.output[batch * m + i] = sum;
    }
    for (index_t x = 0; x < m * n; ++x) {
        if (a.document_weights) a.document_weights[batch * m * n + x] = alpha[x];
        if (a.question_weights) a.question_weights[batch * m * n + x] = beta[x];
    }
}

template <class T>
void attention_over_attention_backward(const AttentionOverAttentionGradArgs<T>& g, index_t batch, T* p) {
    const AttentionOverAttentionArgs<T>& a = g.forward;
    const Sequence<T> document(a.document, batch), question(a.question, batch);
    const index_t m = document.length, n = question.length, pairs = batch * m * n;
    T *alpha = p, *beta = alpha + m * n, *grad_alpha = beta + m * n, *grad_beta = grad_alpha + m * n,
      *importance = grad_beta + m * n, *grad_importance = importance + n;
    T *grad_document = g.grad_document + batch * m * a.width,
      *grad_question = g.grad_question + batch * n * a.width;
    for (index_t x = 0; x < m * a.width; ++x) grad_document[x] = T(0);
    for (index_t x = 0; x < n * a.width; ++x) grad_question[x] = T(0);
    affinity_weights(document, question, a.width, alpha, beta, grad_importance + n);
    const index_t words = mean_importance(document, n, beta, importance);
    for (index_t j = 0; j < n; ++j) {
        grad_importance[j] = g.grad_question_importance ? g.grad_question_importance[batch * n + j] : T(0);
        for (index_t i = 0; i < m; ++i) {
            const T grad = g.grad_output && document.valid(i) ? g.grad_output[batch * m + i] : T(0);
            grad_importance[j] += alpha[i * n + j] * grad;
            grad_alpha[i * n + j] = grad * importance[j];
            if (g.grad_document_weights) grad_alpha[i * n + j] += g.grad_document_weights[pairs + i * n + j];
        }
        for (index_t i = 0; i < m; ++i) {
            grad_beta[i * n + j] = words > 0 ? grad_importance[j] / T(words) : T(0);
            if (g.grad_question_weights) grad_beta[i * n + j] += g.grad_question_weights[pairs + i * n + j];
        }
    }
    affinity_gradient(document, question, a.width, alpha, beta, grad_alpha, grad_beta, grad_document,
                      grad_question);
}

}  // namespace naive
}  // namespace ATENCION_KERNEL
}  // namespace atencion
