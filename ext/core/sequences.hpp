// Las palabras válidas de una frase, y cómo recorrerlas sin leer nunca las demás.
//
// Un tramo es un grupo de palabras válidas seguidas. Los mecanismos de dos vías van por tramos, así que
// dentro no hay máscaras: lo que no vale ni se lee ni se multiplica por cero.
#pragma once
#include "arguments/sequence.hpp"
#include "masks.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

constexpr index_t kSpan = 48;  // palabras de un tramo, como mucho

// La frase de un ejemplo.
template <class T>
struct Sequence {
    const T* rows;
    const uint8_t* mask;
    index_t stride, mask_step, length, end;  // tras `end` todo es relleno, salvo el centinela
    bool sentinel;

    Sequence(const SequenceArgs<T>& s, index_t batch)
        : rows(s.rows.at(batch, 0)),
          mask(s.mask.data ? s.mask.at(batch, 0) : nullptr),
          stride(s.rows.row),
          mask_step(s.mask.column),
          length(s.length),
          end(s.lengths ? index_t(s.lengths[batch]) : s.length - s.sentinel),
          sentinel(s.sentinel) {}

    ATENCION_INLINE bool valid(index_t i) const {
        return i < end ? !mask || mask[i * mask_step] : sentinel && i == length - 1;
    }
    ATENCION_INLINE const T* row(index_t i) const { return rows + i * stride; }
    index_t count() const {
        index_t words = 0;
        for (index_t i = 0; i < length; ++i) words += valid(i);
        return words;
    }
};

// span(primera palabra, cuántas)
template <class T, class F>
ATENCION_INLINE void for_spans(const Sequence<T>& s, F&& span) {
    for (index_t i = 0; i < s.length;) {
        index_t count = 0;
        while (count < kSpan && s.valid(i + count)) ++count;
        if (count) span(i, count);
        i += count ? count : 1;
    }
}

// Copia juntas las filas válidas de una matriz con una fila por palabra; devuelve cuántas son.
template <class T>
index_t gather(const Sequence<T>& s, const T* rows, index_t stride, index_t width, T* out,
               index_t out_stride) {
    index_t words = 0;
    for (index_t i = 0; i < s.length; ++i) {
        if (!s.valid(i)) continue;
        copy_row(rows + i * stride, width, out + words++ * out_stride);
    }
    return words;
}
// El camino inverso, a una matriz contigua: lo que no vale queda a cero.
template <class T>
void scatter(const Sequence<T>& s, const T* rows, index_t stride, index_t width, T* out) {
    for (index_t i = 0; i < s.length; ++i, out += width) {
        if (s.valid(i)) {
            copy_row(rows, width, out);
            rows += stride;
        } else {
            clear(out, width);
        }
    }
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
