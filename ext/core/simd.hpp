// Vocabulario vectorial del núcleo: un vector del ancho que da el juego de instrucciones, y lo justo para
// usarlo.
//
// Se apoya en las extensiones vectoriales de GCC y Clang, así que el mismo texto sirve para SSE2, AVX2,
// AVX-512, NEON y WebAssembly. No incluye nada de la biblioteca de C++ ni llama a libm: todo lo que hace
// falta está aquí.
//
// Cada compilación (una por juego de instrucciones) define ATENCION_KERNEL con un nombre distinto. Ese nombre
// es un espacio de nombres: así el enlazador no puede mezclar una función compilada para AVX-512 con la de
// base.
#pragma once
#include <stddef.h>
#include <stdint.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#ifndef ATENCION_KERNEL
#define ATENCION_KERNEL baseline
#endif

#if defined(__AVX512F__)
#define ATENCION_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define ATENCION_VECTOR_BYTES 32
#else
#define ATENCION_VECTOR_BYTES 16
#endif

#define ATENCION_INLINE inline __attribute__((always_inline))
#if defined(__clang__)
#define ATENCION_UNROLL _Pragma("clang loop unroll(full)")
#define ATENCION_NO_UNROLL _Pragma("clang loop unroll(disable)")
#else
#define ATENCION_UNROLL _Pragma("GCC unroll 64")
#define ATENCION_NO_UNROLL _Pragma("GCC unroll 1")
#endif

namespace atencion {
inline namespace ATENCION_KERNEL {

template <class T>
struct VectorOf;
template <>
struct VectorOf<float> {
    typedef float type __attribute__((vector_size(ATENCION_VECTOR_BYTES), may_alias));
    typedef float unaligned __attribute__((vector_size(ATENCION_VECTOR_BYTES), aligned(4), may_alias));
    typedef int32_t lane;
    typedef int32_t integer __attribute__((vector_size(ATENCION_VECTOR_BYTES), may_alias));
};
template <>
struct VectorOf<double> {
    typedef double type __attribute__((vector_size(ATENCION_VECTOR_BYTES), may_alias));
    typedef double unaligned __attribute__((vector_size(ATENCION_VECTOR_BYTES), aligned(8), may_alias));
    typedef int64_t lane;
    typedef int64_t integer __attribute__((vector_size(ATENCION_VECTOR_BYTES), may_alias));
};
template <class T>
using Vec = typename VectorOf<T>::type;
template <class T>
using IntVec = typename VectorOf<T>::integer;
template <class T>
using Lane = typename VectorOf<T>::lane;
template <class T>
constexpr int kLanes = ATENCION_VECTOR_BYTES / int(sizeof(T));

template <int N>
struct Int {
    static constexpr int value = N;
};

// Lo enmascarado vale −∞ por dentro. Usamos un «menos infinito» finito: el máximo inicial de una fila es aún
// mayor, así que exp(enmascarado − máximo) es un cero exacto también en las filas vacías, sin preguntar por
// NaN.
template <class T>
struct Limits;
template <>
struct Limits<float> {
    static constexpr float masked = -1e30f, lowest_maximum = -5e29f, infinity = __builtin_inff();
};
template <>
struct Limits<double> {
    static constexpr double masked = -1e300, lowest_maximum = -5e299, infinity = __builtin_inf();
};
constexpr double kMaskingBias = -1e29;  // todo sesgo menor o igual es una máscara
constexpr double kLog2e = 1.4426950408889634074, kLn2 = 0.69314718055994530942;

template <class T>
ATENCION_INLINE Vec<T> load(const T* p) {
    return (Vec<T>)*(const typename VectorOf<T>::unaligned*)p;
}
template <class T>
ATENCION_INLINE void store(T* p, Vec<T> v) {
    *(typename VectorOf<T>::unaligned*)p = (typename VectorOf<T>::unaligned)v;
}
// Los n primeros elementos (0 ≤ n ≤ kLanes); el resto, cero. Nunca lee ni escribe fuera de [p, p + n).
template <class T>
ATENCION_INLINE Vec<T> load_partial(const T* p, int n) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4)
        return (Vec<T>)_mm512_maskz_loadu_ps(__mmask16((1u << n) - 1), p);
    else
        return (Vec<T>)_mm512_maskz_loadu_pd(__mmask8((1u << n) - 1), p);
#else
    Vec<T> v = {};
    for (int i = 0; i < n; ++i) v[i] = p[i];
    return v;
#endif
}
template <class T>
ATENCION_INLINE void store_partial(T* p, Vec<T> v, int n) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4)
        _mm512_mask_storeu_ps(p, __mmask16((1u << n) - 1), (__m512)v);
    else
        _mm512_mask_storeu_pd(p, __mmask8((1u << n) - 1), (__m512d)v);
