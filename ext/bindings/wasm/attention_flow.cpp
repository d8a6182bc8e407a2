// Flujo de atención para la página.
#include "../../core/attention_flow.hpp"

#include "page.hpp"

namespace atencion {

// context (n_context, width)  question (n_question, width)  score_weights (3 width,)
// output (n_context, 4 width)  context_to_question (n_context, n_question)  question_to_context (n_context,)
ATENCION_EXPORT bool attention_flow(const float* context, const float* question, const float* score_weights,
                                    const uint8_t* context_mask, const uint8_t* question_mask, float* output,
                                    float* context_to_question, float* question_to_context, int n_context,
                                    int n_question, int width) {
    AttentionFlowArgs<float> a{};
    a.context = sequence(context, context_mask, n_context, width);
    a.question = sequence(question, question_mask, n_question, width);
    a.score_weights = score_weights;
    a.output = output, a.context_to_question = context_to_question,
    a.question_to_context = question_to_context;
    a.batch = 1, a.width = width;
    Loan memory;
    return with_scratch(memory, attention_flow_scratch(a),
                        [&](float* scratch) { attention_flow_forward(a, 0, scratch); });
}

}  // namespace atencion
