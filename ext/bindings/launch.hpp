// Lo que incluye la unidad de cada mecanismo: el reparto en tareas y la forma de publicar sus operaciones.
#pragma once
#include "dispatch.hpp"
#include "parallel.hpp"

// Publica `function`, que está en el espacio de nombres de esta compilación, como la operación de `Args`.
#define ATENCION_LAUNCH(Args, function)                                                            \
    template <>                                                                                    \
    void launch<Args<float>, kernel_id::ATENCION_KERNEL>(const Args<float>& args, int threads) {   \
        function(args, threads);                                                                   \
    }                                                                                              \
    template <>                                                                                    \
    void launch<Args<double>, kernel_id::ATENCION_KERNEL>(const Args<double>& args, int threads) { \
        function(args, threads);                                                                   \
    }
