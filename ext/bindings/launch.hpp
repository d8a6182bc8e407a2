// Lo que incluye la unidad de cada mecanismo: el reparto en tareas y la forma de publicar sus operaciones.
#pragma once
#include "dispatch.hpp"
#include "parallel.hpp"

#define ATENCION_LAUNCH_FOR(Type, kernel, function)                       \
    template <>                                                           \
    void launch<Type, kernel_id::kernel>(const Type& args, int threads) { \
        function(args, threads);                                          \
    }

// Publica `function`, que está en el espacio de nombres de esta compilación, como la operación de `Args`. En
// float64, que sirve para comprobar y no para correr, el núcleo avx512 usa las operaciones de avx2:
// compilarlas otra vez alargaría un octavo la instalación de todos.
#if defined(__AVX512F__)
#define ATENCION_LAUNCH(Args, function) ATENCION_LAUNCH_FOR(Args<float>, ATENCION_KERNEL, function)
#elif defined(__AVX2__)
#define ATENCION_LAUNCH(Args, function)                          \
    ATENCION_LAUNCH_FOR(Args<float>, ATENCION_KERNEL, function)  \
    ATENCION_LAUNCH_FOR(Args<double>, ATENCION_KERNEL, function) \
    ATENCION_LAUNCH_FOR(Args<double>, avx512, function)
#else
#define ATENCION_LAUNCH(Args, function)                         \
    ATENCION_LAUNCH_FOR(Args<float>, ATENCION_KERNEL, function) \
    ATENCION_LAUNCH_FOR(Args<double>, ATENCION_KERNEL, function)
#endif
