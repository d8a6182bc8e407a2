// Lo que comparten los mecanismos de dos vías: las afinidades L = D Uᵀ entre un documento y una pregunta, su
// softmax por los dos lados y el gradiente de ambos.
//
// La pregunta, que es el lado corto, se copia una vez: sus palabras válidas juntas y traspuestas. El
// documento se lee tal como está, por tramos válidos. Las palabras de la pregunta van en los carriles, así
// que el softmax sobre el documento es vertical, y todo lo demás son productos de tiles.hpp.
//
// En toda matriz de aquí hay una fila por palabra del documento y una columna por palabra válida de la
// pregunta; las columnas de relleno, hasta el paso `ld` (un múltiplo de kLanes), pesan cero.
#pragma once
#include "exponential.hpp"
#include "sequences.hpp"
#include "tiles.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

// La memoria de trabajo, por trozos alineados a un vector.
template <class T>
struct Arena {
    T* next;
    T* take(index_t count) {
        T* taken = next;
        next += round_up(count, kLanes<T>);
        return taken;
    }
};

// La puntuación con la que empieza cada columna: −∞ en las de relleno.
template <class T>
void start_columns(index_t columns, index_t ld, T* start) {
    for (index_t j = 0; j < ld; ++j) start[j] = j < columns ? T(0) : Limits<T>::masked;
}

// S_ij = start_j + fila_i · columna_j, con las columnas traspuestas en `packed`.
template <class T>
void score_rows(const T* rows, index_t stride, index_t count, index_t width, const T* packed, index_t ld,
                const T* start, T* S) {
    for (index_t i = 0; i < count; ++i) copy_row(start, ld, S + i * ld);
    accumulate_product<T, false>(count, ld, width, rows, stride, packed, ld, S, ld);
}

// Softmax de cada fila de S, que está en log2; el máximo de cada una va a `tops`, si lo hay. P puede ser S.
template <class T>
__attribute__((noinline)) void softmax_rows(index_t count, index_t ld, const T* S, T* P, T* tops = nullptr) {
    constexpr int W = kLanes<T>;
    for (index_t i = 0; i < count; ++i, S += ld, P += ld) {
        Vec<T> highest = splat(Limits<T>::lowest_maximum), sum = {};
        for (index_t j = 0; j < ld; j += W) highest = vmax<T>(highest, load(S + j));
        const T top = reduce_max<T>(highest);
        for (index_t j = 0; j < ld; j += W) {
            const Vec<T> p = exp2<T>(load(S + j) - top);
            sum += p;
            store(P + j, p);
        }
        const T total = reduce_add<T>(sum), inverse = total == T(0) ? T(0) : T(1) / total;
        for (index_t j = 0; j < ld; j += W) store(P + j, load(P + j) * inverse);
        if (tops) tops[i] = top + (total - total);  // un NaN se escapa del máximo, pero no de la suma
    }
}

// Softmax de cada columna, en su sitio. Cada tramo se suma aparte: así no se pierde precisión en textos
// largos.
template <class T>
__attribute__((noinline)) void softmax_columns(const Sequence<T>& document, index_t ld, T* S) {
    for (index_t j = 0; j < ld; j += kLanes<T>, S += kLanes<T>) {
        Vec<T> top = splat(Limits<T>::lowest_maximum), total = {};
        for_spans(document, [&](index_t first, index_t count) __attribute__((always_inline)) {
            for (index_t i = first; i < first + count; ++i) top = vmax<T>(top, load(S + i * ld));
        });
        for_spans(document, [&](index_t first, index_t count) __attribute__((always_inline)) {
            Vec<T> sum = {};
            for (index_t i = first; i < first + count; ++i) {
                const Vec<T> p = exp2<T>(load(S + i * ld) - top);
                sum += p;
                store(S + i * ld, p);
            }
            total += sum;
        });
        const Vec<T> inverse = total == T(0) ? Vec<T>{} : T(1) / total;
        for_spans(document, [&](index_t first, index_t count) __attribute__((always_inline)) {
            for (index_t i = first; i < first + count; ++i) store(S + i * ld, load(S + i * ld) * inverse);
        });
    }
}

// Σ_j x_j y_j.
template <class T>
ATENCION_INLINE T dot_row(index_t width, const T* x, const T* y) {
    Vec<T> sum = {};
    for_vectors<T>(width, [&](index_t j, int n) __attribute__((always_inline)) {
        sum += load_some(x + j, n) * load_some(y + j, n);
    });
    return reduce_add<T>(sum);
}

