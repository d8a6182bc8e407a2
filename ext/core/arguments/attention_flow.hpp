#pragma once
#include "sequence.hpp"

namespace atencion {

template <class T>
struct AttentionFlowArgs {
    SequenceArgs<T> context, question;
    const T* score_weights;  // contiguo (3 width): [w_1; w_2; w_3]
    T* output;               // contiguo (batch, n_context, 4 width)
    T* context_to_question;  // contiguo (batch, n_context, n_question), o nullptr
    T* question_to_context;  // contiguo (batch, n_context)
    index_t batch, width;
};

template <class T>
struct AttentionFlowGradArgs {
    AttentionFlowArgs<T> forward;  // sus salidas no se leen: b llega en question_to_context
    const T* question_to_context;  // contiguo (batch, n_context)
    View4<const T> grad_output;    // última dimensión contigua
    const T *grad_context_to_question, *grad_question_to_context;  // contiguos, o nullptr
    T *grad_context, *grad_question;                               // contiguos
    T* grad_score_weights;                                         // contiguo (batch, 3 width)
};

}  // namespace atencion
