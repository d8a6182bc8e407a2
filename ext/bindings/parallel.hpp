// Reparto de tareas independientes entre hilos de OpenMP, cada uno con su memoria de trabajo.
//
// torch trae el mismo libgomp y lo carga antes (atencion importa torch primero): los dos comparten hilos.
#pragma once
#include <new>

#include "../core/simd.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

// Memoria de trabajo de un hilo, alineada a una línea de caché. Vive entre llamadas: pedirla cada vez
// costaría más que un kernel pequeño.
class Scratch {
  public:
    ~Scratch() { release(); }
    void* reserve(size_t bytes) {
        if (bytes <= size_) return data_;
        release();
        data_ = ::operator new(bytes, kLine, std::nothrow);
        if (data_) size_ = bytes;
        return data_;
    }
    // Lo que pase de este tamaño se devuelve al acabar: un ejemplo enorme no ha de ocupar memoria para
    // siempre.
    void trim() {
        if (size_ > kKeptBytes) release();
    }

  private:
    void release() {
        ::operator delete(data_, kLine);
        data_ = nullptr;
        size_ = 0;
    }
    static constexpr std::align_val_t kLine{64};
    static constexpr size_t kKeptBytes = size_t(8) << 20;
    void* data_ = nullptr;
    size_t size_ = 0;
};

inline Scratch& thread_scratch() {
    static thread_local Scratch scratch;
    return scratch;
}

// Por debajo de este trabajo (operaciones aproximadas) despertar a los hilos cuesta más que hacerlo en uno.
constexpr double kParallelWork = 2e5;
constexpr double kAlwaysParallel = 2 * kParallelWork;

// body(tarea, memoria de trabajo) para cada tarea de 0 a tasks − 1. `scratch` cuenta elementos de T.
template <class T, class F>
void parallel_tasks(ptrdiff_t tasks, double work, int threads, ptrdiff_t scratch, F&& body) {
    const size_t bytes = size_t(scratch) * sizeof(T) + 64;
    bool exhausted = false;
    if (threads <= 1 || tasks <= 1 || work <= kParallelWork) {  // ni siquiera se entra en OpenMP
        T* mine = static_cast<T*>(thread_scratch().reserve(bytes));
        for (ptrdiff_t task = 0; task < tasks && mine; ++task) body(task, mine);
        thread_scratch().trim();
        if (!mine) throw std::bad_alloc();
        return;
    }
#if defined(_OPENMP)
#pragma omp parallel num_threads(threads)
#endif
    {
        Scratch& memory = thread_scratch();
        T* mine = static_cast<T*>(memory.reserve(bytes));
        if (!mine) {
#if defined(_OPENMP)
#pragma omp atomic write
#endif
            exhausted = true;
        }
#if defined(_OPENMP)
#pragma omp for schedule(dynamic, 1)
#endif
        for (ptrdiff_t task = 0; task < tasks; ++task)
            if (mine) body(task, mine);
        memory.trim();
    }
    if (exhausted) throw std::bad_alloc();
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
