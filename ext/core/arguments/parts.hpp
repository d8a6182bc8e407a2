// Los gradientes de los parámetros que comparten todos los ejemplos salen sumados por partes de kPartExamples
// ejemplos. Cada parte es una tarea, y las partes se suman fuera en orden fijo: el resultado no depende del
// número de hilos.
#pragma once
#include "view.hpp"

namespace atencion {

constexpr index_t kPartExamples = 8;

__attribute__((always_inline)) constexpr index_t parts_of(index_t batch) {
    return (batch + kPartExamples - 1) / kPartExamples;
}

}  // namespace atencion
