// Las aristas de una fila del patrón.
#pragma once
#include "arguments/edges.hpp"
#include "simd.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

// Claves de la consulta i que no son relleno: crecen, así que el relleno está al final.
ATENCION_INLINE index_t visible_edges(const Edges& edges, index_t i, const int64_t* key_lengths,
                                      index_t batch) {
    index_t end = edges.offsets[i + 1];
    if (key_lengths)
        while (end > edges.offsets[i] && edges.keys[end - 1] >= key_lengths[batch]) --end;
    return end - edges.offsets[i];
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
