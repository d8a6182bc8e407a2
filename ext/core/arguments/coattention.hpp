#pragma once
#include "sequence.hpp"

namespace atencion {

template <class T>
struct CoattentionArgs {
    SequenceArgs<T> document, question;      // con sus centinelas, si los hay
    T* output;                               // contiguo (batch, n_output, 2 width)
    T *document_weights, *question_weights;  // contiguos (batch, n_document, n_question), o nullptr
    index_t batch, width;

    // El centinela no tiene salida.
    __attribute__((always_inline)) index_t n_output() const { return document.length - document.sentinel; }
};

template <class T>
struct CoattentionGradArgs {
    CoattentionArgs<T> forward;                              // sus salidas no se leen
    View4<const T> grad_output;                              // última dimensión contigua
    const T *grad_document_weights, *grad_question_weights;  // como los pesos, o nullptr
    T *grad_document, *grad_question;                        // contiguos
};

}  // namespace atencion
