// Elección de la compilación del núcleo según lo que admite la máquina.
#include "dispatch.hpp"

#include <atomic>

namespace atencion {
namespace {

const char* const kNames[kernel_id::count] = {
    "naive",
    "baseline",
#if defined(ATENCION_X86)
    "avx2",
    "avx512",
#endif
};

// Las compilaciones van de menos a más: la máquina admite todas hasta una.
int supported() {
#if defined(ATENCION_X86)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return kernel_id::avx2;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512vl"))
        return kernel_id::avx512;
#endif
    return kernel_id::count;
}

const int kSupported = supported();
std::atomic<int> active{kSupported - 1};

}  // namespace

int active_kernel_id() { return active.load(std::memory_order_acquire); }

std::vector<std::string> available_kernels() { return {kNames, kNames + kSupported}; }

std::string active_kernel() { return kNames[active_kernel_id()]; }

bool use_kernel(const std::string& name) {
    for (int id = 0; id < kSupported; ++id)
        if (name == kNames[id]) {
            active.store(id, std::memory_order_release);
            return true;
        }
    return false;
}

}  // namespace atencion