// out_j += Σ_i weight_i x_ij (∘ y_ij, si la hay): las sumas verticales de un tramo. weight == nullptr: todos
// uno.
template <class T>
void add_rows(index_t count, index_t width, const T* x, index_t x_stride, const T* weight, T* out,
              const T* y = nullptr, index_t y_stride = 0) {
    for_vectors<T>(width, [&](index_t j, int n) __attribute__((always_inline)) {
        Vec<T> sum = {};
        for (index_t i = 0; i < count; ++i) {
            Vec<T> term = load_some(x + i * x_stride + j, n);
            if (y) term *= load_some(y + i * y_stride + j, n);
            sum += weight ? term * weight[i] : term;
        }
        store_some(out + j, load_some(out + j, n) + sum, n);
    });
}

// Los pesos de un ejemplo a su tensor (n_document, n_question); lo que no vale, a cero.
template <class T>
void write_weights(const Sequence<T>& document, const Sequence<T>& question, const T* P, index_t ld, T* out) {
    if (!out) return;
    for (index_t i = 0; i < document.length; ++i, out += question.length)
        if (document.valid(i))
            scatter(question, P + i * ld, 1, 1, out);
        else
            clear(out, question.length);
}
// Un tramo del gradiente de los pesos, en el orden de nuestras columnas; ceros si no hay.
template <class T>
void read_weight_gradient(const Sequence<T>& question, const T* grad, index_t first, index_t count,
                          index_t ld, T* out) {
    clear(out, count * ld);
    if (grad)
        for (index_t i = 0; i < count; ++i)
            gather(question, grad + (first + i) * question.length, 1, 1, out + i * ld, 1);
}

// dS = P ∘ (dP − Σ_j P dP) en cada fila: el gradiente de softmax_rows, sobre dP.
template <class T>
__attribute__((noinline)) void softmax_rows_gradient(index_t count, index_t ld, const T* P, T* dP) {
    for (index_t i = 0; i < count; ++i, P += ld, dP += ld) {
        const T delta = dot_row(ld, P, dP);
        for (index_t j = 0; j < ld; j += kLanes<T>) store(dP + j, load(P + j) * (load(dP + j) - delta));
    }
}

// Un documento y una pregunta, con los dos softmax de sus afinidades.
template <class T>
struct Affinity {
    Sequence<T> document, question;
    index_t width, stride, columns, ld;
    T* rows;                           // las palabras válidas de la pregunta, con paso `stride`
    T *over_document, *over_question;  // los dos softmax: A reparte por columnas y B por filas

    static index_t scratch(index_t n_document, index_t n_question, index_t width, index_t stride) {
        return (2 * n_document + width + 1) * round_up(n_question, kLanes<T>) +
               round_up(n_question * stride, kLanes<T>);
    }

    Affinity(const SequenceArgs<T>& document_, const SequenceArgs<T>& question_, index_t batch,
             index_t width_, index_t stride_, Arena<T>& memory)
        : document(document_, batch), question(question_, batch), width(width_), stride(stride_) {
        rows = memory.take(question.length * stride);
        columns = gather(question, question.rows, question.stride, width, rows, stride);
        ld = round_up(columns, kLanes<T>);
        over_document = memory.take(document.length * ld);
        over_question = memory.take(document.length * ld);
        T *packed = memory.take(width * ld), *start = memory.take(ld);
        pack_transposed<T>(rows, stride, columns, width, T(kLog2e), packed, ld);
        start_columns(columns, ld, start);
        for_spans(document, [&](index_t first, index_t count) {
            T* S = over_document + first * ld;
            score_rows(document.row(first), document.stride, count, width, packed, ld, start, S);
            softmax_rows(count, ld, S, over_question + first * ld);
        });
        softmax_columns(document, ld, over_document);
    }

    // δ_j += Σ_i A_ij dA_ij, la parte que entra por los propios pesos.
    void add_delta(const T* grad_weights, T* block, T* delta) const {
        if (!grad_weights) return;
        for_spans(document, [&](index_t first, index_t count) {
            read_weight_gradient(question, grad_weights, first, count, ld, block);
            add_rows<T>(count, ld, over_document + first * ld, ld, nullptr, delta, block, ld);
        });
    }

    // dL = A ∘ (dA − δ) + B ∘ (dB − Σ_j B dB) de un tramo, y de ahí dD += dL U y dU += dLᵀ D. Gasta dA y dB.
    void descend(index_t first, index_t count, T* dA, T* dB, const T* delta, T* grad_document,
                 T* grad_rows) const {
        const T *A = over_document + first * ld, *B = over_question + first * ld;
        softmax_rows_gradient(count, ld, B, dB);
        for (index_t i = 0; i < count; ++i)
            for (index_t j = 0; j < ld; j += kLanes<T>) {
                const index_t at = i * ld + j;
                store(dA + at, load(A + at) * (load(dA + at) - load(delta + j)) + load(dB + at));
            }
        accumulate_product<T, false>(count, width, columns, dA, ld, rows, stride,
                                     grad_document + first * width, width);
        accumulate_product<T, true>(columns, width, count, dA, ld, document.row(first), document.stride,
                                    grad_rows, stride);
    }
};

}  // namespace ATENCION_KERNEL
}  // namespace atencion
