// Atención aditiva (Bahdanau) hacia delante: e_ij = Σ_u v_u tanh(q_iu + k_ju), P = softmax(e), O = P · V.
//
//   query (batch, n_query, units)   key (batch, n_key, units)   value (batch, n_key, d_v)   score_vector
//   (units,) output (batch, n_query, d_v)    logsumexp (batch, n_query)
//
// Memoria: O(n · units) por hilo. El tensor (consulta, clave, unidad) no se forma nunca.
//
// La idea, frente a naive/additive.hpp: tanh(q + k) = 1 − 2 / (1 + e^{2q} e^{2k}), así que las exponenciales
// se calculan una vez por fila y cada par solo cuesta un producto y un recíproco; dos unidades comparten
// recíproco. La factorización vale mientras |q| y |k| no pasen de FactorLimits::largest: más allá, recortar
// cada factor daría resultados falsos (q = 30, k = −29,5), así que esa tarea suma antes de la exponencial
// (`Direct`).
#pragma once
#include "arguments/additive.hpp"
#include "softmax.hpp"
#include "tiles.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

template <class T>
struct FactorLimits;
// Con |x| ≤ largest, e^{2q} e^{2k} no desborda. Un denominador por encima de denominator aporta menos que el
// redondeo y dos de ellos se pueden multiplicar sin desbordar.
template <>
struct FactorLimits<float> {
    static constexpr float largest = 20.8f, denominator = 4.6e18f, direct_exponent = 62.0f;
};
template <>
struct FactorLimits<double> {
    static constexpr double largest = 170.0, denominator = 1e150, direct_exponent = 498.0;
};

constexpr int kAdditiveQueries = 64;  // consultas por tarea
constexpr int kAdditiveRows = 16;     // filas de puntuaciones vivas a la vez

// Con una banda estrecha, las claves de un grupo de filas son las de su banda y tantas más como filas tenga:
// conviene que tenga pocas.
template <class T>
ATENCION_INLINE index_t rows_per_group(const HeadRestrictions<T>& r) {
    return r.banded && r.band.last - r.band.first < kAdditiveRows ? 4 : kAdditiveRows;
}
// Las claves [first, first + count) que ve alguna consulta de un grupo.
struct KeyRange {
    index_t first, count;
};
template <class T>
ATENCION_INLINE KeyRange visible_keys(const HeadRestrictions<T>& r, index_t query, index_t rows) {
    const index_t first = r.begin(query);
    return {first, rows > 0 ? larger(0, r.end(query + rows - 1) - first) : 0};
}

// Las unidades van de dos vectores en dos: así cada par comparte recíproco.
template <class T>
ATENCION_INLINE index_t padded_units(index_t units) {
    return round_up(units, 2 * kLanes<T>);
}

template <class T>
bool factorable(const T* rows, index_t stride, index_t count, index_t units) {
    constexpr int W = kLanes<T>;
    Vec<T> top = {};
    for (index_t r = 0; r < count; ++r)
        for (index_t u = 0; u < units; u += W) {
            const Vec<T> x = load_partial(rows + r * stride + u, int(smaller(W, units - u)));
            top = vmax<T>(vmax<T>(x, -x), top);  // un NaN no tapa al máximo
        }
    return reduce_max<T>(top) <= FactorLimits<T>::largest;
}

// e^{2x}, o x tal cual si Direct. El relleno da igual: su peso en score_vector es cero.
template <class T, bool Direct>
void make_factors(const T* rows, index_t stride, index_t count, index_t units, T* out) {
    constexpr int W = kLanes<T>;
    const index_t padded = padded_units<T>(units);
    for (index_t r = 0; r < count; ++r)
        for (index_t u = 0; u < padded; u += W) {
            const int n = int(larger(0, smaller(W, units - u)));
            const T* p = rows + r * stride + u;
            const Vec<T> x = n == W ? load(p) : load_partial(p, n);
            store(out + r * padded + u, Direct ? x : exp2<T>(x * T(2 * kLog2e)));
        }
}
template <class T>
void pad_score_vector(const T* v, index_t units, T factor, T* out) {
    for (index_t u = 0; u < padded_units<T>(units); ++u) out[u] = u < units ? v[u] * factor : T(0);
}

// 1 + e^{2(q + k)}, acotado. En el camino directo se suma antes de escalar: q = 10000 y k = −9999,5 se
// cancelan sin redondeo.
template <class T, bool Direct>
ATENCION_INLINE Vec<T> denominator(Vec<T> q, Vec<T> k) {
    if constexpr (Direct)
        return exp2<T>(vmin<T>(splat(FactorLimits<T>::direct_exponent), (q + k) * T(2 * kLog2e))) + T(1);
    else
        return vmin<T>(splat(FactorLimits<T>::denominator), q * k + T(1));
}

