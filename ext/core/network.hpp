// Las operaciones de red que rodean a la atención en un modelo pequeño: capas lineales, celdas recurrentes,
// normalización y no linealidades, con las ecuaciones de torch. Solo hacia delante: las usa la página, que
// corre modelos ya entrenados.
#pragma once
#include "exponential.hpp"
#include "masks.hpp"
#include "tiles.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

// σ(x) = 1/(1 + e^{−x}). El tope deja el recíproco entre los números normales.
template <class T>
ATENCION_INLINE Vec<T> sigmoid(Vec<T> x) {
    constexpr T top = -Exp2Limits<T>::smallest;
    return reciprocal(exp2<T>(vmin<T>(splat(top), x * T(-kLog2e))) + T(1));
}

// tanh x = 2σ(2x) − 1, con error absoluto de pocas eps.
template <class T>
ATENCION_INLINE Vec<T> tanh(Vec<T> x) {
    return sigmoid<T>(x + x) * T(2) - T(1);
}

// ½ erfc(z) para z ≥ 0: e^{−z²} · t · p(t), con t = 1/(1 + z/2) y p de error relativo mínimo (4e-8),
// calculado por nosotros.
ATENCION_INLINE Vec<float> half_erfc(Vec<float> z) {
    const Vec<float> t = reciprocal(z * 0.5f + 1.0f);
    Vec<float> p = splat(-2.9534607816e-2f);
    p = p * t + 1.4228808435e-1f;
    p = p * t - 2.4360114999e-1f;
    p = p * t + 1.3903489378e-1f;
    p = p * t - 1.3313692383e-2f;
    p = p * t + 1.0134377713e-1f;
    p = p * t + 1.2155180057e-1f;
    p = p * t + 1.4118766452e-1f;
    p = p * t + 1.4104320840e-1f;
    return exp2<float>(z * z * float(-kLog2e)) * t * p;
}

// x · Φ(x), con Φ la distribución normal: la GELU exacta, sin la aproximación por tanh.
ATENCION_INLINE Vec<float> gelu(Vec<float> x) {
    const Vec<float> tail = half_erfc(vmax<float>(x, -x) * 0.70710678f);
    return x * (x > 0.0f ? 1.0f - tail : tail);
}

// out = f(in), elemento a elemento.
template <class T, class F>
ATENCION_INLINE void map_elements(const T* in, index_t count, T* out, F&& f) {
    for_vectors<T>(count, [&](index_t i, int n) __attribute__((always_inline)) {
        store_some(out + i, f(load_some(in + i, n)), n);
    });
}

// out = input · weightᵀ + bias: input (rows, inputs), weight (outputs, inputs), bias (outputs,) o nullptr.
template <class T>
void linear_rows(const T* input, const T* weight, const T* bias, index_t rows, index_t inputs,
                 index_t outputs, T* out) {
    pairwise_dot(input, inputs, weight, inputs, rows, outputs, inputs, out, outputs);
    for (index_t r = 0; bias && r < rows; ++r, out += outputs)
        for_vectors<T>(outputs, [&](index_t j, int n) __attribute__((always_inline)) {
            store_some(out + j, load_some(out + j, n) + load_some(bias + j, n), n);
        });
}

// Los pesos de una celda recurrente: por cada puerta, `units` filas. Los sesgos pueden ser nullptr.
template <class T>
struct CellArgs {
    const T *input, *state;                // (rows, inputs) y (rows, units)
    const T *input_weight, *state_weight;  // (puertas · units, inputs) y (puertas · units, units)
    const T *input_bias, *state_bias;      // (puertas · units,)
    index_t rows, inputs, units;
};

template <class T>
index_t cell_scratch(const CellArgs<T>& a, int gates) {
    return 2 * a.rows * gates * a.units;
}

