// Qué compilación del núcleo corre. Hay una tabla de funciones por compilación; se elige la mejor que la
// máquina admite, y se puede ver y forzar.
#pragma once
#include <string>
#include <vector>

#include "../core/arguments.hpp"

namespace atencion {

// Las operaciones de una compilación para un tipo numérico. Cada función reparte su trabajo entre `threads`
// hilos y lanza std::bad_alloc si falta memoria.
template <class T>
struct KernelOps {
    void (*dot_product_forward)(const DotProductArgs<T>&, int threads);
    void (*dot_product_backward)(const DotProductGradArgs<T>&, int threads);
    void (*additive_forward)(const AdditiveArgs<T>&, int threads);
    void (*additive_backward)(const AdditiveGradArgs<T>&, int threads);
};

struct KernelTable {
    const char* name;
    KernelOps<float> f32;
    KernelOps<double> f64;

    template <class T>
    const KernelOps<T>& ops() const;
};
template <>
inline const KernelOps<float>& KernelTable::ops<float>() const {
    return f32;
}
template <>
inline const KernelOps<double>& KernelTable::ops<double>() const {
    return f64;
}

std::vector<std::string> available_kernels();  // de la más simple a la más rápida
const KernelTable& active_kernel();
bool use_kernel(const std::string& name);  // false si el nombre no está entre los disponibles

}  // namespace atencion
