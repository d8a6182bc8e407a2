// Las plantillas más largas del núcleo, que usan casi todas las unidades, se compilan una sola vez por juego
// de instrucciones, en kernels/shared.cpp; las demás las enlazan. Así el núcleo entero tarda un tercio menos
// en compilarse. KEYWORD es `extern template` para declararlas y `template` para compilarlas.
#pragma once
#include "../core/additive_backward.hpp"

#define ATENCION_SHARED(KEYWORD, T)                                                                          \
    KEYWORD void accumulate_product<T, false>(ptrdiff_t, ptrdiff_t, ptrdiff_t, const T*, ptrdiff_t,          \
                                              const T*, ptrdiff_t, T*, ptrdiff_t);                           \
    KEYWORD void accumulate_product<T, true>(ptrdiff_t, ptrdiff_t, ptrdiff_t, const T*, ptrdiff_t, const T*, \
                                             ptrdiff_t, T*, ptrdiff_t);                                      \
    KEYWORD void pairwise_dot<T>(const T*, ptrdiff_t, const T*, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t,  \
                                 T*, ptrdiff_t);                                                             \
    KEYWORD void additive_scores<T, false>(const T*, const T*, const T*, index_t, index_t, index_t, T, T*,   \
                                           index_t);                                                         \
    KEYWORD void additive_scores<T, true>(const T*, const T*, const T*, index_t, index_t, index_t, T, T*,    \
                                          index_t);                                                          \
    KEYWORD void scatter_score_grad<T, false>(const T*, const T*, const T*, index_t, index_t, index_t,       \
                                              index_t, T*, T*, T*);                                          \
    KEYWORD void scatter_score_grad<T, true>(const T*, const T*, const T*, index_t, index_t, index_t,        \
                                             index_t, T*, T*, T*);

namespace atencion {
inline namespace ATENCION_KERNEL {

ATENCION_SHARED(extern template, float)
ATENCION_SHARED(extern template, double)

}  // namespace ATENCION_KERNEL
}  // namespace atencion
