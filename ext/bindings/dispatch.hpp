// Qué compilación del núcleo corre. Se elige la mejor que la máquina admite, y se puede ver y forzar.
#pragma once
#include <string>
#include <vector>

#include "../core/arguments/view.hpp"

namespace atencion {

// Una por compilación, de la más simple a la más rápida; el nombre es el que ve el usuario.
namespace kernel_id {
enum : int {
    loops,  // «naive» para el usuario: los bucles de core/naive/
    baseline,
#if defined(ATENCION_X86)
    avx2,
    avx512,
#endif
    count
};
}  // namespace kernel_id

// Corre una operación repartida entre `threads` hilos; lanza std::bad_alloc si falta memoria. El tipo de los
// argumentos dice cuál es la operación. Cada especialización está en la unidad de su mecanismo (kernels/ o
// naive/), compilada con su juego de instrucciones.
template <class Args, int Kernel>
void launch(const Args& args, int threads);

int active_kernel_id();

template <class Args>
void run(const Args& args, int threads) {
    static constexpr void (*kTable[kernel_id::count])(const Args&, int) = {
        launch<Args, kernel_id::loops>,
        launch<Args, kernel_id::baseline>,
#if defined(ATENCION_X86)
        launch<Args, kernel_id::avx2>,
        launch<Args, kernel_id::avx512>,
#endif
    };
    kTable[active_kernel_id()](args, threads);
}

std::vector<std::string> available_kernels();  // de la más simple a la más rápida
std::string active_kernel();
bool use_kernel(const std::string& name);  // false si el nombre no está entre los disponibles

}  // namespace atencion
