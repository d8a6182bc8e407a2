// La interfaz de la página: funciones de C con punteros y números sueltos. float32, un solo ejemplo, hacia
// delante y en un hilo; todo es contiguo. Cada una devuelve si le ha bastado la memoria.
//
// JavaScript (core.js) comprueba las longitudes antes de llamar: aquí no se vuelven a mirar.
#pragma once
#include "../../core/arguments/edges.hpp"
#include "../../core/arguments/sequence.hpp"
#include "arena.hpp"

namespace atencion {

// Una matriz (count, width) por cabeza.
template <class T>
View4<T> matrix(T* data, index_t count, index_t width) {
    return {data, 0, count * width, width, 1};
}
// Una sola fila, la misma para todas las cabezas y consultas.
template <class T>
View4<T> row(T* data) {
    return {data, 0, 0, 0, 1};
}

inline Restrictions<float> unrestricted() {
    Restrictions<float> r{};
    r.window = -1;
    return r;
}

inline SequenceArgs<float> sequence(const float* rows, const uint8_t* mask, index_t length, index_t width,
                                    bool sentinel = false) {
    return {{rows, 0, 0, width, 1}, row(mask), nullptr, length, sentinel};
}

// Los enteros de JavaScript, de 32 bits, con la anchura que pide el núcleo.
inline const int64_t* widen(const int32_t* in, index_t count, Loan& memory) {
    int64_t* out = memory.take<int64_t>(count);
    for (index_t i = 0; out && i < count; ++i) out[i] = in[i];
    return out;
}

inline Edges make_edges(const int32_t* offsets, const int32_t* keys, index_t n_query, Loan& memory) {
    const index_t count = offsets[n_query];
    index_t longest = 0;
    for (index_t i = 0; i < n_query; ++i) {
        const index_t degree = offsets[i + 1] - offsets[i];
        longest = degree > longest ? degree : longest;
    }
    return {widen(offsets, n_query + 1, memory), widen(keys, count, memory), count, longest};
}

// body(memoria de trabajo), que cuenta números; false si no caben o si ya faltaba memoria.
template <class F>
bool with_scratch(Loan& memory, index_t scratch, F&& body) {
    float* mine = memory.take<float>(scratch);
    if (memory) body(mine);
    return bool(memory);
}

}  // namespace atencion
