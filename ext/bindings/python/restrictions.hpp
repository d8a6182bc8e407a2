// Leer las restricciones comunes: máscara y longitudes.
#pragma once
#include "../call.hpp"

namespace atencion {

// Los tamaños de la matriz de pesos; `heads` = −1 en los mecanismos sin eje de cabezas.
struct WeightShape {
    index_t batch, heads, n_query, n_key;
};

template <class T>
Restrictions<T> read_restrictions(Call& call, const WeightShape& shape, py::handle mask,
                                  py::handle key_lengths) {
    Restrictions<T> r{};
    r.window = -1;
    const bool head_axis = shape.heads >= 0;
    if (const Tensor t = call.optional(mask, "mask", 'b'))
        r.mask = view<const uint8_t>(t, "mask", shape.batch, head_axis ? shape.heads : 1, shape.n_query,
                                     shape.n_key, head_axis);
    r.key_lengths = read_lengths(call, key_lengths, "key_lengths", shape.batch, shape.n_key);
    return r;
}

}  // namespace atencion
