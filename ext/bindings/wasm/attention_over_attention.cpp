// Atención sobre atención para la página.
#include "../../core/attention_over_attention.hpp"

#include "page.hpp"

namespace atencion {

// document (n_document, width)  question (n_question, width)  output (n_document,)
// question_importance (n_question,)  document_weights, question_weights (n_document, n_question)
ATENCION_EXPORT bool attention_over_attention(const float* document, const float* question,
                                              const uint8_t* document_mask, const uint8_t* question_mask,
                                              float* output, float* question_importance,
                                              float* document_weights, float* question_weights,
                                              int n_document, int n_question, int width) {
    AttentionOverAttentionArgs<float> a{};
    a.document = sequence(document, document_mask, n_document, width);
    a.question = sequence(question, question_mask, n_question, width);
    a.output = output, a.question_importance = question_importance;
    a.document_weights = document_weights, a.question_weights = question_weights;
    a.batch = 1, a.width = width;
    Loan memory;
    return with_scratch(memory, attention_over_attention_scratch(a),
                        [&](float* scratch) { attention_over_attention_forward(a, 0, scratch); });
}

}  // namespace atencion
