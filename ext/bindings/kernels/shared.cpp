// Las plantillas que comparten las demás unidades; véase shared.hpp.
#include "../shared.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

ATENCION_SHARED(template, float)
#if !defined(__AVX512F__)  // véase ATENCION_LAUNCH
ATENCION_SHARED(template, double)
#endif

}  // namespace ATENCION_KERNEL
}  // namespace atencion
