// Las operaciones de red de un modelo, para la página.
#include "../../core/network.hpp"

#include "page.hpp"

namespace atencion {

// input (rows, inputs)  weight (outputs, inputs)  bias (outputs,), o nullptr
ATENCION_EXPORT void linear_layer(const float* input, const float* weight, const float* bias, float* output,
                                  int rows, int inputs, int outputs) {
    linear_rows<float>(input, weight, bias, rows, inputs, outputs, output);
}

ATENCION_EXPORT bool gru_cell(const float* input, const float* state, const float* input_weight,
                              const float* state_weight, const float* input_bias, const float* state_bias,
                              float* output, int rows, int inputs, int units) {
    const CellArgs<float> a = {input,      state, input_weight, state_weight, input_bias,
                               state_bias, rows,  inputs,       units};
    Loan memory;
    return with_scratch(memory, cell_scratch(a, 3), [&](float* scratch) { gru_cell(a, output, scratch); });
}

ATENCION_EXPORT bool lstm_cell(const float* input, const float* state, const float* cell,
                               const float* input_weight, const float* state_weight, const float* input_bias,
                               const float* state_bias, float* output, float* output_cell, int rows,
                               int inputs, int units) {
    const CellArgs<float> a = {input,      state, input_weight, state_weight, input_bias,
                               state_bias, rows,  inputs,       units};
    Loan memory;
    return with_scratch(memory, cell_scratch(a, 4),
                        [&](float* scratch) { lstm_cell(a, cell, output, output_cell, scratch); });
}

ATENCION_EXPORT void layer_norm(const float* input, const float* scale, const float* shift, float* output,
                                int rows, int width, float epsilon) {
    layer_norm<float>(input, scale, shift, rows, width, epsilon, output);
}

ATENCION_EXPORT void map_gelu(const float* input, float* output, int count) {
    map_elements(input, count, output, [](Vec<float> x) __attribute__((always_inline)) { return gelu(x); });
}

ATENCION_EXPORT void map_tanh(const float* input, float* output, int count) {
    map_elements(input, count, output,
                 [](Vec<float> x) __attribute__((always_inline)) { return tanh<float>(x); });
}

ATENCION_EXPORT void map_sigmoid(const float* input, float* output, int count) {
    map_elements(input, count, output,
                 [](Vec<float> x) __attribute__((always_inline)) { return sigmoid<float>(x); });
}

ATENCION_EXPORT void dequantise(const int8_t* codes, const float* scales, float* output, int rows,
                                int columns) {
    dequantise<float>(codes, scales, rows, columns, output);
}

}  // namespace atencion