#else
    for (int i = 0; i < n; ++i) p[i] = v[i];
#endif
}
template <class T>
ATENCION_INLINE Vec<T> splat(T x) {
    return x - Vec<T>{};
}
// Recorre n elementos de vector en vector: f(primero, cuántos). Todos son enteros salvo quizá el último.
template <class T, class F>
ATENCION_INLINE void for_vectors(ptrdiff_t n, F&& f) {
    constexpr int W = kLanes<T>;
    ptrdiff_t i = 0;
    for (; i + W <= n; i += W) f(i, W);
    if (i < n) f(i, int(n - i));
}
template <class T>
ATENCION_INLINE Vec<T> load_some(const T* p, int n) {
    return n == kLanes<T> ? load(p) : load_partial(p, n);
}
template <class T>
ATENCION_INLINE void store_some(T* p, Vec<T> v, int n) {
    if (n == kLanes<T>)
        store(p, v);
    else
        store_partial(p, v, n);
}

#if defined(__AVX512F__)
// Las variantes «maskz» con la máscara llena son la misma instrucción; las otras hacen que GCC 12 avise,
// dentro de su propia cabecera, de una variable sin iniciar.
constexpr __mmask16 kAllLanes16 = 0xffff;
constexpr __mmask8 kAllLanes8 = 0xff;
#endif

// Máximo y mínimo. Si una comparación no tiene orden (NaN) gana el segundo operando: pon delante la
// constante.
template <class T>
ATENCION_INLINE Vec<T> vmax(Vec<T> a, Vec<T> b) {
    return a > b ? a : b;
}
template <class T>
ATENCION_INLINE Vec<T> vmin(Vec<T> a, Vec<T> b) {
    return a < b ? a : b;
}
#if defined(__AVX512F__)
template <>
ATENCION_INLINE Vec<float> vmax<float>(Vec<float> a, Vec<float> b) {
    return (Vec<float>)_mm512_maskz_max_ps(kAllLanes16, (__m512)a, (__m512)b);
}
template <>
ATENCION_INLINE Vec<double> vmax<double>(Vec<double> a, Vec<double> b) {
    return (Vec<double>)_mm512_maskz_max_pd(kAllLanes8, (__m512d)a, (__m512d)b);
}
template <>
ATENCION_INLINE Vec<float> vmin<float>(Vec<float> a, Vec<float> b) {
    return (Vec<float>)_mm512_maskz_min_ps(kAllLanes16, (__m512)a, (__m512)b);
}
#elif defined(__AVX2__)
template <>
ATENCION_INLINE Vec<float> vmax<float>(Vec<float> a, Vec<float> b) {
    return (Vec<float>)_mm256_max_ps((__m256)a, (__m256)b);
}
template <>
ATENCION_INLINE Vec<double> vmax<double>(Vec<double> a, Vec<double> b) {
    return (Vec<double>)_mm256_max_pd((__m256d)a, (__m256d)b);
}
template <>
ATENCION_INLINE Vec<float> vmin<float>(Vec<float> a, Vec<float> b) {
    return (Vec<float>)_mm256_min_ps((__m256)a, (__m256)b);
}
#elif defined(__SSE2__)
template <>
ATENCION_INLINE Vec<float> vmax<float>(Vec<float> a, Vec<float> b) {
    return (Vec<float>)_mm_max_ps((__m128)a, (__m128)b);
}
template <>
ATENCION_INLINE Vec<float> vmin<float>(Vec<float> a, Vec<float> b) {
    return (Vec<float>)_mm_min_ps((__m128)a, (__m128)b);
}
#endif

