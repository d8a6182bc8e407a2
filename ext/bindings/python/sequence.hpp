// Leer una frase con su máscara y sus longitudes.
#pragma once
#include "../../core/arguments/sequence.hpp"
#include "../call.hpp"

namespace atencion {

struct SequenceNames {
    const char *rows, *mask, *lengths;
};

// `t` es la frase ya leída, de forma (batch, length, width); `sentinel` dice si su última fila es un
// centinela.
template <class T>
SequenceArgs<T> read_sequence(Call& call, const Tensor& t, const SequenceNames& names, index_t batch,
                              index_t width, py::handle mask, py::handle lengths, bool sentinel = false) {
    if (t.axes != 3) reject(names.rows, "tres ejes");
    SequenceArgs<T> s{};
    s.length = t.shape[1];
    s.sentinel = sentinel;
    s.rows = rows_view<const T>(t, names.rows, batch, 1, s.length, width, false);
    const index_t words = s.length - sentinel;
    if (words < 0) reject(names.rows, "una fila para el centinela");
    if (const Tensor m = call.optional(mask, names.mask, 'b')) {
        Call::require_shape(m, names.mask, {batch, words});
        s.mask = {static_cast<const uint8_t*>(m.data), m.strides[0], 0, 0, m.strides[1]};
    }
    s.lengths = read_lengths(call, lengths, names.lengths, batch, words);
    return s;
}

constexpr SequenceNames kDocument = {"document", "document_mask", "document_lengths"},
                        kQuestion = {"question", "question_mask", "question_lengths"},
                        kContext = {"context", "context_mask", "context_lengths"};

}  // namespace atencion