// r = σ(x_r + h_r)   z = σ(x_z + h_z)   n = tanh(x_n + r ∘ h_n)   h' = n + z ∘ (h − n)
template <class T>
void gru_cell(const CellArgs<T>& a, T* out, T* scratch) {
    const index_t units = a.units, wide = 3 * units;
    T *x = scratch, *h = x + a.rows * wide;
    linear_rows(a.input, a.input_weight, a.input_bias, a.rows, a.inputs, wide, x);
    linear_rows(a.state, a.state_weight, a.state_bias, a.rows, units, wide, h);
    for (index_t row = 0; row < a.rows; ++row, x += wide, h += wide, out += units)
        for_vectors<T>(units, [&](index_t u, int k) __attribute__((always_inline)) {
            const auto gate = [&](index_t g, const T* from) __attribute__((always_inline)) {
                return load_some(from + g * units + u, k);
            };
            const Vec<T> r = sigmoid<T>(gate(0, x) + gate(0, h)), z = sigmoid<T>(gate(1, x) + gate(1, h)),
                         n = tanh<T>(gate(2, x) + r * gate(2, h)),
                         before = load_some(a.state + row * units + u, k);
            store_some(out + u, n + z * (before - n), k);
        });
}

// i, f, o = σ(x + h)   g = tanh(x + h)   c' = f ∘ c + i ∘ g   h' = o ∘ tanh c', con las puertas en orden i f
// g o
template <class T>
void lstm_cell(const CellArgs<T>& a, const T* cell, T* out, T* out_cell, T* scratch) {
    const index_t units = a.units, wide = 4 * units;
    T *x = scratch, *h = x + a.rows * wide;
    linear_rows(a.input, a.input_weight, a.input_bias, a.rows, a.inputs, wide, x);
    linear_rows(a.state, a.state_weight, a.state_bias, a.rows, units, wide, h);
    for (index_t row = 0; row < a.rows; ++row, x += wide, h += wide)
        for_vectors<T>(units, [&](index_t u, int k) __attribute__((always_inline)) {
            const auto gate = [&](index_t g) __attribute__((always_inline)) {
                return load_some(x + g * units + u, k) + load_some(h + g * units + u, k);
            };
            const index_t at = row * units + u;
            const Vec<T> c =
                sigmoid<T>(gate(1)) * load_some(cell + at, k) + sigmoid<T>(gate(0)) * tanh<T>(gate(2));
            store_some(out_cell + at, c, k);
            store_some(out + at, sigmoid<T>(gate(3)) * tanh<T>(c), k);
        });
}

// (x − media)/√(varianza + epsilon) · scale + shift en cada fila; scale y shift pueden ser nullptr.
template <class T>
void layer_norm(const T* in, const T* scale, const T* shift, index_t rows, index_t width, T epsilon, T* out) {
    for (index_t row = 0; row < rows; ++row, in += width, out += width) {
        Vec<T> sum = {}, squares = {};
        for_vectors<T>(width,
                       [&](index_t d, int n) __attribute__((always_inline)) { sum += load_some(in + d, n); });
        const T mean = reduce_add<T>(sum) / T(width);
        for_vectors<T>(width, [&](index_t d, int n) __attribute__((always_inline)) {
            const Vec<T> centred = first_lanes<T>(load_some(in + d, n) - mean, n, T(0));
            squares += centred * centred;
        });
        const T inverse = T(1) / T(__builtin_sqrt(double(reduce_add<T>(squares) / T(width) + epsilon)));
        for_vectors<T>(width, [&](index_t d, int n) __attribute__((always_inline)) {
            Vec<T> y = (load_some(in + d, n) - mean) * inverse;
            if (scale) y *= load_some(scale + d, n);
            if (shift) y += load_some(shift + d, n);
            store_some(out + d, y, n);
        });
    }
}

// Pesos guardados en 8 bits: out_ij = scale_i · code_ij.
template <class T>
void dequantise(const int8_t* codes, const T* scales, index_t rows, index_t columns, T* out) {
    for (index_t r = 0; r < rows; ++r)
        for (index_t c = 0; c < columns; ++c) out[r * columns + c] = scales[r] * T(codes[r * columns + c]);
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
