// Coatención (Xiong et al., 2017), hacia delante y hacia atrás.
//
//   L = D Qᵀ    A^Q = softmax de L sobre el documento    A^D = softmax de L sobre la pregunta
//   C^Q = A^Qᵀ D                                         C^D = A^D [Q; C^Q]
//
// Los centinelas, si los hay, ya vienen como última fila de D y de Q. Una tarea es un ejemplo entero. Memoria
// por hilo: la de affinity.hpp y O((n_question + d) · d).
#pragma once
#include "affinity.hpp"
#include "arguments/coattention.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

template <class T>
index_t coattention_scratch(const CoattentionArgs<T>& a) {
    return Affinity<T>::scratch(a.document.length, a.question.length, a.width, 2 * a.width);
}

// C^Q en la segunda mitad de las filas de la pregunta: así [Q; C^Q] es una sola matriz.
template <class T>
void question_contexts(const Affinity<T>& m) {
    T* contexts = m.rows + m.width;
    for (index_t j = 0; j < m.columns; ++j) clear(contexts + j * m.stride, m.width);
    for_spans(m.document, [&](index_t first, index_t count) {
        accumulate_product<T, true>(m.columns, m.width, count, m.over_document + first * m.ld, m.ld,
                                    m.document.row(first), m.document.stride, contexts, m.stride);
    });
}

template <class T>
void coattention_forward(const CoattentionArgs<T>& a, index_t batch, T* scratch) {
    Arena<T> memory{scratch};
    const index_t wide = 2 * a.width, pairs = batch * a.document.length * a.question.length;
    const Affinity<T> m(a.document, a.question, batch, a.width, wide, memory);
    T* output = a.output + batch * a.n_output() * wide;
    question_contexts(m);
    clear(output, a.n_output() * wide);
    for_spans(m.document, [&](index_t first, index_t count) {
        accumulate_product<T, false>(smaller(count, a.n_output() - first), wide, m.columns,
                                     m.over_question + first * m.ld, m.ld, m.rows, wide,
                                     output + first * wide, wide);
    });
    if (a.document_weights)
        write_weights(m.document, m.question, m.over_document, m.ld, a.document_weights + pairs);
    if (a.question_weights)
        write_weights(m.document, m.question, m.over_question, m.ld, a.question_weights + pairs);
}

template <class T>
index_t coattention_backward_scratch(const CoattentionArgs<T>& a) {
    return coattention_scratch(a) + (3 * a.width + 2 * kSpan + 1) * round_up(a.question.length, kLanes<T>) +
           round_up(a.question.length * 2 * a.width, kLanes<T>);
}

//   dA^D = dC^D [Q; C^Q]ᵀ    [dQ; dC^Q] = A^Dᵀ dC^D    dA^Q = D dC^Qᵀ    dD = A^Q dC^Q
//
// y lo que llega a L por los dos softmax. Σ_i A^Q_ij dA^Q_ij es C^Q_j · dC^Q_j: no hay que recorrer la
// columna.
template <class T>
void coattention_backward(const CoattentionGradArgs<T>& g, index_t batch, T* scratch) {
    const CoattentionArgs<T>& a = g.forward;
    Arena<T> memory{scratch};
    const index_t wide = 2 * a.width, pairs = batch * a.document.length * a.question.length;
    const Affinity<T> m(a.document, a.question, batch, a.width, wide, memory);
    const index_t ld = m.ld;
    const T *grad_output = g.grad_output.at(batch, 0),
            *grad_alpha = g.grad_document_weights ? g.grad_document_weights + pairs : nullptr,
            *grad_beta = g.grad_question_weights ? g.grad_question_weights + pairs : nullptr;
    T *packed = memory.take(wide * ld), *packed_grad = memory.take(a.width * ld), *delta = memory.take(ld),
      *dA = memory.take(kSpan * ld), *dB = memory.take(kSpan * ld),
      *grad_rows = memory.take(m.columns * wide), *grad_contexts = grad_rows + a.width,
      *grad_document = g.grad_document + batch * a.document.length * a.width;
    question_contexts(m);
    pack_transposed<T>(m.rows, wide, m.columns, wide, T(1), packed, ld);
    clear(grad_document, a.document.length * a.width);
    clear(grad_rows, m.columns * wide);
    for_spans(m.document, [&](index_t first, index_t count) {
        accumulate_product<T, true>(m.columns, wide, smaller(count, a.n_output() - first),
                                    m.over_question + first * ld, ld, grad_output + first * g.grad_output.row,
                                    g.grad_output.row, grad_rows, wide);
    });
    pack_transposed<T>(grad_contexts, wide, m.columns, a.width, T(1), packed_grad, ld);
    clear(delta, ld);
    for (index_t j = 0; j < m.columns; ++j)
        delta[j] = dot_row(a.width, grad_contexts + j * wide, m.rows + a.width + j * wide);
    m.add_delta(grad_alpha, dA, delta);
    for_spans(m.document, [&](index_t first, index_t count) {
        read_weight_gradient(m.question, grad_alpha, first, count, ld, dA);
        read_weight_gradient(m.question, grad_beta, first, count, ld, dB);
        accumulate_product<T, false>(count, ld, a.width, m.document.row(first), m.document.stride,
                                     packed_grad, ld, dA, ld);
        accumulate_product<T, false>(smaller(count, a.n_output() - first), ld, wide,
                                     grad_output + first * g.grad_output.row, g.grad_output.row, packed, ld,
                                     dB, ld);
        accumulate_product<T, false>(count, a.width, m.columns, m.over_document + first * ld, ld,
                                     grad_contexts, wide, grad_document + first * a.width, a.width);
        m.descend(first, count, dA, dB, delta, grad_document, grad_rows);
    });
    scatter(m.question, grad_rows, wide, a.width, g.grad_question + batch * a.question.length * a.width);
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
