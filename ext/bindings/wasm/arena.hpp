// La memoria de la página: una pila de trozos alineados a 64 octetos.
//
// JavaScript reserva en ella sus entradas y salidas; el núcleo, su memoria de trabajo. mark() y release()
// devuelven de una vez todo lo reservado entre medias.
#pragma once
#include "../../core/arguments/view.hpp"

#define ATENCION_EXPORT extern "C" __attribute__((visibility("default")))

namespace atencion {

// nullptr si no cabe.
ATENCION_EXPORT void* reserve(size_t bytes);
ATENCION_EXPORT size_t mark();
ATENCION_EXPORT void release(size_t mark);

// Memoria prestada mientras vive el objeto. Si algo no cabe, el préstamo entero es falso.
class Loan {
  public:
    Loan() : start_(mark()) {}
    ~Loan() { release(start_); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

    template <class T>
    T* take(index_t count) {
        constexpr index_t most = PTRDIFF_MAX / index_t(sizeof(T));
        void* taken = count < 0 || count > most ? nullptr : reserve(size_t(count) * sizeof(T));
        complete_ = complete_ && taken;
        return static_cast<T*>(taken);
    }
    explicit operator bool() const { return complete_; }

  private:
    size_t start_;
    bool complete_ = true;
};

}  // namespace atencion
