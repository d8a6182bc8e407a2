// Flujo de atención de BiDAF con bucles. Las puntuaciones se calculan con h∘u, par a par, tal como en el
// papel.
#pragma once
#include "../arguments/attention_flow.hpp"
#include "../sequences.hpp"
#include "softmax.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace naive {

template <class T>
index_t attention_flow_scratch(const AttentionFlowArgs<T>& a) {
    return 2 * a.question.length + 4 * a.width;
}

// a_t = softmax_j S_tj con S_tj = w_Sᵀ [h_t; u_j; h_t∘u_j], y ũ_t. Devuelve j, el primero con S_tj máxima; su
// puntuación va a `top`. Sin palabras que atender devuelve −1, y a y ũ son cero.
template <class T>
index_t flow_row(const AttentionFlowArgs<T>& a, const Sequence<T>& question, const T* h, T* weights, T* mixed,
                 T* top) {
    const T *w1 = a.score_weights, *w2 = w1 + a.width, *w3 = w2 + a.width;
    index_t best = -1;
    *top = -Limits<T>::infinity;
    for (index_t j = 0; j < question.length; ++j) {
        weights[j] = -Limits<T>::infinity;
        if (!question.valid(j)) continue;
        const T* u = question.row(j);
        T score = T(0);
        for (index_t d = 0; d < a.width; ++d) score += w1[d] * h[d] + w2[d] * u[d] + w3[d] * h[d] * u[d];
        weights[j] = score;
        if (score > *top || score != score) best = j, *top = score;  // un NaN se queda
    }
    softmax(weights, question.length);
    for (index_t d = 0; d < a.width; ++d) {
        mixed[d] = T(0);
        for (index_t j = 0; j < question.length; ++j)
            if (question.valid(j)) mixed[d] += weights[j] * question.row(j)[d];
    }
    return best;
}

// h̃ = Σ_t b_t h_t.
template <class T>
void summarise_context(const Sequence<T>& context, index_t width, const T* b, T* summary) {
    for (index_t d = 0; d < width; ++d) {
        summary[d] = T(0);
        for (index_t t = 0; t < context.length; ++t)
            if (context.valid(t)) summary[d] += b[t] * context.row(t)[d];
    }
}

template <class T>
void attention_flow_forward(const AttentionFlowArgs<T>& a, index_t batch, T* p) {
    const Sequence<T> context(a.context, batch), question(a.question, batch);
    const index_t n = question.length, width = a.width;
    T *weights = p, *mixed = weights + n, *summary = mixed + width;
    T* b = a.question_to_context + batch * context.length;
    for (index_t t = 0; t < context.length; ++t) {
        T* G = a.output + (batch * context.length + t) * 4 * width;
        const bool valid = context.valid(t);
        b[t] = -Limits<T>::infinity;
        if (valid) flow_row(a, question, context.row(t), weights, mixed, b + t);
        for (index_t d = 0; d < width; ++d) {
            const T h = valid ? context.row(t)[d] : T(0), u = valid ? mixed[d] : T(0);
            G[d] = h;
            G[width + d] = u;
            G[2 * width + d] = h * u;
        }
        if (a.context_to_question)
            for (index_t j = 0; j < n; ++j)
                a.context_to_question[(batch * context.length + t) * n + j] = valid ? weights[j] : T(0);
    }
    softmax(b, context.length);
    summarise_context(context, width, b, summary);
    for (index_t t = 0; t < context.length; ++t) {
        T* G = a.output + (batch * context.length + t) * 4 * width;
        for (index_t d = 0; d < width; ++d) G[3 * width + d] = G[d] * summary[d];
    }
}

template <class T>
void attention_flow_backward(const AttentionFlowGradArgs<T>& g, index_t batch, T* p) {
    const AttentionFlowArgs<T>& a = g.forward;
    const Sequence<T> context(a.context, batch), question(a.question, batch);
    const index_t m = context.length, n = question.length, width = a.width;
    const T *b = g.question_to_context + batch * m, *w1 = a.score_weights, *w2 = w1 + width, *w3 = w2 + width;
    T *weights = p, *dS = weights + n, *mixed = dS + n, *grad_mixed = mixed + width,
      *summary = grad_mixed + width, *grad_summary = summary + width;
    T *grad_context = g.grad_context + batch * m * width,
      *grad_question = g.grad_question + batch * n * width,
      *grad_w = g.grad_score_weights + batch * 3 * width;
    for (index_t x = 0; x < m * width; ++x) grad_context[x] = T(0);
    for (index_t x = 0; x < n * width; ++x) grad_question[x] = T(0);
    for (index_t x = 0; x < 3 * width; ++x) grad_w[x] = T(0);
    summarise_context(context, width, b, summary);
    T delta = T(0);  // Σ_t b_t db_t
    for (index_t d = 0; d < width; ++d) {
        grad_summary[d] = T(0);
        for (index_t t = 0; t < m; ++t)
            if (context.valid(t))
                grad_summary[d] += g.grad_output.at(batch, 0, t)[3 * width + d] * context.row(t)[d];
        delta += grad_summary[d] * summary[d];
    }
    for (index_t t = 0; t < m; ++t)
        if (g.grad_question_to_context && context.valid(t))
            delta += b[t] * g.grad_question_to_context[batch * m + t];
    for (index_t t = 0; t < m; ++t) {
        if (!context.valid(t)) continue;
        const T *grad = g.grad_output.at(batch, 0, t), *h = context.row(t);
        T *dh = grad_context + t * width, top, row_delta = T(0),
          grad_b = g.grad_question_to_context ? g.grad_question_to_context[batch * m + t] : T(0);
        const index_t best = flow_row(a, question, h, weights, mixed, &top);
        for (index_t d = 0; d < width; ++d) {
            grad_mixed[d] = grad[width + d] + grad[2 * width + d] * h[d];
            dh[d] = grad[d] + grad[2 * width + d] * mixed[d] + grad[3 * width + d] * summary[d] +
                    b[t] * grad_summary[d];
            grad_b += grad_summary[d] * h[d];
        }
        for (index_t j = 0; j < n; ++j) {
            if (!question.valid(j)) continue;
            dS[j] = g.grad_context_to_question ? g.grad_context_to_question[(batch * m + t) * n + j] : T(0);
            for (index_t d = 0; d < width; ++d) dS[j] += grad_mixed[d] * question.row(j)[d];
            row_delta += weights[j] * dS[j];
        }
        for (index_t j = 0; j < n; ++j) {
            if (!question.valid(j)) continue;
            dS[j] = weights[j] * (dS[j] - row_delta);
            if (j == best) dS[j] += b[t] * (grad_b - delta);
            const T* u = question.row(j);
            for (index_t d = 0; d < width; ++d) {
                dh[d] += dS[j] * (w1[d] + w3[d] * u[d]);
                grad_question[j * width + d] += weights[j] * grad_mixed[d] + dS[j] * (w2[d] + w3[d] * h[d]);
                grad_w[d] += dS[j] * h[d];
                grad_w[width + d] += dS[j] * u[d];
                grad_w[2 * width + d] += dS[j] * h[d] * u[d];
            }
        }
    }
}

}  // namespace naive
}  // namespace ATENCION_KERNEL
}  // namespace atencion
