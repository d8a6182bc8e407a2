// Un patrón disperso: qué claves ve cada consulta, por filas comprimidas (CSR).
#pragma once
#include "view.hpp"

namespace atencion {

// La consulta i ve keys[offsets[i]], keys[offsets[i] + 1], …, keys[offsets[i + 1] − 1], crecientes y sin
// repetir.
struct Edges {
    const int64_t *offsets, *keys;
    index_t count, longest;  // aristas en total y en la fila que más tiene
};

}  // namespace atencion
