// Atención clave-valor-predicción: la aditiva con la banda de las `window` posiciones anteriores.
#pragma once
#include "additive.hpp"

namespace atencion {
namespace key_value_predict {

inline Band previous(py::handle window) {
    const int64_t count = read_optional_count(window, "window");
    if (count < 0) reject("window", "un entero ≥ 0");
    return {count < kUnbounded ? -index_t(count) : -kUnbounded, -1};
}

inline py::tuple forward(py::handle query, py::handle key, py::handle value, py::handle score_vector,
                         py::handle mask, py::handle key_lengths, py::handle window,
                         py::handle return_weights, int threads) {
    return additive::forward_in_band(previous(window), query, key, value, score_vector, mask, key_lengths,
                                     return_weights, threads);
}

inline py::tuple backward(const py::tuple& grads, const py::tuple& outputs, const py::tuple&,
                          py::handle query, py::handle key, py::handle value, py::handle score_vector,
                          py::handle mask, py::handle key_lengths, py::handle window, py::handle,
                          int threads) {
    return additive::backward_in_band(previous(window), grads, outputs, query, key, value, score_vector, mask,
                                      key_lengths, threads);
}

inline void bind(py::module_& m) {
    m.def("key_value_predict_forward", forward);
    m.def("key_value_predict_backward", backward);
}

}  // namespace key_value_predict
}  // namespace atencion
