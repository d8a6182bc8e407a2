// Lo que recibe cada núcleo: punteros y pasos, sin dueño. Estos tipos son los mismos en todas las
// compilaciones, por eso no van en el espacio de nombres de ninguna.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace atencion {

using index_t = ptrdiff_t;

// Un tensor de cuatro ejes (batch, heads, n_query, n_key) dado por puntero y pasos; paso 0 = eje difundido.
template <class T>
struct View4 {
    T* data;
    index_t batch, head, row, column;
    __attribute__((always_inline)) T* at(index_t b, index_t h, index_t r = 0) const {
        return data + b * batch + h * head + r * row;
    }
};

constexpr index_t kUnbounded = PTRDIFF_MAX / 4;  // distancia a la que no llega ninguna clave

// La consulta i ve la clave j si first ≤ j − i ≤ last, contando las dos desde el principio.
struct Band {
    index_t first = -kUnbounded, last = kUnbounded;
};

template <class T>
struct Restrictions {
    View4<const uint8_t> mask;   // data == nullptr: sin máscara
    View4<const T> bias;         // data == nullptr: sin sesgo
    const int64_t* key_lengths;  // (batch,) o nullptr
    const T* alibi_slopes;       // (heads,) o nullptr
    bool causal;
    int64_t window;  // radio, o −1 si no hay ventana
    Band band;
};

}  // namespace atencion
