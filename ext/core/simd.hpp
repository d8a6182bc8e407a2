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
// ATENCION_COMPACT pide poco código, porque la página lo descarga: menos versiones de cada bucle, y una sola
// copia de lo que se repite en todos. Con 16 registros de 4 números no cuesta tiempo.
#if defined(ATENCION_COMPACT)
#define ATENCION_SHARED_CODE inline __attribute__((noinline))
#else
#define ATENCION_SHARED_CODE ATENCION_INLINE
#endif
#if defined(__clang__)
#define ATENCION_UNROLL _Pragma("clang loop unroll(full)")
#define ATENCION_NO_UNROLL _Pragma("clang loop unroll(disable)")
#else
#define ATENCION_UNROLL _Pragma("GCC unroll 64")
#define ATENCION_NO_UNROLL _Pragma("GCC unroll 1")
#endif

namespace atencion {
inline namespace ATENCION_KERNEL {

#if defined(ATENCION_COMPACT)
constexpr bool kCompact = true;
#else
constexpr bool kCompact = false;
#endif

template <class T>
struct VectorOf;
template <>
struct VectorOf<float> {
    typedef float type __attribute__((vector_size(ATENCION_VECTOR_BYTES), may_alias));
    typedef float unaligned __attribute__((vector_size(ATENCION_VECTOR_BYTES), aligned(4), may_alias));
    typedef int32_t lane;
    typedef int32_t integer __attribute__((vector_size(ATENCION_VECTOR_BYTES), may_alias));
    typedef uint32_t bits __attribute__((vector_size(ATENCION_VECTOR_BYTES), may_alias));
};
template <>
struct VectorOf<double> {
    typedef double type __attribute__((vector_size(ATENCION_VECTOR_BYTES), may_alias));
    typedef double unaligned __attribute__((vector_size(ATENCION_VECTOR_BYTES), aligned(8), may_alias));
    typedef int64_t lane;
    typedef int64_t integer __attribute__((vector_size(ATENCION_VECTOR_BYTES), may_alias));
    typedef uint64_t bits __attribute__((vector_size(ATENCION_VECTOR_BYTES), may_alias));
};
template <class T>
using Vec = typename VectorOf<T>::type;
template <class T>
using IntVec = typename VectorOf<T>::integer;
template <class T>
using BitVec = typename VectorOf<T>::bits;
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
// 0, 1, 2…
template <class T>
ATENCION_INLINE IntVec<T> lane_index() {
    IntVec<T> lane;
    ATENCION_UNROLL
    for (int l = 0; l < kLanes<T>; ++l) lane[l] = l;
    return lane;
}
// Los n primeros elementos (0 ≤ n ≤ kLanes); el resto, cero. Nunca lee ni escribe fuera de [p, p + n).
template <class T>
ATENCION_SHARED_CODE Vec<T> load_partial(const T* p, int n) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4)
        return (Vec<T>)_mm512_maskz_loadu_ps(__mmask16((1u << n) - 1), p);
    else
        return (Vec<T>)_mm512_maskz_loadu_pd(__mmask8((1u << n) - 1), p);
#elif defined(__AVX2__)
    const __m256i keep = (__m256i)(lane_index<T>() < Lane<T>(n));
    if constexpr (sizeof(T) == 4)
        return (Vec<T>)_mm256_maskload_ps(p, keep);
    else
        return (Vec<T>)_mm256_maskload_pd(p, keep);
#else
    Vec<T> v = {};
    for (int i = 0; i < n; ++i) v[i] = p[i];
    return v;
#endif
}
template <class T>
ATENCION_SHARED_CODE void store_partial(T* p, Vec<T> v, int n) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4)
        _mm512_mask_storeu_ps(p, __mmask16((1u << n) - 1), (__m512)v);
    else
        _mm512_mask_storeu_pd(p, __mmask8((1u << n) - 1), (__m512d)v);
#elif defined(__AVX2__)
    const __m256i keep = (__m256i)(lane_index<T>() < Lane<T>(n));
    if constexpr (sizeof(T) == 4)
        _mm256_maskstore_ps(p, keep, (__m256)v);
    else
        _mm256_maskstore_pd(p, keep, (__m256d)v);
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
template <class T>
ATENCION_INLINE void copy_row(const T* in, ptrdiff_t width, T* out) {
    for_vectors<T>(width, [&](ptrdiff_t d, int n) __attribute__((always_inline)) {
        store_some(out + d, load_some(in + d, n), n);
    });
}
template <class T>
ATENCION_INLINE void clear(T* out, ptrdiff_t n) {
    for_vectors<T>(n, [&](ptrdiff_t i, int count)
                          __attribute__((always_inline)) { store_some(out + i, Vec<T>{}, count); });
}

// Los n primeros carriles de v; los demás valen fill.
template <class T>
ATENCION_INLINE Vec<T> first_lanes(Vec<T> v, int n, T fill) {
    return lane_index<T>() < Lane<T>(n) ? v : splat(fill);
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

}  // namespace ATENCION_KERNEL
}  // namespace atencion
