// Afinidades entre un documento y una pregunta, con bucles: los dos softmax y su gradiente.
//
// α y β tienen n_document × n_question números. Donde una de las dos palabras no vale, valen cero.
#pragma once
#include "../sequences.hpp"
#include "softmax.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace naive {

// L_ij = d_i · q_j. Cada columna de α es un softmax sobre el documento; cada fila de β, uno sobre la
// pregunta. `column` tiene sitio para una columna.
template <class T>
void affinity_weights(const Sequence<T>& document, const Sequence<T>& question, index_t width, T* alpha,
                      T* beta, T* column) {
    const index_t m = document.length, n = question.length;
    for (index_t i = 0; i < m; ++i) {
        for (index_t j = 0; j < n; ++j) {
            T score = -Limits<T>::infinity;
            if (document.valid(i) && question.valid(j)) {
                score = T(0);
                for (index_t d = 0; d < width; ++d) score += document.row(i)[d] * question.row(j)[d];
            }
            alpha[i * n + j] = beta[i * n + j] = score;
        }
        softmax(beta + i * n, n);
    }
    for (index_t j = 0; j < n; ++j) {
        for (index_t i = 0; i < m; ++i) column[i] = alpha[i * n + j];
        softmax(column, m);
        for (index_t i = 0; i < m; ++i) alpha[i * n + j] = column[i];
    }
}

// dL_ij = α_ij (dα_ij − Σ_i α dα) + β_ij (dβ_ij − Σ_j β dβ); suma dD += dL Q y dQ += dLᵀ D.
template <class T>
void affinity_gradient(const Sequence<T>& document, const Sequence<T>& question, index_t width,
                       const T* alpha, const T* beta, const T* grad_alpha, const T* grad_beta,
                       T* grad_document, T* grad_question) {
    const index_t m = document.length, n = question.length;
    for (index_t i = 0; i < m; ++i)
        for (index_t j = 0; j < n; ++j) {
            if (!document.valid(i) || !question.valid(j)) continue;
            T over_document = T(0), over_question = T(0);
            for (index_t k = 0; k < m; ++k)
                if (document.valid(k)) over_document += alpha[k * n + j] * grad_alpha[k * n + j];
            for (index_t k = 0; k < n; ++k)
                if (question.valid(k)) over_question += beta[i * n + k] * grad_beta[i * n + k];
            const T dL = alpha[i * n + j] * (grad_alpha[i * n + j] - over_document) +
                         beta[i * n + j] * (grad_beta[i * n + j] - over_question);
            for (index_t d = 0; d < width; ++d) {
                grad_document[i * width + d] += dL * question.row(j)[d];
                grad_question[j * width + d] += dL * document.row(i)[d];
            }
        }
}

}  // namespace naive
}  // namespace ATENCION_KERNEL
}  // namespace atencion
