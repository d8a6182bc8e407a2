// Softmax de una fila con bucles. Lo prohibido llega como −∞ y sale como cero; la fila sin nada que atender
// es toda ceros.
#pragma once
#include <cmath>

#include "../masks.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {
namespace naive {

// p_j = exp(p_j − máximo) / suma. Devuelve el logsumexp, −∞ si la fila está vacía.
template <class T>
T softmax(T* p, index_t n) {
    T top = -Limits<T>::infinity, total = T(0);
    for (index_t j = 0; j < n; ++j)
        if (p[j] > top || p[j] != p[j]) top = p[j];  // un NaN se queda
    for (index_t j = 0; j < n; ++j) {
        p[j] = top == -Limits<T>::infinity ? T(0) : std::exp(p[j] - top);
        total += p[j];
    }
    if (total == T(0)) return -Limits<T>::infinity;
    for (index_t j = 0; j < n; ++j) p[j] /= total;
    return top + std::log(total);
}

}  // namespace naive
}  // namespace ATENCION_KERNEL
}  // namespace atencion
