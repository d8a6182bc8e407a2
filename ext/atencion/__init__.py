"""«La atención por dentro»: mecanismos de atención sobre un núcleo compilado en C++17."""

from __future__ import annotations

import torch  # noqa: F401  # antes que el núcleo: así los dos comparten los hilos de OpenMP

from ._kernels import active_kernel, available_kernels, use_kernel

__version__ = "0.1.0"
__all__ = ["__version__", "active_kernel", "available_kernels", "use_kernel"]
