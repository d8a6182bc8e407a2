// Coatención para la página.
#include "../../core/coattention.hpp"

#include "page.hpp"

namespace atencion {
namespace {

// La frase con su centinela, si lo hay, como última fila.
SequenceArgs<float> with_sentinel(const float* rows, const float* sentinel, const uint8_t* mask,
                                  index_t length, index_t width, Loan& memory) {
    if (!sentinel) return sequence(rows, mask, length, width);
    float* all = memory.take<float>((length + 1) * width);
    if (all) {
        copy_row(rows, length * width, all);
        copy_row(sentinel, width, all + length * width);
    }
    return sequence(all, mask, length + 1, width, true);
}

}  // namespace

// document (n_document, width)  question (n_question, width)  centinelas (width,), o nullptr
// output (n_document, 2 width)  document_weights, question_weights: las palabras de las dos frases, y sus
// centinelas
ATENCION_EXPORT bool coattention(const float* document, const float* question, const float* document_sentinel,
                                 const float* question_sentinel, const uint8_t* document_mask,
                                 const uint8_t* question_mask, float* output, float* document_weights,
                                 float* question_weights, int n_document, int n_question, int width) {
    Loan memory;
    CoattentionArgs<float> a{};
    a.document = with_sentinel(document, document_sentinel, document_mask, n_document, width, memory);
    a.question = with_sentinel(question, question_sentinel, question_mask, n_question, width, memory);
    a.output = output, a.document_weights = document_weights, a.question_weights = question_weights;
    a.batch = 1, a.width = width;
    return with_scratch(memory, coattention_scratch(a),
                        [&](float* scratch) { coattention_forward(a, 0, scratch); });
}

}  // namespace atencion
