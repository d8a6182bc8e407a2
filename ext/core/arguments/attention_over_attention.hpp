#pragma once
#include "sequence.hpp"

namespace atencion {

template <class T>
struct AttentionOverAttentionArgs {
    SequenceArgs<T> document, question;
    T* output;                               // contiguo (batch, n_document)
    T* question_importance;                  // contiguo (batch, n_question)
    T *document_weights, *question_weights;  // contiguos (batch, n_document, n_question), o nullptr
    index_t batch, width;
};

template <class T>
struct AttentionOverAttentionGradArgs {
    AttentionOverAttentionArgs<T> forward;  // sus salidas no se leen
    // Contiguos, con las formas de las salidas; o nullptr.
    const T *grad_output, *grad_question_importance, *grad_document_weights, *grad_question_weights;
    T *grad_document, *grad_question;  // contiguos
};

}  // namespace atencion
