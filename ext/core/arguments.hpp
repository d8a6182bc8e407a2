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

template <class T>
struct Restrictions {
    View4<const uint8_t> mask;   // data == nullptr: sin máscara
    View4<const T> bias;         // data == nullptr: sin sesgo
    const int64_t* key_lengths;  // (batch,) o nullptr
    const T* alibi_slopes;       // (heads,) o nullptr
    bool causal;
    int64_t window;  // radio, o −1 si no hay ventana
};

template <class T>
struct DotProductArgs {
    View4<const T> query, key, value;  // la última dimensión es contigua (column = 1)
    View4<T> output;
    T* logsumexp;  // contiguo
    T* weights;    // contiguo (batch, heads, n_query, n_key), o nullptr
    Restrictions<T> restrictions;
    index_t batch, heads, kv_heads, n_query, n_key, d_k, d_v;
    T scale;
};

template <class T>
struct DotProductGradArgs {
    DotProductArgs<T> forward;   // output, logsumexp y weights son los que dio la pasada hacia delante
    View4<const T> grad_output;  // última dimensión contigua
    const T* grad_logsumexp;     // contiguo (batch, heads, n_query) o nullptr
    const T* grad_weights;       // contiguo (batch, heads, n_query, n_key) o nullptr; exige forward.weights
    T *grad_query, *grad_key, *grad_value;  // contiguos, con las formas de query, key y value
    T* grad_bias;                           // contiguo (batch, heads, n_query, n_key) o nullptr
};

template <class T>
struct AdditiveArgs {
    View4<const T> query, key, value;  // paso de cabeza 0; la última dimensión es contigua
    const T* score_vector;             // contiguo
    T *output, *logsumexp;             // contiguos
    T* weights;                        // contiguo (batch, n_query, n_key), o nullptr
    Restrictions<T> restrictions;      // sin sesgo, ALiBi, ventana ni causal
    index_t batch, n_query, n_key, units, d_v;
};

template <class T>
struct AdditiveGradArgs {
    AdditiveArgs<T> forward;                // basta su logsumexp: output y weights no se leen
    View4<const T> grad_output;             // última dimensión contigua
    const T* grad_logsumexp;                // contiguo (batch, n_query) o nullptr
    const T* grad_weights;                  // contiguo (batch, n_query, n_key) o nullptr
    T *grad_query, *grad_key, *grad_value;  // contiguos
    T* grad_score_vector;                   // contiguo (batch, units)
};

}  // namespace atencion