// Transpone en registros un bloque de kLanes × kLanes: log2(kLanes) rondas de intercambios.
template <class T, int Step, int Rows = kLanes<T>>
ATENCION_INLINE void transpose_round(Vec<T>* rows) {
    constexpr int W = kLanes<T>;
    ATENCION_UNROLL
    for (int i = 0; i < Rows; ++i) {
        if (i & Step) continue;
        const Vec<T> x = rows[i], y = rows[i + Step];
#if defined(__clang__)
        Vec<T> low, high;
        ATENCION_UNROLL
        for (int l = 0; l < W; ++l) {
            low[l] = (l & Step) ? y[l - Step] : x[l];
            high[l] = (l & Step) ? y[l] : x[l + Step];
        }
#else
        IntVec<T> pick_low, pick_high;
        ATENCION_UNROLL
        for (int l = 0; l < W; ++l) {
            pick_low[l] = (l & Step) ? W + l - Step : l;
            pick_high[l] = (l & Step) ? W + l : l + Step;
        }
        const Vec<T> low = __builtin_shuffle(x, y, pick_low), high = __builtin_shuffle(x, y, pick_high);
#endif
        rows[i] = low;
        rows[i + Step] = high;
    }
}
template <class T>
ATENCION_INLINE void transpose(Vec<T>* rows) {
    if constexpr (kLanes<T> >= 16) transpose_round<T, 8>(rows);
    if constexpr (kLanes<T> >= 8) transpose_round<T, 4>(rows);
    if constexpr (kLanes<T> >= 4) transpose_round<T, 2>(rows);
    transpose_round<T, 1>(rows);
}

// v con los carriles l y l ^ Step cambiados entre sí.
template <class T, int Step>
ATENCION_INLINE Vec<T> swap_lanes(Vec<T> v) {
#if defined(__clang__)
    Vec<T> swapped;
    ATENCION_UNROLL
    for (int l = 0; l < kLanes<T>; ++l) swapped[l] = v[l ^ Step];
    return swapped;
#else
    IntVec<T> pick;
    ATENCION_UNROLL
    for (int l = 0; l < kLanes<T>; ++l) pick[l] = l ^ Step;
    return __builtin_shuffle(v, pick);
#endif
}

// Combina en árbol los carriles que distan un múltiplo de `period` (potencia de dos); el resultado queda
// repetido en todos ellos.
template <class T, int Step = kLanes<T> / 2, class Op>
ATENCION_INLINE Vec<T> fold_lanes(Vec<T> v, ptrdiff_t period, Op&& op) {
    if constexpr (Step > 0) {
        if (Step >= period) v = op(v, swap_lanes<T, Step>(v));
        return fold_lanes<T, Step / 2>(v, period, op);
    } else {
        return v;
    }
}
template <class T>
ATENCION_INLINE Vec<T> fold_add(Vec<T> v, ptrdiff_t period = 1) {
    return fold_lanes<T>(v, period, [](Vec<T> a, Vec<T> b) __attribute__((always_inline)) { return a + b; });
}
template <class T>
ATENCION_INLINE Vec<T> fold_max(Vec<T> v, ptrdiff_t period = 1) {
    return fold_lanes<T>(v, period,
                         [](Vec<T> a, Vec<T> b) __attribute__((always_inline)) { return vmax<T>(a, b); });
}
template <class T>
ATENCION_INLINE T reduce_add(Vec<T> v) {
    return fold_add<T>(v)[0];
}
template <class T>
ATENCION_INLINE T reduce_max(Vec<T> v) {
    return fold_max<T>(v)[0];
}

// Suma los carriles de kLanes vectores a la vez: el carril l del resultado es la suma de rows[l]. Como
// transponer y sumar, pero cada ronda deja la mitad de vectores. Da los mismos números que reduce_add, que
// suma con el mismo árbol. `rows` se pierde.
template <class T, int Step = kLanes<T> / 2>
ATENCION_INLINE Vec<T> sum_rows(Vec<T>* rows) {
    transpose_round<T, Step, 2 * Step>(rows);
    ATENCION_UNROLL
    for (int i = 0; i < Step; ++i) rows[i] += rows[i + Step];
    if constexpr (Step > 1)
        return sum_rows<T, Step / 2>(rows);
    else
        return rows[0];
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
