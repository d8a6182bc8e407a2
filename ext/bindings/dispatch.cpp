// Elección de la compilación del núcleo según lo que admite la máquina.
#include "dispatch.hpp"

#include <atomic>

namespace atencion {

// Cada una la define kernels.cpp (o naive_kernels.cpp), compilado con su propio juego de instrucciones.
extern const KernelTable kernel_table_naive, kernel_table_baseline;
#if defined(ATENCION_X86)
extern const KernelTable kernel_table_avx2, kernel_table_avx512;
#endif

namespace {

std::vector<const KernelTable*> supported() {
    std::vector<const KernelTable*> tables = {&kernel_table_naive, &kernel_table_baseline};
#if defined(ATENCION_X86)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        tables.push_back(&kernel_table_avx2);
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
            tables.push_back(&kernel_table_avx512);
    }
#endif
    return tables;
}

const std::vector<const KernelTable*>& tables() {
    static const std::vector<const KernelTable*> list = supported();
    return list;
}

std::atomic<const KernelTable*>& active() {
    static std::atomic<const KernelTable*> current{tables().back()};
    return current;
}

}  // namespace

std::vector<std::string> available_kernels() {
    std::vector<std::string> names;
    for (const KernelTable* table : tables()) names.emplace_back(table->name);
    return names;
}

const KernelTable& active_kernel() { return *active().load(std::memory_order_acquire); }

bool use_kernel(const std::string& name) {
    for (const KernelTable* table : tables())
        if (name == table->name) {
            active().store(table, std::memory_order_release);
            return true;
        }
    return false;
}

}  // namespace atencion
