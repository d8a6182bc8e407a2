// Leer un patrón disperso.
#pragma once
#include "../../core/arguments/edges.hpp"
#include "../call.hpp"

namespace atencion {

// Las aristas por filas comprimidas. Se miran todas en cada llamada, porque el núcleo las usa de índices: un
// tensor se puede cambiar después de construir el patrón.
inline Edges read_edges(Call& call, py::handle offsets, py::handle keys, index_t n_query, index_t n_key) {
    const Tensor flat = call.optional(keys, "keys", 'l');
    if (flat.axes != 1) reject("keys", "un tensor de un eje");
    Edges edges{call.required<int64_t>(offsets, "offsets", {n_query + 1}),
                call.required<int64_t>(keys, "keys", {flat.shape[0]}), flat.shape[0], 0};
    if (edges.offsets[0] != 0 || edges.offsets[n_query] != edges.count)
        reject("offsets", "de 0 al número de aristas");
    for (index_t i = 0; i < n_query; ++i) {
        const index_t begin = edges.offsets[i], end = edges.offsets[i + 1];
        if (end < begin || end > edges.count) reject("offsets", "valores que no decrecen");
        bool increasing = true;
        int64_t last = -1;
        for (index_t e = begin; e < end; ++e) {
            increasing &= edges.keys[e] > last;
            last = edges.keys[e];
        }
        if (!increasing || last >= n_key) reject("keys", "en cada fila, claves crecientes de 0 a n_key − 1");
        edges.longest = end - begin > edges.longest ? end - begin : edges.longest;
    }
    return edges;
}

}  // namespace atencion
