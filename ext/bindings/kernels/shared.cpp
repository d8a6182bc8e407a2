// Las plantillas que comparten las demás unidades; véase shared.hpp.
#include "../shared.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

ATENCION_SHARED(template, float)
ATENCION_SHARED(template, double)

}  // namespace ATENCION_KERNEL
}  // namespace atencion
