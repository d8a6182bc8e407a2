// Flujo de atención de BiDAF (Seo et al., 2017) hacia delante.
//
//   S_tj = w_Sᵀ [h_t; u_j; h_t∘u_j]    a_t = softmax_j S_tj            ũ_t = Σ_j a_tj u_j
//                                      b = softmax_t (max_j S_tj)      h̃ = Σ_t b_t h_t
//   G_t = [h_t; ũ_t; h_t∘ũ_t; h_t∘h̃]
//
// Con w_S = [w_1; w_2; w_3], S_tj = h_t · (w_1 + w_3∘u_j) + w_2 · u_j: un producto de matrices con unas
// «claves» por palabra de la pregunta, sin el tensor (T, J, 3d). Una tarea es un ejemplo. Memoria por hilo:
// sus puntuaciones y O(J · d).
#pragma once
#include "affinity.hpp"
#include "arguments/attention_flow.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

// La pregunta de un ejemplo, lista para puntuar: las columnas son sus palabras válidas.
template <class T>
struct FlowQuestion {
    Sequence<T> question;
    index_t width, columns, ld;
    T *rows, *keys;     // u_j y w_1 + w_3∘u_j, juntas
    T *packed, *start;  // las claves traspuestas, en log2, y w_2 · u_j

    static index_t scratch(index_t n_question, index_t width) {
        return (width + 1) * round_up(n_question, kLanes<T>) + 2 * round_up(n_question * width, kLanes<T>);
    }

    FlowQuestion(const AttentionFlowArgs<T>& a, index_t batch, Arena<T>& memory)
        : question(a.question, batch), width(a.width) {
        const T *w1 = a.score_weights, *w2 = w1 + width, *w3 = w2 + width;
        rows = memory.take(question.length * width);
        columns = gather(question, question.rows, question.stride, width, rows, width);
        ld = round_up(columns, kLanes<T>);
        keys = memory.take(columns * width);
        packed = memory.take(width * ld);
        start = memory.take(ld);
        start_columns(columns, ld, start);
        for (index_t j = 0; j < columns; ++j) {
            const T* u = rows + j * width;
            start[j] = dot_row(width, w2, u) * T(kLog2e);
            for_vectors<T>(width, [&](index_t d, int n) __attribute__((always_inline)) {
                store_some(keys + j * width + d,
                           load_some(w1 + d, n) + load_some(w3 + d, n) * load_some(u + d, n), n);
            });
        }
        pack_transposed<T>(keys, width, columns, width, T(kLog2e), packed, ld);
    }

    // Las puntuaciones de un tramo del contexto, en log2.
    void score(const Sequence<T>& context, index_t first, index_t count, T* S) const {
        score_rows(context.row(first), context.stride, count, width, packed, ld, start, S);
    }
};

// b = softmax de los máximos, en su sitio; ceros si la pregunta está vacía.
template <class T>
void softmax_context(const Sequence<T>& context, bool empty, T* b) {
    T top = Limits<T>::lowest_maximum;
    Vec<T> total = {};
    for (index_t t = 0; t < context.length; ++t)
        if (empty || !context.valid(t))
            b[t] = T(0);
        else if (b[t] > top)
            top = b[t];
    if (empty) return;
    for_spans(context, [&](index_t first, index_t count) {
        for_vectors<T>(count, [&](index_t i, int n) __attribute__((always_inline)) {
            Vec<T> p = exp2<T>(load_some(b + first + i, n) - top);
            for (int l = n; l < kLanes<T>; ++l) p[l] = T(0);
            total += p;
            store_some(b + first + i, p, n);
        });
    });
    const T inverse = T(1) / reduce_add<T>(total);
    for_spans(context, [&](index_t first, index_t count) {
        for (index_t t = first; t < first + count; ++t) b[t] *= inverse;
    });
}

// h̃ = Σ_t b_t h_t.
template <class T>
void summarise_context(const Sequence<T>& context, index_t width, const T* b, T* summary) {
    clear(summary, width);
    for_spans(context, [&](index_t first, index_t count) {
        accumulate_product<T, false>(1, width, count, b + first, 0, context.row(first), context.stride,
                                     summary, width);
    });
}

// out = x ∘ y.
template <class T>
ATENCION_INLINE void multiply_rows(const T* x, const T* y, index_t width, T* out) {
    for_vectors<T>(width, [&](index_t d, int n) __attribute__((always_inline)) {
        store_some(out + d, load_some(x + d, n) * load_some(y + d, n), n);
    });
}

template <class T>
index_t attention_flow_scratch(const AttentionFlowArgs<T>& a) {
    return FlowQuestion<T>::scratch(a.question.length, a.width) +
           a.context.length * round_up(a.question.length, kLanes<T>) + round_up(kSpan * a.width, kLanes<T>) +
           round_up(a.width, kLanes<T>);
}

// La salida es, con mucho, lo más grande: se escribe al final y una sola vez, fila a fila y en orden.
template <class T>
void attention_flow_forward(const AttentionFlowArgs<T>& a, index_t batch, T* scratch) {
    Arena<T> memory{scratch};
    const FlowQuestion<T> q(a, batch, memory);
    const Sequence<T> context(a.context, batch);
    const index_t d = a.width, ld = q.ld;
    T *P = memory.take(context.length * ld), *mixed = memory.take(kSpan * d), *summary = memory.take(d),
      *G = a.output + batch * context.length * 4 * d, *b = a.question_to_context + batch * context.length;
    for_spans(context, [&](index_t first, index_t count) {
        q.score(context, first, count, P + first * ld);
        softmax_rows(count, ld, P + first * ld, P + first * ld, b + first);
    });
    softmax_context(context, q.columns == 0, b);
    summarise_context(context, d, b, summary);
    if (a.context_to_question)
        write_weights(context, q.question, P, ld,
                      a.context_to_question + batch * context.length * q.question.length);
    for (index_t t = 0; t < context.length; ++t)
        if (!context.valid(t)) clear(G + t * 4 * d, 4 * d);
    for_spans(context, [&](index_t first, index_t count) {
        clear(mixed, count * d);
        accumulate_product<T, false>(count, d, q.columns, P + first * ld, ld, q.rows, d, mixed, d);
        for (index_t i = 0; i < count; ++i) {
            const T *h = context.row(first + i), *u = mixed + i * d;
            T* row = G + (first + i) * 4 * d;
            copy_row(h, d, row);
            copy_row(u, d, row + d);
            multiply_rows(h, u, d, row + 2 * d);
            multiply_rows(h, summary, d, row + 3 * d);
        }
    });
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