// Puntuaciones de `rows` consultas y `keys` claves. v lleva −2 · score_vector y shift su suma: tanh = 1 −
// 2/denominador.
template <class T, bool Direct>
void additive_scores(const T* q, const T* k, const T* v, index_t rows, index_t keys, index_t padded, T shift,
                     T* S, index_t ld) {
    constexpr int W = kLanes<T>;
    for_pair_tiles(rows, keys, [&](auto tr, auto tc, index_t i, index_t j) __attribute__((always_inline)) {
        constexpr int R = decltype(tr)::value, C = decltype(tc)::value;
        Vec<T> acc[R * C] = {};
        for (index_t u = 0; u < padded; u += 2 * W) {
            const Vec<T> v1 = load(v + u), v2 = load(v + u + W);
            ATENCION_UNROLL
            for (int c = 0; c < C; ++c) {
                const T* kc = k + (j + c) * padded + u;
                const Vec<T> k1 = load(kc), k2 = load(kc + W);
                ATENCION_UNROLL
                for (int r = 0; r < R; ++r) {
                    const T* qr = q + (i + r) * padded + u;
                    const Vec<T> d1 = denominator<T, Direct>(load(qr), k1),
                                 d2 = denominator<T, Direct>(load(qr + W), k2);
                    acc[r * C + c] += (v1 * d2 + v2 * d1) * reciprocal(d1 * d2);
                }
            }
        }
        reduce_tile<T, R, C>(acc, shift, S + i * ld + j, ld);
    });
}

template <class T>
index_t additive_scratch(index_t n_key, index_t units) {
    return (kAdditiveQueries + n_key + 1) * padded_units<T>(units) + kAdditiveRows * n_key;
}

template <class T, bool Direct>
void additive_task(const AdditiveArgs<T>& a, const HeadRestrictions<T>& r, index_t batch, index_t first,
                   index_t count, KeyRange keys, T* scratch) {
    const index_t padded = padded_units<T>(a.units), group = rows_per_group(r);
    T *q = scratch, *k = q + kAdditiveQueries * padded, *v = k + a.n_key * padded, *S = v + padded;
    make_factors<T, Direct>(a.query.at(batch, 0, first), a.query.row, count, a.units, q);
    make_factors<T, Direct>(a.key.at(batch, 0, keys.first), a.key.row, keys.count, a.units, k);
    pad_score_vector(a.score_vector, a.units, T(-2), v);
    T shift = 0;
    for (index_t u = 0; u < a.units; ++u) shift += a.score_vector[u];
    for (index_t i = 0; i < count; i += group) {
        const index_t rows = smaller(group, count - i), row = batch * a.n_query + first + i;
        const KeyRange seen = visible_keys(r, first + i, rows);
        additive_scores<T, Direct>(q + i * padded, k + (seen.first - keys.first) * padded, v, rows,
                                   seen.count, padded, shift, S, a.n_key);
        for (index_t t = 0; t < rows; ++t) {
            T* p = S + t * a.n_key;
            a.logsumexp[row + t] = softmax_row<T>(r, first + i + t, seen.first, seen.count, p);
            if (!a.weights) continue;
            T* weights = a.weights + (row + t) * a.n_key;
            for (index_t j = 0; j < a.n_key; ++j) weights[j] = T(0);
            for (index_t j = 0; j < seen.count; ++j) weights[seen.first + j] = p[j];
        }
        T* out = a.output + row * a.d_v;
        for (index_t x = 0; x < rows * a.d_v; ++x) out[x] = T(0);
        accumulate_product<T, false>(rows, a.d_v, seen.count, S, a.n_key, a.value.at(batch, 0, seen.first),
                                     a.value.row, out, a.d_v);
    }
}

// Una tarea: hasta kAdditiveQueries consultas de un ejemplo.
template <class T>
void additive_forward(const AdditiveArgs<T>& a, index_t batch, index_t first, T* scratch) {
    const HeadRestrictions<T> r(a.restrictions, batch, 0, a.n_query, a.n_key);
    const index_t count = smaller(kAdditiveQueries, a.n_query - first);
    const KeyRange keys = visible_keys(r, first, count);
    const bool factors = factorable(a.query.at(batch, 0, first), a.query.row, count, a.units) &&
                         factorable(a.key.at(batch, 0, keys.first), a.key.row, keys.count, a.units);
    if (factors)
        additive_task<T, false>(a, r, batch, first, count, keys, scratch);
    else
        additive_task<T, true>(a, r, batch, first, count, keys, scratch);
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
