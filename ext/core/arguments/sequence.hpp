// Una frase por ejemplo y cuáles de sus palabras valen: la entrada de los mecanismos de dos vías.
#pragma once
#include "view.hpp"

namespace atencion {

template <class T>
struct SequenceArgs {
    View4<const T> rows;        // (batch, length, width), sin cabezas; la última dimensión es contigua
    View4<const uint8_t> mask;  // (batch, length) en batch y column; data == nullptr: sin máscara
    const int64_t* lengths;     // (batch,) o nullptr
    index_t length;
    bool sentinel;  // la última fila es un centinela: vale siempre, y ni mask ni lengths cuentan con ella
};

}  // namespace atencion
