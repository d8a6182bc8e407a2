// La pila de memoria de la página: en WebAssembly crece hasta el máximo del módulo; en la compilación nativa
// de las pruebas, que no reserva más que la memoria de trabajo, es de tamaño fijo.
#include "arena.hpp"

#if defined(__wasm__)
extern "C" unsigned char __heap_base;
#endif

namespace atencion {
namespace {

constexpr size_t kAlignment = 64;

#if defined(__wasm__)
size_t bottom() { return size_t(&__heap_base); }

bool extend(size_t end) {
    constexpr size_t page = 65536;
    const size_t size = __builtin_wasm_memory_size(0) * page;
    return end <= size || __builtin_wasm_memory_grow(0, (end - size + page - 1) / page) != size_t(-1);
}
#else
constexpr size_t kPool = size_t(64) << 20;
alignas(kAlignment) unsigned char pool[kPool];

size_t bottom() { return size_t(pool); }

bool extend(size_t end) { return end <= bottom() + kPool; }
#endif

size_t next = 0;

}  // namespace

ATENCION_EXPORT size_t mark() { return next ? next : bottom(); }

ATENCION_EXPORT void release(size_t mark) { next = mark; }

ATENCION_EXPORT void* reserve(size_t bytes) {
    const size_t start = (mark() + kAlignment - 1) / kAlignment * kAlignment, end = start + bytes;
    if (end < start || !extend(end)) return nullptr;
    next = end;
    return reinterpret_cast<void*>(start);
}

}  // namespace atencion
