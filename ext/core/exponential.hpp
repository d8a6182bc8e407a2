// Exponencial, logaritmo y recíproco propios: sin libm, con los mismos pasos en todas las máquinas.
//
// Las puntuaciones se llevan en unidades de log2 (se multiplican por log2 e al cargarlas), porque 2^x es más
// barato que e^x: la parte entera va directa al exponente y solo la fracción necesita un polinomio.
#pragma once
#include "simd.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

// 2^f para f en [−½, ½] con p(0) = 1 exacto. Polinomios de error relativo mínimo, calculados por nosotros con
// el algoritmo de Remez: 2,6e-9 con grado 6 (float) y 1,8e-17 con grado 11 (double).
ATENCION_INLINE Vec<float> exp2_fraction(Vec<float> f) {
    Vec<float> p = splat(1.5594678161e-4f);
    p = p * f + 1.3406643903e-3f;
    p = p * f + 9.6176929730e-3f;
    p = p * f + 5.5503105510e-2f;
    p = p * f + 2.4022652783e-1f;
    p = p * f + 6.9314721497e-1f;
    return p * f + 1.0f;
}
ATENCION_INLINE Vec<double> exp2_fraction(Vec<double> f) {
    Vec<double> p = splat(4.078071929588336665e-10);
    p = p * f + 7.0725704128144235096e-9;
    p = p * f + 1.0180647659234138888e-7;
    p = p * f + 1.3215442675329822143e-6;
    p = p * f + 1.5252727385193868197e-5;
    p = p * f + 1.540353044157213033e-4;
    p = p * f + 1.3333558153439964747e-3;
    p = p * f + 9.6181291076070023796e-3;
    p = p * f + 5.5504108664790394552e-2;
    p = p * f + 2.4022650695910098007e-1;
    p = p * f + 6.9314718055994569675e-1;
    return p * f + 1.0;
}

template <class T>
struct Exp2Limits;
template <>
struct Exp2Limits<float> {
    static constexpr float smallest = -126.0f, floor = -200.0f, largest = 127.0f;
    static constexpr float round_magic = 12582912.0f;  // 1,5 · 2^23: sumarlo y restarlo redondea al entero
    static constexpr int mantissa_bits = 23;
};
template <>
struct Exp2Limits<double> {
    static constexpr double smallest = -1022.0, floor = -2000.0, largest = 1023.0;
    static constexpr double round_magic = 6755399441055744.0;  // 1,5 · 2^52
    static constexpr int mantissa_bits = 52;
};

// 2^x. Por debajo del menor número normal da cero exacto (también en −∞); NaN pasa. Se espera x ≤
// Exp2Limits::largest.
template <class T>
ATENCION_SHARED_CODE Vec<T> exp2(Vec<T> x) {
    using L = Exp2Limits<T>;
#if defined(__AVX512F__)
    x = vmax<T>(splat(L::floor), x);  // evita −∞ − (−∞) = NaN
    if constexpr (sizeof(T) == 4) {
        const __m512 whole = _mm512_maskz_roundscale_ps(kAllLanes16, (__m512)x, 8);
        return (Vec<T>)_mm512_maskz_scalef_ps(kAllLanes16, (__m512)exp2_fraction(x - (Vec<T>)whole), whole);
    } else {
        const __m512d whole = _mm512_maskz_roundscale_pd(kAllLanes8, (__m512d)x, 8);
        return (Vec<T>)_mm512_maskz_scalef_pd(kAllLanes8, (__m512d)exp2_fraction(x - (Vec<T>)whole), whole);
    }
#else
    const Vec<T> clamped = vmax<T>(splat(L::smallest), x), magic = splat(L::round_magic);
    const Vec<T> rounded = clamped + magic;
    const Vec<T> fraction = clamped - (rounded - magic);
    // Sin signo: en los carriles de relleno x puede pasar de largest y la suma ha de poder dar la vuelta.
    const BitVec<T> bits = (BitVec<T>)exp2_fraction(fraction) + ((BitVec<T>)rounded << L::mantissa_bits);
    // Lo que no llega al menor número normal es cero; un NaN se queda como está.
    return x >= splat(L::smallest) ? (Vec<T>)bits : vmax<T>(Vec<T>{}, x);
#endif
}

// 1/x con un paso de Newton sobre la aproximación de la máquina, donde la hay: más barato que dividir.
ATENCION_INLINE Vec<float> reciprocal(Vec<float> x) {
#if defined(__AVX512F__)
    const Vec<float> r = (Vec<float>)_mm512_maskz_rcp14_ps(kAllLanes16, (__m512)x);
    return r + r * (1.0f - x * r);
#elif defined(__AVX2__)
    const Vec<float> r = (Vec<float>)_mm256_rcp_ps((__m256)x);
    return r + r * (1.0f - x * r);
#else
    return 1.0f / x;
#endif
}
ATENCION_INLINE Vec<double> reciprocal(Vec<double> x) { return 1.0 / x; }

// Logaritmo natural de un escalar finito y positivo, en double: x = 2^e · m con m en [√½, √2), y
// log m = 2 (s + s³/3 + s⁵/5 + …) con s = (m − 1)/(m + 1). |s| < 0,172: doce términos llegan a 1e-19.
inline double natural_log(double x) {
    union {
        double value;
        uint64_t bits;
    } u = {x};
    int exponent = int(u.bits >> 52) - 1023;
    u.bits = (u.bits & 0x000fffffffffffffull) | 0x3ff0000000000000ull;
    double m = u.value;
    if (m > 1.4142135623730951) {
        m *= 0.5;
        ++exponent;
    }
    const double s = (m - 1.0) / (m + 1.0), s2 = s * s;
    double series = 0.0;
    ATENCION_UNROLL  // desenrollado, 1/k son constantes
        for (int k = 23; k >= 1; k -= 2) series = series * s2 + 1.0 / k;
    return 2.0 * s * series + exponent * kLn2;
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
