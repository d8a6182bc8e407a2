// Qué claves puede ver cada consulta, y qué se suma a sus puntuaciones.
//
// Todas las restricciones se combinan con «y». `causal`, `window` y ALiBi miden con la posición de la
// consulta alineada al final: position(i) = i + (n_key − n_query).
#pragma once
#include "arguments/view.hpp"
#include "simd.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

ATENCION_INLINE index_t smaller(index_t a, index_t b) { return a < b ? a : b; }
ATENCION_INLINE index_t larger(index_t a, index_t b) { return a > b ? a : b; }
ATENCION_INLINE index_t round_up(index_t n, index_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}

// Las restricciones de una sola cabeza de un solo ejemplo.
template <class T>
struct HeadRestrictions {
    const uint8_t* mask;
    index_t mask_row, mask_column;
    const T* bias;
    index_t bias_row, bias_column;
    T slope;
    index_t offset, key_end;  // offset = n_key − n_query; key_end = claves válidas
    bool causal;
    Band band;    // causal, ventana y banda, en una sola
    bool banded;  // ¿deja la banda alguna pareja fuera?

    ATENCION_INLINE HeadRestrictions(const Restrictions<T>& r, index_t b, index_t h, index_t n_query,
                                     index_t n_key)
        : mask(r.mask.data ? r.mask.at(b, h) : nullptr),
          mask_row(r.mask.row),
          mask_column(r.mask.column),
          bias(r.bias.data ? r.bias.at(b, h) : nullptr),
          bias_row(r.bias.row),
          bias_column(r.bias.column),
          slope(r.alibi_slopes ? r.alibi_slopes[h] : T(0)),
          offset(n_key - n_query),
          key_end(r.key_lengths ? index_t(r.key_lengths[b]) : n_key),
          causal(r.causal),
          band{larger(r.band.first, -n_query), smaller(r.band.last, n_key)} {
        if (causal) band.last = smaller(band.last, offset);
        if (r.window >= 0) {
            const index_t radius = smaller(r.window, n_query + n_key);
            band.first = larger(band.first, offset - radius);
            band.last = smaller(band.last, offset + radius);
        }
        banded = band.first > 1 - n_query || band.last < n_key - 1;
        // Una máscara igual para todas las consultas suele ser relleno: sus claves finales ni se miran.
        if (mask && mask_row == 0)
            while (key_end > 0 && !mask[(key_end - 1) * mask_column]) --key_end;
    }

    // Primera clave que puede ver alguna consulta de [first, last], y la siguiente a la última.
    ATENCION_INLINE index_t begin(index_t first) const { return larger(0, first + band.first); }
    ATENCION_INLINE index_t end(index_t last) const {
        return larger(0, smaller(key_end, last + band.last + 1));
    }
    // ¿Ve toda consulta de [first, last] toda clave de [key, key + count) y sin sumar nada?
    ATENCION_INLINE bool unrestricted(index_t first, index_t last, index_t key, index_t count) const {
        return !mask && !bias && slope == T(0) && key >= last + band.first &&
               key + count - 1 <= first + band.last;
    }
    // ¿Puede esta consulta ver esta clave?
    ATENCION_INLINE bool allows(index_t query, index_t key) const {
        return key < key_end && key >= query + band.first && key <= query + band.last &&
               !(mask && !mask[query * mask_row + key * mask_column]) &&
               !(bias && bias[query * bias_row + key * bias_column] <= T(kMaskingBias));
    }
    // Lo que se suma a la puntuación, en unidades naturales.
    ATENCION_INLINE T extra(index_t query, index_t key) const {
        T sum = bias ? bias[query * bias_row + key * bias_column] : T(0);
        if (slope != T(0)) {
            const index_t distance = key - (query + offset);
            sum -= slope * T(distance < 0 ? -distance : distance);
        }
        return sum;
    }
};

}  // namespace ATENCION_KERNEL
}  // namespace atencion
