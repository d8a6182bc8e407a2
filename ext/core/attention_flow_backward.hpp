// Flujo de atención de BiDAF hacia atrás. Cada tramo del contexto recalcula sus puntuaciones y su ũ.
//
//   dG = [g0; g1; g2; g3]        dũ = g1 + g2∘h          dh̃ = Σ_t g3_t∘h_t          db_t = dh̃ · h_t + db_t
//   dS_tj = a_tj (da_tj − Σ_j a da) + [j es el primer máximo] b_t (db_t − Σ_t b db)     con da_tj = dũ_t ·
//   u_j dh = g0 + g2∘ũ + g3∘h̃ + b_t dh̃ + dS K      dK = dSᵀ H      con las claves k_j = w_1 + w_3∘u_j dw_1 =
//   Σ_j dk_j    dw_2 = Σ_tj dS_tj u_j    dw_3 = Σ_j u_j∘dk_j    du_j = Σ_t a_tj dũ_t + w_3∘dk_j + w_2 Σ_t
//   dS_tj
//
// Una tarea es un ejemplo; el gradiente de score_weights sale por ejemplo y se suma fuera en orden fijo.
#pragma once
#include "attention_flow.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

template <class T>
index_t attention_flow_backward_scratch(const AttentionFlowArgs<T>& a) {
    return FlowQuestion<T>::scratch(a.question.length, a.width) +
           (3 * kSpan + a.width + 1) * round_up(a.question.length, kLanes<T>) +
           2 * round_up(a.question.length * a.width, kLanes<T>) + 2 * round_up(kSpan * a.width, kLanes<T>) +
           2 * round_up(a.width, kLanes<T>) + round_up(kSpan, kLanes<T>);
}

// dS: el softmax de la fila y, en el primer máximo, lo que llega por b.
template <class T>
void flow_score_gradient(index_t count, index_t columns, index_t ld, const T* S, const T* P, const T* top,
                         const T* grad_top, T* dS) {
    softmax_rows_gradient(count, ld, P, dS);
    for (index_t i = 0; i < count; ++i)
        for (index_t j = 0; j < columns; ++j)
            if (S[i * ld + j] == top[i]) {
                dS[i * ld + j] += grad_top[i];
                break;
            }
}

template <class T>
void attention_flow_backward(const AttentionFlowGradArgs<T>& g, index_t batch, T* scratch) {
    const AttentionFlowArgs<T>& a = g.forward;
    Arena<T> memory{scratch};
    const FlowQuestion<T> q(a, batch, memory);
    const Sequence<T> context(a.context, batch);
    const index_t d = a.width, ld = q.ld, n_question = a.question.length;
    const T *b = g.question_to_context + batch * context.length, *w2 = a.score_weights + d, *w3 = w2 + d,
            *grad_b =
                g.grad_question_to_context ? g.grad_question_to_context + batch * context.length : nullptr,
            *grad_a = g.grad_context_to_question
                          ? g.grad_context_to_question + batch * context.length * n_question
                          : nullptr;
    T *S = memory.take(kSpan * ld), *P = memory.take(kSpan * ld), *dS = memory.take(kSpan * ld),
      *packed = memory.take(d * ld), *grad_start = memory.take(ld), *grad_rows = memory.take(q.columns * d),
      *grad_keys = memory.take(q.columns * d), *mixed = memory.take(kSpan * d),
      *grad_mixed = memory.take(kSpan * d), *summary = memory.take(d), *grad_summary = memory.take(d),
      *top = memory.take(kSpan), *grad_context = g.grad_context + batch * context.length * d,
      *grad_w = g.grad_score_weights + batch * 3 * d;
    pack_transposed<T>(q.rows, d, q.columns, d, T(1), packed, ld);
    clear(grad_rows, q.columns * d);
    clear(grad_keys, q.columns * d);
    clear(grad_start, ld);
    clear(grad_context, context.length * d);
    clear(grad_w, 3 * d);
    clear(grad_summary, d);
    summarise_context(context, d, b, summary);
    const auto grad = [&](index_t t) { return g.grad_output.at(batch, 0, t); };
    T delta = T(0);  // Σ_t b_t db_t
    for_spans(context, [&](index_t first, index_t count) {
        add_rows<T>(count, d, grad(first) + 3 * d, g.grad_output.row, nullptr, grad_summary,
                    context.row(first), context.stride);
        if (grad_b) delta += dot_row(count, b + first, grad_b + first);
    });
    delta += dot_row(d, summary, grad_summary);

    for_spans(context, [&](index_t first, index_t count) {
        T grad_top[kSpan];
        q.score(context, first, count, S);
        softmax_rows(count, ld, S, P, top);
        clear(mixed, count * d);
        accumulate_product<T, false>(count, d, q.columns, P, ld, q.rows, d, mixed, d);
        for (index_t i = 0; i < count; ++i) {
            const index_t t = first + i;
            const T *h = context.row(t), *gt = grad(t), *u = mixed + i * d;
            for_vectors<T>(d, [&](index_t x, int n) __attribute__((always_inline)) {
                const Vec<T> g2 = load_some(gt + 2 * d + x, n);
                store_some(grad_mixed + i * d + x, load_some(gt + d + x, n) + g2 * load_some(h + x, n), n);
                store_some(grad_context + t * d + x,
                           load_some(gt + x, n) + g2 * load_some(u + x, n) +
                               load_some(gt + 3 * d + x, n) * load_some(summary + x, n) +
                               b[t] * load_some(grad_summary + x, n),
                           n);
            });
            grad_top[i] = b[t] * (dot_row(d, grad_summary, h) + (grad_b ? grad_b[t] : T(0)) - delta);
        }
        read_weight_gradient(q.question, grad_a, first, count, ld, dS);
        accumulate_product<T, false>(count, ld, d, grad_mixed, d, packed, ld, dS, ld);
        flow_score_gradient(count, q.columns, ld, S, P, top, grad_top, dS);
        add_rows<T>(count, ld, dS, ld, nullptr, grad_start);
        accumulate_product<T, true>(q.columns, d, count, P, ld, grad_mixed, d, grad_rows, d);
        accumulate_product<T, true>(q.columns, d, count, dS, ld, context.row(first), context.stride,
                                    grad_keys, d);
        accumulate_product<T, false>(count, d, q.columns, dS, ld, q.keys, d, grad_context + first * d, d);
    });

    for (index_t j = 0; j < q.columns; ++j)
        for_vectors<T>(d, [&](index_t x, int n) __attribute__((always_inline)) {
            const Vec<T> u = load_some(q.rows + j * d + x, n), dk = load_some(grad_keys + j * d + x, n);
            T *du = grad_rows + j * d + x, *dw = grad_w + x;
            store_some(
                du, load_some(du, n) + load_some(w3 + x, n) * dk + load_some(w2 + x, n) * grad_start[j], n);
            store_some(dw, load_some(dw, n) + dk, n);
            store_some(dw + d, load_some(dw + d, n) + grad_start[j] * u, n);
            store_some(dw + 2 * d, load_some(dw + 2 * d, n) + u * dk, n);
        });
    scatter(q.question, grad_rows, d, d, g.grad_question + batch * n_question * d);
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
