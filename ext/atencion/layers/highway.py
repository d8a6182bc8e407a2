"""La red de autopista: cada componente decide cuánto se transforma y cuánto pasa de largo."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from ..errors import value_error

__all__ = ["Highway"]


class Highway(nn.Module):
    r"""Red de autopista (*highway network*).

    Fórmula, en cada capa: ``y = t ∘ ReLU(W_h x + b_h) + (1 − t) ∘ x``, con ``t = σ(W_t x + b_t)``.

    El sesgo de las puertas empieza en −2: al principio casi todo pasa de largo (``t`` ≈ 0,12), y la señal de las letras
    llega entera a la capa siguiente.

    Argumentos:
        d: anchura, la misma a la entrada y a la salida.
        n_layers: capas, ≥ 1.

    Errores:
        ``ValueError`` si ``n_layers`` es menor que 1.

    Ejemplo:
        >>> Highway(6)(torch.randn(2, 5, 6)).shape
        torch.Size([2, 5, 6])

    Referencia: Srivastava et al. (2015); Seo et al. (2017), § 2, usan dos capas. ``transform`` es ``W_h`` y ``gate``
    es ``W_t``.
    """

    def __init__(self, d: int, n_layers: int = 2) -> None:
        super().__init__()
        if n_layers < 1:
            raise value_error("n_layers", "un entero ≥ 1", n_layers)
        self.transform = nn.ModuleList(nn.Linear(d, d) for _ in range(n_layers))
        self.gate = nn.ModuleList(nn.Linear(d, d) for _ in range(n_layers))
        for name, parameter in self.gate.named_parameters():
            if name.endswith("bias"):
                nn.init.constant_(parameter, -2.0)

    def forward(self, x: Tensor) -> Tensor:
        """Aplica las capas, una detrás de otra.

        Argumentos:
            x: ``(…, d)``.

        Devuelve:
            ``(…, d)``.
        """
        for transform, gate in zip(self.transform, self.gate, strict=True):
            t = gate(x).sigmoid()
            x = t * functional.relu(transform(x)) + (1 - t) * x
        return x
